"""Writing files so that a reader sees the old content or the new, never a part."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from seatrial.core.errors import ServiceError, reason

BESIDE = ".seatrial-part-"
"""The beginning of the names of files that are being written."""


@contextmanager
def writing(path: Path | str) -> Iterator[None]:
    """Raise a ServiceError that names `path` where the disk refuses."""
    try:
        yield
    except (OSError, ValueError) as failed:
        raise ServiceError(f"{path} cannot be written: {reason(failed)}") from failed


def write_whole(path: Path, text: str, *, durable: bool = True) -> None:
    """Replace a text file as `replace_file` does; a device or a pipe is written to. Raises ServiceError.

    An existing file keeps its mode, and a link its place.
    """
    data = text.encode("utf-8", "backslashreplace")
    with writing(path):
        if path.exists() and not path.is_file():
            _put(os.open(path, os.O_WRONLY | os.O_CLOEXEC), data)
            return
        real = Path(os.path.realpath(path))
        mode = stat.S_IMODE(real.stat().st_mode) if real.exists() else 0o644
        _replace(real, lambda file: file.write(data), mode, durable)


def replace_file(
    path: Path,
    fill: Callable[[IO[bytes]], object],
    *,
    mode: int = 0o644,
    durable: bool = True,
    beside: Path | None = None,
) -> None:
    """Fill a new file on the same disk, flush it, and rename it onto `path`. Raises ServiceError.

    The new file is at `beside`, which is overwritten, or under a name of its own in the same folder. Without
    `durable` a crash of the machine may lose the content.
    """
    with writing(path):
        _replace(path, fill, mode, durable, beside)


def append(path: Path, text: str, *, durable: bool = False) -> None:
    """Add text to the end of a file, flushed to the disk if `durable`. Raises ServiceError."""
    with writing(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        _put(descriptor, text.encode("utf-8", "backslashreplace"), durable)


def _replace(
    path: Path, fill: Callable[[IO[bytes]], object], mode: int, durable: bool, beside: Path | None = None
) -> None:
    descriptor, part = _opened(path, beside)
    try:
        with os.fdopen(descriptor, "wb") as file:
            fill(file)
            file.flush()
            os.fchmod(descriptor, mode)
            if durable:
                os.fsync(descriptor)
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise


def _opened(path: Path, beside: Path | None) -> tuple[int, str]:
    if beside is None:
        return tempfile.mkstemp(dir=path.parent, prefix=BESIDE)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    return os.open(beside, flags, 0o644), os.fspath(beside)


def _put(descriptor: int, data: bytes, durable: bool = False) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        if durable:
            file.flush()
            os.fsync(descriptor)
