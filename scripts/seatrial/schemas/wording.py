"""Violations of schemas: the errors of Cerberus in the words of readers, with the nearest known name.

Places are called as people do: `"type" of configuration "appHost"`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from seatrial.core import printable
from seatrial.core.suggest import did_you_mean, nearest, recased
from seatrial.documents.document import Keys
from seatrial.schemas.grammar import Grammar, Rules, grammar, is_object


@dataclass(frozen=True)
class Repair:
    """A repair of a violation; `old` is replaced by `new` if both are known.

    `guessed` means that `new` is only a likely name, so that a person has to decide.
    """

    title: str
    old: str = ""
    new: str = ""
    guessed: bool = False


@dataclass(frozen=True)
class Violation:
    """A place at which a document breaks its schema, in the reader's words.

    `rule` is the name of the rule that reports it; `at_key` means that the key is at fault, not the value. A
    missing key is reported at its parent.
    """

    rule: str
    keys: Keys
    message: str
    at_key: bool = False
    repair: Repair | None = None


@dataclass(frozen=True)
class Breach:
    """An error of Cerberus: the broken rule ("unknown" for an unknown key), the path, the value.

    `rules` are those of the value; `siblings` are the keys known beside an unknown one.
    """

    keys: Keys
    rule: str
    value: Any
    rules: Mapping[str, Any]
    siblings: tuple[str, ...] = ()


def place(known: Grammar, root: Any, keys: Keys) -> str:
    """Return the name for the place at `keys`: the item, or the path to it from the nearest named item."""
    items = list(_items(known, root, keys))
    start = items[-1][0] if items else 0
    rest = dotted(keys[start:])
    of_items = " of ".join(name for _, name in reversed(items[-2:]))
    if not rest:
        return of_items or known.noun
    return f'"{rest}" of {of_items}' if of_items else f'"{rest}"'


def dotted(keys: Keys) -> str:
    """Return a path as text: ("saas", "liveEvents", 0) is saas.liveEvents[0]."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return text.removeprefix(".")


def shown(value: Any) -> str:
    """Return a value as people write it, shortened if it is long."""
    if isinstance(value, str):
        return f'"{printable.shown(value)}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return "empty" if value is None else printable.shown(str(value))


def _items(known: Grammar, root: Any, keys: Keys) -> Iterator[tuple[int, str]]:
    """Yield the named items on the path: the number of keys to each, and its name."""
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
    """Return for each known key the places at which it belongs, as paths without indexes."""
    found: dict[str, set[str]] = {}
    for way, rules in _objects(known, known.document, (), frozenset()):
        for key in known.fields(rules["schema"]):
            found.setdefault(key, set()).add(dotted(way))
    return found


def _objects(known: Grammar, rules: Rules, way: Keys, above: frozenset[str]) -> Iterator[tuple[Keys, Rules]]:
    """Yield every object with named keys and its path; a schema that contains itself is entered once."""
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


MOST_LISTED = 16
"""The longest list of known names that is shown."""

JQ = "a jq expression"
"""The form of a text that a number in quotes does not have either."""

TYPES = {
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "dict": "an object",
    "list": "a list",
}
"""Names for the types of Cerberus."""


def explained(name: str, root: Any, breaches: Sequence[Breach]) -> Iterator[Violation]:
    """Return violations for breaches of the named schema.

    A key that is missing because it is misspelled is one violation, at the misspelled key.
    """
    found = [(breach, _worded(name, root, breach)) for breach in breaches]
    renamed = {
        (*breach.keys[:-1], violation.repair.new)
        for breach, violation in found
        if violation.at_key and violation.repair
    }
    for breach, violation in found:
        if breach.rule != "required" or breach.keys not in renamed:
            yield violation


def _worded(name: str, root: Any, breach: Breach) -> Violation:
    known = grammar(name)
    if breach.rule == "unknown":
        return _unknown_key(name, known, root, breach)
    if breach.rule == "required":
        return _missing_key(known, root, breach)
    subject = place(known, root, breach.keys)
    if breach.rule in ("type", "nullable"):
        return _wrong_type(known, subject, breach)
    if breach.rule == "allowed":
        return _unknown_value(known, subject, breach)
    return _malformed(known, subject, breach)


def _rule(known: Grammar, rules: Mapping[str, Any], fault: str) -> str:
    own = rules.get("meta", {}).get("rule", {})
    found: str = own.get(fault, known.names[fault])
    return found


