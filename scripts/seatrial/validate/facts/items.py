"""Objects in a document of any shape, and documents that are lists of objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.documents.document import Document, Keys


@dataclass(frozen=True)
class Item:
    """An object in a document, and the keys that lead to it."""

    keys: Keys
    value: Mapping[str, Any]

    @classmethod
    def root(cls, document: Document | None) -> Item | None:
        """The object at the root of a readable document; None for any other document."""
        if document is None or not document.readable or not isinstance(document.value, dict):
            return None
        return cls((), document.value)

    def text(self, key: str) -> str:
        """The text at `key`; empty where there is none."""
        found = self.value.get(key)
        return found if isinstance(found, str) else ""

    def way(self, *more: str | int) -> Keys:
        """The keys that lead from the root to something below this object."""
        return (*self.keys, *more)

    def items(self, key: str) -> tuple[Item, ...]:
        """The objects in the list at `key`."""
        return tuple(
            Item(self.way(key, index), value) for index, value in self.listed(key) if isinstance(value, dict)
        )

    def texts(self, key: str) -> Iterator[tuple[Keys, str]]:
        """The texts in the list at `key`, each with the keys that lead to it."""
        for index, value in self.listed(key):
            if isinstance(value, str):
                yield self.way(key, index), value

    def listed(self, key: str) -> Iterator[tuple[int, Any]]:
        """The values in the list at `key`, numbered from 0."""
        found = self.value.get(key)
        yield from enumerate(found if isinstance(found, list) else ())

    def inner(self, *keys: str) -> Item:
        """The object below at `keys`; an empty one where there is none."""
        found = value_at(self.value, *keys)
        return Item(self.way(*keys), found if isinstance(found, dict) else {})

    def members(self) -> Iterator[tuple[str, Item]]:
        """The objects among the values of this object, by their keys."""
        for name, value in self.value.items():
            if isinstance(value, dict):
                yield name, Item(self.way(name), value)


@dataclass(frozen=True)
class Rows:
    """A readable document with a list at its root, and the objects in it."""

    document: Document
    items: tuple[Item, ...]

    @classmethod
    def of(cls, document: Document | None) -> Rows | None:
        """None where there is no such document."""
        if document is None or not document.readable or not isinstance(document.value, list):
            return None
        rows = enumerate(document.value)
        return cls(document, tuple(Item((at,), value) for at, value in rows if isinstance(value, dict)))


def value_at(value: Any, *keys: str) -> Any:
    """The value at `keys` of nested objects; None where one of the keys is missing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
