"""The grammar of a kind of document, read from YAML data: Cerberus rules, and words for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from seatrial.core.framework import Framework
from seatrial.documents import yaml

Rules = Mapping[str, Any]
"""The rules of one value, such as {"type": "string", "required": True}."""

Fields = Mapping[str, "Rules | str"]
"""The rules of each key of an object; a text names a set of rules."""

NAMES = (
    "spec-guide",
    "spec-ocean",
    "blueprints",
    "port-app-config",
    "scorecards",
    "pages",
    "actions",
    "seatrial",
    "ignore",
    "exemptions",
    "poetry",
)
"""Every schema; the two of the spec are one grammar with different keys required."""

_FILES = {"spec-guide": "spec", "spec-ocean": "spec"}


@dataclass(frozen=True)
class Grammar:
    """Cerberus rules with their two registries.

    `names` gives the rule of Seatrial that reports a fault: by "missing", "unknown", "misspelled",
    "misplaced", "type", "value" and "form". `noun` is the name of the document for people.
    """

    noun: str
    names: Mapping[str, str]
    document: Rules
    schemas: Mapping[str, Fields]
    rules_sets: Mapping[str, Rules]

    def rules(self, rules: Rules | str) -> Rules:
        """Return the rules themselves, if a name stands for them."""
        return self.rules_sets[rules] if isinstance(rules, str) else rules

    def fields(self, fields: Fields | str) -> Fields:
        """Return the fields themselves, if a name stands for them."""
        return self.schemas[fields] if isinstance(fields, str) else fields

    def below(self, rules: Rules, key: str | int) -> Rules | None:
        """Return the rules of the value at `key` of a value with these rules; None if there are none."""
        if isinstance(key, int):
            return self.rules(rules["schema"]) if rules.get("type") == "list" and "schema" in rules else None
        fields = self.fields(rules.get("schema", {})) if is_object(rules) else {}
        found = fields.get(key, rules.get("valuesrules"))
        return None if found is None else self.rules(found)


def is_object(rules: Rules) -> bool:
    """Return whether `schema` of these rules describes an object's keys rather than a list's items."""
    kinds = rules.get("type", ())
    return "dict" in ((kinds,) if isinstance(kinds, str) else kinds)


def in_framework(name: str, framework: Framework) -> str:
    """Return the name of a schema as it is in a version of the framework, such as `spec-ocean+an-older-form`."""
    return "+".join([name, *(part for part in _parts(_file(name)) if framework.has(part))])


@cache
def grammar(name: str) -> Grammar:
    """Return the grammar of this name, one of NAMES or what `in_framework` makes of one."""
    plain, *parts = name.split("+")
    data = _with_parts(_data(_file(plain)), frozenset(parts))
    required = data.get("variants", {}).get(plain, [])
    return Grammar(
        noun=data["noun"],
        names=data["rules"],
        document=_requiring(data["document"], required),
        schemas=data.get("schemas", {}),
        rules_sets=data.get("rules_sets", {}),
    )


def _requiring(document: Rules, keys: list[str]) -> Rules:
    fields = document.get("schema", {})
    more = {key: {**fields[key], "required": True} for key in keys}
    return {**document, "schema": {**fields, **more}} if more else document


def _file(name: str) -> str:
    return _FILES.get(name, name)


@cache
def _parts(file: str) -> tuple[str, ...]:
    """Return the parts of the framework that rules of a grammar depend on."""
    return tuple(sorted(set(_parts_below(_data(file)))))


def _parts_below(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        yield from _alternatives(data)
    for inner in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from _parts_below(inner)


def _with_parts(data: Any, parts: frozenset[str]) -> Any:
    """Return the data with the rules that hold where the framework has these parts."""
    if isinstance(data, list):
        return [_with_parts(one, parts) for one in data]
    if not isinstance(data, dict):
        return data
    for part, rules in _alternatives(data).items():
        if part in parts:
            return rules
    return {key: _with_parts(one, parts) for key, one in data.items()}


def _alternatives(rules: Mapping[str, Any]) -> Mapping[str, Any]:
    meta = rules.get("meta")
    found: Mapping[str, Any] = meta.get("in", {}) if isinstance(meta, dict) else {}
    return found


@cache
def _data(file: str) -> dict[str, Any]:
    text = resources.files(__package__).joinpath(f"{file}.yaml").read_bytes()
    document = yaml.load(f"{file}.yaml", text)
    if document.faults:
        raise ValueError(f"{file}.yaml: {document.faults[0].message}")
    data: dict[str, Any] = document.value
    return data
