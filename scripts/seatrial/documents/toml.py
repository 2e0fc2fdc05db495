"""TOML documents: tomllib gives the value, a scanner of our own the places."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

import toml

from seatrial.documents.document import (
    BOM,
    MAX_DEPTH,
    Document,
    FaultKind,
    Keys,
    Lines,
    Place,
    RefusedError,
    decoded,
    is_deep,
    refused,
    too_deep,
)
from seatrial.documents.messages import toml_problem

_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_STRING = re.compile(
    r'''"""(?:\\.|[^\\])*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:'{0,2})|"(?:[^"\\\n]|\\.)*"|'[^'\n]*\'''', re.S
)
_PLAIN = re.compile(r"[^,\]}#\n]*")


def places(text: str) -> dict[Keys, Place]:
    """Return the place of every value and key; a table's is its header, or the first key that implies it."""
    return _Scan(text).places


class _Scan:
    """One pass over a valid text; `places` is the result."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = Lines(text).at
        self._lengths: dict[Keys, int] = {}
        self.places: dict[Keys, Place] = {(): Place((1, 1), (1, 1))}
        table: Keys = ()
        index = self._blank(0)
        while index < len(text):
            if text[index] == "[":
                table, index = self._header(index)
            else:
                index = self._pair(index, table)
            index = self._blank(index)

    def _blank(self, index: int) -> int:
        """Skip blanks, line ends and comments."""
        return _end(_BLANK, self._text, index)

    def _space(self, index: int) -> int:
        return _end(_SPACE, self._text, index)

    def _header(self, start: int) -> tuple[Keys, int]:
        """Mark a table's header; return the table and the header's end."""
        repeated = self._text.startswith("[[", start)
        parts, index = self._key(start + 1 + repeated)
        keys = self._path((), parts[:-1], start)
        name, place = parts[-1]
        keys = (*keys, name)
        if repeated:
            self._mark(keys, start, place)
            self._lengths[keys] = self._lengths.get(keys, 0) + 1
            keys = (*keys, self._lengths[keys] - 1)
            place = start
        self.places[keys] = Place(self._at(start), self._at(place))
        return keys, index + 1 + repeated

    def _path(self, table: Keys, parts: list[tuple[str, int]], value: int) -> Keys:
        """Mark the tables of a dotted key; in a list of tables the last one is meant."""
        keys = table
        for name, place in parts:
            keys = (*keys, name)
            self._mark(keys, value, place)
            if keys in self._lengths:
                keys = (*keys, self._lengths[keys] - 1)
        return keys

    def _mark(self, keys: Keys, value: int, key: int) -> None:
        self.places.setdefault(keys, Place(self._at(value), self._at(key)))

    def _key(self, index: int) -> tuple[list[tuple[str, int]], int]:
        """Return the parts of a dotted key with their indexes, and the index behind it."""
        parts = []
        while True:
            index = self._space(index)
            end = _end(_KEY, self._text, index)
            parts.append((_name(self._text[index:end]), index))
            index = self._space(end)
            if not self._text.startswith(".", index):
                return parts, index
            index += 1

    def _pair(self, index: int, table: Keys) -> int:
        parts, equals = self._key(index)
        name, place = parts[-1]
        keys = (*self._path(table, parts[:-1], index), name)
        return self._value(self._space(equals + 1), keys, place)

    def _value(self, index: int, keys: Keys, key: int) -> int:
        """Mark a value and those in it; return its end."""
        self.places[keys] = Place(self._at(index), self._at(key))
        first = self._text[index : index + 1]
        if first == "[":
            return self._list(index, keys)
        if first == "{":
            return self._inline_table(index, keys)
        return _end(_STRING if first in "\"'" else _PLAIN, self._text, index)

    def _list(self, index: int, keys: Keys) -> int:
        index = self._blank(index + 1)
        position = 0
        while not self._text.startswith("]", index):
            index = self._next(self._value(index, (*keys, position), index))
            position += 1
        return index + 1

    def _inline_table(self, index: int, keys: Keys) -> int:
        index = self._blank(index + 1)
        while not self._text.startswith("}", index):
            index = self._next(self._pair(index, keys))
        return index + 1

    def _next(self, index: int) -> int:
        """Return the start of the next member, or the closing bracket."""
        index = self._blank(index)
        return self._blank(index + 1) if self._text.startswith(",", index) else index


def _end(pattern: re.Pattern[str], text: str, index: int) -> int:
    match = pattern.match(text, index)
    return match.end() if match else len(text)


def _name(token: str) -> str:
    return next(iter(tomllib.loads(f"{token}=0"))) if token[:1] in ("'", '"') else token


_PLACE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.S)
_DOTTED = re.compile(rf"""(?<![\w-])(?:(?:[\w-]+|"[^"]*"|'[^']*')[ \t]*\.[ \t]*){{{MAX_DEPTH}}}""")


