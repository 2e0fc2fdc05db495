"""An object somewhere in a document, whatever shape the document has.

Documents that are lists of objects: blueprints, scorecards, pages and actions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.documents.document import Document, Keys


@dataclass(frozen=True)
class Item:
    """An object somewhere in the spec, and the way to it."""

    keys: Keys
    value: Mapping[str, Any]

    def text(self, key: str) -> str:
        """The text at `key`; empty where there is none."""
        found = self.value.get(key)
        return found if isinstance(found, str) else ""

    def way(self, *more: str | int) -> Keys:
        """The way to something below."""
        return (*self.keys, *more)

    def items(self, key: str) -> tuple[Item, ...]:
        """The objects in the list at `key`."""
        return tuple(
            Item(self.way(key, index), value) for index, value in self.listed(key) if isinstance(value, dict)
        )

    def texts(self, key: str) -> Iterator[tuple[Keys, str]]:
        """The texts in the list at `key`, each with the way to it."""
        for index, value in self.listed(key):
            if isinstance(value, str):
                yield self.way(key, index), value

    def listed(self, key: str) -> Iterator[tuple[int, Any]]:
        """The values in the list at `key`, numbered from 0."""
        found = self.value.get(key)
        yield from enumerate(found if isinstance(found, list) else ())

    def inner(self, *keys: str) -> Item:
        """The object below at `keys`; an empty one where there is none."""
        found: Any = self.value
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return Item(self.way(*keys), found if isinstance(found, dict) else {})


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
        numbered = enumerate(document.value)
        return cls(
            document, tuple(Item((index,), value) for index, value in numbered if isinstance(value, dict))
        )


def members(item: Item) -> Iterator[tuple[str, Item]]:
    """The objects in an object, by their names."""
    for name, value in item.value.items():
        if isinstance(value, dict):
            yield name, Item(item.way(name), value)
