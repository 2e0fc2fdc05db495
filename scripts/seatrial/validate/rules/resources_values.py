"""Family RES, the values of the mapping: what its jq gives, and what Ocean and the blueprints take."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from seatrial.core.model import Fix, Problem
from seatrial.core.rules import ADVICE, WARNING, Edited, Problems, rule
from seatrial.core.suggest import hint
from seatrial.documents.document import Keys
from seatrial.schemas.wording import shown
from seatrial.validate.facts.app_config import AppConfig, MappedResource, text_of
from seatrial.validate.facts.blueprints import Blueprint, Blueprints
from seatrial.validate.facts.items import Item
from seatrial.validate.facts.jq_values import Constant, JqValues
from seatrial.validate.facts.spec import Spec
from seatrial.validate.rules.resources import (
    APP_CONFIG,
    BLUEPRINTS,
    MOST_KNOWN,
    rests_on_date,
    with_blueprints,
)
from seatrial.validate.rules.shared import all_of, replaced

Value = tuple[Keys, str, JqValues]
"""The keys that lead to an expression, its text, and the values that it gives."""

MOST_SHOWN = 12
"""The most values of an enum that are shown."""

MOST_VALUES = 1_000
"""Longer enums are not searched; the longest real one has a few dozen values."""


def _value(resource: MappedResource, way: Keys, value: Any) -> Iterator[Value]:
    """Yield the value of one expression; nothing where it is none, or cannot be read."""
    text = resource.program(text_of(value))
    values = JqValues.of(text) if text else None
    if values:
        yield way, text.strip(), values


def _properties(app_config: AppConfig, blueprints: Blueprints) -> Iterator[tuple[str, Item, Value]]:
    """Yield each mapped property that its blueprint has: its name, its definition and its value."""
    for resource, blueprint in with_blueprints(app_config, blueprints):
        yield from _matched(resource, resource.properties, blueprint.properties)


def _relations(app_config: AppConfig, blueprints: Blueprints) -> Iterator[tuple[str, Item, Value]]:
    """Yield each mapped relation that its blueprint has: its name, its definition and its value."""
    for resource, blueprint in with_blueprints(app_config, blueprints):
        yield from _matched(resource, resource.relations, blueprint.relations)


def _matched(resource: MappedResource, mapped: Item, defined: Item) -> Iterator[tuple[str, Item, Value]]:
    for name, expression in mapped.value.items():
        for value in _value(resource, mapped.way(name), expression) if name in defined.value else ():
            yield name, defined.inner(name), value


@rule(
    "RES127",
    bad=replaced(APP_CONFIG, "      query: 'true'\n      state", "      query: '\"true\"'\n      state"),
)
def result_of_another_type(app_config: AppConfig) -> Problems:
    """The query of a selector gives true or false, and `itemsToParse` gives a list.

    Ocean reports an error for each object for which the query gives anything else, and exports none of them.
    From an expression such as `.items[]` it takes the first item, which is no list.
    """
    for resource in app_config.resources:
        for way, text, values in _value(
            resource, resource.selector.way("query"), resource.selector.text("query")
        ):
            if "boolean" not in values.types:
                fix = Fix("write a condition, or true to select every object")
                message = f"the query gives {_in_words(values.types)}, not true or false: {shown(text)}"
                yield Problem(app_config.document.at(*way), message, fix)
        item = resource.port
        for way, text, values in _value(resource, item.way("itemsToParse"), item.value.get("itemsToParse")):
            if values.are_several or "array" not in values.types:
                gives = "one item after another" if values.are_several else _in_words(values.types)
                fix = Fix("write an expression that gives the list itself, such as .items or [.items[]]")
                message = f'"itemsToParse" gives {gives}, not a list: {shown(text)}'
                yield Problem(app_config.document.at(*way), message, fix)


TYPES = {
    "string": "text",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "nothing",
}
"""Names for the types of JSON."""


def _in_words(types: Iterable[str]) -> str:
    return " or ".join(words for name, words in TYPES.items() if name in types) or "nothing"


@rule("RES211", severity=WARNING, bad=replaced(APP_CONFIG, "labels: .labels", "labels: .labels[].name"))
def only_the_first_of_several(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """An expression that fills a list, which is a property of type array or a relation to many, gives a list.

    An expression such as `.tags[].name` gives one value after another, and Ocean takes the first of them. In
    brackets they become one list. Nothing is reported where `select`, `first` or the like chooses among them.
    """
    for name, item, value in _properties(app_config, blueprints):
        if item.text("type") == "array":
            yield from _first_of_several(app_config, "property", name, value)
    for name, item, value in _relations(app_config, blueprints):
        if item.value.get("many") is True:
            yield from _first_of_several(app_config, "relation", name, value)


def _first_of_several(app_config: AppConfig, what: str, name: str, value: Value) -> Problems:
    way, text, values = value
    if values.are_several:
        reached = f"reaches the {what} {shown(name)}, which takes a list"
        fix = Fix("collect the values in a list, as in [.tags[].name]")
        yield Problem(app_config.document.at(*way), f"only the first value of {shown(text)} {reached}", fix)


@rule("RES212", bad=replaced(APP_CONFIG, "labels: .labels", "labels: '.labels | join(\",\")'"))
def value_of_another_type(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """An expression that fills a property or a relation gives its type.

    Port rejects an entity with a value of another type: "true" in quotes is text, and not true. A relation
    that is not to many takes one identifier, not a list.
    """
    for name, item, (way, text, values) in _properties(app_config, blueprints):
        wanted = item.text("type")
        is_first = wanted == "array" and values.are_several
        wrong = _wrong_type(values, wanted) if wanted in TYPES and not is_first else ""
        if wrong:
            message = f"property {shown(name)} takes {TYPES[wanted]}, and {wrong}"
            fix = Fix(f"write an expression that gives {TYPES[wanted]}, or change the type in the blueprint")
            where = app_config.document.at(*way)
            yield Problem(where, message, fix, rests_on=rests_on_date(text, where))
    for name, item, (way, text, values) in _relations(app_config, blueprints):
        if item.value.get("many", False) is False and values.types - {"null"} in ({"array"}, {"boolean"}):
            message = f"relation {shown(name)} takes one identifier, and {shown(text)} gives {_in_words(values.types)}"
            fix = Fix('write an expression that gives one identifier, or set "many": true in the blueprint')
            yield Problem(app_config.document.at(*way), message, fix)


def _wrong_type(values: JqValues, wanted: str) -> str:
    """Return what an expression gives instead of the type that is wanted, in words; empty where it may give it."""
    given = values.types - {"null"}
    if given and wanted not in given:
        return f"this gives {_in_words(given)}"
    other = next((one for one in values.constants() if _type_of(one) != wanted), None)
    return f"this may give {TYPES[_type_of(other)]}: {shown(other)}" if other is not None else ""


def _type_of(constant: Any) -> str:
    if isinstance(constant, bool):
        return "boolean"
    return "string" if isinstance(constant, str) else "number"


@rule("RES213", bad=replaced(APP_CONFIG, "state: .state", 'state: .state // "opne"'))
def value_outside_enum(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """A constant that fills a property with an enum is one of its values.

    Port rejects an entity with any other value. Where a value may be missing, null leaves the property empty.
    """
    for name, item, (way, _, values) in _properties(app_config, blueprints):
        for allowed, constants in _choices(item, values):
            for constant in dict.fromkeys(constants):
                if constant not in allowed and _type_of(constant) in map(_type_of, allowed):
                    yield _outside(app_config, way, name, constant, allowed)


def _choices(item: Item, values: JqValues) -> Iterator[tuple[list[Any], Iterator[Constant]]]:
    """Yield the values of a property's enum and of that of its items, each with the constants that fill it."""
    for holder, constants in ((item, values.constants()), (item.inner("items"), values.items())):
        allowed = [value for _, value in holder.listed("enum") if isinstance(value, str | int | float)]
        if 0 < len(allowed) <= MOST_VALUES:
            yield allowed, constants


