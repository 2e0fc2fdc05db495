"""The packages that `poetry install --with dev --no-root` installs, from a lock and an interpreter, as pinned lines.

Source: Poetry's installer. A lock of format 2.1 names the groups and markers of each package; for older ones
Poetry resolves again within the lock, which is walked here from the groups' dependencies.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from seatrial.core.names import canonical
from seatrial.dependencies.constraints import admits, applies, version_key
from seatrial.dependencies.groups import installed_groups
from seatrial.dependencies.lockfile import (
    BadLock,
    Dependency,
    Lock,
    Locked,
    PackageSource,
    all_extras,
    read_lock,
)
from seatrial.dependencies.pythons import satisfies
from seatrial.documents import toml

__all__ = ["BadLock", "Requirement", "Requirements", "requirements_of"]

ROUNDS = 10
"""The number of walks after which a changing choice between two versions of a package is accepted."""

SOURCES = {"directory": "a folder", "file": "a file", "git": "a git repository", "url": "an address"}
"""The sources of a lock that are not a package index, by type."""

_URL = re.compile(r"(?:https?|ssh|git)://[A-Za-z0-9._~:/?@!&'()*+,;=%-]+")
_SCP = re.compile(r"([A-Za-z0-9._-]+@)?([A-Za-z0-9.-]+):([A-Za-z0-9._~/-]+)")
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]*")
_FOLDER = re.compile(r"[A-Za-z0-9._/+ -]*")


@dataclass(frozen=True, order=True)
class Requirement:
    """A pinned package.

    `line` is the line for uv. If `local` is set, a path relative to the integration, `line` holds only the
    options behind the address, and `line_in` gives the whole. `source` says where it comes from if that is not a
    wheel of a package index; then code of it may run when it is installed.
    """

    name: str
    version: str
    line: str
    local: str = ""
    editable: bool = False
    source: str = ""

    def line_in(self, path: Path | None) -> str:
        """Return the whole line; `path` is the absolute path of a local one."""
        if not self.local or path is None:
            return self.line
        if self.editable:
            return f"-e {quote(str(path))}"
        return f"{self.name} @ file://{quote(str(path))}{self.line}"

    @cached_property
    def digest(self) -> str:
        """A digest that is equal for equal requirements."""
        whole = "\0".join((self.name, self.version, self.line, self.local, str(self.editable)))
        return hashlib.blake2b(whole.encode(), digest_size=12).hexdigest()


@dataclass(frozen=True)
class Requirements:
    """All installed packages, sorted by name, one version each; and the dependencies among them.

    `indexes` are addresses of further package indexes that the lock names.
    """

    pins: tuple[Requirement, ...]
    needs: Mapping[str, frozenset[str]]
    indexes: tuple[str, ...] = ()

    @cached_property
    def _by_name(self) -> Mapping[str, Requirement]:
        return {pin.name: pin for pin in self.pins}

    @cached_property
    def digest(self) -> str:
        """A digest that is equal for equal sets."""
        whole = "\0".join((*(pin.digest for pin in self.pins), *self.indexes))
        return hashlib.blake2b(whole.encode(), digest_size=12).hexdigest()

    def version_of(self, name: str) -> str | None:
        """Return the pinned version of a package; None if it is not installed."""
        pin = self._by_name.get(canonical(name))
        return pin.version if pin else None

    def closure(self, names: Iterable[str]) -> frozenset[str]:
        """Return these packages and all that they need, less those not installed."""
        found: set[str] = set()
        todo = [canonical(name) for name in names]
        while todo:
            name = todo.pop()
            if name in self._by_name and name not in found:
                found.add(name)
                todo += self.needs.get(name, ())
        return frozenset(found)


def requirements_of(
    lock: bytes, pyproject: bytes | None, markers: Mapping[str, str], without: Collection[str] = ()
) -> Requirements:
    """Return the packages installed for an interpreter; `markers` are its values of PEP 508.

    The groups `without` are left out. If `pyproject.toml` is missing or broken, every group of the lock is included.
    Raises BadLock.
    """
    locked = read_lock(lock)
    try:
        chosen = _chosen(locked, _project(pyproject), markers, without)
    except ValueError as odd:
        raise BadLock(f"one of its markers cannot be read: {odd}") from None
    indexes = {
        _address(one.name, one.source.url) for one in chosen if one.source and one.source.kind == "legacy"
    }
    pins = tuple(sorted(_requirement(one) for one in chosen))
    needs = {one.name: frozenset(need.name for need in one.needs) for one in chosen}
    return Requirements(pins, needs, tuple(sorted(indexes)))


def _project(pyproject: bytes | None) -> Mapping[str, Any] | None:
    document = toml.load("pyproject.toml", pyproject) if pyproject is not None else None
    readable = document is not None and document.readable and isinstance(document.value, dict)
    return document.value if document is not None and readable else None


def _chosen(
    lock: Lock, pyproject: Mapping[str, Any] | None, markers: Mapping[str, str], without: Collection[str]
) -> Sequence[Locked]:
    groups = installed_groups(pyproject, without) if pyproject is not None else None
    if lock.has_groups:
        return _of_groups(lock, groups.names if groups else None, markers)
    return _walked(lock, groups.dependencies if groups else tuple(_ends(lock)), markers)


def _of_groups(lock: Lock, names: Collection[str] | None, markers: Mapping[str, str]) -> Sequence[Locked]:
    """Return the packages that one of these groups wants in this environment."""
    found: dict[str, Locked] = {}
    for one in sorted(lock.packages, key=lambda one: version_key(one.version)):
        wanted = [marker for group, marker in (one.groups or {}).items() if names is None or group in names]
        if any(applies(marker, markers) for marker in wanted):
            found[one.name] = one
    return tuple(found.values())


def _ends(lock: Lock) -> Iterator[Dependency]:
    """Yield the packages that no other needs: the start of a walk without a `pyproject.toml`."""
    needed = {need.name for one in lock.packages for need in one.needs}
    for name in sorted({one.name for one in lock.packages if not one.optional} - needed):
        yield Dependency(name)


def _walked(lock: Lock, roots: Sequence[Dependency], markers: Mapping[str, str]) -> Sequence[Locked]:
    """Return the packages that the roots need, directly or not.

    Of several versions the highest is chosen that satisfies all constraints; as that choice changes the
    constraints, the walk is repeated until it is stable.
    """
    entries: dict[str, list[Locked]] = {}
    for one in sorted(lock.packages, key=lambda one: version_key(one.version), reverse=True):
        entries.setdefault(one.name, []).append(one)
    chosen = {name: versions[0] for name, versions in entries.items()}
    for _ in range(ROUNDS):
        reached = _Walk(chosen, markers).from_(roots)
        better = {name: _fitting(entries[name], constraints) for name, constraints in reached.items()}
        if all(chosen[name] is one for name, one in better.items()):
            break
        chosen.update(better)
    return tuple(chosen[name] for name in reached)


def _fitting(versions: Sequence[Locked], constraints: Collection[str]) -> Locked:
    """Return the highest version that satisfies every constraint; the highest of all if none does."""
    fitting = (one for one in versions if all(admits(text, one.version) is not False for text in constraints))
    return versions[0] if len(versions) == 1 else next(fitting, versions[0])


class _Walk:
    """One walk over the lock: the packages reached, with their extras and constraints."""

    def __init__(self, chosen: Mapping[str, Locked], markers: Mapping[str, str]) -> None:
        self._chosen = chosen
        self._markers = markers
        self._extras: dict[str, frozenset[str]] = {}
        self._constraints: dict[str, set[str]] = {}
        self._todo: list[str] = []

    def from_(self, roots: Sequence[Dependency]) -> Mapping[str, Collection[str]]:
        """Return the constraints on each package that is reached."""
        for root in roots:
            self._follow(root, frozenset())
        while self._todo:
            one = self._chosen[self._todo.pop()]
            extras, brought = all_extras(one, self._extras[one.name])
            for need in one.needs:
                if not need.optional or need.name in brought:
                    self._follow(need, extras)
        return self._constraints

    def _follow(self, need: Dependency, extras: Collection[str]) -> None:
        if need.name not in self._chosen or not self._holds(need, extras):
            return
        self._constraints.setdefault(need.name, set()).add(need.constraint)
        known = self._extras.get(need.name)
        if known is None or need.extras - known:
            self._extras[need.name] = need.extras | (known or frozenset())
            self._todo.append(need.name)

    def _holds(self, need: Dependency, extras: Collection[str]) -> bool:
        python = self._markers.get("python_full_version", "")
        return applies(need.marker, self._markers, extras) and (
            need.python == "*" or satisfies(need.python, python)
        )


def _requirement(one: Locked) -> Requirement:
    """Return the pinned line of a package. Raises BadLock for a malformed address."""
    source = one.source
    hashes = "".join(f" --hash={hash_}" for hash_ in one.hashes)
    if source is None or source.kind == "legacy":
        return Requirement(one.name, one.version, f"{one.name}=={one.version}{hashes}", source=_built(one))
    words = SOURCES.get(source.kind)
    if words is None:
        raise BadLock(f'"{one.name}" comes from a source of an unknown type')
    local, editable = "", False
    if source.kind == "directory":
        line, local, editable = _folder(one.name, source), source.url or ".", one.develop
    elif source.kind == "file":
        line, local = _folder(one.name, source) + hashes, source.url or "."
    elif source.kind == "git":
        address = f"git+{_address(one.name, source.url)}@{_reference(one.name, source)}"
        line = f"{one.name} @ {address}{_folder(one.name, source)}"
    else:
        line = f"{one.name} @ {_address(one.name, source.url)}{_folder(one.name, source)}{hashes}"
    return Requirement(one.name, one.version, line, local, editable, words)


def _built(one: Locked) -> str:
    """Return what is built where an index has no wheel of a package; a lock without names of files does not tell."""
    names = [name for name, _ in one.files if name]
    return "" if not names or any(name.endswith(".whl") for name in names) else "an sdist"


def _address(name: str, url: str) -> str:
    """Return an address that is safe in a line: uv would expand `${...}` from the environment."""
    short = _SCP.fullmatch(url)
    if short and "://" not in url:
        url = f"ssh://{short[1] or ''}{short[2]}/{short[3]}"
    if not _URL.fullmatch(url):
        raise BadLock(f'"{name}" comes from an address that is not understood')
    return url


def _reference(name: str, source: PackageSource) -> str:
    if not _REFERENCE.fullmatch(source.reference):
        raise BadLock(f'"{name}" comes from git without a reference that is understood')
    return source.reference


def _folder(name: str, source: PackageSource) -> str:
    if not _FOLDER.fullmatch(source.folder) or ".." in source.folder.split("/"):
        raise BadLock(f'"{name}" comes from a subfolder that is not understood')
    return f"#subdirectory={quote(source.folder)}" if source.folder else ""
