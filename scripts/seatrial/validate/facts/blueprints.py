"""The blueprints of an integration. Parts of the wrong shape are left out: the schema reports them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from seatrial.core.model import LineRange
from seatrial.core.suggest import nearest
from seatrial.documents.document import Document
from seatrial.schemas.grammar import grammar
from seatrial.validate.facts.items import Item, Rows

SYSTEM = frozenset({"_user", "_team", "_scorecard", "_rule", "_rule_result"})
"""Blueprints that Port itself provides."""

META = frozenset({
    "$identifier", "$title", "$team", "$icon", "$updatedAt", "$createdAt", "$createdBy", "$updatedBy", "$blueprint",
    "$runId",
})  # fmt: skip
"""Fields that every entity has besides its properties."""

SORTS: Mapping[str, tuple[str, ...]] = {
    "property": ("schema", "properties"),
    "mirror property": ("mirrorProperties",),
    "calculation property": ("calculationProperties",),
    "aggregation property": ("aggregationProperties",),
}
"""The keys of a blueprint that lead to its properties, for each sort by the name that people use."""

SECTIONS = frozenset({"relations"} | {keys[0] for keys in SORTS.values()})
MOST_STRANGE = 20
"""A blueprint with more unknown keys than this is never taken as complete."""

MOST_IDLE = 50
"""The most blueprints that nothing refers to of which one is taken for a misspelled one, and the most lacking ones."""

_PLAIN = frozenset({"identifier", "title", "icon", "description"}) | SECTIONS


def _odd(names: Iterable[str], form: str) -> frozenset[str]:
    """Return the letters and digits of those names that have not this form, which the schema reports."""
    return frozenset(_letters(name) for name in names if not re.match(form, name)) - {""}


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@dataclass(frozen=True)
class Blueprint:
    """A blueprint that has an identifier."""

    item: Item
    identifier: str

    @cached_property
    def sorts(self) -> Mapping[str, Item]:
        """The properties of each sort, by the name that people use."""
        return {sort: self.item.inner(*keys) for sort, keys in SORTS.items()}

    @property
    def properties(self) -> Item:
        """The properties that a mapping fills."""
        return self.sorts["property"]

    @cached_property
    def relations(self) -> Item:
        """The relations to other blueprints."""
        return self.item.inner("relations")

    def each(self, sort: str) -> Iterator[tuple[str, Item]]:
        """The properties of a sort by name, without those that are not objects."""
        return self.sorts[sort].members()

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of the properties of every sort."""
        return frozenset(name for section in self.sorts.values() for name in section.value)

    def sort_of(self, name: str) -> str:
        """The sort of the property or relation of this name; empty where there is none."""
        if name in self.relations.value:
            return "relation"
        return next((sort for sort, section in self.sorts.items() if name in section.value), "")

    @cached_property
    def is_whole(self) -> bool:
        """True where it can be taken as complete: no section is misspelled or of the wrong type."""
        blueprint = self.item.value
        if not isinstance(self.item.inner("schema").value.get("properties"), dict):
            return False
        if not all(isinstance(blueprint[key], dict) for key in SECTIONS & blueprint.keys()):
            return False
        strange = blueprint.keys() - _PLAIN
        return len(strange) <= MOST_STRANGE and not any(nearest(key, SECTIONS) for key in strange)

    @cached_property
    def required(self) -> Mapping[str, frozenset[str]]:
        """The names that no entity can be without, by sort; it can be without a property that has a default."""
        listed = {name for _, name in self.item.inner("schema").texts("required")}
        defaulted = {name for name, item in self.each("property") if "default" in item.value}
        related = {name for name, item in self.relations.members() if item.value.get("required") is True}
        return {"property": frozenset(listed - defaulted), "relation": frozenset(related)}

    def lacks(self, name: str) -> bool:
        """True where it certainly has no property or relation of this name; `$title` and its like always exist."""
        return self.is_whole and not self.sort_of(name) and name not in META and not self.misspells(name)

    def misspells(self, name: str) -> bool:
        """True where it has this name with characters that no name has: the finding about that is enough."""
        return _letters(name) in self._odd_names

    @cached_property
    def _odd_names(self) -> frozenset[str]:
        return _odd((*self.names, *self.relations.value), grammar("blueprints").rules_sets["name"]["regex"])

    def target(self, relation: str) -> str:
        """The blueprint that a relation leads to; empty where it has none."""
        return self.relations.inner(relation).text("target")


