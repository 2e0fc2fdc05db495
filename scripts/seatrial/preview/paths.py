"""How far the paths of a program lead into an object: what is there, what is not, and what it may have meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from seatrial.core.suggest import nearest

_TOKEN = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*+"?)'
    r"|(?P<comment>#[^\n]*)"
    r'|(?<![\w)\]}"?.])(?P<path>\.(?:[A-Za-z_]\w*|"[^"\\]*"|(?=\[))(?:\.[A-Za-z_]\w*|\."[^"\\]*"|\.?\[[^\[\]"]*\]'
    r'|\.?\["[^"\\]*"\]|\?(?!//))*+)'
    r"|(?P<call>(?<![\w.$])[A-Za-z_]\w*+\s*+\()"
    r"|(?P<open>[(\[{])"
    r"|(?P<close>[)\]}])"
    r"|(?P<pipe>\|(?!=))"
)
_STEP = re.compile(
    r'\.?\[\s*"(?P<quoted>[^"\\]*)"\s*\]|\.?"(?P<text>[^"\\]*)"|\.(?P<name>[A-Za-z_]\w*)|(?P<other>\.?\[[^\]]*\])'
)
_REBINDING = re.compile(r"(?<![\w.$])(?:as|def|reduce|foreach|label)\b")

MOST_KEYS = 200
"""Objects of more keys are not searched for a name like a missing one."""


MOST_LETTERS = 40
"""Longer names are not compared with others."""

MOST_PATHS = 50
"""Nothing is said of a program that reads more paths; real ones read 4."""


class End(Enum):
    """How a path ends: it leads to a value, to null, or to nothing."""

    VALUE = "there"
    NULL = "null"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Trace:
    """A path that a program reads: how it ends, how much of it is there, and what stands near.

    `reached` is the part that is there, `at` the first part that is null or missing, `near` a key like it.
    """

    path: str
    end: End
    reached: str = ""
    at: str = ""
    near: str = ""

    def __str__(self) -> str:
        if self.end is End.NULL:
            return f"{self.at} is null"
        if self.end is not End.MISSING:
            return f"{self.path} is there"
        words = f"{self.reached} is there, {self.at} is not" if self.reached else f"{self.at} is not there"
        return f"{words}; near: {self.near}" if self.near else words


def traces(program: str, data: Any) -> list[Trace]:
    """Return a trace of each path that a program reads from the object itself, in order.

    Behind a pipe, and inside the brackets of a function, `.` is something else; nothing is said of those.
    """
    return [trace(path, data) for path in read_paths(program)]


@lru_cache(maxsize=4096)
def read_paths(program: str) -> tuple[str, ...]:
    """Return the paths that a program reads from its input, each once."""
    found = tuple(dict.fromkeys(_read_paths(program)))
    return found if len(found) <= MOST_PATHS else ()


def _read_paths(program: str) -> Iterator[str]:
    if _REBINDING.search(program):
        return
    moved = [False]
    for token in _TOKEN.finditer(program):
        if token["path"] and not moved[-1]:
            yield token["path"]
        elif token["pipe"]:
            moved[-1] = True
        elif token["call"] or token["open"]:
            moved.append(moved[-1] or bool(token["call"]))
        elif token["close"] and len(moved) > 1:
            moved.pop()


@lru_cache(maxsize=4096)
def _near(name: str, keys: frozenset[str]) -> str:
    return nearest(name, (key for key in keys if len(key) <= MOST_LETTERS)) or ""


def _likely(name: str, here: Mapping[str, Any]) -> str:
    return _near(name, frozenset(here)) if len(here) <= MOST_KEYS and len(name) <= MOST_LETTERS else ""


def trace(path: str, data: Any, *, near: bool = True) -> Trace:
    """Return how far a path leads into an object; without `near`, which takes longest, no key like it."""
    here, reached = data, ""
    for step in _STEP.finditer(path):
        name = next((found for key in ("quoted", "text", "name") if (found := step[key]) is not None), None)
        if name is None:
            return Trace(path, End.UNKNOWN, reached)
        at = reached + step[0]
        if here is None:
            return Trace(path, End.NULL, reached, reached)
        if not isinstance(here, dict):
            return Trace(path, End.UNKNOWN, reached, at)
        if name not in here:
            return Trace(path, End.MISSING, reached, at, _likely(name, here) if near else "")
        here, reached = here[name], at
    return Trace(path, End.NULL if here is None else End.VALUE, reached, reached)
