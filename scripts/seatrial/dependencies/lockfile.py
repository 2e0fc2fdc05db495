"""A `poetry.lock` of any format since 1.1: its packages as values, or single lines found without parsing.

A lock has thousands of lines. Where every integration is judged in every run, `LockText` finds the few that
matter by their form; where packages are installed, `read_lock` parses the whole.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from seatrial.core.errors import Unreadable
from seatrial.core.model import Integration, Location
from seatrial.core.names import canonical
from seatrial.core.printable import shown
from seatrial.dependencies.constraints import canonical_version

LOCK = "poetry.lock"
CORE = "port-ocean"
"""The distribution of the Ocean framework, as the package index spells it."""

ENOUGH = 2
"""At most this many lines are returned of a kind that a lock should have once."""

_METADATA = b"\n[metadata]"
_CONTENT_HASH = re.compile(rb'^content-hash = "([^"\n]*)"', re.MULTILINE)
_PYTHONS = re.compile(rb'^python-versions = "([^"\\\n]{0,200})"', re.MULTILINE)
_LOCAL = (b'\ntype = "directory"', b'\ntype = "file"')
RELEVANT = ("dependencies", "source", "extras", "dev-dependencies")
"""The keys of `[tool.poetry]` that Poetry's content-hash is made of, beside `group`."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?")
_HASH = re.compile(r"(?:sha256|sha384|sha512|md5):[0-9a-f]{32,128}")
_EXTRA = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")


@dataclass(frozen=True)
class Line:
    """A value of the lock file and its place."""

    text: str
    where: Location


@dataclass(frozen=True)
class LockText:
    """The bytes of a lock, searched for lines of a known form; no bytes have no lines."""

    data: bytes

    @property
    def content_hashes(self) -> tuple[Line, ...]:
        """The hashes of what the lock was made from, at most ENOUGH."""
        return self._lines(_CONTENT_HASH, max(self.data.rfind(_METADATA), 0))

    @property
    def pythons(self) -> str:
        """The Python versions the lock was made for; empty if it states none."""
        found = _PYTHONS.search(self.data, max(self.data.rfind(_METADATA), 0))
        return found.group(1).decode("utf-8", "replace") if found else ""

    @property
    def has_local_packages(self) -> bool:
        """True if any package comes from a folder or a file."""
        return any(form in self.data for form in _LOCAL)

    def versions(self, package: str) -> tuple[Line, ...]:
        """Return the locked versions of a package, named as the lock spells it, at most ENOUGH."""
        name = b'\nname = "%b"' % package.encode()
        start = self.data.find(name)
        if start < 0:
            return ()
        return self._lines(re.compile(re.escape(name) + rb'\r?\nversion = "([^"\r\n]*)"'), start)

    def _lines(self, pattern: re.Pattern[bytes], start: int) -> tuple[Line, ...]:
        return tuple(map(self._line, islice(pattern.finditer(self.data, start), ENOUGH)))

    def _line(self, match: re.Match[bytes]) -> Line:
        line = self.data.count(b"\n", 0, match.start(1)) + 1
        column = match.start(1) - self.data.rfind(b"\n", 0, match.start(1))
        return Line(match.group(1).decode("utf-8", "replace"), Location(LOCK, line, column))


@dataclass(frozen=True)
class CoreLock:
    """The lines that rules look at: the content-hash and the framework's version; `fault` says why there are none."""

    hashes: tuple[Line, ...] = ()
    cores: tuple[Line, ...] = ()
    fault: str = ""

    @classmethod
    def of(cls, integration: Integration) -> CoreLock | None:
        """Return the lock lines of an integration; None if it has no lock."""
        if not integration.has(LOCK):
            return None
        try:
            lock = LockText(integration.read(LOCK))
        except Unreadable as reason:
            return cls(fault=f"it is not read: {reason}")
        hashes = lock.content_hashes
        fault = "" if hashes else "it has no content-hash, so nobody can tell what it was made from"
        return cls(hashes, lock.versions(CORE), fault)


