"""What a verdict depends on, as plain data: its key in the cache, and what changed since last time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

RECIPE = 1
"""Raised when the way a tool is run changes, so that nothing kept from before is used."""


SPECIAL, ASTRAY = "special", "astray"
ODD = (SPECIAL, ASTRAY)
"""What stands for a digest where there is none."""


@dataclass(frozen=True)
class Contents:
    """A folder's files by path with a digest of bytes and mode, and what stands around it.

    `sizes` are in bytes. `around` holds, by path relative to the folder, what the tools look for
    in the folders above. `astray` are links whose targets no digest covers; with any, nothing may
    be concluded from the digests.
    """

    files: Mapping[str, str]
    sizes: Mapping[str, int] = field(default_factory=dict)
    around: Mapping[str, str] = field(default_factory=dict)
    astray: tuple[str, ...] = ()

    @property
    def plain(self) -> Iterator[str]:
        """The paths of files that are neither links nor anything special: those that are safe to open."""
        return (path for path, digest in self.files.items() if " " not in digest and digest not in ODD)


@dataclass(frozen=True)
class Basis:
    """All that one tool's verdict on one folder depends on.

    `tool` is name and version, `python` the interpreter and the platform. `files` maps every path in
    the folder to the digest of its bytes, or to "" where only its being there counts; `around` does so
    for the settings in the folders above.
    """

    tool: str
    arguments: Sequence[str]
    python: str
    files: Mapping[str, str]
    around: Mapping[str, str]

    def record(self) -> dict[str, Any]:
        """The basis as JSON values."""
        return {"recipe": RECIPE, **vars(self), "arguments": list(self.arguments)}

    @property
    def key(self) -> str:
        """SHA-256 of the record, as 64 hexadecimal digits; the same on every machine and in every clone."""
        text = json.dumps(self.record(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """What differs between two records, in words; hostile or older records differ as a whole."""
    for name in ("recipe", "tool", "arguments", "python"):
        if before.get(name) != after[name]:
            yield _became(name, before.get(name), after[name])
    for name in ("files", "around"):
        old = before.get(name)
        yield from _differences(old if isinstance(old, dict) else {}, after[name])


def _became(name: str, before: Any, after: Any) -> str:
    if name == "recipe":
        return "this Seatrial runs the tools in another way than the one before"
    old, new = (" ".join(one) if isinstance(one, list) else str(one) for one in (before, after))
    return f"{new} now, {old} then" if name != "arguments" else f'called with "{new}" now, "{old}" then'


def _differences(before: Mapping[str, Any], after: Mapping[str, str]) -> Iterator[str]:
    for path in sorted({*before, *after}):
        if path not in before:
            yield f"{path} is new"
        elif path not in after:
            yield f"{path} is gone"
        elif before[path] != after[path]:
            yield f"{path} changed"
