"""What the port-app-config says; what has the wrong shape is left out, for the schema speaks of that."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seatrial.documents.document import Document, Keys
from seatrial.validate.facts.items import Item

MAPPING_KEYS = frozenset({"identifier", "blueprint", "title", "icon", "team", "properties", "relations"})
EXPRESSIONS = ("identifier", "title", "icon", "team", "blueprint")
"""The keys of a mapping with one expression each."""

NOT_JQ = ("file://", "search://")
"""Texts that begin so are read by Ocean itself."""

_LITERAL = re.compile(r'\s*"([^"\\]*)"\s*')


@dataclass(frozen=True)
class MappedResource:
    """One item of `resources`: a kind, which objects of it, and what they become."""

    item: Item

    @property
    def kind(self) -> str:
        """The kind; empty where none is stated."""
        return self.item.text("kind")

    @property
    def selector(self) -> Item:
        """Which objects of the kind are meant."""
        return self.item.inner("selector")

    @property
    def port(self) -> Item:
        """The part that Ocean reads."""
        return self.item.inner("port")

    @cached_property
    def mappings(self) -> Item:
        """From an object to an entity."""
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
        """The blueprint, where the mapping states it literally; else empty."""
        literal = _LITERAL.fullmatch(self.mappings.text("blueprint"))
        return literal[1] if literal else ""

    @property
    def is_whole(self) -> bool:
        """Whether what it does not name is not mapped: nothing stands beside the keys that Ocean reads."""
        entity, stated = self.item.inner("port", "entity").value, self.mappings.value
        sections = (stated.get(key, {}) for key in ("properties", "relations"))
        return (
            entity.keys() <= {"mappings"}
            and stated.keys() <= MAPPING_KEYS
            and all(isinstance(section, dict) for section in sections)
        )

    @property
    def identity(self) -> str:
        """Equal for resources that make the same entities of the same objects."""
        stated = self.mappings.value
        what = (self.kind, self.item.value.get("selector"), self.port.value.get("itemsToParse"))
        return json.dumps((what, stated.get("blueprint"), stated.get("identifier")), sort_keys=True)

    def expressions(self) -> Iterator[tuple[Keys, str]]:
        """Every jq expression of it, and the way to each."""
        yield from _texts(self.selector.way("query"), self.selector.value.get("query"))
        yield from _texts(self.port.way("itemsToParse"), self.port.value.get("itemsToParse"))
        for key in EXPRESSIONS:
            yield from _texts(self.mappings.way(key), self.mappings.value.get(key))
        for section in (self.properties, self.relations):
            for name, value in section.value.items():
                yield from _texts(section.way(name), value)


def _texts(way: Keys, value: Any) -> Iterator[tuple[Keys, str]]:
    """An expression, or those in a search query and the rules inside it."""
    if isinstance(value, str) and value.strip() and not value.startswith(NOT_JQ):
        yield way, value
    if isinstance(value, dict):
        for key in ("combinator", "property", "operator", "value"):
            yield from _texts((*way, key), value.get(key))
        for index, rule in Item(way, value).listed("rules"):
            yield from _texts((*way, "rules", index), rule)


@dataclass(frozen=True)
class AppConfig:
    """The port-app-config of an integration: a readable document with an object at its root."""

    document: Document
    resources: tuple[MappedResource, ...]

    @classmethod
    def of(cls, document: Document | None) -> AppConfig | None:
        """None where there is no such document."""
        if document is None or not document.readable or not isinstance(document.value, dict):
            return None
        return cls(document, tuple(map(MappedResource, Item((), document.value).items("resources"))))

    @cached_property
    def is_literal(self) -> bool:
        """Whether every resource states its blueprint literally."""
        return all(resource.blueprint for resource in self.resources)
