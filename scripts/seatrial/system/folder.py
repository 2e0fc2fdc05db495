"""Reading a folder on disk without following links outside it and without waiting for special files."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias, TypeVar

from seatrial.core.errors import Unreadable, reason
from seatrial.core.model import Entry, Kind, digest, join
from seatrial.core.vocabulary import TOOL_FOLDERS
from seatrial.system import beneath

MAX_BYTES = 8 * 1024 * 1024
"""Files larger than this are not read; the largest real one, a changelog, has 0.3 MB."""

READING = os.O_RDONLY | os.O_NONBLOCK

DEEPEST = 64
"""Folders below so many others are not looked into, for the way to each is opened step by step; real ones have 6."""

SETTLED = 3_000_000_000
"""Every file system tells times apart that are so many ns from each other."""

LOCAL = TOOL_FOLDERS | {".git"}
"""Folders that are never looked into."""


T = TypeVar("T")
Status: TypeAlias = tuple[int, int, int, int, int]
"""Type and mode, size in bytes, times of the last change of content and of all else in ns, and number of a file."""


@dataclass(frozen=True)
class Signature:
    """A digest of all names, kinds, sizes and times below a folder, and the paths of the files that it covers.

    `is_settled` tells that no file is so new that it could change again without a new time.
    """

    digest: str
    files: frozenset[str]
    is_settled: bool


def _is_plain(item: os.DirEntry[str]) -> bool:
    return item.is_file(follow_symlinks=False)


def _status(item: os.DirEntry[str]) -> Status:
    return _told(item.stat(follow_symlinks=False))


def _told(status: os.stat_result) -> Status:
    return status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


class DiskFolder:
    """A folder on disk that reads nothing outside `boundary`, even through links, and whenever they are made.

    `left_out` holds paths below the folder that git ignores; None means that git cannot tell, and then the
    folders that tools create are ignored. `hidden` tells of a path after links, relative to `boundary`, that no
    link may lead to: what git ignores there is the user's own.
    """

    def __init__(
        self,
        base: Path,
        boundary: Path,
        left_out: frozenset[str] | None,
        hidden: Callable[[str], bool] = lambda path: False,
    ) -> None:
        self._base = os.fspath(base)
        self._boundary = os.path.realpath(boundary)
        self._left_out = left_out
        self._hidden = hidden
        self._entries: dict[str, Entry | None] = {}

    def paths(self) -> Sequence[str]:
        return list(self._found)

    def irregular(self) -> Sequence[str]:
        return [path for path, plain in self._found.items() if not plain]

    @cached_property
    def _below(self) -> str:
        """The path of the folder below the boundary, after links; it begins with `..` if it is not below."""
        return _relative(os.path.realpath(self._base), self._boundary)

    def fresh(self) -> DiskFolder:
        """Return the same folder without anything that was remembered of it."""
        return DiskFolder(Path(self._base), Path(self._boundary), self._left_out, self._hidden)

    def signature(self) -> Signature:
        """Return the status of every path that is not a folder, as the file system reports it now."""
        now, found = time.time_ns(), dict(self._walk(_status))
        plain = {path: status for path, status in found.items() if stat.S_ISREG(status[0])}
        odd = sorted(found.keys() - plain.keys())
        entries = {path: self._look(path) for path in odd}
        behind = {
            path: self._behind(path) for path, entry in entries.items() if entry and entry.kind is Kind.FILE
        }
        files = plain | {path: status for path, status in behind.items() if status}
        newest = max((max(status[2:4]) for status in (found | files).values()), default=0)
        told = repr((os.geteuid(), sorted(found.items()), entries, behind)).encode()
        return Signature(digest(told), frozenset(files), newest < now - SETTLED)

    def _behind(self, path: str) -> Status | None:
        """Return the status of the file that a link leads to."""
        try:
            return _told(os.stat(os.path.join(self._base, path)))
        except OSError:
            return None

    @cached_property
    def _found(self) -> Mapping[str, bool]:
        """Return every path that is not a folder, sorted, and whether it is a plain file."""
        return dict(sorted(self._walk(_is_plain)))

    def _walk(self, look: Callable[[os.DirEntry[str]], T]) -> Iterator[tuple[str, T]]:
        """Yield every path that is not a folder, and what a look at it gives."""
        pending = [""]
        while pending:
            below = pending.pop()
            for name, is_folder, seen in self._scan(below, look):
                path = join(below, name)
                if not self._counts(path, name):
                    continue
                if is_folder and name not in LOCAL and path.count("/") < DEEPEST:
                    pending.append(path)
                else:
                    yield path, seen

    def _scan(self, below: str, look: Callable[[os.DirEntry[str]], T]) -> list[tuple[str, bool, T]]:
        """Return each name in a folder, whether it is a folder, and what a look gives; empty if unreadable."""
        try:
            folder = beneath.open_file(self._boundary, join(self._below, below), beneath.LISTING)
        except OSError:
            return []
        try:
            with os.scandir(folder) as items:
                return [(item.name, item.is_dir(follow_symlinks=False), look(item)) for item in items]
        except OSError:
            return []
        finally:
            os.close(folder)

    def _counts(self, path: str, name: str) -> bool:
        if self._left_out is None:
            return name not in LOCAL
        return name != ".git" and path not in self._left_out

    def entry(self, path: str) -> Entry | None:
        if path not in self._entries:
            self._entries[path] = self._look(path)
        return self._entries[path]

    def _look(self, path: str) -> Entry | None:
        if self._left_out and not self._left_out.isdisjoint(with_parents(path)):
            return None
        full = os.path.join(self._base, path)
        try:
            status = os.lstat(full)
            if self._met_plain(path) and stat.S_ISREG(status.st_mode):
                return Entry(Kind.FILE, status.st_size)
            target = os.readlink(full) if stat.S_ISLNK(status.st_mode) else None
            real = _relative(os.path.realpath(full), self._boundary)
            if real.split("/")[0] == "..":
                return Entry(Kind.ESCAPING, target=target)
            status = os.stat(full) if target is not None else status
            if not self._may_lead_to(path, real):
                return Entry(Kind.IGNORED, target=target)
        except (OSError, ValueError) as failed:
            return Entry(Kind.DANGLING, target=_target(full)) if _is_link(full, failed) else None
        return Entry(_kind(status.st_mode), status.st_size, target)

    def _may_lead_to(self, path: str, real: str) -> bool:
        """Return whether a path may be read: below the boundary, and not through a link to what git leaves out."""
        parts = real.split("/")
        if parts[0] == "..":
            return False
        return real == join(self._below, path) or not (".git" in parts or self._hidden(real))

    def read(self, path: str) -> bytes:
        try:
            return read_beneath(self._boundary, self._real(path))
        except OSError as failed:
            raise Unreadable(f"cannot be read: {reason(failed)}") from failed

    def _real(self, path: str) -> str:
        """Return the path below the boundary of the file to read for `path`. Raises Unreadable."""
        if self._met_plain(path):
            return join(self._below, path)
        entry = self.entry(path)
        if entry is None or entry.kind is not Kind.FILE:
            raise Unreadable("not a file that can be read")
        real = _relative(os.path.realpath(os.path.join(self._base, path)), self._boundary)
        if not self._may_lead_to(path, real):
            raise Unreadable("not a file that can be read")
        return real

    def _met_plain(self, path: str) -> bool:
        """Return whether the listing, if there was one, found a plain file there, so that no link is on the way."""
        return "_found" in vars(self) and self._found.get(path, False)


def _relative(real: str, boundary: str) -> str:
    """Return a path after links relative to the boundary, empty for the boundary, `..` for anything outside."""
    if real == boundary:
        return ""
    prefix = boundary.rstrip(os.sep) + os.sep
    return real.removeprefix(prefix) if real.startswith(prefix) else ".."


def with_parents(path: str) -> Iterator[str]:
    """Yield a path and every folder it is in."""
    yield path
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _kind(mode: int) -> Kind:
    if stat.S_ISREG(mode):
        return Kind.FILE
    return Kind.FOLDER if stat.S_ISDIR(mode) else Kind.SPECIAL


def _target(full: str) -> str | None:
    try:
        return os.readlink(full)
    except (OSError, ValueError):
        return None


def _is_link(full: str, failed: Exception) -> bool:
    looped_or_lost = isinstance(failed, OSError) and failed.errno in (
        errno.ENOENT,
        errno.ELOOP,
        errno.ENOTDIR,
    )
    return looped_or_lost and _target(full) is not None


def read_plain(real: str, limit: int = MAX_BYTES) -> bytes:
    """Return the bytes of a regular file; never wait for a pipe or follow a link. Raises OSError and Unreadable."""
    return _content(os.open(real, READING | os.O_NOFOLLOW | os.O_CLOEXEC), limit)


def read_beneath(root: str, path: str, limit: int = MAX_BYTES) -> bytes:
    """Return the bytes of a regular file below a folder, reached through no link. Raises as `read_plain`."""
    return _content(beneath.open_file(root, path, READING), limit)


def _content(descriptor: int, limit: int) -> bytes:
    """Return the bytes of an open regular file, and close it. Raises OSError and Unreadable."""
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("not a regular file")
        if status.st_size > limit:
            raise Unreadable(f"{status.st_size:,} bytes; files over {limit:,} bytes are not read")
        return os.read(descriptor, status.st_size + 1)
    finally:
        os.close(descriptor)
