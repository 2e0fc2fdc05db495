"""Traces of the paths that a program reads: how far each leads into an object, and a likely name for a missing key."""

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
"""Objects with more keys are not searched for a name like the missing one."""

MOST_LETTERS = 40
"""Longer names are not compared with others."""

MOST_PATHS = 50
"""A program that reads more paths is not traced; real ones read 4."""


class End(Enum):
    """The end of a path: a value, null, a missing key, or not known."""

    VALUE = "there"
    NULL = "null"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Trace:
    """A path that a program reads, traced into an object.

    `reached` is the part that is there, `at` the path up to the first null or missing key, `near` a key like that one.
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

    Behind a pipe and inside the brackets of a function, `.` is another value, so paths there are not traced.
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
    """Trace a path into an object; `near` also looks for a key like a missing one, which takes longest."""
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
