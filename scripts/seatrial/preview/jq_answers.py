"""The answers of jq programs: a value, none, or the reason why there is none; and those that need no jq.

Two programs of three in real mappings are a text, true, false, null, or a path that leads to simple values. These are
answered here. Whatever jq might treat in a way of its own, such as an error, a long text or a number that is not a
small integer, is left to jq.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

Json = Any
"""A value as the JSON parser returns it."""


class JqOutcome(Enum):
    """The result of a program: it gave a value or none, it failed, or it could not be run to its end."""

    VALUE = "value"
    NONE = "no output"
    ERROR = "error"
    BROKEN = "does not compile"
    LARGE = "too large"
    SLOW = "too slow"
    MEMORY = "too much memory"
    CRASHED = "crashed"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class JqAnswer:
    """The first output of a program for an input; `message` says why there is none."""

    outcome: JqOutcome
    value: Json = None
    message: str = ""

    @property
    def finished(self) -> bool:
        """Whether the program ran to its end, so that Ocean sees the same."""
        return self.outcome in (JqOutcome.VALUE, JqOutcome.NONE, JqOutcome.ERROR, JqOutcome.BROKEN)


NO_PROGRAM = JqAnswer(JqOutcome.ERROR, message="null is no program")
"""The answer where a mapping has null in the place of a program."""

_PATH = re.compile(r"\s*((?:\.[A-Za-z_][A-Za-z0-9_]*)+)\s*")
_TEXT = re.compile(r'\s*"([ !#-\[\]-~]*)"\s*')
_WORDS = {"true": True, "false": False, "null": None}

LONGEST = 10_000
"""Longer texts are left to jq, and so to its limits."""

LARGEST = 2**53
"""Integers from here on are not exact in jq."""

_ELSEWHERE: Any = object()


def plain_answers(program: str, inputs: Sequence[Json]) -> list[JqAnswer] | None:
    """Return the answers of a program for each input; None where jq has to run it."""
    word = program.strip()
    if word in _WORDS:
        return [JqAnswer(JqOutcome.VALUE, _WORDS[word])] * len(inputs)
    if text := _TEXT.fullmatch(program):
        return [JqAnswer(JqOutcome.VALUE, text[1])] * len(inputs)
    path = _PATH.fullmatch(program)
    if path is None:
        return None
    names = path[1][1:].split(".")
    found = []
    for one in inputs:
        value = _simple(_led(one, names))
        if value is _ELSEWHERE:
            return None
        found.append(JqAnswer(JqOutcome.VALUE, value))
    return found


def _led(value: Json, names: Sequence[str]) -> Json:
    """Return what a path leads to."""
    for name in names:
        if value is None:
            return None
        if not isinstance(value, dict):
            return _ELSEWHERE
        value = value.get(name)
    return value


def _simple(value: Json) -> Json:
    """Return a value if jq gives it back as it is, else `_ELSEWHERE`."""
    if isinstance(value, dict | list):
        return value if _is_simple(value) else _ELSEWHERE
    return _single(value)


def _is_simple(whole: Json) -> bool:
    """Return whether all values in a collection are simple, and the collection is small."""
    stack, left = [whole], LONGEST
    while stack and left > 0:
        one = stack.pop()
        if isinstance(one, dict | list):
            inner = [*one, *one.values()] if isinstance(one, dict) else one
            left -= 1 + len(inner)
            stack.extend(inner)
        elif _single(one) is _ELSEWHERE:
            return False
        elif isinstance(one, str):
            left -= len(one)
    return not stack


def _single(value: Json) -> Json:
    if value is None or value is True or value is False:
        return value
    if type(value) is int and -LARGEST < value < LARGEST:
        return value
    if (
        type(value) is str
        and len(value) <= LONGEST
        and "\0" not in value
        and (value.isascii() or _is_unicode(value))
    ):
        return value
    return _ELSEWHERE


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
