"""What scorecards, pages and actions say of blueprints, read tolerantly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from seatrial.documents.document import Document, Keys
from seatrial.model import Location
from seatrial.subjects.rows import rows
from seatrial.subjects.spec import Item

DEFAULT_LEVELS = ("Basic", "Bronze", "Silver", "Gold")
"""The levels of a scorecard that states none."""


@dataclass(frozen=True)
class Reference:
    """A name that is used somewhere; a blueprint, or a property of one."""

    name: str
    where: Location


@dataclass(frozen=True)
class Scorecard:
    """One scorecard, and the blueprint it is for; empty where that is not stated."""

    document: Document
    item: Item
    blueprint: str

    @property
    def rules(self) -> tuple[Item, ...]:
        """What is judged."""
        return self.item.items("rules")

    @property
    def levels(self) -> tuple[str, ...]:
        """The titles of its levels; none where they cannot be told."""
        if "levels" not in self.item.value:
            return DEFAULT_LEVELS
        return tuple(level.text("title") for level in self.item.items("levels"))

    def properties(self) -> Iterator[Reference]:
        """The properties that its conditions look at."""
        for query in (self.item.inner("filter"), *(rule.inner("query") for rule in self.rules)):
            yield from property_references(self.document, query, "conditions")


def scorecards(document: Document | None) -> tuple[Scorecard, ...]:
    """The scorecards of all blueprints."""
    presets = rows(document)
    return tuple(
        Scorecard(document, item, preset.text("blueprint"))
        for preset in presets
        for item in preset.items("data")
        if document is not None
    )


def property_references(document: Document, query: Item, parts: str) -> Iterator[Reference]:
    """The properties in a query whose conditions, or queries of its own, are listed at `parts`."""
    for part in query.items(parts):
        name = part.text("property")
        if name:
            yield Reference(name, document.at(*part.way("property")))
        yield from property_references(document, part, parts)


def page_references(document: Document | None) -> Iterator[Reference]:
    """The blueprints that the widgets of pages show."""
    for page in rows(document):
        if document is not None:
            yield from _blueprints_in(document, page.keys, page.value)


def _blueprints_in(document: Document, keys: Keys, value: Any) -> Iterator[Reference]:
    yield from ()
