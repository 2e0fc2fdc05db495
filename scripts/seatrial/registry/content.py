"""Bytes in memory or in a file, known by their digest."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from seatrial.errors import ServiceError

_CHUNK = 1024 * 1024


@contextmanager
def opened(content: Path | bytes, digest: str) -> Iterator[IO[bytes]]:
    """The content, at its beginning, once it is sure that it is what its digest says. Raises ServiceError."""
    if isinstance(content, bytes):
        _must_be(hashlib.sha256(content).hexdigest(), digest, digest)
        yield io.BytesIO(content)
        return
    with _file(content) as file:
        try:
            _must_be(_hashed(file), digest, str(content))
        except OSError as failed:
            raise _unreadable(content, failed) from failed
        file.seek(0)
        yield file


def _file(path: Path) -> IO[bytes]:
    try:
        return open(path, "rb")
    except OSError as failed:
        raise _unreadable(path, failed) from failed


def _unreadable(path: Path, failed: OSError) -> ServiceError:
    return ServiceError(f"{path} cannot be read: {(failed.strerror or str(failed)).lower()}")


def _must_be(computed: str, digest: str, name: str) -> None:
    if f"sha256:{computed}" != digest:
        raise ServiceError(f"{name} is not what its digest says, but sha256:{computed}; build it anew")


def _hashed(file: IO[bytes]) -> str:
    found = hashlib.sha256()
    while part := file.read(_CHUNK):
        found.update(part)
    return found.hexdigest()


def size_of(file: IO[bytes]) -> int:
    """How many bytes there are from the beginning; the file is at its beginning afterwards."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size
