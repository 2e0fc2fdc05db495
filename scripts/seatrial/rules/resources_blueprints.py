"""Family RES, the content of blueprints: each is right in itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from seatrial.documents.document import Document
from seatrial.model import Fix, Problem
from seatrial.rules.resources_words import BLUEPRINTS, SCORECARDS, edited, rename
from seatrial.rules.rule import INFO, WARNING, Problems, rule
from seatrial.schemas.places import shown
from seatrial.subjects.blueprints import Blueprint, Blueprints
from seatrial.subjects.identifiers import repeats
from seatrial.subjects.item import Item

TYPES = frozenset({"string", "number", "boolean", "object", "array"})
BOUND = {"format": "string", "items": "array"}
"""Keys that only one type of property has."""


@rule("RES107", bad=edited(SCORECARDS, ('"identifier": "fewOpen"', '"identifier": "hasOwner"')))
def duplicate_identifier(resource_documents: Mapping[str, Document]) -> Problems:
    """Blueprints, scorecards, their rules, pages and actions have identifiers of their own.

    Port refuses the second one of an identifier, or takes it for a change of the first.
    """
    for repeat in repeats(resource_documents):
        where = repeat.document.at(*repeat.keys)
        fix = Fix("give it an identifier of its own, or delete it")
        yield Problem(where, f"another {repeat.noun} before it is {shown(repeat.name)} too", fix)


@rule(
    "RES108",
    severity=WARNING,
    bad=edited(BLUEPRINTS, ('"title": "Good Service Task"', '"title": "Good Service Project"')),
)
def duplicate_blueprint_title(blueprints: Blueprints) -> Problems:
    """Blueprints have titles of their own.

    People choose blueprints by their titles, and cannot tell two of one title apart.
    """
    first: dict[str, str] = {}
    for one in blueprints.all:
        title = one.item.text("title")
        other = first.setdefault(title, one.identifier)
        if title and other != one.identifier:
            message = f"blueprint {shown(one.identifier)} has the title {shown(title)} of {shown(other)}"
            yield Problem(
                blueprints.document.at(*one.item.way("title")), message, Fix("give it a title of its own")
            )


@rule("RES109", severity=INFO, bad=edited(BLUEPRINTS, ('    "title": "Good Service Task",\n', "")))
def plain_blueprint(blueprints: Blueprints) -> Problems:
    """Blueprints have a title and an icon.

    They are how people find a blueprint among hundreds.
    """
    for one in blueprints.all:
        for key in ("title", "icon"):
            if key not in one.item.value:
                message = f'blueprint {shown(one.identifier)} has no "{key}"'
                yield Problem(blueprints.document.at(*one.item.keys), message, Fix(f'add "{key}" to it'))


@rule("RES110", bad=edited(BLUEPRINTS, ('"required": [\n        "state"', '"required": [\n        "status"')))
def unknown_required_property(blueprints: Blueprints) -> Problems:
    """The properties that a blueprint requires are properties of it.

    No entity can have what the blueprint does not know, so Port would refuse them all.
    """
    for one in blueprints.all:
        for keys, name in one.item.inner("schema").texts("required"):
            if one.is_whole and name not in one.properties.value:
                where = blueprints.document.at(*keys)
                fix = rename(
                    where, name, one.properties.value, "add the property, or delete it from this list"
                )
                yield Problem(where, f"blueprint {shown(one.identifier)} has no property {shown(name)}", fix)


def _with_items(blueprints: Blueprints) -> Iterator[Item]:
    """The properties of all blueprints, and the items of those that are lists."""
    for one in blueprints.all:
        for _, item in one.each("property"):
            yield from (item, item.inner("items"))


def _text(value: Any) -> str:
    """Equal for equal values, and for no others: true is not 1."""
    return json.dumps(value, sort_keys=True)


@rule(
    "RES111", bad=edited(BLUEPRINTS, ('            "open",\n', '            "open",\n            "open",\n'))
)
def property_value_listed_twice(blueprints: Blueprints) -> Problems:
    """No value is given twice in an enum.

    Port refuses such a blueprint; mostly one of the two was meant to be another value.
    """
    for item in _with_items(blueprints):
        seen: set[str] = set()
        for index, value in item.listed("enum"):
            if _text(value) in seen:
                where = blueprints.document.at(*item.way("enum", index))
                yield Problem(
                    where, f"the enum has {shown(value)} twice", Fix("delete one of them, or correct it")
                )
            seen.add(_text(value))


@rule("RES112", bad=edited(BLUEPRINTS, ('"closed": "green"', '"close": "green"')))
def stray_enum_color(blueprints: Blueprints) -> Problems:
    """Each colour of an enum belongs to one of its values.

    The value it was meant for stays without colour, and Port may refuse the blueprint.
    """
    for item in _with_items(blueprints):
        values = {value if isinstance(value, str) else _text(value) for _, value in item.listed("enum")}
        for name in item.inner("enumColors").value:
            if name not in values:
                where = blueprints.document.key(*item.way("enumColors", name))
                fix = rename(where, name, values, "add the value to the enum, or delete its colour")
                yield Problem(
                    where, f"a colour is given for {shown(name)}, which is no value of the enum", fix
                )


@rule(
    "RES113",
    bad=edited(BLUEPRINTS, ('"Labels",\n          "type": "array"', '"Labels",\n          "type": "string"')),
)
def key_of_another_type(blueprints: Blueprints) -> Problems:
    """Only strings have a format, and only arrays have items.

    Port refuses the blueprint. The format of what is in an array stands below its items.
    """
    for item in _with_items(blueprints):
        for key, wanted in BOUND.items():
            found = item.text("type")
            if key in item.value and found in TYPES - {wanted}:
                message = f'"{key}" belongs to the type {wanted}, and this is of the type {found}'
                fix = Fix(f'change the type to "{wanted}", or delete "{key}"')
                yield Problem(blueprints.document.key(*item.way(key)), message, fix)


@rule("RES114", bad=edited(BLUEPRINTS, ('"parentStatus"', '"state"')))
def property_defined_twice(blueprints: Blueprints) -> Problems:
    """A name is used for one property of a blueprint.

    Properties, mirror, calculation and aggregation properties share their names; Port
    refuses a blueprint in which two have the same one.
    """
    for one in blueprints.all:
        for name, sort, other in _twice(one):
            where = blueprints.document.key(*one.sorts[sort].way(name))
            message = f"blueprint {shown(one.identifier)} has a {other} {shown(name)} already"
            yield Problem(where, message, Fix(f"give the {sort} another name"))


def _twice(blueprint: Blueprint) -> Iterator[tuple[str, str, str]]:
    """Each name that is given again, with the sort it is given to and the sort that has it."""
    sort_of: dict[str, str] = {}
    for sort, section in blueprint.sorts.items():
        for name in section.value:
            if name in sort_of:
                yield name, sort, sort_of[name]
            sort_of.setdefault(name, sort)