def _outside(app_config: AppConfig, way: Keys, name: str, constant: Constant, allowed: list[Any]) -> Problem:
    texts = [one for one in allowed if isinstance(one, str)]
    is_word = isinstance(constant, str) and constant and len(texts) <= MOST_KNOWN
    near = hint(str(constant), texts) if is_word else ""
    message = f"property {shown(name)} has an enum, and {shown(constant)} is not in it{near}"
    choices = ", ".join(map(shown, allowed[:MOST_SHOWN]))
    fix = Fix(f"write one of {choices}, or null, or add the value to the enum in the blueprint")
    return Problem(app_config.document.at(*way), message, fix)


_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_FORMS: Mapping[str, Callable[[str], object]] = {
    "date-time": re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d").match,
    "url": _URL.match,
    "uri": _URL.match,
    "email": re.compile(r"[^\s@]+@[^\s@]+\Z").match,
    "idn-email": re.compile(r"[^\s@]+@[^\s@]+\Z").match,
    "ipv4": re.compile(r"\d+(\.\d+){3}\Z").match,
    "ipv6": re.compile(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\Z").match,
}
"""Tests of texts that cannot be values of a format; empty is none of any."""


@rule("RES214", severity=WARNING, bad=replaced(APP_CONFIG, "dueAt: .due_at", 'dueAt: .due_at // ""'))
def fallback_of_another_format(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """A constant that fills a date, an address or a relation has the form of one.

    Port rejects an entity with an empty text where it wants a date, and a relation to an entity without
    an identifier. Where a value may be missing, null leaves the property empty.
    """
    for name, item, (way, _, values) in _properties(app_config, blueprints):
        has_form = _FORMS.get(item.text("format"))
        for text in dict.fromkeys(one for one in values.constants() if isinstance(one, str)):
            if has_form and not has_form(text):
                message = (
                    f"property {shown(name)} has the format {item.text('format')}, and {shown(text)} has not"
                )
                yield Problem(
                    app_config.document.at(*way), message, Fix("leave the fallback out, or write null")
                )
    for name, _, (way, _, values) in _relations(app_config, blueprints):
        if any(isinstance(one, str) and not one.strip() for one in values.constants()):
            message = f"relation {shown(name)} takes an identifier, and an empty text is none"
            yield Problem(app_config.document.at(*way), message, Fix("leave the fallback out, or write null"))


_CHANGED = re.compile(
    r"\s*(?P<path>(?:\.[A-Za-z_]\w*)+)\s*(?P<change>(?:\|\s*(?:gsub|sub|ltrimstr|rtrimstr|ascii_downcase|ascii_upcase)"
    r"\s*(?:\((?:[^()\"]|\"(?:[^\"\\]|\\.)*\")*\)\s*)?)+)"
)
"""A path whose text is changed: `.id | gsub(" "; "")`. White space is taken in one way, so that it costs no time."""

_PLAIN_PATH = re.compile(r"(?:\.[A-Za-z_]\w*(?:\[\d+\])?)+")


@rule(
    "RES240",
    severity=ADVICE,
    bad=replaced(
        APP_CONFIG,
        "identifier: .id | tostring\n          title: .name",
        'identifier: .id | gsub(" "; "")\n          title: .name',
        "project: .__parent.id | tostring",
        "project: .__parent.id",
    ),
)
def identifier_changed_on_one_side(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """A relation transforms an identifier in the same way as the mapping of its target.

    Otherwise the two differ where the text holds what is changed, and the relation leads to no entity. Reported are
    relations that take a path with the same last name as it is.
    """
    changes = _identifier_changes(app_config)
    for resource, blueprint in with_blueprints(app_config, blueprints):
        for name, value in resource.relations.value.items():
            target = blueprint.target(name)
            text = resource.program(text_of(value)).strip()
            last, change = changes.get(target, ("", ""))
            if change and _PLAIN_PATH.fullmatch(text) and text.rpartition(".")[2] == last:
                message = f"the identifiers of blueprint {shown(target)} are changed with {shown(change)}"
                fix = Fix("write the same behind the path here")
                where = app_config.document.at(*resource.relations.way(name))
                yield Problem(where, f"{message}, and relation {shown(name)} is not", fix)


def _identifier_changes(app_config: AppConfig) -> Mapping[str, tuple[str, str]]:
    """Return the last name and the change of each blueprint's identifiers, where all of its kinds have the same."""
    found: dict[str, set[tuple[str, str]]] = {}
    for resource in app_config.resources:
        match = _CHANGED.fullmatch(resource.program(text_of(resource.mappings.value.get("identifier"))))
        last = match["path"].rpartition(".")[2] if match else ""
        found.setdefault(resource.blueprint, set()).add((last, match["change"].strip(" |") if match else ""))
    return {name: next(iter(ways)) for name, ways in found.items() if len(ways) == 1}


_STEPS = r"(?:\.[A-Za-z_]\w*+(?:\[\d+\])?+)++"
_FROM_NUMBER = re.compile(
    rf"(?P<path>{_STEPS})"
    r"(?P<date>\s*(?:\|\s*tonumber\s*)?(?:/\s*1000\s*)?(?:\|\s*floor\s*)?\|\s*todate\b)?"
)
"""Any path; with a `date`, one that is made a date from a number: `.x / 1000 | todate`.

All paths match, so that no step of a long one is tried again.
"""


@rule(
    "RES241",
    severity=ADVICE,
    bad=all_of(
        replaced(
            BLUEPRINTS,
            '        "dueAt": {',
            '        "closedAt": {\n          "title": "Closed at",\n          "type": "string",\n'
            '          "format": "date-time"\n        },\n        "dueAt": {',
        ),
        replaced(
            APP_CONFIG,
            "            dueAt: .due_at\n",
            "            dueAt: .due_at\n"
            "            closedAt: if .closed_at then .closed_at / 1000 | todate else null end\n",
        ),
    ),
)
def date_converted_beside_another(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """Either all dates of an object are converted from numbers, or none.

    An API gives its dates in one form. Where one is made from a number with `todate`, another that is taken as it
    is reaches Port as a number, and Port rejects the entity.
    """
    for resource, blueprint in with_blueprints(app_config, blueprints):
        dates = dict(_dates(resource, blueprint))
        paths = [match for text in dates.values() for match in _FROM_NUMBER.finditer(text)]
        holders = {_holder(match["path"]) for match in paths if match["date"]}
        for name, text in dates.items():
            if _PLAIN_PATH.fullmatch(text) and _holder(text) in holders:
                where = app_config.document.at(*resource.properties.way(name))
                message = f"the date {shown(text)} is taken as it is, and one beside it is made from a number"
                yield Problem(where, message, Fix("convert it too, if the service gives a number here"))


def _dates(resource: MappedResource, blueprint: Blueprint) -> Iterator[tuple[str, str]]:
    """Yield the mapped dates of a resource, each with its expression."""
    for name, value in resource.properties.value.items():
        text = resource.program(text_of(value)).strip()
        if text and blueprint.properties.inner(name).text("format") == "date-time":
            yield name, text


def _holder(path: str) -> str:
    return path.strip().rpartition(".")[0]


def _in_saas(environment: str) -> Edited:
    return all_of(
        replaced(".port/spec.yaml", "saas:\n  enabled: false", "saas:\n  enabled: true"),
        replaced(APP_CONFIG, "dueAt: .due_at", f"dueAt: {environment}"),
    )


@rule("RES216", severity=WARNING, bad=_in_saas("env.DUE_AT"))
def environment_in_saas(spec: Spec, app_config: AppConfig) -> Problems:
    """The mapping of an integration that Port can host reads no variable of the environment.

    Where Port hosts the integration, `env` and `$ENV` are empty in jq, so the value is missing. A variable
    that the selector's `exportEnvVariables` names is not reported.
    """
    if spec.root.inner("saas").value.get("enabled") is not True:
        return
    for resource in app_config.resources:
        if resource.selector.value.get("exportEnvVariables"):
            continue
        for way, text in resource.expressions():
            values = JqValues.of(resource.program(text))
            if values and values.reads_environment:
                message = f"{shown(text.strip())} reads the environment, which is empty where Port hosts this"
                fix = Fix("let the integration's code add the value to the object, and read it from there")
                yield Problem(app_config.document.at(*way), message, fix)
