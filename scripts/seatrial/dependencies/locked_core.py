"""What `poetry.lock` says: what it was made from, and which framework it holds.

Read as text: a lock file has thousands of lines, and three of them matter here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from seatrial.core.errors import Unreadable
from seatrial.core.model import Integration, Location

LOCK = "poetry.lock"

ENOUGH = 2
"""Of a line that should stand there once, no more than this many are looked at."""

_KEYS = ("dependencies", "source", "extras", "dev-dependencies")
_HASH = re.compile(rb'^content-hash = "([^"\n]*)"', re.MULTILINE)
_CORE_NAME = b'\nname = "port-ocean"'
_CORE = re.compile(_CORE_NAME + rb'\r?\nversion = "([^"\n]*)"')


@dataclass(frozen=True)
class Line:
    """A value of the lock file, and where it stands."""

    text: str
    where: Location


@dataclass(frozen=True)
class CoreLock:
    """The lines of a lock file that matter; `fault` says why there are none."""

    hashes: tuple[Line, ...] = ()
    cores: tuple[Line, ...] = ()
    fault: str = ""

    @classmethod
    def of(cls, integration: Integration) -> CoreLock | None:
        """None where there is no lock file."""
        if not integration.has(LOCK):
            return None
        try:
            data = integration.read(LOCK)
        except Unreadable as reason:
            return cls(fault=f"it is not read: {reason}")
        hashes = tuple(_lines(_HASH, data, max(data.rfind(b"\n[metadata]"), 0)))
        fault = "" if hashes else "it has no content-hash, so nobody can tell what it was made from"
        core = data.find(_CORE_NAME)
        return cls(hashes, tuple(_lines(_CORE, data, core)) if core >= 0 else (), fault)


def _lines(pattern: re.Pattern[bytes], data: bytes, start: int) -> Iterator[Line]:
    for match in islice(pattern.finditer(data, start), ENOUGH):
        line = data.count(b"\n", 0, match.start(1)) + 1
        column = match.start(1) - data.rfind(b"\n", 0, match.start(1))
        yield Line(match.group(1).decode("utf-8", "replace"), Location(LOCK, line, column))


def content_hash(pyproject: Any) -> str:
    """The content-hash that Poetry writes for these dependencies; empty where it reads other keys.

    It does for `[project]` and `[dependency-groups]`. Source: Poetry's locker, the same since 1.5.
    """
    if not isinstance(pyproject, dict) or "project" in pyproject or "dependency-groups" in pyproject:
        return ""
    tool = pyproject.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    if not isinstance(poetry, dict):
        return ""
    relevant = {key: poetry.get(key) for key in _KEYS}
    if poetry.get("group") is not None:
        relevant["group"] = poetry["group"]
    try:
        return hashlib.sha256(json.dumps(relevant, sort_keys=True).encode()).hexdigest()
    except (TypeError, ValueError, RecursionError):
        return ""
