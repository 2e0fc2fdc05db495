"""The packages of a `poetry.lock`, of every format since 1.1, as values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seatrial.core.printable import one_line
from seatrial.dependencies.constraints import canonical, canonical_version
from seatrial.documents import toml

LOCK = "poetry.lock"

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?")
_HASH = re.compile(r"(?:sha256|sha384|sha512|md5):[0-9a-f]{32,128}")
_EXTRA = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")


class BadLock(Exception):
    """A lock from which nothing can be installed; the text says why, for a finding."""


@dataclass(frozen=True)
class Dependency:
    """That one package needs another: which versions, on which Pythons, when, with which extras.

    `optional` ones are needed only where an extra brings them.
    """

    name: str
    constraint: str = "*"
    python: str = "*"
    marker: str = ""
    extras: frozenset[str] = frozenset()
    optional: bool = False


@dataclass(frozen=True)
class Source:
    """Where a package comes from that is not on the default index; keys as Poetry writes them."""

    kind: str
    url: str
    reference: str = ""
    folder: str = ""


@dataclass(frozen=True)
class Locked:
    """One package of a lock.

    `files` has the name and the hash of each of its files, the name empty where the lock does not say it.
    `groups` has the marker under which each group wants it; it is None in formats before 2.1.
    `extras` has the packages, with their extras, that each extra brings.
    """

    name: str
    version: str
    optional: bool = False
    files: tuple[tuple[str, str], ...] = ()
    groups: Mapping[str, str] | None = None
    source: Source | None = None
    develop: bool = False
    needs: Sequence[Dependency] = ()
    extras: Mapping[str, Sequence[tuple[str, frozenset[str]]]] = field(default_factory=dict)

    @property
    def hashes(self) -> tuple[str, ...]:
        """The hashes of all files, each once."""
        return tuple(sorted({found for _, found in self.files}))


@dataclass(frozen=True)
class Lock:
    """A readable lock: its packages, whether they name their groups, and the Pythons it was made for."""

    packages: Sequence[Locked]
    has_groups: bool
    pythons: str


def read_lock(data: bytes) -> Lock:
    """The packages of a lock. Raises BadLock."""
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
        raise BadLock(f'"{one_line(str(name), 63)}" is no name of a package')
    if not isinstance(version, str) or canonical_version(version) is None:
        raise BadLock(f'"{one_line(str(version), 63)}" is no version of "{name}"')
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
    """The names and hashes of a package's files: its own since 2.0, below `[metadata]` before."""
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
        raise BadLock(f'"{one_line(str(odd[0]), 63)}" is no hash of a file of "{name}"')
    return tuple(sorted(found))


def _groups(name: str, info: Mapping[str, Any]) -> dict[str, str]:
    """The marker of each group that wants the package: one for all, or a table by group."""
    groups, markers = info.get("groups"), info.get("markers", "")
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        raise BadLock(f'the groups of "{name}" are no list of names')
    by_group = markers if isinstance(markers, dict) else dict.fromkeys(groups, markers)
    found = {canonical(group): by_group.get(group, "") for group in groups}
    if not all(isinstance(marker, str) for marker in found.values()):
        raise BadLock(f'the markers of "{name}" are no text')
    return found


def _source(name: str, table: Any) -> Source | None:
    if table is None:
        return None
    kind, url = _of(table, "type"), _of(table, "url")
    if not isinstance(kind, str) or not isinstance(url, str):
        raise BadLock(f'the source of "{name}" has no type or no url')
    reference = _of(table, "resolved_reference") or _of(table, "reference") or ""
    folder = _of(table, "subdirectory") or ""
    if not isinstance(reference, str) or not isinstance(folder, str):
        raise BadLock(f'the source of "{name}" has a reference that is no text')
    return Source(kind, url, reference, folder)


def _dependencies(table: Any) -> Iterator[Dependency]:
    for name, stated in table.items() if isinstance(table, dict) else ():
        for one in stated if isinstance(stated, list) else [stated]:
            yield dependency(name, one)


def dependency(name: str, stated: Any) -> Dependency:
    """A dependency as Poetry's tables write it: a constraint, or a table with one."""
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
    """The extras asked for with those they bring of the same package; and the packages they bring."""
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
    """The marker of a dependency; `platform` is Poetry's short word for one."""
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
