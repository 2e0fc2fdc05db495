"""The packages that `poetry install --without dev` puts into a Linux image, and their dependencies on one another.

The base image decides which Python the image has. So a package counts if any Python that the lock is made for would
get it, on either of the machines that images are built for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from seatrial.dependencies.constraints import admits, applies, version_key
from seatrial.dependencies.groups import DEV, installed_groups
from seatrial.dependencies.lockfile import BadLock, Dependency, Lock, Locked, all_extras
from seatrial.dependencies.pythons import satisfies

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""The architectures of images, and the names of their machines in Python and Linux."""

PYTHONS = tuple(f"3.{minor}.{micro}" for minor in range(7, 20) for micro in (0, 99))
"""The first version and a late one of each Python that a marker may distinguish."""

LINUX = {
    "os_name": "posix",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_release": "6.1.0",
    "platform_version": "#1 SMP",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
}

Holds = Callable[[Dependency, frozenset[str]], bool]


@dataclass(frozen=True)
class ShippedImage:
    """The image that a bill of materials is of.

    `image` is its repository, `digest` that of its manifest, and `committed` the time of the commit
    that it is made from, in seconds since 1970.
    """

    type: str
    version: str
    image: str
    digest: str
    committed: int


@dataclass(frozen=True)
class ImagePackage:
    """A package of the lock in the image.

    `key` is its name and version, and a number where the lock has that twice. `extras` were requested by
    packages that depend on it, `groups` contain it, and `needs` are the keys of the packages that it depends on.
    """

    key: str
    locked: Locked
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Packages:
    """All packages, sorted by name and version, and the keys of the integration's direct dependencies.

    Where the lock has none of those, all packages count as direct dependencies.
    """

    all: tuple[ImagePackage, ...]
    roots: tuple[str, ...]


def packages_of(lock: Lock, pyproject: Mapping[str, Any], python: str = "", machine: str = "") -> Packages:
    """Return the packages of all groups that are not optional, except `dev`. Raises BadLock for an invalid marker.

    With `python`, such as `3.12`, or `machine`, such as `aarch64`, only those that an image with these gets.
    """
    wanted = installed_groups(pyproject, without=(DEV,))
    places = [
        one
        for one in environments(lock.pythons)
        if python in ("", one["python_version"]) and machine in ("", one["platform_machine"])
    ]
    holds = _in_any(places or environments(lock.pythons))
    try:
        graph = _Graph(_candidates(lock, wanted.names, holds), holds)
        extras = graph.reached(wanted.dependencies)
        if not lock.has_groups:
            graph = _Graph({key: one for key, one in graph.locked.items() if key in extras}, holds)
        found = [_package(graph, key, extras.get(key, frozenset()), wanted.names) for key in graph.locked]
        roots = graph.fulfilling((root, frozenset()) for root in wanted.dependencies)
        return Packages(tuple(found), roots or tuple(graph.locked))
    except ValueError as odd:
        raise BadLock(f"one of its markers cannot be read: {odd}") from None


def _package(graph: _Graph, key: str, extras: frozenset[str], groups: Collection[str]) -> ImagePackage:
    one = graph.locked[key]
    needs = [target for target in graph.fulfilling(graph.needs(key, extras)) if target != key]
    wanting = set(one.groups or ()).intersection(groups)
    return ImagePackage(key, one, tuple(sorted(extras)), tuple(sorted(wanting)), tuple(needs))


def environments(pythons: str) -> tuple[Mapping[str, str], ...]:
    """Return the PEP 508 values of the places where an image may run; of all Pythons if the lock admits none."""
    admitted = [version for version in PYTHONS if satisfies(pythons, version)]
    return tuple(
        {
            **LINUX,
            "platform_machine": machine,
            "python_version": version.rpartition(".")[0],
            "python_full_version": version,
            "implementation_version": version,
        }
        for version in admitted or PYTHONS
        for machine in MACHINES.values()
    )


def _in_any(places: Sequence[Mapping[str, str]]) -> Holds:
    """Return a function that tells whether the conditions of a dependency hold in any of these places."""

    @cache
    def holds(marker: str, python: str, extras: frozenset[str]) -> bool:
        return any(
            applies(marker, place, extras)
            and (python == "*" or satisfies(python, place["python_full_version"]))
            for place in places
        )

    return lambda need, extras: holds(need.marker, need.python, extras)


def _candidates(lock: Lock, groups: Collection[str], holds: Holds) -> dict[str, Locked]:
    """Return the packages that may be installed, by key, sorted; if the lock names groups, only those of `groups`."""
    found: dict[str, Locked] = {}
    for one in sorted(lock.packages, key=lambda one: (one.name, version_key(one.version))):
        if one.groups is None or any(_group_holds(one, groups, holds)):
            found[_free_key(f"{one.name}@{one.version}", found)] = one
    return found


def _group_holds(one: Locked, groups: Collection[str], holds: Holds) -> Iterator[bool]:
    for group, marker in (one.groups or {}).items():
        yield group in groups and holds(Dependency(one.name, marker=marker), frozenset())


def _free_key(key: str, taken: Collection[str]) -> str:
    tries = (key if number == 0 else f"{key}#{number}" for number in range(len(taken) + 1))
    return next(one for one in tries if one not in taken)


Need = tuple[Dependency, frozenset[str]]
"""A dependency, and the extras requested of the package that has it."""


@dataclass(frozen=True)
class _Graph:
    """The packages by key, and the function that tells whether a dependency holds."""

    locked: Mapping[str, Locked]
    holds: Holds

    @cached_property
    def _versions(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for key, one in self.locked.items():
            found.setdefault(one.name, []).append(key)
        return found

    def fulfilling(self, needs: Iterable[Need]) -> tuple[str, ...]:
        """Return the keys of all packages that fulfil one of these needs, sorted."""
        return tuple(sorted({key for need, extras in needs for key in self.targets(need, extras)}))

    def targets(self, need: Dependency, extras: frozenset[str]) -> Sequence[str]:
        """Return the keys of the packages that fulfil a need; of several versions those that it admits."""
        if need.name not in self._versions or not self.holds(need, extras):
            return ()
        versions = self._versions[need.name]
        fitting = [key for key in versions if admits(need.constraint, self.locked[key].version) is not False]
        return fitting or versions

    def needs(self, key: str, extras: frozenset[str]) -> Iterator[Need]:
        """Yield the needs of a package that was requested with these extras."""
        one = self.locked[key]
        counting, brought = all_extras(one, extras)
        for need in one.needs:
            if not need.optional or need.name in brought:
                yield need, counting

    def reached(self, roots: Sequence[Dependency]) -> Mapping[str, frozenset[str]]:
        """Return every package that is reached from the roots, with the extras requested of it."""
        found: dict[str, frozenset[str]] = {}
        todo: list[Need] = [(root, frozenset()) for root in roots]
        while todo:
            need, extras = todo.pop()
            for key in self.targets(need, extras):
                known = found.get(key)
                if known is None or need.extras - known:
                    found[key] = need.extras | (known or frozenset())
                    todo += self.needs(key, found[key])
        return found
