"""The files of a commit, written into a folder just as git keeps them, whatever its settings and attributes say."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from seatrial.errors import ServiceError
from seatrial.git.commits import Blob, blobs, resolve, time_of
from seatrial.git.contents import contents

UNSAFE = frozenset({"", ".", "..", ".git"})


def export(root: Path, commit: str, into: Path) -> None:
    """Write the files that a commit has below `root` into a new folder, with their modes and the commit's time.

    Links stay as they are; submodules are empty folders. Raises UsageError for an unknown commit,
    ServiceError where git or the disk fails.
    """
    commit = resolve(root, commit)
    found = blobs(root, commit)
    _refuse_strays(found)
    try:
        _make_folders(found, into)
        _write(root, found, into)
        _date(into, time_of(root, commit))
    except OSError as failed:
        why = (failed.strerror or str(failed)).lower()
        raise ServiceError(f"{failed.filename or into} cannot be written: {why}") from failed


def _refuse_strays(found: Mapping[str, Blob]) -> None:
    for path in found:
        if not UNSAFE.isdisjoint(path.lower().split("/")):
            raise ServiceError(f'the commit has a file at "{path[:200]}", which leads elsewhere; take it out')


def _make_folders(found: Mapping[str, Blob], into: Path) -> None:
    """One by one, from the outside in, so that each has the same mode."""
    into.mkdir(parents=True)
    parents = {parent for path in found for parent in PurePosixPath(path).parents if parent.name}
    submodules = {PurePosixPath(path) for path, blob in found.items() if blob.is_submodule}
    for folder in sorted(parents | submodules):
        (into / folder).mkdir()
        (into / folder).chmod(0o755)


def _write(root: Path, found: Mapping[str, Blob], into: Path) -> None:
    """Links last, so that nothing is written through one."""
    files = {path: blob for path, blob in found.items() if not blob.is_link and not blob.is_submodule}
    links = {path: blob for path, blob in found.items() if blob.is_link}
    for path, data in _each(root, files):
        _put(into / path, data, 0o755 if files[path].is_executable else 0o644)
    for path, data in _each(root, links):
        os.symlink(data, os.fsencode(into / path))


def _each(root: Path, found: Mapping[str, Blob]) -> Iterator[tuple[str, bytes]]:
    """The bytes of files by their paths; several may have the same."""
    places: dict[str, list[str]] = {}
    for path, blob in found.items():
        places.setdefault(blob.id, []).append(path)
    for name, data in contents(root, found.values()):
        yield from ((path, data) for path in places[name])


def _put(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(data)


def _date(into: Path, time: int) -> None:
    """Give all the commit's time, from the innermost outwards."""
    for below, folders, files in os.walk(into, topdown=False):
        for name in (*folders, *files):
            os.utime(os.path.join(below, name), (time, time), follow_symlinks=False)
    os.utime(into, (time, time))