def content_hash(pyproject: Any) -> str:
    """Return the content-hash that Poetry writes for these dependencies; empty if it depends on other keys.

    It does for `[project]` and `[dependency-groups]`. Source: Poetry's locker, the same since 1.5.
    """
    if not isinstance(pyproject, dict) or "project" in pyproject or "dependency-groups" in pyproject:
        return ""
    poetry = _of(pyproject.get("tool"), "poetry")
    if not isinstance(poetry, dict):
        return ""
    relevant = {key: poetry.get(key) for key in RELEVANT}
    if poetry.get("group") is not None:
        relevant["group"] = poetry["group"]
    try:
        return hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()
    except (TypeError, ValueError, RecursionError):
        return ""


def is_lock_of(lock: bytes, pyproject: Any) -> bool:
    """Return whether a lock was made from a `pyproject.toml` with this value; True where its hash is not known."""
    wanted = content_hash(pyproject)
    return not wanted or [line.text for line in LockText(lock).content_hashes] == [wanted]


class BadLock(Exception):
    """Nothing can be installed from a lock; the text says why, for a finding."""


@dataclass(frozen=True)
class Dependency:
    """A dependency of one package on another: its constraint, Python versions, marker and extras.

    `optional` ones are needed only if an extra brings them.
    """

    name: str
    constraint: str = "*"
    python: str = "*"
    marker: str = ""
    extras: frozenset[str] = frozenset()
    optional: bool = False


@dataclass(frozen=True)
class PackageSource:
    """The source of a package that is not on the default index; keys as Poetry writes them."""

    kind: str
    url: str
    reference: str = ""
    folder: str = ""


@dataclass(frozen=True)
class Locked:
    """A package of a lock.

    `files` has the name and the hash of each of its files, the name empty if the lock has none. `groups` has
    the marker under which each group wants it; it is None in formats before 2.1. `extras` has the packages,
    with their extras, that each extra brings.
    """

    name: str
    version: str
    optional: bool = False
    files: tuple[tuple[str, str], ...] = ()
    groups: Mapping[str, str] | None = None
    source: PackageSource | None = None
    develop: bool = False
    needs: Sequence[Dependency] = ()
    extras: Mapping[str, Sequence[tuple[str, frozenset[str]]]] = field(default_factory=dict)

    @property
    def hashes(self) -> tuple[str, ...]:
        """The hashes of all files, each once."""
        return tuple(sorted({found for _, found in self.files}))


@dataclass(frozen=True)
class Lock:
    """A parsed lock: its packages, whether they name their groups, and the Python versions it was made for."""

    packages: Sequence[Locked]
    has_groups: bool
    pythons: str


def read_lock(data: bytes) -> Lock:
    """Parse a lock. Raises BadLock."""
    from seatrial.documents import toml  # not needed for LockText

    document = toml.load(LOCK, data)
    if not isinstance(document.value, dict) or not document.readable:
        reason = document.faults[0].message if document.faults else "it is no table"
        raise BadLock(f"it cannot be read: {reason}")
    metadata = document.value.get("metadata")
    if not isinstance(metadata, dict):
        raise BadLock("it has no [metadata]")
    packages = document.value.get("package", [])
    if not isinstance(packages, list):
        raise BadLock("its packages are no list")
    has_groups = _format(metadata) >= (2, 1)
    pythons = metadata.get("python-versions")
    found = tuple(_locked(info, metadata, has_groups) for info in packages)
    return Lock(found, has_groups, pythons if isinstance(pythons, str) else "*")


def _format(metadata: Mapping[str, Any]) -> tuple[int, ...]:
    stated = metadata.get("lock-version")
    if not isinstance(stated, str) or not re.fullmatch(r"[12](\.[0-9]{1,3}){1,2}", stated):
        raise BadLock(f'its lock-version is "{stated}", wanted 1.x or 2.x')
    return tuple(int(part) for part in stated.split("."))


def _locked(info: Any, metadata: Mapping[str, Any], has_groups: bool) -> Locked:
    if not isinstance(info, dict):
        raise BadLock("one of its packages is no table")
    name, version = info.get("name"), info.get("version")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BadLock(f'"{shown(str(name), 63)}" is no name of a package')
    if not isinstance(version, str) or canonical_version(version) is None:
        raise BadLock(f'"{shown(str(version), 63)}" is no version of "{name}"')
    return Locked(
        name=canonical(name),
        version=version,
        optional=info.get("optional") is True,
        files=_files(name, info.get("files"), metadata),
        groups=_groups(name, info) if has_groups else None,
        source=_source(name, info.get("source")),
        develop=info.get("develop") is True,
        needs=tuple(_dependencies(info.get("dependencies"))),
        extras=dict(_extras(info.get("extras"))),
    )


