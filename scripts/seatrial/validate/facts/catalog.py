"""Scorecards, pages and actions: the blueprints and properties they name, and their identifiers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from seatrial.documents.document import Document, Keys
from seatrial.validate.facts.items import Item, Rows

DEFAULT_LEVELS = ("Basic", "Bronze", "Silver", "Gold")
"""The levels of a scorecard that defines none."""

TEMPLATE = "{{"
"""Part of every text that Port fills in."""


@dataclass(frozen=True)
class Reference:
    """A name used at these keys, as a key itself or as a value."""

    name: str
    keys: Keys
    at_key: bool = False


@dataclass(frozen=True)
class Scorecard:
    """A scorecard and its blueprint; empty where none is named."""

    item: Item
    blueprint: str

    @property
    def rules(self) -> tuple[Item, ...]:
        """The rules."""
        return self.item.items("rules")

    @property
    def levels(self) -> tuple[str, ...]:
        """The titles of its levels; none where a level has no title."""
        if "levels" not in self.item.value:
            return DEFAULT_LEVELS
        titles = tuple(level.text("title") for level in self.item.items("levels"))
        return titles if all(titles) else ()

    def properties(self) -> Iterator[Reference]:
        """The properties in its conditions."""
        for query in (self.item.inner("filter"), *(rule.inner("query") for rule in self.rules)):
            yield from queried(query, "conditions")


@dataclass(frozen=True)
class Dashboard:
    """Widgets, and the rows in which their ids are laid out."""

    item: Item

    @property
    def rows(self) -> tuple[Item, ...]:
        """The rows, each with its columns."""
        return self.item.items("layout")

    def placed(self) -> Iterator[Reference]:
        """The ids in the rows."""
        return chain.from_iterable(_texts(row.items("columns"), "id") for row in self.rows)

    def widgets(self) -> Iterator[Reference]:
        """The ids of the widgets."""
        return _texts(self.item.items("widgets"), "id")


def queried(query: Item, parts: str) -> Iterator[Reference]:
    """The properties in a query whose conditions, which may be queries themselves, are listed at `parts`."""
    for part in query.items(parts):
        yield from _texts((part,), "property")
        yield from queried(part, parts)


def all_scorecards(rows: Rows) -> Iterator[Scorecard]:
    """The scorecards of all blueprints."""
    for preset in rows.items:
        yield from (Scorecard(item, preset.text("blueprint")) for item in preset.items("data"))


def dashboards(pages: Rows) -> Iterator[Dashboard]:
    """Every object in the pages that has both widgets and a layout."""
    for item in every_object(pages):
        if isinstance(item.value.get("layout"), list) and isinstance(item.value.get("widgets"), list):
            yield Dashboard(item)


def shown_blueprints(pages: Rows) -> Iterator[Reference]:
    """The blueprints that pages and their widgets show."""
    for item in every_object(pages):
        yield from _plain(_texts((item,), "blueprint"))
        config = item.inner("blueprintConfig")
        yield from (Reference(name, config.way(name), at_key=True) for name in config.value)
        if item.text("property") == "$blueprint":
            several = (Reference(name, keys) for keys, name in item.texts("value"))
            yield from _plain(chain(_texts((item,), "value"), several))


def acted_blueprints(actions: Rows) -> Iterator[Reference]:
    """The blueprints of actions: in their trigger, or, in the form of 2023, at their root."""
    for item in every_object(actions):
        yield from _plain(_texts((item,), "blueprintIdentifier"))
        if len(item.keys) == 1 or "trigger" in item.keys:
            yield from _plain(_texts((item,), "blueprint"))


def every_object(rows: Rows) -> Iterator[Item]:
    """Every object in the rows, at any depth."""
    for item in rows.items:
        yield from _below(item.keys, item.value)


def _below(keys: Keys, value: Any) -> Iterator[Item]:
    """Every object in a value, the value included."""
    if isinstance(value, dict):
        yield Item(keys, value)
    for key, member in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(member, dict | list):
            yield from _below((*keys, key), member)


def _texts(items: Iterable[Item], key: str) -> Iterator[Reference]:
    return (Reference(item.text(key), item.way(key)) for item in items if item.text(key))


def _plain(references: Iterable[Reference]) -> Iterator[Reference]:
    return (one for one in references if TEMPLATE not in one.name)


@dataclass(frozen=True)
class Repeat:
    """An identifier that an earlier item of the same kind has; `noun` is the name of the kind."""

    document: Document
    keys: Keys
    noun: str
    name: str


def repeats(documents: Mapping[str, Document]) -> Iterator[Repeat]:
    """The repeated identifiers in these resource files, which are given by their stems."""
    for stem, document in documents.items():
        rows = Rows.of(document)
        for noun, items in _groups(stem, rows) if rows else ():
            seen: set[str] = set()
            for item in items:
                name = item.text("identifier")
                if name in seen:
                    yield Repeat(document, item.way("identifier"), noun, name)
                seen |= {name} - {""}


def _groups(stem: str, rows: Rows) -> Iterator[tuple[str, Iterable[Item]]]:
    """The groups of items in which each identifier must be unique, with the name of their kind."""
    if stem in ("blueprints", "pages", "actions"):
        yield stem.removesuffix("s"), rows.items
    if stem == "scorecards":
        for preset in rows.items:
            yield "scorecard", preset.items("data")
        for scorecard in all_scorecards(rows):
            yield "scorecard rule", scorecard.rules
