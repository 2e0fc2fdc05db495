"""The folder of environments: each under its key, with its inventory, and a lock file whose date is its last use.

Both are beside the environment, out of reach of the programs in it.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.lint.environments.environment import FORMAT, MANIFEST
from seatrial.lint.environments.inventory import matches
from seatrial.lint.interpreters import Interpreter
from seatrial.system import locks, trees
from seatrial.system.cache import sweep

_KEY = re.compile(r"[0-9a-f]{32}")
_PART = re.compile(r"([0-9a-f]{32})\.[0-9a-f]+\.part")


@dataclass(frozen=True)
class EnvironmentStore:
    """The environments below a folder."""

    root: Path

    def place(self, key: str) -> Path:
        """Return the folder of an environment."""
        return self.root / key

    def lock(self, key: str) -> Path:
        """Return the file that is locked while an environment is used or made."""
        return self.root / f"{key}.lock"

    def part(self, key: str) -> Path:
        """Return a new name beside the place, so that two runs that make the same environment never share one."""
        return self.root / f"{key}.{secrets.token_hex(6)}.part"

    def manifest(self, key: str) -> Mapping[str, Any] | None:
        """Return the manifest of an environment; None where it is not finished."""
        try:
            found = json.loads((self.place(key) / MANIFEST).read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) and found.get("format") == FORMAT else None

    def inventory(self, key: str) -> Path:
        """Return the file with the inventory of an environment."""
        return self.root / f"{key}.files"

    def is_intact(self, key: str) -> bool:
        """Return whether an environment is finished, and all that was installed is there, and nothing else."""
        manifest = self.manifest(key) or {}
        return bool(manifest) and matches(self.place(key), self.inventory(key))

    def bases(self, interpreter: Interpreter) -> Iterator[frozenset[str]]:
        """Yield the pins of each environment that has this Python and no base."""
        stated = [str(interpreter.path), interpreter.version]
        for key in self.keys():
            found = self.manifest(key) or {}
            alone = found.get("base") is None and not found.get("local") and not found.get("clash")
            if found.get("interpreter") == stated and alone:
                yield _names(found.get("pins"))

    def keys(self) -> list[str]:
        """Return the keys of all environments, sorted."""
        return [name for name in self._names() if _KEY.fullmatch(name)]

    def _names(self) -> list[str]:
        try:
            return sorted(os.listdir(self.root))
        except OSError:
            return []

    def remove(self, key: str) -> None:
        """Remove an environment and its unfinished parts; the caller holds its lock exclusively.

        If the process is killed meanwhile, a part is left for the next time.
        """
        with suppress(FileNotFoundError):
            os.unlink(self.inventory(key))
        with suppress(FileNotFoundError):
            os.rename(self.place(key), self.part(key))
        for name in self._names():
            if name.startswith(f"{key}.") and _PART.fullmatch(name):
                trees.remove(self.root / name)

    def sweep_parts(self) -> None:
        """Remove unfinished environments that no process is making."""
        for name in self._names():
            match = _PART.fullmatch(name)
            lock = locks.take(self.lock(match[1]), exclusive=True) if match else None
            if lock is not None:
                trees.remove(self.root / name)
                os.close(lock)

    def sweep(self, max_age: float, max_bytes: int) -> int:
        """Remove those unused for `max_age` seconds, then the longest unused until `max_bytes` suffice.

        Those in use stay. Returns the bytes that were removed, counted as if no file were shared.
        """
        self.sweep_parts()
        entries = [(self._last_use(key), self._size(key), key) for key in self.keys()]
        gone = sweep(entries, self._removed, now=time.time(), max_age=max_age, max_bytes=max_bytes)
        for key in self._lone_locks():
            self._removed(key)
        return gone

    def _lone_locks(self) -> list[str]:
        """Return the keys of locks without an environment."""
        keys = [name.removesuffix(".lock") for name in self._names() if name.endswith(".lock")]
        return [key for key in keys if _KEY.fullmatch(key) and not self.place(key).exists()]

    def _removed(self, key: str) -> bool:
        lock = locks.take(self.lock(key), exclusive=True)
        if lock is None:
            return False
        self.remove(key)
        with suppress(OSError):
            os.unlink(self.lock(key))
        os.close(lock)
        return True

    def _last_use(self, key: str) -> float:
        with suppress(OSError):
            return self.lock(key).stat().st_mtime
        return 0.0

    def _size(self, key: str) -> int:
        size = (self.manifest(key) or {}).get("bytes")
        return size if isinstance(size, int) else 0


def _names(value: Any) -> frozenset[str]:
    return frozenset(one for one in value if isinstance(one, str)) if isinstance(value, list) else frozenset()
