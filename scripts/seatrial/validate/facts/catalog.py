"""What scorecards, pages and actions say of blueprints and of themselves, read tolerantly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from seatrial.documents.document import Keys
from seatrial.validate.facts.items import Item, Rows

DEFAULT_LEVELS = ("Basic", "Bronze", "Silver", "Gold")
"""The levels of a scorecard that states none."""

TEMPLATE = "{{"
"""What a text filled in by Port holds."""


@dataclass(frozen=True)
class Reference:
    """A name used at these keys, as a key itself or as a value."""

    name: str
    keys: Keys
    at_key: bool = False


@dataclass(frozen=True)
class Scorecard:
    """One scorecard, and the blueprint it is for; empty where that is not stated."""

    item: Item
    blueprint: str

    @property
    def rules(self) -> tuple[Item, ...]:
        """What it judges by."""
        return self.item.items("rules")

    @property
    def levels(self) -> tuple[str, ...]:
        """The titles of its levels; none where one of them has no title."""
        if "levels" not in self.item.value:
            return DEFAULT_LEVELS
        titles = tuple(level.text("title") for level in self.item.items("levels"))
        return titles if all(titles) else ()

    def properties(self) -> Iterator[Reference]:
        """The properties that its conditions look at."""
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
        for row in self.rows:
            yield from _texts(row.items("columns"), "id")

    def widgets(self) -> Iterator[Reference]:
        """The ids of the widgets."""
        yield from _texts(self.item.items("widgets"), "id")


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
    """Whatever in the pages has both widgets and a layout."""
    for item in _objects(pages):
        if isinstance(item.value.get("layout"), list) and isinstance(item.value.get("widgets"), list):
            yield Dashboard(item)


def shown_blueprints(pages: Rows) -> Iterator[Reference]:
    """The blueprints that pages and their widgets show."""
    for item in _objects(pages):
        yield from _plain(_texts((item,), "blueprint"))
        config = item.inner("blueprintConfig")
        yield from (Reference(name, config.way(name), at_key=True) for name in config.value)
        if item.text("property") == "$blueprint":
            several = (Reference(name, keys) for keys, name in item.texts("value"))
            yield from _plain(chain(_texts((item,), "value"), several))


def acted_blueprints(actions: Rows) -> Iterator[Reference]:
    """The blueprints that actions are for: in their trigger, or, in the form of 2023, at their root."""
    for item in _objects(actions):
        yield from _plain(_texts((item,), "blueprintIdentifier"))
        if len(item.keys) == 1 or "trigger" in item.keys:
            yield from _plain(_texts((item,), "blueprint"))


def _objects(rows: Rows) -> Iterator[Item]:
    for item in rows.items:
        yield from _below(item.keys, item.value)


def _below(keys: Keys, value: Any) -> Iterator[Item]:
    """Every object in a value, itself included."""
    if isinstance(value, dict):
        yield Item(keys, value)
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in members:
        if isinstance(member, dict | list):
            yield from _below((*keys, key), member)


def _texts(items: tuple[Item, ...], key: str) -> Iterator[Reference]:
    for item in items:
        if item.text(key):
            yield Reference(item.text(key), item.way(key))


def _plain(references: Iterable[Reference]) -> Iterator[Reference]:
    return (one for one in references if TEMPLATE not in one.name)
