"""JSON documents (RFC 8259): the standard library gives the value, a scanner of our own the places."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, NoReturn

from seatrial.documents.document import (
    BOM,
    MAX_DEPTH,
    MAX_NODES,
    MAX_REPEATED,
    Document,
    Fault,
    FaultKind,
    Keys,
    Lines,
    Place,
    RefusedError,
    decoded,
    is_deep,
    is_large,
    refused,
    repeated,
    too_deep,
)
from seatrial.documents.messages import json_problem

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_PLAIN = re.compile(r"[^\s,\]}]+")
_DECODER = json.JSONDecoder()


def load(path: str, data: bytes) -> Document:
    """Read a JSON file; of a key given twice the last value counts."""
    try:
        text = decoded(data)
        if text.startswith(BOM):
            raise RefusedError(FaultKind.ENCODING, "a byte order mark stands before the JSON; remove it")
        value, has_duplicates = _value(text)
        faults = tuple(islice(_duplicates(text), MAX_REPEATED)) if has_duplicates else ()
    except RefusedError as refusal:
        return refused(path, refusal, data)
    return Document(path, value, faults, partial(_places, text))


def _value(text: str) -> tuple[Any, bool]:
    """Return the value of a text, and whether any key is given twice."""
    has_duplicates = False

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal has_duplicates
        value = dict(pairs)
        has_duplicates = has_duplicates or len(value) != len(pairs)
        return value

    try:
        value = json.loads(text, object_pairs_hook=members, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _broken(text, error) from None
    except _ConstantError as error:
        raise _no_value(text, str(error)) from None
    except ValueError:
        raise RefusedError(FaultKind.LIMIT, "a number has too many digits", *_longest_number(text)) from None
    except RecursionError:
        raise _deep(text) from None
    if is_deep(value):
        raise _deep(text)
    if text.count(",") > MAX_NODES // 2 and is_large(value):
        raise RefusedError(FaultKind.LIMIT, f"more than {MAX_NODES:,} values")
    if _SURROGATE.search(text):
        _refuse_lone_surrogates(text)
    return value, has_duplicates


def _broken(text: str, error: json.JSONDecodeError) -> RefusedError:
    if not text.strip():
        return RefusedError(FaultKind.SYNTAX, "the file is empty")
    comma = _trailing_comma(text, error)
    if comma is not None:
        return RefusedError(FaultKind.SYNTAX, json_problem("Illegal trailing comma"), *Lines(text).at(comma))
    return RefusedError(FaultKind.SYNTAX, json_problem(error.msg), *Lines(text).at(error.pos))


def _trailing_comma(text: str, error: json.JSONDecodeError) -> int | None:
    """Return the index of a comma before a closing bracket; Python names that bracket instead before 3.13."""
    if error.msg.startswith("Illegal trailing comma"):
        return error.pos
    before = text[: error.pos].rstrip(" \t\n\r")
    closes = error.msg.startswith("Expecting") and text.startswith(("]", "}"), error.pos)
    return len(before) - 1 if closes and before.endswith(",") else None


class _ConstantError(Exception):
    """NaN or an infinity."""


def _refuse_constant(name: str) -> NoReturn:
    raise _ConstantError(name)


def _no_value(text: str, name: str) -> RefusedError:
    """Return the fault of a NaN or an infinity, at its first place outside of strings."""
    token = next(t for t in re.finditer(rf"{_STRING.pattern}|{name}", text) if t[0] == name)
    return RefusedError(FaultKind.SYNTAX, f"{name} is not a JSON value", *Lines(text).at(token.start()))


def _longest_number(text: str) -> tuple[int, int]:
    numbers = (t for t in re.finditer(rf"{_STRING.pattern}|-?\d+", text) if t[0][0] != '"')
    return Lines(text).at(max(numbers, key=lambda t: len(t[0])).start())


def _refuse_lone_surrogates(text: str) -> None:
    """Refuse half a surrogate pair: it is not a character and cannot be printed."""
    for token in _STRING.finditer(text):
        if not _encodable(json.loads(token[0])):
            message = "an escape of half a surrogate pair, which is not a character"
            raise RefusedError(FaultKind.SYNTAX, message, *Lines(text).at(token.start()))


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _deep(text: str) -> RefusedError:
    try:
        _Scan(text)
    except RefusedError as refusal:
        return refusal
    return too_deep((1, 1))


def _duplicates(text: str) -> Iterator[Fault]:
    seen = set()
    lines = Lines(text)
    for mark in _Scan(text).marks:
        member = (mark.outer, mark.keys[-1:])
        if member in seen:
            yield repeated(str(mark.keys[-1]), lines.at(mark.key))
        seen.add(member)


def _places(text: str) -> dict[Keys, Place]:
    at = Lines(text).at
    return {mark.keys: Place(at(mark.value), at(mark.key)) for mark in _Scan(text).marks}


class _Mark(NamedTuple):
    """The indexes at which a value, its key, and the collection around it start."""

    keys: Keys
    value: int
    key: int
    outer: int


class _Scan:
    """The marks of every value of a valid text, in order. Raises RefusedError if it is too deep."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.marks: list[_Mark] = []
        self._value(self._skip(0), (), None, -1)

    def _skip(self, index: int) -> int:
        space = _SPACE.match(self._text, index)
        return space.end() if space else index

    def _value(self, index: int, keys: Keys, key: int | None, outer: int) -> int:
        """Mark the value at `index` and those in it; return its end."""
        self.marks.append(_Mark(keys, index, index if key is None else key, outer))
        first = self._text[index]
        if first in "{[":
            if len(keys) >= MAX_DEPTH:
                raise too_deep(Lines(self._text).at(index))
            return self._members(index, keys)
        token = (_STRING if first == '"' else _PLAIN).match(self._text, index)
        return token.end() if token else index + 1

    def _members(self, start: int, keys: Keys) -> int:
        index = self._skip(start + 1)
        position = 0
        while self._text[index] not in "]}":
            index = self._member(index, keys, position, start)
            position += 1
            if self._text[index] == ",":
                index = self._skip(index + 1)
        return index + 1

    def _member(self, index: int, keys: Keys, position: int, outer: int) -> int:
        if self._text[outer] == "[":
            return self._skip(self._value(index, (*keys, position), None, outer))
        name, end = _DECODER.raw_decode(self._text, index)
        value = self._skip(self._skip(end) + 1)
        return self._skip(self._value(value, (*keys, name), index, outer))
