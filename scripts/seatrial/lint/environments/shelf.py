"""The folder of environments: each under its key, with a lock beside it whose date is its last use."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.dependencies.constraints import canonical
from seatrial.lint.environments.creation import FORMAT, MANIFEST
from seatrial.lint.environments.environment import site_of
from seatrial.lint.interpreters import Interpreter
from seatrial.system import locks

_KEY = re.compile(r"[0-9a-f]{32}")
_PART = re.compile(r"([0-9a-f]{32})\.[0-9a-f]+\.part")


@dataclass(frozen=True)
class Shelf:
    """The environments below a folder."""

    root: Path

    def place(self, key: str) -> Path:
        """Where an environment stands."""
        return self.root / key

    def lock(self, key: str) -> Path:
        """The file that is locked while it is used or made."""
        return self.root / f"{key}.lock"

    def part(self, key: str) -> Path:
        """A new name beside the place; two that make the same never share one."""
        return self.root / f"{key}.{secrets.token_hex(6)}.part"

    def manifest(self, key: str) -> Mapping[str, Any] | None:
        """What was written when it was finished; None where there is nothing whole."""
        try:
            found = json.loads((self.place(key) / MANIFEST).read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) and found.get("format") == FORMAT else None

    def is_intact(self, key: str, interpreter: Interpreter) -> bool:
        """Whether its Python can be started and everything that was installed is still listed."""
        manifest, place = self.manifest(key) or {}, self.place(key)
        if manifest.get("clash"):
            return True
        if not isinstance(manifest.get("entries"), list) or not os.access(place / "bin" / "python", os.X_OK):
            return False
        wanted = _names(manifest["entries"])
        try:
            entries = set(os.listdir(site_of(place, interpreter)))
        except OSError:
            return False
        return wanted <= entries and distributions(entries).keys() == distributions(wanted).keys()

    def bases(self, interpreter: Interpreter) -> Iterator[frozenset[str]]:
        """The pins of each environment that stands alone and has this Python."""
        stated = [str(interpreter.path), interpreter.version]
        for key in self.keys():
            found = self.manifest(key) or {}
            alone = found.get("base") is None and not found.get("local") and not found.get("clash")
            if found.get("interpreter") == stated and alone:
                yield _names(found.get("pins"))

    def keys(self) -> list[str]:
        """The keys of all that stand there, sorted."""
        return [name for name in self._names() if _KEY.fullmatch(name)]

    def _names(self) -> list[str]:
        try:
            return sorted(os.listdir(self.root))
        except OSError:
            return []

    def remove(self, key: str) -> None:
        """Take an environment away, and what was begun of it; whoever calls holds its lock alone.

        A kill on the way leaves a part for the next time.
        """
        with suppress(FileNotFoundError):
            os.rename(self.place(key), self.part(key))
        for name in self._names():
            if name.startswith(f"{key}.") and _PART.fullmatch(name):
                shutil.rmtree(self.root / name, ignore_errors=True)

    def sweep_parts(self) -> None:
        """Remove what was begun and is no longer being made."""
        for name in self._names():
            match = _PART.fullmatch(name)
            lock = locks.take(self.lock(match[1]), exclusive=True) if match else None
            if lock is not None:
                shutil.rmtree(self.root / name, ignore_errors=True)
                os.close(lock)

    def sweep(self, max_age: float, max_bytes: int) -> int:
        """Remove those unused for `max_age` seconds, then the longest unused until `max_bytes` suffice.

        Those in use stay. Gives the bytes that were removed, counted as if no file were shared.
        """
        self.sweep_parts()
        uses = sorted((self._last_use(key), key) for key in self.keys())
        sizes = {key: self._size(key) for _, key in uses}
        held, gone = sum(sizes.values()), 0
        for used, key in uses:
            if (time.time() - used > max_age or held - gone > max_bytes) and self._removed(key):
                gone += sizes[key]
        for key in self._lone_locks():
            self._removed(key)
        return gone

    def _lone_locks(self) -> list[str]:
        """The keys whose environment is gone, or never was."""
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


def distributions(entries: Collection[str]) -> dict[str, str]:
    """The installed packages that a folder's names tell of: version by name."""
    found = (
        name.removesuffix(".dist-info").rpartition("-") for name in entries if name.endswith(".dist-info")
    )
    return {canonical(name): version for name, _, version in found}
