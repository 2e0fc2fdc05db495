"""Writing files whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from seatrial.errors import ServiceError


def write_whole(path: Path, text: str) -> None:
    """Write a text file beside its place, then rename it there. Raises ServiceError."""
    beside = None
    try:
        descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.write(text)
        os.chmod(beside, stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644)
        os.replace(beside, path)
    except OSError as failed:
        raise ServiceError(
            f"{path} cannot be written: {(failed.strerror or str(failed)).lower()}"
        ) from failed
    finally:
        if beside and os.path.exists(beside):
            os.unlink(beside)


def append(path: Path, text: str) -> None:
    """Add text to the end of a file. Raises ServiceError."""
    try:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as failed:
        raise ServiceError(
            f"{path} cannot be written: {(failed.strerror or str(failed)).lower()}"
        ) from failed
