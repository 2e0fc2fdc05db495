"""A document: the value of a text, its faults, and the places of its values."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seatrial.core.model import Location

Keys = tuple[str | int, ...]
"""The way to a value: object keys and list indexes from the root."""

MAX_BYTES = 1024 * 1024
"""A YAML, JSON or TOML document larger than this is refused unread; the largest real one is 0.24 MB."""

MAX_DEPTH = 100
"""Collections nested deeper than this are refused; real documents stay below 20."""

MAX_REPEATED = 100
"""So many duplicate keys of one document are reported."""


MAX_NODES = 100_000
"""A document of more keys and values than this, aliases written out, is refused; real ones stay below 10,000."""


class FaultKind(enum.Enum):
    """The kinds of faults of a text. Only a duplicate key still leaves a value."""

    UNREADABLE = "unreadable"
    ENCODING = "encoding"
    SYNTAX = "syntax"
    LIMIT = "limit"
    DUPLICATE_KEY = "duplicate key"


@dataclass(frozen=True)
class Fault:
    """A fault of a text itself; line and column are 1-based, columns count code points."""

    kind: FaultKind
    message: str
    line: int = 1
    column: int = 1


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
        """Whether the text was read, duplicate keys aside."""
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

    def where(self, fault: Fault) -> Location:
        """Return the place of a fault."""
        return Location(self.path, fault.line, fault.column)
