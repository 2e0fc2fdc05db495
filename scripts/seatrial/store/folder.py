"""A store that is a folder: the default, which needs no server. Writers on one machine see one another's locks."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from seatrial.disk import read_plain
from seatrial.errors import ServiceError, Unreadable
from seatrial.release.ports import Stored

_KEY = re.compile(r"(?!.*(?:^|/)\.\.?(?:/|$))[\w.-]+(?:/[\w.-]+)*", re.ASCII)
_BESIDE = ".seatrial-part-"
_LOCK = ".seatrial-lock"


@dataclass(frozen=True)
class FolderStore:
    """Each key is a file below `base`; it fits `release.ports.Store`. The etag is the hash of the bytes."""

    base: Path

    def get(self, key: str) -> Stored | None:
        path = self._path(key)
        try:
            data = read_plain(str(path))
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
        found = (
            Path(folder, name).relative_to(self.base).as_posix()
            for folder, _, names in os.walk(self.base)
            for name in names
            if name != _LOCK and not name.startswith(_BESIDE)
        )
        return sorted(key for key in found if key.startswith(prefix))

    def _path(self, key: str) -> Path:
        """The file of a key, which no link leads out of the base. Raises ServiceError."""
        path = self.base / key
        if not _KEY.fullmatch(key) or not Path(os.path.realpath(path)).is_relative_to(
            os.path.realpath(self.base)
        ):
            raise ServiceError(f'"{key[:100]}" is no key below {self.base}')
        return path

    def _write(self, key: str, data: bytes) -> bool:
        path = self._path(key)
        with _told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=_BESIDE)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                os.chmod(beside, 0o644)
                os.replace(beside, path)
            except BaseException:
                os.unlink(beside)
                raise
        return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time; the system lets go when a process dies."""
        with _told(self.base):
            self.base.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.base / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What the disk refuses, as one line."""
    try:
        yield
    except OSError as failed:
        raise ServiceError(f"{failed.filename or path} cannot be written: {_why(failed)}") from failed


def _why(failed: Exception) -> str:
    return (getattr(failed, "strerror", None) or str(failed)).lower()
