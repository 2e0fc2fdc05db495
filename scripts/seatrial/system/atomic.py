"""Writing files so that a reader sees the old content or the new, never a part, and without following links.

A change from somebody else can bring a link anywhere in a checkout, so every function that writes takes `root`:
below it no link is followed, on the way or at the place itself, even if it appears meanwhile. Elsewhere folders may
be links, as /tmp is on macOS, and so may the way to a cache.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from seatrial.core.errors import ServiceError, reason
from seatrial.core.printable import one_line
from seatrial.system import beneath

BESIDE = ".seatrial-part-"
"""The beginning of the names of files that are being written."""

MOST_LINKS = 40
"""The most links on the way to a place, as on Linux."""

_STREAM = re.compile(r"/dev/(?:std(?P<name>out|err)|fd/(?P<number>\d+))|/proc/self/fd/(?P<same>\d+)")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def writing(path: Path | str) -> Iterator[None]:
    """Raise a ServiceError that names `path` where the disk refuses."""
    try:
        yield
    except (OSError, ValueError) as failed:
        raise ServiceError(f"{path} cannot be written: {reason(failed)}") from failed


def write_whole(
    path: Path, text: str, *, root: Path | None = None, make: bool = False, durable: bool = True
) -> None:
    """Replace a text file as `replace_file` does; a device, a pipe or an open stream is written to.

    An existing file keeps its mode; a link is refused. With `make`, folders that are missing are made. Raises
    ServiceError.
    """
    data = text.encode("utf-8", "backslashreplace")
    with writing(path):
        stream = _stream(path)
        if stream is not None:
            _put(stream, data)
            return
        with _place(path, root, make) as (folder, name):
            mode = _mode(folder, name, path)
            if mode is not None and not stat.S_ISREG(mode):
                _put(os.open(name, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder), data)
                return
            kept = 0o644 if mode is None else stat.S_IMODE(mode)
            _replace(folder, name, lambda file: file.write(data), kept, durable)


def replace_file(
    path: Path,
    fill: Callable[[IO[bytes]], object],
    *,
    root: Path | None = None,
    mode: int = 0o644,
    durable: bool = True,
    beside: Path | None = None,
) -> None:
    """Fill a new file on the same disk, flush it, and rename it onto `path`. Raises ServiceError.

    The new file is at `beside`, in the place of an earlier one, or under a name of its own in the same folder. Without
    `durable` a crash of the machine may lose the content. A link at `path` is replaced, not followed.
    """
    with writing(path), _place(path, root) as (folder, name):
        if beside is None:
            _replace(folder, name, fill, mode, durable)
            return
        with _place(beside, root) as (other, part):
            if _mode(other, part, beside) is not None:
                os.unlink(part, dir_fd=other)
            _replace(folder, name, fill, mode, durable, (other, part))


def append(path: Path, text: str, *, root: Path | None = None, durable: bool = False) -> None:
    """Add text to the end of a file, flushed to the disk if `durable`; a link is refused. Raises ServiceError."""
    data = text.encode("utf-8", "backslashreplace")
    with writing(path):
        stream = _stream(path)
        if stream is not None:
            _put(stream, data)
            return
        with _place(path, root) as (folder, name):
            _mode(folder, name, path)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            _put(os.open(name, flags, 0o644, dir_fd=folder), data, durable)


def write_tree(path: Path, files: Mapping[str, bytes], *, root: Path | None = None) -> None:
    """Make a new folder with these files, by their paths in it: all of them or none; folders above it are made.

    Raises ServiceError if the machine refuses, a link is on the way, or something other than an empty folder is there.
    """
    with writing(path), _place(path, root, make=True) as (folder, name):
        part = f".{name[:200]}.{secrets.token_hex(4)}.new"
        os.mkdir(part, dir_fd=folder)
        try:
            for inner, data in files.items():
                _put(_new(folder, f"{part}/{inner}"), data)
            os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
        finally:
            shutil.rmtree(part, ignore_errors=True, dir_fd=folder)


def _new(folder: int, path: str) -> int:
    """Return a descriptor of a new file below an open folder; the folders that it is in are made."""
    holder, _, name = path.rpartition("/")
    with beneath.folder(folder, holder, make=True) as at:
        return os.open(name, _NEW, 0o666, dir_fd=at)


@contextmanager
def _place(path: Path | str, root: Path | None, make: bool = False) -> Iterator[tuple[int, str]]:
    """Yield an open folder and the name of `path` in it. Raises OSError, and ServiceError for a link below `root`."""
    way, name = os.path.split(os.path.join(os.getcwd(), path))
    if name in ("", ".", ".."):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    home = os.path.realpath(root) if root else None
    real = _real(path, way, home)
    below = beneath.position(home, real) if home else None
    start, rest = (home, below) if home and below is not None else ("/", real) if make else (real, "")
    with beneath.folder(start, rest, make=make) as folder:
        yield folder, name


def _real(path: Path | str, way: str, home: str | None) -> str:
    """Return a folder's path after links. Raises ServiceError for a link that is itself below `home`."""
    todo, at = way.split("/")[::-1], "/"
    met = 0
    while todo:
        part = todo.pop()
        target = _target(os.path.join(at, part)) if part not in ("", ".", "..") else None
        if target is None:
            at = os.path.normpath(os.path.join(at, part))
            continue
        met += 1
        if home is not None and beneath.position(home, at) is not None:
            raise _through(path, f'"{os.path.join(at, part)}"', target)
        if met > MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        at = "/" if target.startswith("/") else at
        todo.extend(target.split("/")[::-1])
    return at


def _target(path: str) -> str | None:
    """Return where a link leads; None for anything else."""
    with suppress(OSError):
        return os.readlink(path)
    return None


def _through(path: Path | str, link: str, target: str) -> ServiceError:
    return ServiceError(
        f'{path} cannot be written: {link} is a link to "{one_line(target)}", and nothing is written through a '
        "link; remove the link, or name another place"
    )


def _mode(folder: int, name: str, path: Path | str) -> int | None:
    """Return the mode of what is at a place, None for nothing. Raises ServiceError for a link."""
    try:
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(mode):
        raise _through(path, "it", os.readlink(name, dir_fd=folder))
    return mode


def _stream(path: Path | str) -> int | None:
    """Return a copy of the descriptor of an open stream that is named as a file, such as /dev/stdout; else None."""
    found = _STREAM.fullmatch(os.fspath(path))
    if found is None:
        return None
    number = {"out": "1", "err": "2"}.get(found["name"] or "") or found["number"] or found["same"]
    return os.dup(int(number))


def _replace(
    folder: int,
    name: str,
    fill: Callable[[IO[bytes]], object],
    mode: int,
    durable: bool,
    beside: tuple[int, str] | None = None,
) -> None:
    other, part = beside or (folder, f"{BESIDE}{secrets.token_hex(8)}")
    descriptor = os.open(part, _NEW, 0o600, dir_fd=other)
    try:
        with os.fdopen(descriptor, "wb") as file:
            fill(file)
            file.flush()
            os.fchmod(descriptor, mode)
            if durable:
                os.fsync(descriptor)
        os.replace(part, name, src_dir_fd=other, dst_dir_fd=folder)
    except BaseException:
        os.unlink(part, dir_fd=other)
        raise


def _put(descriptor: int, data: bytes, durable: bool = False) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        if durable:
            file.flush()
            os.fsync(descriptor)
