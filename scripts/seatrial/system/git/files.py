"""The files of commits, byte for byte, whatever attributes say: read as a folder, or exported."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path, PurePosixPath

from seatrial.core.errors import SeatrialError, ServiceError, Unreadable, reason
from seatrial.core.model import Entry, Folder, Kind
from seatrial.system.folder import MAX_BYTES, with_parents
from seatrial.system.git.command import REFETCH, SECONDS_REMOTE, ask, must, text_of
from seatrial.system.git.commits import CommittedFile, blobs, resolve, time_of, tree_of

CHUNK = 64 * 1024 * 1024
"""The most bytes of files held in memory at once, unless one file is larger."""

TOGETHER = 2 * 1024 * 1024
"""The most bytes of files that are read at once because one of them is asked for."""


def contents(root: Path, blobs: Iterable[CommittedFile]) -> Iterator[tuple[str, bytes]]:
    """Yield the ids and bytes of these files, in groups that fit in memory. Raises ServiceError."""
    for some in _chunks({one.id: one for one in blobs}.values()):
        feed = "".join(f"{one.id}\n" for one in some).encode()
        yield from _answers(must(root, "cat-file", "--batch", feed=feed, seconds=SECONDS_REMOTE))


def _chunks(blobs: Iterable[CommittedFile]) -> Iterator[list[CommittedFile]]:
    chunk: list[CommittedFile] = []
    size = 0
    for blob in blobs:
        if chunk and size + blob.size > CHUNK:
            yield chunk
            chunk, size = [], 0
        chunk.append(blob)
        size += blob.size
    if chunk:
        yield chunk


def _answers(said: bytes) -> Iterator[tuple[str, bytes]]:
    """Split output of lines with id, kind and size, each followed by that many bytes and a line feed."""
    at = 0
    while at < len(said):
        end = said.index(b"\n", at)
        name, *facts = said[at:end].decode().split()
        if len(facts) != 2:
            raise ServiceError(f"git has not all files of the commit, {name[:12]} is missing; {REFETCH}")
        size = int(facts[1])
        yield name, said[end + 1 : end + 1 + size]
        at = end + 1 + size + 1


UNSAFE = frozenset({"", ".", "..", ".git"})
UNSEEN = dict.fromkeys(
    (0x200C, 0x200D, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF)
)
"""Characters that macOS leaves out of names, as `next_hfs_char` in git's utf8.c."""


def export(root: Path, commit: str, into: Path) -> None:
    """Write a commit's files below `root` into a new folder, with their modes and the commit's time.

    Links stay as they are; submodules are empty folders. Raises UsageError for an unknown commit,
    ServiceError if git or the disk fails.
    """
    commit = resolve(root, commit)
    found = blobs(root, commit)
    _refuse_strays(found)
    try:
        _make_folders(found, into)
        _write(root, found, into)
        _date(into, time_of(root, commit))
    except OSError as failed:
        raise ServiceError(f"{failed.filename or into} cannot be written: {reason(failed)}") from failed


def _refuse_strays(found: Mapping[str, CommittedFile]) -> None:
    for path in found:
        if not UNSAFE.isdisjoint(path.translate(UNSEEN).lower().split("/")):
            raise ServiceError(f'the commit has a file at "{path[:200]}", which leads elsewhere; take it out')


def _make_folders(found: Mapping[str, CommittedFile], into: Path) -> None:
    """Make the folders one by one, parents first, so that all have the same mode."""
    into.mkdir(parents=True)
    parents = {parent for path in found for parent in PurePosixPath(path).parents if parent.name}
    submodules = {PurePosixPath(path) for path, blob in found.items() if blob.is_submodule}
    for folder in sorted(parents | submodules):
        (into / folder).mkdir()
        (into / folder).chmod(0o755)


def _write(root: Path, found: Mapping[str, CommittedFile], into: Path) -> None:
    """Write the files, links last, so that nothing is written through one."""
    files = {path: blob for path, blob in found.items() if not blob.is_link and not blob.is_submodule}
    links = {path: blob for path, blob in found.items() if blob.is_link}
    for path, data in _each(root, files):
        _put(into / path, data, 0o755 if files[path].is_executable else 0o644)
    for path, data in _each(root, links):
        os.symlink(data, os.fsencode(into / path))


def _each(root: Path, found: Mapping[str, CommittedFile]) -> Iterator[tuple[str, bytes]]:
    """Yield each path with its bytes; several paths may have the same."""
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
    """Set the commit's time on everything, children first."""
    for below, folders, files in os.walk(into, topdown=False):
        for name in (*folders, *files):
            os.utime(os.path.join(below, name), (time, time), follow_symlinks=False)
    os.utime(into, (time, time))


