"""Documents that are lists of objects: blueprints, scorecards, pages and actions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.documents.document import Document
from seatrial.subjects.item import Item


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