def _missing_key(known: Grammar, root: Any, breach: Breach) -> Violation:
    *parent, key = breach.keys
    holder = place(known, root, tuple(parent))
    example = breach.rules.get("meta", {}).get("example")
    title = f'add "{key}" to {holder}' + (f", such as {key}: {example}" if example else "")
    rule = _rule(known, breach.rules, "missing")
    return Violation(rule, tuple(parent), f'{holder} has no "{key}"', at_key=True, repair=Repair(title))


def _unknown_key(name: str, known: Grammar, root: Any, breach: Breach) -> Violation:
    *parent, key = breach.keys
    holder = place(known, root, tuple(parent))
    free = [sibling for sibling in breach.siblings if sibling not in _keys_at(root, parent)]
    near = nearest(key, free) if isinstance(key, str) else None
    message = f"{holder} has an unknown key {shown(key)}"
    if near:
        repair = Repair(f'rename "{key}" to "{near}"', str(key), near, near != recased(str(key), free))
        return _at_key(known, "misspelled", breach, message + did_you_mean(near), repair)
    home = _home(name, key)
    if home:
        return _at_key(
            known, "misplaced", breach, f"{message}; it belongs in {home}", Repair(f"move it into {home}")
        )
    title = f"remove {shown(key)}" + _listed("; known here are ", breach.siblings)
    return _at_key(known, "unknown", breach, message, Repair(title))


def _at_key(known: Grammar, fault: str, breach: Breach, message: str, repair: Repair) -> Violation:
    return Violation(known.names[fault], breach.keys, message, at_key=True, repair=repair)


def _wrong_type(known: Grammar, subject: str, breach: Breach) -> Violation:
    types = breach.rules.get("meta", {}).get("typed", breach.rules.get("type", ()))
    wanted = " or ".join(TYPES[one] for one in ((types,) if isinstance(types, str) else types)) or "a value"
    is_number = isinstance(breach.value, int | float)
    is_jq = breach.rules.get("meta", {}).get("wanted") == JQ and not isinstance(breach.value, bool)
    number_for_text = types == "string" and is_number and not is_jq
    title = (
        f'put it in quotes: "{shown(breach.value)}"'
        if number_for_text
        else f"write {JQ if is_jq else wanted}"
    )
    rule = _rule(known, breach.rules, "type")
    return Violation(
        rule, breach.keys, f"{subject} is {shown(breach.value)}, not {wanted}", repair=Repair(title)
    )


def _unknown_value(known: Grammar, subject: str, breach: Breach) -> Violation:
    allowed, value = breach.rules["allowed"], breach.value
    message = f"{subject} is {shown(value)}"
    usual = breach.rules.get("meta", {}).get("instead", {}).get(value.lower())
    near = usual or nearest(value, allowed)
    rule = _rule(known, breach.rules, "value")
    if near:
        guessed = near not in (usual, recased(value, allowed))
        repair = Repair(f'change "{value}" to "{near}"', value, near, guessed)
        return Violation(rule, breach.keys, message + did_you_mean(near), repair=repair)
    message = f"{message}, which is not one of {', '.join(allowed)}"
    return Violation(rule, breach.keys, message, repair=Repair(f"write one of {', '.join(allowed)}"))


def _malformed(known: Grammar, subject: str, breach: Breach) -> Violation:
    meta = breach.rules["meta"]
    wanted, at_key = meta["wanted"], meta.get("at") == "key"
    if breach.rule == "maxlength" and isinstance(breach.value, str):
        wanted = f"{'a name' if at_key else 'text'} of at most {breach.rules['maxlength']} characters"
    message = f"{subject} is {shown(breach.value)}, not {wanted}"
    if at_key:
        message = f"{subject} does not have {wanted}"
    elif isinstance(breach.value, dict | list):
        message = f"{subject} is not {wanted}"
    rule = _rule(known, breach.rules, "form")
    return Violation(rule, breach.keys, message, at_key=at_key, repair=Repair(f"write {wanted}"))


def _listed(lead: str, names: tuple[str, ...]) -> str:
    return lead + ", ".join(names) if 0 < len(names) <= MOST_LISTED else ""


def _keys_at(root: Any, keys: list[str | int]) -> Any:
    """Return the value at these keys; an empty one where there is none: Cerberus takes a tuple for several keys."""
    for key in keys:
        try:
            root = root[key]
        except (KeyError, IndexError, TypeError):
            return {}
    return root


@cache
def _homes(name: str) -> dict[str, set[str]]:
    return homes(grammar(name))


def _home(name: str, key: Any) -> str | None:
    """Return the one place at which this key belongs; None if there is none or more than one."""
    found = _homes(name).get(key, set()) if isinstance(key, str) else set()
    if len(found) != 1:
        return None
    return f'"{next(iter(found))}"' if next(iter(found)) else "the document itself"
