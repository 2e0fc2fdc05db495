"""An entity checked against its blueprint, as Port does when Ocean upserts it: types, formats, shapes of relations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address
from itertools import islice
from typing import Any, TypeGuard

from seatrial.core.printable import cut

_DAY = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?"
_DATE_TIME = re.compile(rf"{_DAY}[Tt\s]{_TIME}(?:[Zz]|[+-]\d\d(?::?\d\d)?)")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")

_UNFILLED = {
    "mirrorProperties": "mirror property", "calculationProperties": "calculation property",
    "aggregationProperties": "aggregation property",
}  # fmt: skip

MOST_ITEMS = 20
"""The most items of a list that are checked, and only at the first level, since items are usually alike."""

MOST_REQUIRED = 500
"""The most required properties, and relations, of a blueprint that are checked; a real one has 5."""

MOST_CHOICES = 500
"""An enum of more values is not checked; a real one has 30."""


class Break(Enum):
    """The kinds of breaches; SPELLING is a value that only spells the type otherwise, such as 5 for "5"."""

    TYPE = "type"
    SPELLING = "spelling"
    LIMIT = "enum, format or bounds"
    REQUIRED = "required"
    UNMAPPED = "required and not mapped"
    UNKNOWN = "not in the blueprint"


@dataclass(frozen=True)
class Remark:
    """A value that breaks the blueprint; `where` is its place in the entity, such as `properties.url`."""

    where: str
    message: str
    about: Break = Break.TYPE


def held_against(entity: Mapping[str, Any], blueprints: Sequence[Any]) -> list[Remark]:
    """Return where an entity breaks its blueprint; nothing if its blueprint is not exactly one of these."""
    found = _blueprint(entity.get("blueprint"), blueprints)
    return list(_remarks(entity, found)) if found else []


def _blueprint(identifier: Any, blueprints: Sequence[Any]) -> Mapping[str, Any] | None:
    rows = [one for one in blueprints if isinstance(one, dict) and one.get("identifier") == identifier]
    return rows[0] if len(rows) == 1 else None


def _remarks(entity: Mapping[str, Any], blueprint: Mapping[str, Any]) -> Iterator[Remark]:
    identifier = entity.get("identifier")
    if not isinstance(identifier, str | dict):
        yield Remark("identifier", f"{_shown(identifier)} is not a text")
    schema = _map(blueprint.get("schema"))
    yield from _properties(_map(entity.get("properties")), schema, blueprint)
    yield from _relations(_map(entity.get("relations")), _map(blueprint.get("relations")))


def _properties(
    values: Mapping[str, Any], schema: Mapping[str, Any], blueprint: Mapping[str, Any]
) -> Iterator[Remark]:
    known = _map(schema.get("properties"))
    required = schema.get("required")
    for name in required[:MOST_REQUIRED] if isinstance(required, list) else ():
        if isinstance(name, str) and values.get(name) is None and "default" not in _map(known.get(name)):
            yield _lacking(f"properties.{name}", name in values)
    for name, value in values.items():
        if name not in known:
            yield Remark(f"properties.{name}", _no_property(name, blueprint), Break.UNKNOWN)
        elif value is not None:
            found = faults(value, _map(known[name]))
            yield from (Remark(f"properties.{name}", fault, about) for about, fault in found)


def _lacking(where: str, is_mapped: bool) -> Remark:
    if is_mapped:
        return Remark(where, "it is required and is null", Break.REQUIRED)
    return Remark(where, "it is required and is not mapped", Break.UNMAPPED)


def _no_property(name: str, blueprint: Mapping[str, Any]) -> str:
    for key, words in _UNFILLED.items():
        if name in _map(blueprint.get(key)):
            return f"it is a {words}, which Port itself fills"
    return "the blueprint has no such property"


def _relations(values: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Remark]:
    for name, relation in islice(known.items(), MOST_REQUIRED):
        if _map(relation).get("required") is True and values.get(name) is None:
            yield _lacking(f"relations.{name}", name in values)
    for name, value in values.items():
        if name not in known:
            yield Remark(f"relations.{name}", "the blueprint has no such relation", Break.UNKNOWN)
        elif value is not None:
            yield from _relation(f"relations.{name}", value, _map(known[name]).get("many") is True)


def _relation(where: str, value: Any, many: bool) -> Iterator[Remark]:
    if isinstance(value, dict):
        return
    if isinstance(value, list) and not many:
        yield Remark(where, "it leads to one entity, and a list is given")
    elif many and not isinstance(value, list):
        about = Break.SPELLING if isinstance(value, str) else Break.TYPE
        yield Remark(where, f"it leads to many entities, and {_shown(value)} is no list", about)
    else:
        rows = value if isinstance(value, list) else [value]
        odd = [one for one in rows if not isinstance(one, str | dict)]
        if odd:
            yield Remark(where, f"{_shown(odd[0])} is not an identifier")


def faults(value: Any, schema: Mapping[str, Any]) -> Iterator[tuple[Break, str]]:
    """Yield each way in which a value breaks the schema of a property, with the words for it."""
    items = schema.get("items")
    yield from _own_faults(value, schema)
    if isinstance(value, list) and isinstance(items, dict):
        inside = (one for one in value[:MOST_ITEMS] if one is not None)
        found = ((about, fault) for one in inside for about, fault in _own_faults(one, items))
        yield from ((about, f"an item: {fault}") for about, fault in islice(found, 1))


def _own_faults(value: Any, schema: Mapping[str, Any]) -> Iterator[tuple[Break, str]]:
    stated = schema.get("type")
    if isinstance(stated, str) and stated in _TYPES and not _TYPES[stated](value):
        seen = _kind(value) if isinstance(value, dict | list) else f"{_shown(value)}, {_kind(value)},"
        yield Break.SPELLING if _spells(value, stated) else Break.TYPE, f"{seen} where the type is {stated}"
        return
    enum = schema.get("enum")
    if isinstance(enum, list) and 0 < len(enum) <= MOST_CHOICES and value not in enum:
        yield Break.LIMIT, f"{_shown(value)} is not one of {cut(', '.join(map(_shown, enum)), 80)}"
    check = _FORMATS.get(str(schema.get("format")))
    if check and isinstance(value, str) and not check(value):
        yield Break.LIMIT, f"{_shown(value)} is not of the format {schema['format']}"
    yield from ((Break.LIMIT, fault) for fault in _bounds(value, schema))


_NUMERAL = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?")


def _spells(value: Any, stated: str) -> bool:
    """Return whether a value of another type spells a value of the stated type, such as "5" for a number."""
    if stated == "string":
        return isinstance(value, int | float)
    text = value if isinstance(value, str) else ""
    if stated in ("number", "integer"):
        return bool(_NUMERAL.fullmatch(text)) and ("." not in text or stated == "number")
    return stated == "boolean" and text in ("true", "false")


def _bounds(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    names = {"str": ("minLength", "maxLength"), "list": ("minItems", "maxItems")}
    low, high = names.get(type(value).__name__, ("minimum", "maximum"))
    size = len(value) if isinstance(value, str | list) else value
    if not _number(size):
        return
    least, most = schema.get(low), schema.get(high)
    if _number(least) and size < least:
        yield f"{_shown(value)} is below the {low} of {least}"
    if _number(most) and size > most:
        yield f"{_shown(value)} is above the {high} of {most}"


def _number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": _number,
    "integer": lambda value: _number(value) and value == int(value),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
}


def _is_ip(version: int) -> Callable[[str], bool]:
    def check(value: str) -> bool:
        try:
            return ip_address(value).version == version
        except ValueError:
            return False

    return check


_FORMATS: Mapping[str, Callable[[str], bool]] = {
    "date-time": lambda value: bool(_DATE_TIME.fullmatch(value)),
    "url": lambda value: bool(_URL.fullmatch(value)),
    "email": lambda value: bool(_EMAIL.fullmatch(value)),
    "ipv4": _is_ip(4),
    "ipv6": _is_ip(6),
}


def _kind(value: Any) -> str:
    names = {"str": "a text", "bool": "a boolean", "dict": "an object", "list": "a list", "NoneType": "null"}
    return names.get(type(value).__name__, "a number")


def _shown(value: Any) -> str:
    """Return a value for a message: short, and on one line."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return cut(
        (
            f'"{value}"'
            if isinstance(value, str)
            else str(value).lower()
            if isinstance(value, bool)
            else str(value)
        ),
        60,
    )


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
