"""What the blueprints say; what has the wrong shape is left out, for the schema speaks of that."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from seatrial.core.suggest import nearest
from seatrial.documents.document import Document
from seatrial.validate.facts.items import Item, Rows, members

SYSTEM = frozenset({"_user", "_team", "_scorecard", "_rule", "_rule_result"})
"""Blueprints that Port itself brings."""

META = frozenset(
    {
        "$identifier",
        "$title",
        "$team",
        "$icon",
        "$updatedAt",
        "$createdAt",
        "$createdBy",
        "$updatedBy",
        "$blueprint",
        "$runId",
    }
)
"""What every entity has beside its properties."""

SORTS: Mapping[str, tuple[str, ...]] = {
    "property": ("schema", "properties"),
    "mirror property": ("mirrorProperties",),
    "calculation property": ("calculationProperties",),
    "aggregation property": ("aggregationProperties",),
}
"""The sorts of properties, by what people call them, and the way to each in a blueprint."""

SECTIONS = frozenset(
    {"schema", "relations", "mirrorProperties", "calculationProperties", "aggregationProperties"}
)
MOST_STRANGE = 20
"""Of a blueprint with more unknown keys nothing is taken as known."""

_PLAIN = frozenset({"identifier", "title", "icon", "description"}) | SECTIONS


@dataclass(frozen=True)
class Blueprint:
    """One blueprint that states its identifier."""

    item: Item
    identifier: str

    @cached_property
    def sorts(self) -> Mapping[str, Item]:
        """The properties of each sort, by what people call it."""
        return {sort: self.item.inner(*way) for sort, way in SORTS.items()}

    @property
    def properties(self) -> Item:
        """The properties that a mapping fills."""
        return self.sorts["property"]

    @cached_property
    def relations(self) -> Item:
        """The relations to other blueprints."""
        return self.item.inner("relations")

    def each(self, sort: str) -> Iterator[tuple[str, Item]]:
        """The properties of a sort by name, those left out that are no objects."""
        yield from members(self.sorts[sort])

    @cached_property
    def names(self) -> frozenset[str]:
        """The properties of every sort."""
        return frozenset(name for section in self.sorts.values() for name in section.value)

    def sort_of(self, name: str) -> str:
        """What people call a property or relation of this name; empty where there is none."""
        if name in self.relations.value:
            return "relation"
        return next((sort for sort, section in self.sorts.items() if name in section.value), "")

    @cached_property
    def is_whole(self) -> bool:
        """Whether what it does not name is not there: no section is misspelled or of a wrong type."""
        stated = self.item.value
        if not isinstance(self.item.inner("schema").value.get("properties"), dict):
            return False
        if not all(isinstance(stated[key], dict) for key in SECTIONS & stated.keys()):
            return False
        strange = stated.keys() - _PLAIN
        return len(strange) <= MOST_STRANGE and not any(nearest(key, SECTIONS) for key in strange)

    def lacks(self, name: str) -> bool:
        """Whether no entity of it has a property or relation of this name; all have `$title` and its like."""
        return self.is_whole and not self.sort_of(name) and name not in META

    def target(self, relation: str) -> str:
        """The blueprint that a relation leads to; empty where that is not stated."""
        return self.relations.inner(relation).text("target")


@dataclass(frozen=True)
class Blueprints:
    """The blueprints of an integration; `foreign` are those that are there without it."""

    document: Document
    all: tuple[Blueprint, ...]
    foreign: frozenset[str]

    @classmethod
    def of(cls, document: Document | None, known: Collection[str] = ()) -> Blueprints | None:
        """None where there is no readable list. `known` are blueprints that live elsewhere."""
        rows = Rows.of(document)
        if rows is None:
            return None
        named = (item for item in rows.items if item.text("identifier"))
        return cls(
            rows.document,
            tuple(Blueprint(item, item.text("identifier")) for item in named),
            SYSTEM | {*known},
        )

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """The identifiers in the file."""
        return frozenset(one.identifier for one in self.all)

    @cached_property
    def _unique(self) -> Mapping[str, Blueprint]:
        found: dict[str, list[Blueprint]] = {}
        for one in self.all:
            found.setdefault(one.identifier, []).append(one)
        return {name: same[0] for name, same in found.items() if len(same) == 1 and name not in self.foreign}

    def find(self, identifier: str) -> Blueprint | None:
        """The blueprint of this identifier, where all that is known of it is in the file."""
        return self._unique.get(identifier)

    def lacks(self, identifier: str) -> bool:
        """Whether no blueprint has this identifier, neither here nor elsewhere as far as is known."""
        all_named = len(self.all) == len(self.document.value)
        return all_named and identifier not in self.identifiers and identifier not in self.foreign

    def follow(self, start: Blueprint, relations: Sequence[str]) -> tuple[Blueprint | None, str | None]:
        """Where a path of relations leads, and the first of them that is not there.

        It leads to None where it leaves the file, or what is known of it.
        """
        here: Blueprint | None = start
        for relation in relations:
            if here is None or not here.is_whole:
                return None, None
            if relation not in here.relations.value:
                return here, relation
            here = self.find(here.target(relation))
        return here, None

    def are_unrelated(self, one: str, other: str) -> bool:
        """Whether no relations lead from one to the other, in either direction and over others.

        Not where relations of either leave the file, for they may meet there.
        """
        groups = [self._groups.get(name, {""}) for name in (one, other)]
        return groups[0].isdisjoint(groups[1]) and all(group <= self._unique.keys() for group in groups)

    @cached_property
    def _groups(self) -> Mapping[str, set[str]]:
        """Each blueprint with all that relations join to it, in either direction and over others."""
        groups = {one.identifier: {one.identifier} for one in self.all}
        for one in self.all:
            for name in one.relations.value:
                target = one.target(name)
                groups.setdefault(target, {target})
                small, large = sorted((groups[one.identifier], groups[target]), key=len)
                if small is not large:
                    large |= small
                    groups |= dict.fromkeys(small, large)
        return groups