@dataclass(frozen=True)
class Blueprints:
    """The blueprints of an integration; `foreign` are those that exist without it, `mapped` those that kinds have."""

    document: Document
    all: tuple[Blueprint, ...]
    foreign: frozenset[str]
    mapped: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, document: Document | None, known: Collection[str] = (), mapped: Iterable[str] = ()
    ) -> Blueprints | None:
        """None where there is no readable list.

        `known` are blueprints that are defined elsewhere, `mapped` those that the mapping names.
        """
        rows = Rows.of(document)
        if rows is None:
            return None
        named = ((item, item.text("identifier")) for item in rows.items)
        blueprints = tuple(Blueprint(*one) for one in named if one[1])
        return cls(rows.document, blueprints, SYSTEM | {*known}, tuple(mapped))

    @property
    def is_whole(self) -> bool:
        """True where every row of the file is a blueprint with an identifier."""
        return len(self.all) == len(self.document.value)

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

    @cached_property
    def _references(self) -> Counter[str]:
        """The number of times that the mapping, relations and aggregations name each blueprint."""
        related = (one.target(name) for one in self.all for name in one.relations.value)
        summed = (item.text("target") for one in self.all for _, item in one.each("aggregation property"))
        return Counter(name for name in (*self.mapped, *related, *summed) if name)

    @cached_property
    def lacking(self) -> frozenset[str]:
        """The blueprints that do not exist, and that the mapping, relations or aggregations name."""
        return frozenset(name for name in self._references if self.lacks(name))

    @cached_property
    def repeated(self) -> Blueprint | None:
        """The first blueprint with the identifier of another one before it; None where there is none."""
        if len(self.identifiers) == len(self.all):
            return None
        seen: set[str] = set()
        for one in self.all:
            if one.identifier in seen:
                return one
            seen.add(one.identifier)
        return None

    @cached_property
    def misnamed(self) -> Mapping[str, Blueprint]:
        """The blueprints that nothing refers to, each by the lacking identifier that it was probably to have.

        At least two places name that one, and it is nearly that of the blueprint.
        """
        idle = {one.identifier: one for one in self.all if one.identifier not in self._references}
        often = sorted(name for name in self.lacking if self._references[name] > 1)[:MOST_IDLE]
        near = {name: nearest(name, idle) for name in often if len(idle) <= MOST_IDLE}
        return {name: idle[other] for name, other in near.items() if other}

    def cause(self, name: str) -> LineRange | None:
        """The line of the identifier that is probably at fault where this blueprint is lacking; None for none."""
        one = self.repeated or self.misnamed.get(name)
        where = self.document.at(*one.item.way("identifier")) if one else None
        return LineRange(where.path, where.line, where.line) if where else None

    def find(self, identifier: str) -> Blueprint | None:
        """The blueprint of this identifier; None unless the file alone defines it, and once."""
        return self._unique.get(identifier)

    def lacks(self, identifier: str) -> bool:
        """True where no blueprint has this identifier, neither in the file nor among those known elsewhere.

        False where one has it with characters that no identifier has: the finding about that is enough.
        """
        if not self.is_whole or identifier in self.identifiers or identifier in self.foreign:
            return False
        return not self.misspells(identifier)

    def misspells(self, identifier: str) -> bool:
        """True where one has this identifier with characters that no identifier has."""
        return _letters(identifier) in self._odd_identifiers

    @cached_property
    def _odd_identifiers(self) -> frozenset[str]:
        fields = grammar("blueprints").fields("blueprint")
        return _odd(self.identifiers, grammar("blueprints").rules(fields["identifier"])["regex"])

    def follow(self, start: Blueprint, relations: Sequence[str]) -> tuple[Blueprint | None, str | None]:
        """The blueprint at the end of a path of relations, and the first relation that does not exist.

        The blueprint is None where the path leaves the file or reaches a blueprint that is not complete.
        """
        here: Blueprint | None = start
        for relation in relations:
            if here is None or not here.is_whole:
                return None, None
            if relation not in here.relations.value:
                return (None, None) if here.misspells(relation) else (here, relation)
            here = self.find(here.target(relation))
        return here, None

    def are_unrelated(self, one: str, other: str) -> bool:
        """True where no relations connect the two, in either direction and through other blueprints.

        False where relations of either leave the file, because they may meet there.
        """
        groups = [self._groups.get(name, {""}) for name in (one, other)]
        return groups[0].isdisjoint(groups[1]) and all(group <= self._unique.keys() for group in groups)

    @cached_property
    def _groups(self) -> Mapping[str, set[str]]:
        """Each blueprint with all that relations connect to it, in either direction and through others."""
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


@dataclass(frozen=True)
class Required:
    """The properties and relations that no entity can be without; none where the blueprints cannot be read."""

    blueprints: Blueprints | None

    def line(self, identifier: str, place: str) -> LineRange | None:
        """Return the line that defines what is required at a place of an entity, such as `properties.url`."""
        blueprint = self.blueprints.find(identifier) if self.blueprints else None
        section, _, name = place.partition(".")
        sort = {"properties": "property", "relations": "relation"}.get(section, "")
        if self.blueprints is None or blueprint is None or name not in blueprint.required.get(sort, ()):
            return None
        holder = blueprint.relations if sort == "relation" else blueprint.properties
        where = self.blueprints.document.key(*holder.way(name))
        return LineRange(where.path, where.line, where.line)
