"""The packages that `poetry install --without dev` puts into an image of Linux, and what they need of one another.

Which Python the image has is up to its base image, so a package counts where any Python that the
lock is made for would get it, on either of the machines that images are built for.
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

MACHINES = ("x86_64", "aarch64")

PYTHONS = tuple(f"3.{minor}.{micro}" for minor in range(7, 20) for micro in (0, 99))
"""The first and, for good measure, a late version of each Python that a marker may tell apart."""

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
class Shipped:
    """The image that a bill is of.

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

    `key` is its name and version, and a number where the lock has that twice. `extras` were asked for by
    those that need it, `groups` want it, and `needs` are the keys of the packages that it needs itself.
    """

    key: str
    locked: Locked
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Packages:
    """All packages, sorted by name and version, and the keys of those that the integration itself asks for.

    Where the lock has none of those, all are taken as asked for.
    """

    all: tuple[ImagePackage, ...]
    roots: tuple[str, ...]


def packages_of(lock: Lock, pyproject: Mapping[str, Any]) -> Packages:
    """The packages of all groups that are not optional, but `dev`. Raises BadLock for a marker that is none."""
    asked = installed_groups(pyproject, without=(DEV,))
    holds = _somewhere(environments(lock.pythons))
    try:
        graph = _Graph(_candidates(lock, asked.names, holds), holds)
        extras = graph.reached(asked.dependencies)
        if not lock.has_groups:
            graph = _Graph({key: one for key, one in graph.locked.items() if key in extras}, holds)
        found = [_package(graph, key, extras.get(key, frozenset()), asked.names) for key in graph.locked]
        roots = graph.fulfilling((root, frozenset()) for root in asked.dependencies)
        return Packages(tuple(found), roots or tuple(graph.locked))
    except ValueError as odd:
        raise BadLock(f"one of its markers cannot be read: {odd}") from None


def _package(graph: _Graph, key: str, extras: frozenset[str], groups: Collection[str]) -> ImagePackage:
    one = graph.locked[key]
    needs = [target for target in graph.fulfilling(graph.needs(key, extras)) if target != key]
    wanting = set(one.groups or ()).intersection(groups)
    return ImagePackage(key, one, tuple(sorted(extras)), tuple(sorted(wanting)), tuple(needs))


def environments(pythons: str) -> tuple[Mapping[str, str], ...]:
    """The values of PEP 508 where an image may run; of all Pythons where the lock admits none."""
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
        for machine in MACHINES
    )


def _somewhere(places: Sequence[Mapping[str, str]]) -> Holds:
    """Whether what a dependency states of where it is needed holds in any of these places."""

    @cache
    def holds(marker: str, python: str, extras: frozenset[str]) -> bool:
        return any(
            applies(marker, place, extras)
            and (python == "*" or satisfies(python, place["python_full_version"]))
            for place in places
        )

    return lambda need, extras: holds(need.marker, need.python, extras)


def _candidates(lock: Lock, groups: Collection[str], holds: Holds) -> dict[str, Locked]:
    """By key, sorted, what may be installed: where the lock names groups, only what one of these wants."""
    found: dict[str, Locked] = {}
    for one in sorted(lock.packages, key=lambda one: (one.name, version_key(one.version))):
        if one.groups is None or any(_wanted(one, groups, holds)):
            found[_free_key(f"{one.name}@{one.version}", found)] = one
    return found


def _wanted(one: Locked, groups: Collection[str], holds: Holds) -> Iterator[bool]:
    for group, marker in (one.groups or {}).items():
        yield group in groups and holds(Dependency(one.name, marker=marker), frozenset())


def _free_key(key: str, taken: Collection[str]) -> str:
    tries = (key if number == 0 else f"{key}#{number}" for number in range(len(taken) + 1))
    return next(one for one in tries if one not in taken)


Need = tuple[Dependency, frozenset[str]]
"""A dependency, and the extras with which the package was asked for that has it."""


@dataclass(frozen=True)
class _Graph:
    """Packages by key, and where needs hold."""

    locked: Mapping[str, Locked]
    holds: Holds

    @cached_property
    def _versions(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for key, one in self.locked.items():
            found.setdefault(one.name, []).append(key)
        return found

    def fulfilling(self, needs: Iterable[Need]) -> tuple[str, ...]:
        """The keys of all that fulfils one of these needs, sorted."""
        return tuple(sorted({key for need, extras in needs for key in self.targets(need, extras)}))

    def targets(self, need: Dependency, extras: frozenset[str]) -> Sequence[str]:
        """What fulfils a need; of several versions those that it admits."""
        if need.name not in self._versions or not self.holds(need, extras):
            return ()
        versions = self._versions[need.name]
        fitting = [key for key in versions if admits(need.constraint, self.locked[key].version) is not False]
        return fitting or versions

    def needs(self, key: str, extras: frozenset[str]) -> Iterator[Need]:
        """What a package needs that was asked for with these extras."""
        one = self.locked[key]
        counting, brought = all_extras(one, extras)
        for need in one.needs:
            if not need.optional or need.name in brought:
                yield need, counting

    def reached(self, roots: Sequence[Dependency]) -> Mapping[str, frozenset[str]]:
        """Every package on the way from the roots, with the extras that it is asked for with."""
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
