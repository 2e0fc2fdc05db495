"""A resource of a mapping as Ocean's model reads it: the strings that are programs, and the mappings that it refuses.

Ocean reads a mapping with pydantic 1: unknown keys are dropped, numbers and booleans become strings, and anything else
in place of a string makes the whole mapping invalid. Source: port_ocean/core/handlers/port_app_config/models.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seatrial.core.framework import Framework

Tree = Mapping[str, Any]
"""The programs of a mapping: texts, None, objects of them and lists of those."""

_QUOTES = re.compile(r"""(^|\s)'(?!\s|")|(?<!\s|")'(\s|$)""")


class MappingRefused(Exception):
    """Raised where Ocean does not accept a mapping; the text says why."""


@dataclass(frozen=True)
class Programs:
    """The programs of a resource, as they stand in the mapping.

    `fields` are those of the entity. `items` is itemsToParse, empty if each object makes one entity; each item stands
    under `name` in the object, from which the whole list is removed if `lean`.
    """

    kind: str
    selector: str
    fields: Tree
    items: str = ""
    name: str = "item"
    lean: bool = True

    @cached_property
    def named(self) -> Sequence[tuple[str, str | None]]:
        """The programs of the fields, each with its place, such as `properties.url`."""
        return tuple(_leaves(self.fields, ""))


def read_resource(resource: Any, framework: Framework) -> Programs:
    """Return the programs of an item of `resources`. Raises MappingRefused."""
    root = _object(resource, "the resource")
    selector = _object(root.get("selector"), "selector")
    port = _object(root.get("port"), "port")
    entity = _object(port.get("entity"), "port.entity")
    fields = _fields(_object(entity.get("mappings"), "port.entity.mappings"), framework)
    items = _optional(port, "itemsToParse") if framework.has("items-are-parsed") else None
    if items and framework.has("inputs-are-classified"):
        fields = {key: value for key, value in fields.items() if value is not None}
    named = framework.has("items-are-named") and "itemsToParseName" in port
    may_stay = framework.has("items-may-stay") and "itemsToParseTopLevelTransform" in port
    return Programs(
        _text(root.get("kind"), "kind"),
        _text(selector.get("query"), "selector.query"),
        fields,
        items or "",
        _text(port["itemsToParseName"], "itemsToParseName") if named else "item",
        _switch(port["itemsToParseTopLevelTransform"]) if may_stay else True,
    )


def as_jq(program: str, framework: Framework) -> str:
    """Return the program that the framework compiles for a string of the mapping.

    Single quotes at the edges become double ones in versions that do so. In versions that read all outputs of a
    program, the returned one runs to its end too.
    """
    text = _QUOTES.sub(r'\1"\2', program) if framework.has("edge-quotes") else program
    return f"[({text}\n)] | .[:1][]" if framework.has("all-outputs-are-read") else text


def _fields(mappings: Mapping[str, Any], framework: Framework) -> Tree:
    """Return the known keys of an entity's mapping, with their programs."""
    has = framework.has
    found: dict[str, Any] = {
        "identifier": _value(mappings.get("identifier"), "identifier", has("identifiers-are-searched")),
        "blueprint": _text(mappings.get("blueprint"), "blueprint"),
    }
    for key, part in (("title", ""), ("icon", "icon-is-mapped"), ("team", "team-is-mapped")):
        if key in mappings and (not part or has(part)):
            search = key == "team" and has("teams-are-searched")
            found[key] = None if mappings[key] is None else _value(mappings[key], key, search)
    for key, search in (("properties", False), ("relations", has("relations-are-searched"))):
        if key in mappings:
            members = _object(mappings[key], key)
            found[key] = {_name(one, key): _value(members[one], f"{key}.{one}", search) for one in members}
    return {key: found[key] for key in _ORDER if key in found}


_ORDER = ("identifier", "title", "icon", "blueprint", "team", "properties", "relations")


def _value(value: Any, where: str, may_search: bool) -> Any:
    is_text = value is None or isinstance(value, str | int | float)
    return _search(value, where) if may_search and not is_text else _text(value, where)


def _search(value: Any, where: str) -> Tree:
    """Return a search query: a combinator, and rules that are comparisons or queries again."""
    query = _object(value, where)
    rules = query.get("rules")
    if not isinstance(rules, list):
        raise MappingRefused(f"{where}.rules is not a list")
    found = [_rule(rule, f"{where}.rules[{index}]") for index, rule in enumerate(rules)]
    return {"combinator": _text(query.get("combinator"), f"{where}.combinator"), "rules": found}


def _rule(value: Any, where: str) -> Tree:
    rule = _object(value, where)
    try:
        return {key: _text(rule.get(key), f"{where}.{key}") for key in ("property", "operator", "value")}
    except MappingRefused:
        if "rules" not in rule:
            raise
    return _search(rule, where)


def _object(value: Any, where: str) -> Mapping[Any, Any]:
    """Return an object as pydantic 1 reads it: an empty list, or one of pairs, is an object too."""
    try:
        return dict(value)
    except (TypeError, ValueError):
        raise MappingRefused(f"{where} is {'missing' if value is None else 'not an object'}") from None


def _text(value: Any, where: str) -> str:
    """Return a text as pydantic 1 reads it: a number or a boolean is written as Python writes it."""
    if isinstance(value, str | int | float):
        return str(value)
    raise MappingRefused(f"{where} is {'missing' if value is None else 'not a text'}")


def _name(value: Any, where: str) -> str:
    return _text(value, f"a name in {where}")


def _optional(port: Mapping[Any, Any], key: str) -> str | None:
    return None if port.get(key) is None else _text(port[key], key)


_TRUE = (1, "1", "on", "t", "true", "y", "yes")
_FALSE = (0, "0", "off", "f", "false", "n", "no")


def _switch(value: Any) -> bool:
    """Return a switch as pydantic 1 reads it."""
    known = value.lower() if isinstance(value, str) else value
    if isinstance(known, str | int) and known in (*_TRUE, *_FALSE):
        return known in _TRUE
    raise MappingRefused("itemsToParseTopLevelTransform is not true or false")


def _leaves(value: Any, where: str) -> Iterator[tuple[str, str | None]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{where}[{index}]")
    else:
        yield where, value
