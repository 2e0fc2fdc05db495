"""Documents that are lists of objects: blueprints, scorecards, pages and actions."""

from __future__ import annotations

from seatrial.documents.document import Document
from seatrial.subjects.spec import Item


def is_list(document: Document) -> bool:
    """Whether it can be read and is a list."""
    return document.readable and isinstance(document.value, list)


def rows(document: Document | None) -> tuple[Item, ...]:
    """The objects of the list; none where there is no such document."""
    if document is None or not is_list(document):
        return ()
    return tuple(Item((index,), value) for index, value in enumerate(document.value) if isinstance(value, dict))
