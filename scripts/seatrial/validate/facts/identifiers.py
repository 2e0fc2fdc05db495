"""Identifiers that are given more than once in the resource files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from seatrial.documents.document import Document, Keys
from seatrial.validate.facts.catalog import all_scorecards
from seatrial.validate.facts.items import Item, Rows


@dataclass(frozen=True)
class Repeat:
    """An identifier that another of the same kind has before; `noun` is what people call the kind."""

    document: Document
    keys: Keys
    noun: str
    name: str


def repeats(documents: Mapping[str, Document]) -> Iterator[Repeat]:
    """What is repeated in these files, which are named by their stems."""
    for stem, document in documents.items():
        rows = Rows.of(document)
        for noun, items in _groups(stem, rows) if rows else ():
            yield from (
                Repeat(document, item.way("identifier"), noun, item.text("identifier"))
                for item in _later(items)
            )


def _groups(stem: str, rows: Rows) -> Iterator[tuple[str, Iterable[Item]]]:
    """The items among which an identifier is there once."""
    if stem in ("blueprints", "pages", "actions"):
        yield stem.removesuffix("s"), rows.items
    if stem == "scorecards":
        for preset in rows.items:
            yield "scorecard", preset.items("data")
        for scorecard in all_scorecards(rows):
            yield "scorecard rule", scorecard.rules


def _later(items: Iterable[Item]) -> Iterator[Item]:
    seen: set[str] = set()
    for item in items:
        name = item.text("identifier")
        if name in seen:
            yield item
        seen |= {name} - {""}