def track_export(root: Path, commit: str, export: Path) -> Path:
    """Make an export of a commit a repository that tracks all its files, as a checkout does; return its `.git`.

    It borrows the objects of the repository of `root`. Raises UsageError and ServiceError.
    """
    objects = os.path.realpath(root / text_of(must(root, "rev-parse", "--git-path", "objects")))
    sha256 = ask(root, "rev-parse", "--show-object-format") == b"sha256\n"
    place = export / ".git"
    for folder in (place / "objects" / "info", place / "refs"):
        folder.mkdir(parents=True)
    (place / "HEAD").write_text("ref: refs/heads/main\n")
    (place / "config").write_text(_CONFIG_SHA256 if sha256 else _CONFIG)
    (place / "objects" / "info" / "alternates").write_text(f"{objects}\n")
    must(export, "read-tree", tree_of(root, commit) or "")
    return place


_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
_CONFIG_SHA256 = (
    "[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n\tobjectformat = sha256\n"
)

MOST_LINKS = 20
"""The most links followed in a row."""

MAX_TARGET = 4096
"""A link with a longer target is dangling."""


class CommitFolder:
    """A folder of a commit, with the limits of one on disk: nothing outside it, no file that is too large.

    A link has the kind of its target inside the folder; outside it nothing is looked up. `known` holds the
    bytes of files read so far by id, and of all links; other files are read on demand, with those beside them.
    """

    def __init__(
        self, root: Path, found: Mapping[str, CommittedFile], known: MutableMapping[str, bytes]
    ) -> None:
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
        """Follow links; return the kind and the path of the target."""
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
        return self._bytes(end)

    def _bytes(self, path: str) -> bytes:
        blob = self._blobs[path]
        if blob.id not in self._known:
            self._known.update(self._fetched(path))
        return self._known[blob.id]

    def _fetched(self, path: str) -> Mapping[str, bytes]:
        blob = self._blobs[path]
        if blob.size > MAX_BYTES:
            raise Unreadable(f"{blob.size:,} bytes; files over {MAX_BYTES:,} bytes are not read")
        with suppress(SeatrialError):  # a partial clone may lack one of those beside it
            return dict(contents(self._root, [blob, *self._beside(path)]))
        try:
            return dict(contents(self._root, [blob]))
        except SeatrialError as failed:
            raise Unreadable(str(failed)) from failed

    def _beside(self, path: str) -> Iterator[CommittedFile]:
        """Yield the unread files of the same folder, as many as are read together."""
        left = TOGETHER - self._blobs[path].size
        for blob in self._by_folder[posixpath.dirname(path)]:
            if blob.id not in self._known and blob.size <= left:
                left -= blob.size
                yield blob

    @cached_property
    def _by_folder(self) -> Mapping[str, Sequence[CommittedFile]]:
        found: dict[str, list[CommittedFile]] = {}
        for path, blob in self._blobs.items():
            found.setdefault(posixpath.dirname(path), []).append(blob)
        return found


def folder_at(root: Path, commit: str, path: str) -> Folder:
    """Return a folder below `root` as of a commit; empty if it was not there. Raises UsageError and ServiceError."""
    return folders_at(root, commit, [path])[path]


def folders_at(
    root: Path, commit: str, paths: Sequence[str], soon: Callable[[str], bool] = lambda path: False
) -> Mapping[str, Folder]:
    """Return folders below `root` as of a commit, with two calls of git however many they are.

    Files of whose path `soon` is true are read at once, others on demand. Raises UsageError and ServiceError.
    """
    parts: dict[str, dict[str, CommittedFile]] = {path: {} for path in paths}
    for whole, blob in blobs(root, commit, [] if "" in parts else paths).items():
        for parent in _parents(whole):
            if parent in parts:
                parts[parent][whole.removeprefix(parent).removeprefix("/")] = blob
    known = dict(contents(root, _now(parts.values(), soon)))
    return {path: CommitFolder(root, found, known) for path, found in parts.items()}


def _now(
    parts: Iterable[Mapping[str, CommittedFile]], soon: Callable[[str], bool]
) -> Iterator[CommittedFile]:
    """Yield the files to read at once: links, and those of which `soon` is true."""
    for found in parts:
        for path, blob in found.items():
            small = blob.size <= (MAX_TARGET if blob.is_link else MAX_BYTES)
            if small and not blob.is_submodule and (blob.is_link or soon(path)):
                yield blob


def _parents(path: str) -> Iterator[str]:
    """Yield the folders a path is in, the root's, which is empty, last."""
    yield from list(with_parents(path))[1:]
    yield ""
