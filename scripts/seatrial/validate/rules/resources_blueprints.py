"""Family RES, the ways between blueprints: relations, and the properties that follow them.

Family RES, the content of blueprints: each is right in itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from seatrial.core.model import Fix, Problem
from seatrial.core.rules import INFO, WARNING, Problems, rule
from seatrial.documents.document import Document
from seatrial.schemas.explain import shown
from seatrial.validate.facts.blueprints import META, Blueprint, Blueprints
from seatrial.validate.facts.calculations import read_properties
from seatrial.validate.facts.catalog import Reference, queried
from seatrial.validate.facts.identifiers import repeats
from seatrial.validate.facts.items import Item, members
from seatrial.validate.facts.jq_expressions import JqExpressions, calculations
from seatrial.validate.rules.resources_words import (
    BLUEPRINTS,
    SCORECARDS,
    TASK_HEAD,
    edited,
    place,
    point_elsewhere,
    rename,
)

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


AGGREGATION = "aggregation property"


@rule("RES115", bad=edited(BLUEPRINTS, ('"target": "goodServiceProject"', '"target": "goodServiceProjects"')))
def unknown_relation_target(blueprints: Blueprints) -> Problems:
    """A relation leads to a blueprint that is there.

    Ocean creates the blueprints of the file in one go, and Port refuses a relation to one
    it does not have: the installation fails. The blueprints of Port itself are always there.
    """
    for one in blueprints.all:
        for name, relation in members(one.relations):
            target = relation.text("target")
            if target and blueprints.lacks(target):
                where = blueprints.document.at(*relation.way("target"))
                message = f"relation {shown(name)} leads to {shown(target)}, and there is no such blueprint"
                yield Problem(where, message, point_elsewhere(where, target, blueprints))


@rule("RES116", bad=edited(BLUEPRINTS, ('"path": "project.status"', '"path": "project.state"')))
def broken_mirror_path(blueprints: Blueprints) -> Problems:
    """The path of a mirror property goes over relations to a property.

    Port refuses a blueprint whose path breaks off on the way.
    """
    for one in blueprints.all:
        for _, mirror in one.each("mirror property"):
            if mirror.text("path"):
                yield from _broken_path(blueprints, one, mirror)


def _broken_path(blueprints: Blueprints, start: Blueprint, mirror: Item) -> Problems:
    path = mirror.text("path")
    *relations, name = path.split(".")
    end, missing = blueprints.follow(start, relations)
    where = blueprints.document.at(*mirror.way("path"))
    if end is None:
        return
    if missing is not None:
        yield _no_relation(blueprints, mirror, end, missing)
    elif not relations:
        fix = Fix('put a relation and a dot before it, such as "project.status"')
        yield Problem(where, f"the path {shown(name)} goes over no relation", fix)
    elif end.lacks(name) or name in end.relations.value:
        message = f"the path ends at blueprint {shown(end.identifier)}, which has no property {shown(name)}"
        known = end.names | META
        yield Problem(
            where, message, rename(where, name, known, "end it with a property of that blueprint", path)
        )


def _no_relation(blueprints: Blueprints, item: Item, here: Blueprint, missing: str) -> Problem:
    where = blueprints.document.at(*item.way("path"))
    message = f"blueprint {shown(here.identifier)} has no relation {shown(missing)} for the path to follow"
    fix = rename(where, missing, here.relations.value, "write a path over relations", item.text("path"))
    return Problem(where, message, fix)


@rule(
    "RES117",
    bad=edited(
        BLUEPRINTS, (TASK_HEAD, TASK_HEAD + '    "ownership": {"type": "Inherited", "path": "projects"},\n')
    ),
)
def broken_ownership_path(blueprints: Blueprints) -> Problems:
    """The path by which a blueprint inherits its owners goes over relations.

    Port refuses a blueprint whose path breaks off on the way.
    """
    for one in blueprints.all:
        for key in ("ownership", "teamInheritance"):
            item = one.item.inner(key)
            relations = [name for name in item.text("path").split(".") if name not in ("", "$team")]
            end, missing = blueprints.follow(one, relations)
            if end and missing is not None:
                yield _no_relation(blueprints, item, end, missing)


@rule("RES118", bad=edited(BLUEPRINTS, ('".properties.labels //', '".properties.label //')))
def unknown_calculation_property(blueprints: Blueprints, jq_expressions: JqExpressions) -> Problems:
    """The properties that a calculation reads are properties of its blueprint.

    Another one is null, and so mostly is the result.
    """
    broken = {expression for expression, _ in jq_expressions.broken}
    for one, expression in calculations(blueprints):
        for name in dict.fromkeys(read_properties(expression.text)) if expression not in broken else ():
            if one.is_whole and name not in one.names:
                where = blueprints.document.at(*expression.keys)
                message = f"blueprint {shown(one.identifier)} has no property {shown(name)} to calculate with"
                fix = rename(where, name, one.names, "read a property that is there", expression.text)
                yield Problem(where, message, fix)


def _aggregations(blueprints: Blueprints) -> Iterator[tuple[Blueprint, Item, str]]:
    """Each aggregation property that states its target, with its blueprint."""
    for one in blueprints.all:
        for _, item in one.each(AGGREGATION):
            if item.text("target"):
                yield one, item, item.text("target")


@rule("RES119", bad=edited(BLUEPRINTS, ('"target": "goodServiceTask"', '"target": "goodServiceTasks"')))
def unknown_aggregation_target(blueprints: Blueprints) -> Problems:
    """An aggregation property counts entities of a blueprint that is there.

    Port refuses it otherwise, and the installation fails.
    """
    for _, item, target in _aggregations(blueprints):
        if blueprints.lacks(target):
            where = blueprints.document.at(*item.way("target"))
            message = f"there is no blueprint {shown(target)} to aggregate"
            yield Problem(where, message, point_elsewhere(where, target, blueprints))


@rule(
    "RES120",
    bad=edited(
        BLUEPRINTS,
        ('"path": "project.status"', '"path": "project.state"'),
        ('"target": "goodServiceProject"', '"target": "goodServiceTask"'),
    ),
)
def unrelated_aggregation_target(blueprints: Blueprints) -> Problems:
    """An aggregation property counts entities that relations lead to, in either direction.

    Entities that are not related cannot be attributed, so Port refuses the property.
    """
    for one, item, target in _aggregations(blueprints):
        if blueprints.are_unrelated(one.identifier, target):
            where = blueprints.document.at(*item.way("target"))
            message = f"no relation leads from blueprint {shown(one.identifier)} to {shown(target)} or back"
            fix = Fix(f"add a relation to {shown(one.identifier)} to blueprint {shown(target)}")
            yield Problem(where, message, fix)


@rule("RES121", bad=edited(BLUEPRINTS, ('"property": "state"', '"property": "status"')))
def unknown_aggregation_property(blueprints: Blueprints) -> Problems:
    """The properties that an aggregation property looks at are properties of its target.

    Otherwise Port refuses it, or counts nothing.
    """
    for _, item, target in _aggregations(blueprints):
        end = blueprints.find(target)
        for reference in _aggregated(item):
            if end and end.lacks(reference.name):
                where = place(blueprints.document, reference)
                message = f"blueprint {shown(target)} has no property {shown(reference.name)} to aggregate by"
                fix = rename(where, reference.name, end.names | META, "write a property of that blueprint")
                yield Problem(where, message, fix)


def _aggregated(item: Item) -> Iterator[Reference]:
    """The properties of the target: what is summed up, by which time, and what the query asks."""
    spec = item.inner("calculationSpec")
    for key in ("property", "measureTimeBy"):
        if spec.text(key):
            yield Reference(spec.text(key), spec.way(key))
    yield from queried(item.inner("query"), "rules")
