"""The port-app-config of an integration. Parts of the wrong shape are left out: the schema reports them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seatrial.documents import jq
from seatrial.documents.document import Document, Keys
from seatrial.validate.facts.items import Item

MAPPING_KEYS = frozenset({"identifier", "blueprint", "title", "icon", "team", "properties", "relations"})
EXPRESSIONS = ("identifier", "title", "icon", "team", "blueprint")
"""The keys of a mapping that hold one expression each."""

NOT_JQ = ("file://", "search://")
"""Prefixes of texts that Ocean reads itself and does not treat as jq."""

MOST_BITS = 1_000
"""Larger whole numbers are not taken as expressions: Python refuses to write out very long ones."""

_LITERAL = re.compile(r'\s*"([^"\\]*)"\s*')


@dataclass(frozen=True)
class MappedResource:
    """An item of `resources`: a kind, a selection of its objects, and the entities made from them.

    With `edge_quotes`, single quotes at the edges of a text in jq are read as double ones.
    """

    item: Item
    edge_quotes: bool = True

    @property
    def kind(self) -> str:
        """The kind; empty where there is none."""
        return self.item.text("kind")

    @property
    def selector(self) -> Item:
        """The selection of the kind's objects."""
        return self.item.inner("selector")

    @property
    def port(self) -> Item:
        """The part that Ocean reads."""
        return self.item.inner("port")

    @cached_property
    def mappings(self) -> Item:
        """The mapping from an object to an entity."""
        return self.item.inner("port", "entity", "mappings")

    @property
    def properties(self) -> Item:
        """The mapped properties."""
        return self.mappings.inner("properties")

    @property
    def relations(self) -> Item:
        """The mapped relations."""
        return self.mappings.inner("relations")

    @cached_property
    def blueprint(self) -> str:
        """The blueprint where the mapping holds a literal; else empty."""
        literal = _LITERAL.fullmatch(self.program(self.mappings.text("blueprint")))
        return literal[1] if literal else ""

    def program(self, expression: str) -> str:
        """The text that Ocean compiles for an expression."""
        return jq.with_double_quotes(expression) if self.edge_quotes else expression

    @property
    def makes_entities(self) -> bool:
        """True unless a search finds the entities, which exist already and are only updated."""
        return not isinstance(self.mappings.value.get("identifier"), dict)

    @property
    def is_whole(self) -> bool:
        """True where the mapping can be taken as complete: it has no keys but those that Ocean reads."""
        entity, mappings = self.item.inner("port", "entity").value, self.mappings.value
        return (
            entity.keys() <= {"mappings"}
            and mappings.keys() <= MAPPING_KEYS
            and all(isinstance(mappings.get(key, {}), dict) for key in ("properties", "relations"))
        )

    @property
    def identity(self) -> str:
        """A text that is equal for resources that make the same entities of the same objects."""
        mappings = self.mappings.value
        source = (self.kind, self.item.value.get("selector"), self.port.value.get("itemsToParse"))
        return json.dumps((source, mappings.get("blueprint"), mappings.get("identifier")), sort_keys=True)

    def expressions(self) -> Iterator[tuple[Keys, str]]:
        """Every jq expression of the resource, and the keys that lead to it."""
        yield from _texts(self.selector.way("query"), self.selector.value.get("query"))
        yield from _texts(self.port.way("itemsToParse"), self.port.value.get("itemsToParse"))
        for key in EXPRESSIONS:
            yield from _texts(self.mappings.way(key), self.mappings.value.get(key))
        for section in (self.properties, self.relations):
            for name, value in section.value.items():
                yield from _texts(section.way(name), value)


def text_of(value: Any) -> str:
    """The expression that Ocean makes of a value: a number is taken as it is written; empty for what is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if value.bit_length() < MOST_BITS else ""
    if isinstance(value, float):
        return str(value) if math.isfinite(value) else ""
    return value if isinstance(value, str) and value.strip() and not value.startswith(NOT_JQ) else ""


def _texts(way: Keys, value: Any) -> Iterator[tuple[Keys, str]]:
    """An expression, or those in a search query and the rules inside it."""
    if expression := text_of(value):
        yield way, expression
    if isinstance(value, dict):
        for key in ("combinator", "property", "operator", "value"):
            yield from _texts((*way, key), value.get(key))
        for index, rule in Item(way, value).listed("rules"):
            yield from _texts((*way, "rules", index), rule)


@dataclass(frozen=True)
class AppConfig:
    """A readable port-app-config with an object at its root, and the resources that it maps."""

    document: Document
    resources: tuple[MappedResource, ...]

    @classmethod
    def of(cls, document: Document | None, edge_quotes: bool = True) -> AppConfig | None:
        """None where there is no such document. `edge_quotes` is that of its resources."""
        root = Item.root(document)
        if document is None or root is None:
            return None
        return cls(document, tuple(MappedResource(item, edge_quotes) for item in root.items("resources")))

    @cached_property
    def is_literal(self) -> bool:
        """True where every resource holds its blueprint as a literal."""
        return all(resource.blueprint for resource in self.resources)
