"""Writing files whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seatrial.core.errors import ServiceError


def write_whole(path: Path, text: str) -> None:
    """Write a text file beside its place, then rename it there; a device or a pipe is written to.

    Raises ServiceError.
    """
    with told(path):
        if path.exists() and not path.is_file():
            _put(os.open(path, os.O_WRONLY | os.O_CLOEXEC), text)
        else:
            _rename_onto(Path(os.path.realpath(path)), text)


def append(path: Path, text: str) -> None:
    """Add text to the end of a file. Raises ServiceError."""
    with told(path):
        _put(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644), text)


@contextmanager
def told(path: Path | str) -> Iterator[None]:
    """What the disk refuses, as one line that names the file."""
    try:
        yield
    except (OSError, ValueError) as failed:
        why = getattr(failed, "strerror", None) or str(failed)
        raise ServiceError(f"{path} cannot be written: {why.lower()}") from failed


def _rename_onto(path: Path, text: str) -> None:
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=".seatrial-")
    try:
        _put(descriptor, text)
        os.chmod(beside, stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644)
        os.replace(beside, path)
    finally:
        if os.path.exists(beside):
            os.unlink(beside)


def _put(descriptor: int, text: str) -> None:
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        file.write(text)
