"""Decoding bytes to text, and turning an index in a text into line and column."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

from seatrial.documents.document import MAX_BYTES, MAX_DEPTH, MAX_NODES, Document, Fault, FaultKind
from seatrial.documents.messages import shown

BOM = "\ufeff"


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


def refused(path: str, refusal: RefusedError) -> Document:
    """Return a document with this fault only."""
    return Document(path, None, (refusal.fault,))


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
