"""Folders as they were in a commit."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from functools import cached_property
from pathlib import Path

from seatrial.disk import MAX_BYTES, with_parents
from seatrial.errors import SeatrialError, Unreadable
from seatrial.git.commits import Blob, blobs
from seatrial.git.contents import contents
from seatrial.model import Entry, Folder, Kind

MOST_LINKS = 20
"""No more links in a row are followed."""

MAX_TARGET = 4096
"""A link to a place with a longer name leads nowhere."""


class CommitFolder:
    """A folder of a commit, read like one on disk: nothing outside of it, no file that is too large.

    A link counts as what it leads to inside the folder; what is outside is not looked at. `known` holds the bytes
    of the files that were read so far, by their ids, with those of all links; the others are read when asked for.
    """

    def __init__(self, root: Path, found: Mapping[str, Blob], known: MutableMapping[str, bytes]) -> None:
        self._root = root
        self._blobs = {path: blob for path, blob in found.items() if not blob.is_submodule}
        self._known = known

    def paths(self) -> Sequence[str]:
        return sorted(self._blobs)

    def irregular(self) -> Sequence[str]:
        return sorted(path for path, blob in self._blobs.items() if blob.is_link)

    @cached_property
    def _folders(self) -> frozenset[str]:
        return frozenset(parent for path in self._blobs for parent in _parents(path))

    def entry(self, path: str) -> Entry | None:
        blob = self._blobs.get(path)
        if blob is None:
            return Entry(Kind.FOLDER) if path in self._folders else None
        if not blob.is_link:
            return Entry(Kind.FILE, blob.size)
        kind, end = self._end(path)
        size = self._blobs[end].size if kind is Kind.FILE else 0
        return Entry(kind, size, self._target(path))

    def _target(self, path: str) -> str:
        return self._known.get(self._blobs[path].id, b"").decode("utf-8", "surrogateescape")

    def _end(self, path: str) -> tuple[Kind, str]:
        """What a path leads to in the end, and where that is."""
        for _ in range(MOST_LINKS):
            if path in self._folders:
                return Kind.FOLDER, path
            blob = self._blobs.get(path)
            if blob is None:
                return Kind.DANGLING, path
            if not blob.is_link:
                return Kind.FILE, path
            target = posixpath.join(posixpath.dirname(path), self._target(path) or "?")
            path = posixpath.normpath(target)
            if path.startswith("/") or path.split("/")[0] == "..":
                return Kind.ESCAPING, path
            path = "" if path == "." else path
        return Kind.DANGLING, path

    def read(self, path: str) -> bytes:
        kind, end = self._end(path)
        if kind is not Kind.FILE:
            raise Unreadable("not a file that can be read")
        return self._bytes(self._blobs[end])

    def _bytes(self, blob: Blob) -> bytes:
        if blob.id not in self._known:
            self._known[blob.id] = self._fetched(blob)
        return self._known[blob.id]

    def _fetched(self, blob: Blob) -> bytes:
        if blob.size > MAX_BYTES:
            raise Unreadable(f"{blob.size:,} bytes; files over {MAX_BYTES:,} bytes are not read")
        try:
            return next(data for _, data in contents(self._root, [blob]))
        except SeatrialError as failed:
            raise Unreadable(str(failed)) from failed


def folder_at(root: Path, commit: str, path: str) -> Folder:
    """A folder below `root` as it was in a commit; empty where it was not there. Raises UsageError and ServiceError."""
    return folders_at(root, commit, [path])[path]


def folders_at(
    root: Path, commit: str, paths: Sequence[str], soon: Callable[[str], bool] = lambda path: False
) -> Mapping[str, Folder]:
    """Folders below `root` as they were in a commit, found by two calls of git however many they are.

    `soon` says of a path in a folder whether it is read now, with all others, rather than when it is asked for.
    Raises UsageError and ServiceError.
    """
    parts: dict[str, dict[str, Blob]] = {path: {} for path in paths}
    for whole, blob in blobs(root, commit, [] if "" in parts else paths).items():
        for parent in _parents(whole):
            if parent in parts:
                parts[parent][whole.removeprefix(parent).removeprefix("/")] = blob
    known = dict(contents(root, _now(parts.values(), soon)))
    return {path: CommitFolder(root, found, known) for path, found in parts.items()}


def _now(parts: Iterable[Mapping[str, Blob]], soon: Callable[[str], bool]) -> Iterator[Blob]:
    """What is read at once: links, and the files that are wanted soon."""
    for found in parts:
        for path, blob in found.items():
            small = blob.size <= (MAX_TARGET if blob.is_link else MAX_BYTES)
            if small and not blob.is_submodule and (blob.is_link or soon(path)):
                yield blob


def _parents(path: str) -> Iterator[str]:
    """The folders that a path lies in, the root's last, which is empty."""
    yield from list(with_parents(path))[1:]
    yield ""
