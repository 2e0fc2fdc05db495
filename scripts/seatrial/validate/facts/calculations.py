"""Which properties a calculation reads, as far as that is plain to see in its jq."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*+"?)'
    r"|(?P<comment>#[^\n]*)"
    r'|(?<![\w)\]}"?.])\.properties(?:\.(?P<name>[A-Za-z_]\w*)|\["(?P<quoted>[^"\\]+)"\])'
    r"|(?P<call>(?<!\w)[A-Za-z_]\w*+\s*+\()"
    r"|(?P<open>[(\[{])"
    r"|(?P<close>[)\]}])"
    r"|(?P<pipe>\|)"
)
_MOVING = re.compile(r"\\\(|(?<![\w.$])(?:as|def|reduce|foreach|label)\b|(?<![=!<>])=(?!=)")
"""Texts within texts, variables, functions and assignments: here `.` may be anything."""


def read_properties(expression: str) -> Iterator[str]:
    """The properties of the entity itself that a calculation reads: `.properties.x` where `.` is the entity.

    Behind a pipe and inside the brackets of a function `.` is something else, so
    nothing is said of those, nor of expressions with variables or assignments.
    """
    if _MOVING.search(expression):
        return
    moved = [False]
    for token in _TOKEN.finditer(expression):
        name = token["name"] or token["quoted"]
        if name and not moved[-1]:
            yield name
        elif token["pipe"]:
            moved[-1] = True
        elif token["call"] or token["open"]:
            moved.append(moved[-1] or bool(token["call"]))
        elif token["close"] and len(moved) > 1:
            moved.pop()