def _files(name: str, files: Any, metadata: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the names and hashes of a package's files: its own since 2.0, below `[metadata]` before."""
    if files is None:
        files = _of(metadata.get("files"), name)
    if files is None:
        files = [{"hash": one} for one in _listed(_of(metadata.get("hashes"), name))]
    found = {
        (str(file.get("file", "")), str(file.get("hash")))
        for file in _listed(files)
        if isinstance(file, dict)
    }
    odd = sorted(one for _, one in found if not _HASH.fullmatch(one))
    if odd:
        raise BadLock(f'"{shown(str(odd[0]), 63)}" is no hash of a file of "{name}"')
    return tuple(sorted(found))


def _groups(name: str, info: Mapping[str, Any]) -> dict[str, str]:
    """Return the marker of each group that wants the package: one for all, or a table by group."""
    groups, markers = info.get("groups"), info.get("markers", "")
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        raise BadLock(f'the groups of "{name}" are no list of names')
    by_group = markers if isinstance(markers, dict) else dict.fromkeys(groups, markers)
    found = {canonical(group): by_group.get(group, "") for group in groups}
    if not all(isinstance(marker, str) for marker in found.values()):
        raise BadLock(f'the markers of "{name}" are no text')
    return found


def _source(name: str, table: Any) -> PackageSource | None:
    if table is None:
        return None
    kind, url = _of(table, "type"), _of(table, "url")
    if not isinstance(kind, str) or not isinstance(url, str):
        raise BadLock(f'the source of "{name}" has no type or no url')
    reference = _of(table, "resolved_reference") or _of(table, "reference") or ""
    folder = _of(table, "subdirectory") or ""
    if not isinstance(reference, str) or not isinstance(folder, str):
        raise BadLock(f'the source of "{name}" has a reference that is no text')
    return PackageSource(kind, url, reference, folder)


def _dependencies(table: Any) -> Iterator[Dependency]:
    for name, stated in table.items() if isinstance(table, dict) else ():
        for one in stated if isinstance(stated, list) else [stated]:
            yield dependency(name, one)


def dependency(name: str, stated: Any) -> Dependency:
    """Parse a dependency of Poetry's tables: a constraint, or a table with one."""
    if not isinstance(stated, dict):
        return Dependency(canonical(name), _constraint(stated))
    extras = _listed(stated.get("extras"))
    return Dependency(
        canonical(name),
        _constraint(stated.get("version")),
        _constraint(stated.get("python")),
        _marker(stated),
        frozenset(canonical(extra) for extra in extras if isinstance(extra, str)),
        stated.get("optional") is True,
    )


def all_extras(one: Locked, extras: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the requested extras with those they bring of the same package; and the packages they bring."""
    found: set[str] = set()
    brought: set[str] = set()
    todo = sorted(extras)
    while todo:
        extra = todo.pop()
        if extra in found:
            continue
        found.add(extra)
        for name, more in one.extras.get(extra, ()):
            brought.add(name)
            todo += sorted(more) if name == one.name else []
    return frozenset(found), frozenset(brought - {one.name})


def _constraint(stated: Any) -> str:
    return stated if isinstance(stated, str) else "*"


def _marker(stated: Mapping[str, Any]) -> str:
    """Return the marker of a dependency; `platform` is Poetry's short form of one."""
    marker, platform = stated.get("markers"), stated.get("platform")
    parts = [f"({marker})"] if isinstance(marker, str) and marker.strip() not in ("", "*") else []
    if isinstance(platform, str) and re.fullmatch(r"[\w.-]+", platform):
        parts.append(f'sys_platform == "{platform}"')
    return " and ".join(parts)


def _extras(table: Any) -> Iterator[tuple[str, Sequence[tuple[str, frozenset[str]]]]]:
    for extra, brought in table.items() if isinstance(table, dict) else ():
        matches = (_EXTRA.match(one) for one in _listed(brought) if isinstance(one, str))
        found = [match for match in matches if match]
        yield canonical(extra), tuple((canonical(match[1]), _names(match[2] or "")) for match in found)


def _names(text: str) -> frozenset[str]:
    return frozenset(canonical(one.strip()) for one in text.split(",") if one.strip())


def _of(table: Any, key: str) -> Any:
    return table.get(key) if isinstance(table, dict) else None


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
