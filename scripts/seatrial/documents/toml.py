"""TOML documents: tomllib gives the value, an own scanner the places."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import partial
from typing import Any

import toml

from seatrial.documents.document import MAX_DEPTH, Document, FaultKind, Keys
from seatrial.documents.text import BOM, Lines, RefusedError, decoded, is_deep, refused, too_deep
from seatrial.documents.tomlplaces import places
from seatrial.documents.wording import toml_problem

_PLACE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.S)
_DOTTED = re.compile(rf"""(?<![\w-])(?:(?:[\w-]+|"[^"]*"|'[^']*')[ \t]*\.[ \t]*){{{MAX_DEPTH}}}""")


def load(path: str, data: bytes) -> Document:
    """The document of a TOML 1.0 file."""
    try:
        text = decoded(data)
        value = _value(text)
    except RefusedError as refusal:
        return refused(path, refusal)
    return Document(path, value, (), partial(places, text))


def load_settings(path: str, data: bytes) -> Document:
    """The document of our own settings file, as the `toml` library reads it.

    That library misreads some TOML without a word, so what it says is held against tomllib.
    """
    document = load(path, data)
    if not document.readable:
        return document
    try:
        value = toml.loads(data.decode())
    except toml.TomlDecodeError as error:
        return refused(path, RefusedError(FaultKind.SYNTAX, _PLAINER, error.lineno, error.colno))
    except Exception:  # the library raises IndexError, TypeError and others on TOML it does not know
        return refused(path, RefusedError(FaultKind.SYNTAX, _PLAINER))
    if value != document.value:
        where = document.key(*_difference(document.value, value))
        return refused(path, RefusedError(FaultKind.SYNTAX, _PLAINER, where.line, where.column))
    return document


_PLAINER = "this way of writing TOML is not understood in settings; write it plainer"


def _difference(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> Keys:
    """The way to a first value that is not the same."""
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
    """Dotted keys cost the parser time in the square of their parts, so they are judged before."""
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
