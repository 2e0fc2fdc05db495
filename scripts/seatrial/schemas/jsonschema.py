"""JSON Schema 2020-12 from the Cerberus data, for editors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from seatrial.schemas.grammar import NAMES, Fields, Grammar, Rules, grammar, is_object
from seatrial.schemas.quick import Truth

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _in_any_case(word: str) -> str:
    """Return the pattern of a word in upper and lower case."""
    return "".join(f"[{one}{one.upper()}]" if one.isalpha() else one for one in word)


TYPES = {
    "string": "string",
    "boolean": "boolean",
    "integer": "integer",
    "number": "number",
    "dict": "object",
    "list": "array",
}

TAKEN: dict[str, tuple[list[str], dict[str, Any]]] = {
    "nothing": (["array", "string"], {"maxItems": 0, "maxLength": 0}),
    "truth": (
        ["string", "integer"],
        {"pattern": f"^(?:{'|'.join(map(_in_any_case, Truth.WORDS))})$", "minimum": 0, "maximum": 1},
    ),
}
"""The types that are taken for another one: the types of their values, and what holds of these values."""

END = r"(?![\s\S])"
"""The end of a text in every dialect of regular expressions."""

Schema = dict[str, Any]


def derived_files() -> dict[str, str]:
    """Return the text of every derived file by name, as kept under `docs/schemas`."""
    return {f"{name}.schema.json": json.dumps(derive(name), indent=2) + "\n" for name in NAMES}


def derive(name: str) -> Schema:
    """Return the JSON Schema that accepts the same as the named schema.

    Raises KeyError for an unknown rule of Cerberus.
    """
    known = grammar(name)
    maker = _Maker(known)
    document = maker.value(known.document, is_open=False)
    named = {"$defs": dict(sorted(maker.named.items()))} if maker.named else {}
    return {"$schema": DIALECT, "title": name, **document, **named}


class _Maker:
    """Makes schemas of rules; named ones are made once and referred to, so that they may contain themselves."""

    def __init__(self, known: Grammar) -> None:
        self.known = known
        self.named: dict[str, Schema] = {}

    def value(self, named: Rules | str, is_open: bool) -> Schema:
        rules = self.known.rules(named)
        is_open = rules.get("allow_unknown", is_open)
        made: Schema = {}
        for rule, constraint in rules.items():
            made |= self._one(rule, constraint, rules, is_open)
        if "type" not in rules and not rules.get("nullable"):
            made["type"] = sorted(TYPES.values())
        if rules.get("nullable") and "type" in made:
            made["type"] = [*_listed(made["type"]), "null"]
        return made

    def _one(self, rule: str, constraint: Any, rules: Rules, is_open: bool) -> Schema:
        if rule == "schema":
            return (
                self._object(constraint, is_open)
                if is_object(rules)
                else {"items": self.value(constraint, is_open)}
            )
        if rule == "valuesrules":
            return {"additionalProperties": self.value(constraint, is_open)}
        if rule == "keysrules":
            return {"propertyNames": self.value(constraint, is_open)}
        if rule in ("minlength", "maxlength"):
            return _length(rule, constraint, rules)
        return PLAIN[rule](constraint)

    def _object(self, fields: Fields | str, is_open: bool) -> Schema:
        if not isinstance(fields, str):
            return self._fields(fields, is_open)
        name = f"{fields}-open" if is_open else fields
        if name not in self.named:
            self.named[name] = {}
            self.named[name] = self._fields(self.known.fields(fields), is_open)
        return {"$ref": f"#/$defs/{name}"}

    def _fields(self, fields: Fields, is_open: bool) -> Schema:
        required = [key for key, rules in fields.items() if self.known.rules(rules).get("required")]
        made: Schema = {"properties": {key: self.value(rules, is_open) for key, rules in fields.items()}}
        if required:
            made["required"] = required
        if not is_open:
            made["additionalProperties"] = False
        return made


def _listed(types: str | list[str]) -> list[str]:
    return [types] if isinstance(types, str) else types


def _type(names: str | list[str]) -> Schema:
    """Return what the types accept; a type that is taken for another one limits the values of its own types."""
    found = [TYPES[name] for name in _listed(names) if name in TYPES]
    limits: Schema = {}
    for types, limit in (TAKEN[name] for name in _listed(names) if name in TAKEN):
        found += types
        limits |= limit
    return {"type": found[0] if len(found) == 1 else found, **limits}


def _length(rule: str, constraint: int, rules: Rules) -> Schema:
    """Return the limits on the length of a text, the items of a list, or the keys of an object."""
    nouns = {"string": "Length", "list": "Items", "dict": "Properties"}
    return {rule[:3] + nouns[name]: constraint for name in _listed(rules["type"]) if name in nouns}


def _pattern(pattern: str) -> Schema:
    r"""Return a pattern for a whole match: not every dialect knows `\Z`, and in some `$` allows a line feed."""
    return {"pattern": "^(?:" + pattern.replace(r"\Z", END) + ")"}


def _meta(meta: Mapping[str, Any]) -> Schema:
    return {"description": meta["about"]} if "about" in meta else {}


def _nothing(_: Any) -> Schema:
    return {}


PLAIN: dict[str, Callable[[Any], Schema]] = {
    "type": _type,
    "allowed": lambda values: {"enum": values},
    "regex": _pattern,
    "min": lambda least: {"minimum": least},
    "max": lambda most: {"maximum": most},
    "meta": _meta,
    "required": _nothing,
    "nullable": _nothing,
    "allow_unknown": _nothing,
}
"""Rules about one value alone; `required` is set in the object that holds the value."""
