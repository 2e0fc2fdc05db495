"""The inventory of an environment: the content of each of its files, held against what is there before it is used.

A tool without namespaces around it could change an environment, and with it the verdict on others. The content
of a file counts, not its name, size or date; it is read again only where the system says that the file may have
been changed. That date cannot be set by a program.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from seatrial.core.errors import ServiceError
from seatrial.system.atomic import replace_file

CHUNK = 1 << 20
"""Bytes read at once."""

Entry = tuple[str, int, int, int]
"""A digest of the content, or of the target of a link; size, time of the last change in nanoseconds, and inode."""


def write(place: Path, file: Path) -> None:
    """Write the inventory of the environment at `place` to a file outside of it. Raises OSError and ServiceError."""
    _save(file, {path: _entry(full, status) for path, full, status in _walk(place)})


def matches(place: Path, file: Path) -> bool:
    """Return whether an environment holds exactly what its inventory says; without one it does not."""
    known = _load(file)
    try:
        found = {path: _current(known.get(path), full, status) for path, full, status in _walk(place)}
    except OSError:
        return False
    if known.keys() != found.keys() or any(known[path][0] != entry[0] for path, entry in found.items()):
        return False
    if found != known:
        with suppress(OSError, ServiceError):
            _save(file, found)
    return True


def _current(known: Entry | None, full: str, status: os.stat_result) -> Entry:
    same = known is not None and known[1:] == _stamp(status)
    return known if known is not None and same else _entry(full, status)


def _walk(place: Path) -> Iterator[tuple[str, str, os.stat_result]]:
    """Yield the path below `place`, the whole path and the status of everything; folders end with a slash."""
    pending = [""]
    while pending:
        below = pending.pop()
        with os.scandir(os.path.join(place, below)) as items:
            for item in items:
                path = f"{below}{item.name}"
                if item.is_dir(follow_symlinks=False):
                    path += "/"
                    pending.append(path)
                yield path, item.path, item.stat(follow_symlinks=False)


def _entry(full: str, status: os.stat_result) -> Entry:
    return (_digest(full, status), *_stamp(status))


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    if stat.S_ISDIR(status.st_mode):
        return 0, 0, 0
    return status.st_size, status.st_ctime_ns, status.st_ino


def _digest(full: str, status: os.stat_result) -> str:
    """Return a digest of a file with its executable bit, or the target of a link. Raises OSError for a device."""
    if stat.S_ISDIR(status.st_mode):
        return "folder"
    if stat.S_ISLNK(status.st_mode):
        return f"-> {os.readlink(full)}"
    state = hashlib.blake2b(digest_size=20)
    descriptor = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{full} is not a file")
        while chunk := file.read(CHUNK):
            state.update(chunk)
    return state.hexdigest() + ("x" if status.st_mode & 0o111 else "")


def _load(file: Path) -> dict[str, Entry]:
    """Return the entries of an inventory; none where it is missing or damaged."""
    try:
        rows: Any = json.loads(file.read_bytes())
        return {str(path): (str(one[0]), int(one[1]), int(one[2]), int(one[3])) for path, one in rows.items()}
    except (OSError, ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return {}


def _save(file: Path, entries: Mapping[str, Entry]) -> None:
    text = json.dumps(entries).encode("utf-8", "surrogatepass")
    replace_file(file, lambda sink: sink.write(text), durable=False)
