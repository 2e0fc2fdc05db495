"""A store that is a folder: the default, which needs no server. Writers on one machine wait for one another."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from seatrial.core.errors import ServiceError, Unreadable
from seatrial.core.names import shown
from seatrial.release.plan.ports import Stored
from seatrial.system.folder import read_plain

MAX_BYTES = 128 * 1024 * 1024
"""Objects larger than this are not read; an index of 1,000 types has 3 MB."""

PATIENCE = 30.0
"""How long a writer waits for others, in seconds; each needs milliseconds."""

_KEY = re.compile(r"(?!.*(?:^|/)\.\.?(?:/|$))[\w.-]+(?:/[\w.-]+)*", re.ASCII)
_LOCK = ".seatrial-lock"
_PART = ".seatrial-part"
_OPENED = os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


@dataclass(frozen=True)
class FolderStore:
    """Each key is a file below `base`; it fits `release.ports.Store`. The etag is the hash of the bytes.

    A file is written beside the others and then renamed, under the lock of the folder, so that readers
    see it whole or not at all, and whoever dies half-way leaves nothing behind that the next does not replace.
    """

    base: Path
    sleep: Callable[[float], None] = time.sleep

    def get(self, key: str) -> Stored | None:
        path = self._path(key)
        try:
            data = read_plain(str(path), MAX_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, Unreadable) as failed:
            raise ServiceError(f"{path} cannot be read: {_why(failed)}") from failed
        return Stored(data, hashlib.sha256(data).hexdigest())

    def create(self, key: str, data: bytes) -> bool:
        with self._locked():
            return self.get(key) is None and self._write(key, data)

    def replace(self, key: str, data: bytes, etag: str) -> bool:
        with self._locked():
            present = self.get(key)
            return present is not None and present.etag == etag and self._write(key, data)

    def put(self, key: str, data: bytes) -> None:
        with self._locked():
            self._write(key, data)

    def keys(self, prefix: str = "") -> Sequence[str]:
        folder = prefix.rpartition("/")[0]
        top = self._path(folder) if folder else self.base
        found = (Path(below, name).relative_to(self.base).as_posix() for below, name in _files(top))
        return sorted(key for key in found if key.startswith(prefix) and _is_key(key))

    def _path(self, key: str) -> Path:
        """The file of a key, which no link leads out of the base. Raises ServiceError."""
        path = self.base / key
        base = os.path.realpath(self.base)
        if not _is_key(key) or not Path(os.path.realpath(path.parent)).is_relative_to(base):
            raise ServiceError(f'"{shown(key)}" is no key below {self.base}')
        return path

    def _write(self, key: str, data: bytes) -> bool:
        """Put bytes at a key, while the folder is locked."""
        path = self._path(key)
        beside = self.base / _PART
        with _told(path):
            os.makedirs(path.parent, exist_ok=True)
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_TRUNC | _OPENED, 0o644), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
        return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time; the system lets go when a process dies."""
        with _told(self.base):
            os.makedirs(self.base, exist_ok=True)
            descriptor = os.open(self.base / _LOCK, os.O_RDWR | _OPENED, 0o644)
        try:
            self._lock(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        end = time.monotonic() + PATIENCE
        while not _taken(descriptor):
            if time.monotonic() > end:
                raise ServiceError(
                    f"{self.base / _LOCK} is held by another program; end it, or wait for its end"
                )
            self.sleep(0.002)


def _is_key(key: str) -> bool:
    return _KEY.fullmatch(key) is not None and key not in (_LOCK, _PART)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as failed:
        raise ServiceError(f"the folder of the store cannot be locked: {_why(failed)}") from failed
    return True


def _files(top: Path) -> Iterator[tuple[str, str]]:
    """The folder and name of each file below; links to folders are not followed. Raises ServiceError."""

    def refuse(failed: OSError) -> None:
        if not isinstance(failed, FileNotFoundError):
            raise ServiceError(f"{failed.filename or top} cannot be read: {_why(failed)}") from failed

    for below, _, names in os.walk(top, onerror=refuse):
        yield from ((below, name) for name in names)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What the disk refuses, as one line."""
    try:
        yield
    except OSError as failed:
        raise ServiceError(f"{path} cannot be written: {_why(failed)}") from failed


def _why(failed: Exception) -> str:
    return (getattr(failed, "strerror", None) or str(failed)).lower()
