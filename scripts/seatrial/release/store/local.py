"""A store in a folder: the default, which needs no server. Writers on one machine wait for one another."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from seatrial.core.errors import ServiceError, Unreadable, reason
from seatrial.core.printable import one_line
from seatrial.release.places import must_not_be_link
from seatrial.release.plan.ports import Stored
from seatrial.system import beneath
from seatrial.system.atomic import replace_file, writing
from seatrial.system.folder import read_plain
from seatrial.system.locks import held

MAX_BYTES = 128 * 1024 * 1024
"""Bytes of the largest object that is read; an index of 1,000 types has 3 MB."""

LOCK_SECONDS = 30.0
"""Seconds that a writer waits for others; each needs milliseconds."""

_KEY = re.compile(r"(?!.*(?:^|/)\.\.?(?:/|$))[\w.-]+(?:/[\w.-]+)*", re.ASCII)
_LOCK = ".seatrial-lock"
_PART = ".seatrial-part"
_IGNORE = ".gitignore"


@dataclass(frozen=True)
class FolderStore:
    """A store with a file below `base` for each key, for `plan.ports.Store`. The etag is the hash of the bytes.

    A file is written beside the others and renamed, under the lock of the folder: readers see a complete object or
    none, and a process that dies leaves nothing behind that the next one does not replace. Files of more than `most`
    bytes are not read, by default MAX_BYTES.
    """

    base: Path
    most: int | None = None

    def get(self, key: str) -> Stored | None:
        path = self._path(key)
        try:
            data = read_plain(str(path), self.most or MAX_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, Unreadable) as failed:
            raise ServiceError(f"{path} cannot be read: {reason(failed)}") from failed
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
        """Return the file of a key, which no link leads out of the base. Raises ServiceError."""
        path = self.base / key
        base = os.path.realpath(self.base)
        if not _is_key(key):
            raise ServiceError(f'"{one_line(key, 60)}" is not a key below {self.base}')
        if not Path(os.path.realpath(path.parent)).is_relative_to(base):
            must_not_be_link(path.parent, self.base)
        return path

    def _write(self, key: str, data: bytes) -> bool:
        """Write an object while the folder is locked; return True. Raises ServiceError."""
        path = self._path(key)
        below = path.parent.relative_to(self.base).as_posix()
        with writing(path), beneath.folder(os.path.realpath(self.base), below, make=True):
            replace_file(path, lambda file: file.write(data), root=self.base, beside=self.base / _PART)
        return True

    def _locked(self) -> AbstractContextManager[None]:
        """Hold the folder's lock, which the system releases when a process dies."""
        lock = self.base / _LOCK
        for own in (lock, self.base / _PART):
            must_not_be_link(own, own.parent)
        busy = f"{lock} is held by another program; end it, or wait for its end"
        return held(lock, busy=busy, seconds=LOCK_SECONDS)


def _is_key(key: str) -> bool:
    return _KEY.fullmatch(key) is not None and key not in (_LOCK, _PART, _IGNORE)


def _files(top: Path) -> Iterator[tuple[str, str]]:
    """Yield the folder and name of each file below, without following links. Raises ServiceError."""

    def refuse(failed: OSError) -> None:
        if not isinstance(failed, FileNotFoundError):
            raise ServiceError(f"{failed.filename or top} cannot be read: {reason(failed)}") from failed

    for below, _, names in os.walk(top, onerror=refuse):
        yield from ((below, name) for name in names if not os.path.islink(os.path.join(below, name)))