def load(path: str, data: bytes) -> Document:
    """Read a TOML 1.0 file."""
    try:
        text = decoded(data)
        value = _value(text)
    except RefusedError as refusal:
        return refused(path, refusal, data)
    return Document(path, value, (), partial(places, text))


def load_settings(path: str, data: bytes) -> Document:
    """Read our own settings file with the `toml` library.

    That library silently misreads some TOML, so its result is compared with tomllib's.
    """
    document = load(path, data)
    if not document.readable:
        return document
    try:
        value = toml.loads(data.decode())
    except toml.TomlDecodeError as error:
        return refused(path, RefusedError(FaultKind.SYNTAX, _PLAINER, error.lineno, error.colno), data)
    except Exception:  # the library raises IndexError, TypeError and others on TOML it does not know
        return refused(path, RefusedError(FaultKind.SYNTAX, _PLAINER), data)
    if value != document.value:
        where = document.key(*_difference(document.value, value))
        return refused(path, RefusedError(FaultKind.SYNTAX, _PLAINER, where.line, where.column), data)
    return document


_PLAINER = "this way of writing TOML is not understood in settings; write it plainer"


def _difference(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> Keys:
    """Return the path of the first value that differs."""
    for name, value in wanted.items():
        other = got.get(name)
        if isinstance(value, dict) and isinstance(other, dict) and value != other:
            return (name, *_difference(value, other))
        if value != other:
            return (name,)
    return ()


def _value(text: str) -> dict[str, Any]:
    if text.startswith(BOM):
        raise RefusedError(FaultKind.ENCODING, "a byte order mark stands before the TOML; remove it")
    _refuse_long_keys(text)
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _refusal(text, str(error)) from None
    except ValueError:
        raise RefusedError(FaultKind.LIMIT, "a number has too many digits") from None
    except RecursionError:
        raise too_deep((1, 1)) from None
    if is_deep(value):
        raise too_deep((1, 1))
    return value


def _refuse_long_keys(text: str) -> None:
    """Refuse long dotted keys before parsing, which takes time in the square of their parts."""
    for number, line in enumerate(text.split("\n"), 1):
        found = line.count(".") >= MAX_DEPTH and _DOTTED.search(line)
        if found:
            raise too_deep((number, found.start() + 1))


def _refusal(text: str, message: str) -> RefusedError:
    match = _PLACE.fullmatch(message)
    if not match:
        return RefusedError(FaultKind.SYNTAX, toml_problem(message))
    place = (int(match[2]), int(match[3])) if match[2] else Lines(text).at(len(text))
    return RefusedError(FaultKind.SYNTAX, toml_problem(match[1]), *place)


def with_tables(text: str, tables: Mapping[str, Mapping[str, str | date]]) -> str:
    """Return a TOML text with these tables at its top level, in the place of those of the same name.

    Raises ValueError for a text that is not TOML.
    """
    import tomlkit  # slow to import

    loaded = load("", text.encode())
    if not loaded.readable:
        raise ValueError(loaded.faults[0].message)
    document = tomlkit.parse(text)
    for name, values in tables.items():
        table = tomlkit.table()
        for key, value in values.items():
            table.add(key, value)
        if name not in document and document.body:
            document.add(tomlkit.nl())
        document[name] = table
    return tomlkit.dumps(document)
