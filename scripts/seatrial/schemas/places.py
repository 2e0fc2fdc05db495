"""How people call a place of a document: `"type" of configuration "appHost"`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seatrial import naming
from seatrial.documents.document import Keys
from seatrial.schemas.grammar import Grammar, Rules, is_object


def place(known: Grammar, root: Any, keys: Keys) -> str:
    """What people call the place at `keys`: the item, or the way to it from the nearest named item."""
    items = list(_items(known, root, keys))
    start = items[-1][0] if items else 0
    rest = dotted(keys[start:])
    of_items = " of ".join(name for _, name in reversed(items[-2:]))
    if not rest:
        return of_items or known.noun
    return f'"{rest}" of {of_items}' if of_items else f'"{rest}"'


def dotted(keys: Keys) -> str:
    """A way as text: ("saas", "liveEvents", 0) is saas.liveEvents[0]."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return text.removeprefix(".")


def shown(value: Any) -> str:
    """A value as people write it, cut where it is long."""
    if isinstance(value, str):
        return f'"{naming.shown(value)}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return "empty" if value is None else naming.shown(str(value))


def _items(known: Grammar, root: Any, keys: Keys) -> Iterator[tuple[int, str]]:
    """The named items on the way: how many keys lead to each, and what people call it."""
    rules: Rules | None = known.document
    value = root
    for count, key in enumerate(keys, start=1):
        rules = known.below(rules, key) if rules is not None else None
        value = _at(value, key)
        if rules is not None and "noun" in rules.get("meta", {}):
            yield count, _item(rules["meta"], key, value)


def _item(meta: Mapping[str, str], key: str | int, value: Any) -> str:
    name = value.get(meta["called"]) if isinstance(value, dict) and "called" in meta else None
    if isinstance(name, str) and name.strip():
        return f"{meta['noun']} {shown(name)}"
    return f"{meta['noun']} number {key + 1}" if isinstance(key, int) else f"{meta['noun']} {shown(key)}"


def _at(value: Any, key: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(key)
    return value[key] if isinstance(value, list) and isinstance(key, int) and key < len(value) else None


def homes(known: Grammar) -> dict[str, set[str]]:
    """For each key that is known anywhere: the places at which it belongs, as ways without indexes."""
    found: dict[str, set[str]] = {}
    for way, rules in _objects(known, known.document, (), frozenset()):
        for key in known.fields(rules["schema"]):
            found.setdefault(key, set()).add(dotted(way))
    return found


def _objects(known: Grammar, rules: Rules, way: Keys, above: frozenset[str]) -> Iterator[tuple[Keys, Rules]]:
    """Every object with named keys, and the way to it; a schema that holds itself is entered once."""
    inner = rules.get("schema")
    name = inner if isinstance(inner, str) else ""
    if name in above:
        return
    if inner is not None and is_object(rules):
        yield way, rules
        for key, field in known.fields(inner).items():
            yield from _objects(known, known.rules(field), (*way, key), above | {name} - {""})
    elif inner is not None:
        yield from _objects(known, known.rules(inner), way, above)
    if "valuesrules" in rules:
        yield from _objects(known, known.rules(rules["valuesrules"]), way, above)
