"""A store in memory, for `release.plan.ports.Store`. As with S3, the same bytes have the same etag."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence

from seatrial.release.plan.ports import Stored


class MemoryStore:
    """A store in memory; `writes` lists the keys that were written."""

    def __init__(self, objects: dict[str, bytes] | None = None) -> None:
        self.objects = dict(objects or {})
        self.writes: list[str] = []
        self._lock = threading.RLock()

    def get(self, key: str) -> Stored | None:
        data = self.objects.get(key)
        return None if data is None else Stored(data, hashlib.md5(data).hexdigest())

    def create(self, key: str, data: bytes) -> bool:
        with self._lock:
            return key not in self.objects and self._write(key, data)

    def replace(self, key: str, data: bytes, etag: str) -> bool:
        with self._lock:
            present = self.get(key)
            return present is not None and present.etag == etag and self._write(key, data)

    def put(self, key: str, data: bytes) -> None:
        with self._lock:
            self._write(key, data)

    def keys(self, prefix: str = "") -> Sequence[str]:
        with self._lock:
            return sorted(key for key in self.objects if key.startswith(prefix))

    def _write(self, key: str, data: bytes) -> bool:
        self.objects[key] = data
        self.writes.append(key)
        return True
