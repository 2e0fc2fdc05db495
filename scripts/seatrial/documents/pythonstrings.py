"""The value of a Python text literal, without evaluating any code."""

from __future__ import annotations

import re

_LITERAL = re.compile(r"""([rRuU]?)("{3}|'{3}|"|')(.*)\2""", re.S)
_ESCAPE = re.compile(r"\\(\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.S)
_SHORT = {"\n": "", "n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_LAST = 0x10FFFF


def text_of(literal: str) -> str | None:
    r"""What a literal says; None for bytes and f-strings. Escapes by name (`\N{...}`) stay as written."""
    match = _LITERAL.fullmatch(literal)
    if not match:
        return None
    prefix, _, body = match.groups()
    return body if prefix in ("r", "R") else _ESCAPE.sub(_unescaped, body)


def _unescaped(match: re.Match[str]) -> str:
    escape = match[1]
    if escape in _SHORT:
        return _SHORT[escape]
    if escape in "\\'\"":
        return escape
    if escape[0] in "01234567":
        return chr(int(escape, 8))
    if len(escape) > 1 and int(escape[1:], 16) <= _LAST:
        return chr(int(escape[1:], 16))
    return match[0]
