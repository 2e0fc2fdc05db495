"""A document: the value of a text, its faults, and the places of its values; and what its readers share."""

from __future__ import annotations

import enum
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from seatrial.core.model import Location
from seatrial.documents.messages import shown

BOM = "\ufeff"

_MARKER = re.compile(rb"^(?:<{7}|>{7}) \S", re.MULTILINE)

Keys = tuple[str | int, ...]
"""The path of a value: object keys and list indexes from the root."""

MAX_BYTES = 1024 * 1024
"""A YAML, JSON or TOML document larger than this is refused unread; the largest real one is 0.24 MB."""

MAX_DEPTH = 100
"""Collections nested deeper than this are refused; real documents stay below 20."""

MAX_REPEATED = 100
"""The most duplicate keys of one document that are reported."""


MAX_NODES = 100_000
"""A document of more keys and values than this, aliases written out, is refused; real ones stay below 10,000."""

MAX_TEXT = 10 * MAX_BYTES
"""A document of more characters than this in its keys and values, aliases written out, is refused."""


class FaultKind(enum.Enum):
    """The kinds of faults of a text. Only a duplicate key still leaves a value.

    CONFLICT is a syntax fault of a text with conflict markers, which are reported by themselves.
    """

    UNREADABLE = "unreadable"
    ENCODING = "encoding"
    SYNTAX = "syntax"
    LIMIT = "limit"
    DUPLICATE_KEY = "duplicate key"
    CONFLICT = "conflict"


@dataclass(frozen=True)
class Fault:
    """A fault of a text itself; line and column are 1-based, columns count code points.

    `repair` is used where the kind's own repair does not fit.
    """

    kind: FaultKind
    message: str
    line: int = 1
    column: int = 1
    repair: str = ""


@dataclass(frozen=True)
class Place:
    """The line and column of a value, and of its key (the value's own for list items)."""

    value: tuple[int, int]
    key: tuple[int, int]


class Document:
    """The content of a text. `value` is None if `faults` has anything but duplicate keys."""

    def __init__(
        self,
        path: str,
        value: Any = None,
        faults: tuple[Fault, ...] = (),
        places: Callable[[], Mapping[Keys, Place]] | None = None,
    ) -> None:
        self.path = path
        self.value = value
        self.faults = faults
        self._find_places = places or dict

    @property
    def readable(self) -> bool:
        """True if the text was read; duplicate keys do not prevent that."""
        return all(fault.kind is FaultKind.DUPLICATE_KEY for fault in self.faults)

    @cached_property
    def _places(self) -> Mapping[Keys, Place]:
        return self._find_places()

    def at(self, *keys: str | int) -> Location:
        """Return the place of the value at `keys`, or of its nearest parent that exists."""
        while keys and keys not in self._places:
            keys = keys[:-1]
        place = self._places.get(keys)
        return Location(self.path, *place.value) if place else Location(self.path)

    def key(self, *keys: str | int) -> Location:
        """Return the place of the last of `keys`, or of its nearest parent's key that exists."""
        while keys and keys not in self._places:
            keys = keys[:-1]
        place = self._places.get(keys)
        return Location(self.path, *place.key) if place else Location(self.path)

    def keys_at(self, line: int, column: int) -> tuple[Keys, bool]:
        """Return the keys of what stands at a place, or before it, and whether that is the key itself."""
        starts = [(place.value, len(keys), False, keys) for keys, place in self._places.items()]
        starts += [
            (place.key, len(keys), True, keys) for keys, place in self._places.items() if _is_named(keys)
        ]
        before = [start for start in starts if start[0] <= (line, column)]
        nearest = max(before, key=lambda start: start[:2], default=((1, 1), 0, False, ()))
        return nearest[3], nearest[2]

    def where(self, fault: Fault) -> Location:
        """Return the place of a fault."""
        return Location(self.path, fault.line, fault.column)


def _is_named(keys: Keys) -> bool:
    """Return whether these keys end with that of an object."""
    return bool(keys) and isinstance(keys[-1], str)


class RefusedError(Exception):
    """A text cannot be read as a document; `fault` says why. Never leaves this room."""

    def __init__(self, kind: FaultKind, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.fault = Fault(kind, message, line, column)


class Lines:
    """The lines of a text, which end at line feeds only, as editors and git count them."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        start = text.find("\n") + 1
        while start:
            self._starts.append(start)
            start = text.find("\n", start) + 1

    def at(self, index: int) -> tuple[int, int]:
        """Return the line and column of the code point at `index`, both 1-based."""
        line = bisect_right(self._starts, index)
        return line, index - self._starts[line - 1] + 1


def decoded(data: bytes, limit: int = MAX_BYTES) -> str:
    """Decode `data`, which must be UTF-8 of at most `limit` bytes; a byte order mark stays.

    Raises RefusedError, at the first byte that is not UTF-8.
    """
    if len(data) > limit:
        raise RefusedError(FaultKind.LIMIT, f"the file has {len(data):,} bytes; at most {limit:,} are read")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        place = Lines(before).at(len(before))
        byte = data[error.start]
        raise RefusedError(FaultKind.ENCODING, f"byte 0x{byte:02x} is not UTF-8", *place) from None


def refused(path: str, refusal: RefusedError, data: bytes = b"") -> Document:
    """Return a document with this fault only; a syntax fault in `data` with conflict markers is theirs."""
    fault = refusal.fault
    if fault.kind is FaultKind.SYNTAX and is_conflicted(data):
        fault = replace(fault, kind=FaultKind.CONFLICT)
    return Document(path, None, (fault,))


def is_conflicted(data: bytes) -> bool:
    """Return whether a merge left its markers in a file."""
    return _MARKER.search(data) is not None


def repeated(key: str, place: tuple[int, int]) -> Fault:
    """Return the fault of a key that is given again at this place."""
    return Fault(FaultKind.DUPLICATE_KEY, f"the key {shown(key)} is given twice", *place)


def too_deep(place: tuple[int, int]) -> RefusedError:
    """Return the refusal of collections that are nested deeper than MAX_DEPTH at this place."""
    return RefusedError(FaultKind.LIMIT, f"nested more than {MAX_DEPTH} deep", *place)


def is_deep(value: Any) -> bool:
    """Return whether collections of a tree are nested deeper than MAX_DEPTH."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return False
        level = [inner for outer in level for inner in _members(outer) if isinstance(inner, (dict, list))]
    return bool(level)


def is_large(value: Any) -> bool:
    """Return whether a tree has more than MAX_NODES values."""
    count, level = 1, [value]
    while level and count <= MAX_NODES:
        level = [inner for outer in level if isinstance(outer, (dict, list)) for inner in _members(outer)]
        count += len(level)
    return count > MAX_NODES


def _members(collection: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return collection.values() if isinstance(collection, dict) else collection
