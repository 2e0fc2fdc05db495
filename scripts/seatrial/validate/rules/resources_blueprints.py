"""Family RES, blueprints: their own content, their relations, and the properties that follow relations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from seatrial.core.model import Edit, Fix, Problem
from seatrial.core.rules import ADVICE, INFO, WARNING, Problems, rule
from seatrial.documents.document import Document
from seatrial.schemas.wording import shown
from seatrial.validate.facts.blueprints import META, Blueprint, Blueprints
from seatrial.validate.facts.catalog import Reference, queried, repeats
from seatrial.validate.facts.items import Item
from seatrial.validate.facts.jq_expressions import JqExpressions, calculations, read_properties
from seatrial.validate.rules.resources import (
    BLUEPRINTS,
    SCORECARDS,
    TASK_HEAD,
    place,
    rename,
    unknown_blueprint,
)
from seatrial.validate.rules.shared import misspells, replaced

TYPES = frozenset({"string", "number", "boolean", "object", "array"})
BY_PROPERTY = frozenset({"sum", "min", "max", "median"})
"""What can only be calculated of a property."""

_SUM = '"func": "sum",\n          "calculationBy": "property"'

BOUND = {"format": "string", "items": "array"}
"""Keys that only one type of property may have, and the type."""


@rule("RES107", bad=replaced(SCORECARDS, '"identifier": "fewOpen"', '"identifier": "hasOwner"'))
def duplicate_identifier(
    resource_documents: Mapping[str, Document], lacking_blueprints: frozenset[str]
) -> Problems:
    """The identifiers of blueprints, scorecards, scorecard rules, pages and actions are unique.

    Port rejects the second item with the same identifier, or takes it as an update of the first.
    """
    for repeat in repeats(resource_documents):
        where = repeat.document.at(*repeat.keys)
        lacking = lacking_blueprints if repeat.noun == "blueprint" else frozenset()
        fix = Fix(
            f"change it to {shown(next(iter(lacking)))}, the blueprint that is lacking"
            if len(lacking) == 1
            else "give it a unique identifier, or delete it"
        )
        yield Problem(where, f"another {repeat.noun} before it is {shown(repeat.name)} too", fix)


@rule(
    "RES108",
    severity=WARNING,
    bad=replaced(BLUEPRINTS, '"title": "Good Service Task"', '"title": "Good Service Project"'),
)
def duplicate_blueprint_title(blueprints: Blueprints) -> Problems:
    """The titles of blueprints are unique.

    People choose blueprints by title, and cannot tell two with the same title apart.
    """
    first: dict[str, str] = {}
    for one in blueprints.all:
        title = one.item.text("title")
        other = first.setdefault(title, one.identifier)
        if title and other != one.identifier:
            message = f"blueprint {shown(one.identifier)} has the title {shown(title)} of {shown(other)}"
            yield Problem(
                blueprints.document.at(*one.item.way("title")), message, Fix("give it a unique title")
            )


@rule("RES109", bad=replaced(BLUEPRINTS, '    "title": "Good Service Task",\n', ""))
def plain_blueprint(blueprints: Blueprints) -> Problems:
    """Blueprints have a title and an icon.

    People find a blueprint among hundreds by them, and Port rejects one without a title.
    """
    for one in blueprints.all:
        for key in ("title", "icon"):
            if key not in one.item.value and not misspells(one.item, key):
                message = f'blueprint {shown(one.identifier)} has no "{key}"'
                severity = INFO if key == "icon" else None
                where = blueprints.document.at(*one.item.keys)
                yield Problem(where, message, Fix(f'add "{key}" to it'), severity=severity)


@rule("RES110", bad=replaced(BLUEPRINTS, '"required": [\n        "state"', '"required": [\n        "status"'))
def unknown_required_property(blueprints: Blueprints) -> Problems:
    """The properties that a blueprint requires are among its properties.

    No entity can have a property that the blueprint does not define, so Port would reject them all.
    """
    for one in blueprints.all:
        for keys, name in one.item.inner("schema").texts("required"):
            if one.is_whole and name not in one.properties.value:
                where = blueprints.document.at(*keys)
                otherwise = "add the property, or delete it from this list"
                listed = {text for _, text in one.item.inner("schema").texts("required")}
                fix = rename(name, one.properties.value.keys() - listed, otherwise, where)
                yield Problem(where, f"blueprint {shown(one.identifier)} has no property {shown(name)}", fix)


def _with_items(blueprints: Blueprints) -> Iterator[Item]:
    """Yield the properties of all blueprints, each followed by its `items`."""
    for one in blueprints.all:
        for _, item in one.each("property"):
            yield from (item, item.inner("items"))


def _text(value: Any) -> str:
    """Return a text that is equal only for equal values: true is not 1."""
    return json.dumps(value, sort_keys=True)


@rule(
    "RES111", bad=replaced(BLUEPRINTS, '            "open",\n', '            "open",\n            "open",\n')
)
def property_value_listed_twice(blueprints: Blueprints) -> Problems:
    """No value is listed twice in an enum.

    Port rejects such a blueprint; usually one of the two was meant to be another value.
    """
    for item in _with_items(blueprints):
        seen: set[str] = set()
        for index, value in item.listed("enum"):
            if _text(value) in seen:
                where = blueprints.document.at(*item.way("enum", index))
                fix = Fix("delete one of them, or correct it")
                yield Problem(where, f"the enum has {shown(value)} twice", fix)
            seen.add(_text(value))


@rule("RES112", bad=replaced(BLUEPRINTS, '"closed": "green"', '"close": "green"'))
def stray_enum_color(blueprints: Blueprints) -> Problems:
    """Each colour of an enum belongs to one of its values.

    Otherwise the value it was meant for has no colour, and Port may reject the blueprint.
    """
    for item in _with_items(blueprints):
        values = {value if isinstance(value, str) else _text(value) for _, value in item.listed("enum")}
        for name in item.inner("enumColors").value:
            if name not in values:
                where = blueprints.document.key(*item.way("enumColors", name))
                free = values - item.inner("enumColors").value.keys()
                fix = rename(name, free, "add the value to the enum, or delete its colour", where)
                message = f"a colour is given for {shown(name)}, which is no value of the enum"
                yield Problem(where, message, fix)


@rule(
    "RES129",
    severity=ADVICE,
    bad=replaced(
        BLUEPRINTS,
        ',\n          "enumColors": {\n            "open": "blue",\n            "closed": "green"\n          }',
        "",
    ),
)
def enum_without_colors(blueprints: Blueprints) -> Problems:
    """The values of an enum have colours.

    People tell states apart by them in every table of the catalogue.
    """
    for item in _with_items(blueprints):
        if item.text("type") == "string" and item.value.get("enum") and not item.value.get("enumColors"):
            where = blueprints.document.key(*item.way("enum"))
            yield Problem(where, "the values of this enum have no colours", Fix('add "enumColors" to it'))


_FORMAT_OF = {
    "url": re.compile(r"(?:^u|[a-z0-9]U|_u)(?:rl|RL)$|[a-z0-9]URL$"),
    "date-time": re.compile(r"[a-z0-9]At$|[a-z0-9]_at$"),
}
"""For each format, the names of properties that are known to have it."""


@rule(
    "RES130",
    severity=ADVICE,
    bad=replaced(
        BLUEPRINTS,
        '"Due at",\n          "type": "string",\n          "format": "date-time"',
        '"Due at",\n          "type": "string"',
    ),
)
def format_left_out(blueprints: Blueprints) -> Problems:
    """A property that by its name holds an address or a time has the format url or date-time.

    Port shows a `url` as a link and a `date-time` in the reader's time zone, and both can be filtered by.
    """
    for one in blueprints.all:
        for name, item in one.each("property"):
            if item.text("type") != "string" or item.value.keys() & {"format", "spec", "enum"}:
                continue
            for format_, names in _FORMAT_OF.items():
                if names.search(name):
                    where = blueprints.document.key(*one.properties.way(name))
                    message = f'property {shown(name)} looks like one of the format "{format_}", and has none'
                    yield Problem(where, message, Fix(f'add "format": "{format_}" to it'))


@rule(
    "RES113",
    bad=replaced(BLUEPRINTS, '"Labels",\n          "type": "array"', '"Labels",\n          "type": "string"'),
)
def key_of_another_type(blueprints: Blueprints) -> Problems:
    """Only strings have a format, and only arrays have items.

    Port rejects the blueprint otherwise. The format of an array's elements belongs below `items`.
    """
    for item in _with_items(blueprints):
        for key, wanted in BOUND.items():
            found = item.text("type")
            if key in item.value and found in TYPES - {wanted}:
                message = f'"{key}" belongs to the type {wanted}, and this is of the type {found}'
                fix = Fix(f'change the type to "{wanted}", or delete "{key}"')
                yield Problem(blueprints.document.key(*item.way(key)), message, fix)


@rule("RES114", bad=replaced(BLUEPRINTS, '"parentStatus"', '"state"'))
def property_defined_twice(blueprints: Blueprints) -> Problems:
    """Each property of a blueprint has a name of its own.

    Properties, mirror, calculation and aggregation properties share one namespace; Port rejects a
    blueprint in which two of them have the same name.
    """
    for one in blueprints.all:
        for name, sort, other in _twice(one):
            where = blueprints.document.key(*one.sorts[sort].way(name))
            message = f"blueprint {shown(one.identifier)} has a {other} {shown(name)} already"
            yield Problem(where, message, Fix(f"give the {sort} another name"))


def _twice(blueprint: Blueprint) -> Iterator[tuple[str, str, str]]:
    """Yield each name that is used again, with the sort of property that repeats it and the sort that has it."""
    sort_of: dict[str, str] = {}
    for sort, section in blueprint.sorts.items():
        for name in section.value:
            if name in sort_of:
                yield name, sort, sort_of[name]
            sort_of.setdefault(name, sort)


AGGREGATION = "aggregation property"


@rule("RES115", bad=replaced(BLUEPRINTS, '"target": "goodServiceProject"', '"target": "goodServiceProjects"'))
def unknown_relation_target(blueprints: Blueprints) -> Problems:
    """The target of a relation is a blueprint that exists.

    Ocean creates the blueprints of the file together, and Port rejects a relation to one it does not
    have, so the installation fails. Port's own blueprints always exist.
    """
    for one in blueprints.all:
        for name, relation in one.relations.members():
            target = relation.text("target")
            if target and blueprints.lacks(target):
                where = blueprints.document.at(*relation.way("target"))
                message = f"relation {shown(name)} leads to {shown(target)}, and there is no such blueprint"
                yield unknown_blueprint(target, blueprints, where, message)


@rule("RES116", bad=replaced(BLUEPRINTS, '"path": "project.status"', '"path": "project.state"'))
def broken_mirror_path(blueprints: Blueprints) -> Problems:
    """The path of a mirror property follows relations and ends at a property.

    Port rejects a blueprint if a step of the path does not exist.
    """
    for one in blueprints.all:
        for _, mirror in one.each("mirror property"):
            if mirror.text("path"):
                yield from _broken_path(blueprints, one, mirror)


def _broken_path(blueprints: Blueprints, start: Blueprint, mirror: Item) -> Problems:
    path = mirror.text("path")
    *relations, name = path.split(".")
    end, missing = blueprints.follow(start, relations)
    if end is None:
        return
    if missing is not None:
        yield _no_relation(blueprints, mirror, end, missing)
        return
    if relations and not end.lacks(name) and name not in end.relations.value:
        return
    where = blueprints.document.at(*mirror.way("path"))
    if not relations:
        fix = Fix('put a relation and a dot before it, as in "project.status"')
        yield Problem(where, f"the path {shown(name)} goes over no relation", fix)
    else:
        message = f"the path ends at blueprint {shown(end.identifier)}, which has no property {shown(name)}"
        fix = rename(name, end.names | META, "end it with a property of that blueprint", where)
        yield Problem(where, message, _in_path(fix, path))


def _no_relation(blueprints: Blueprints, item: Item, here: Blueprint, missing: str) -> Problem:
    where = blueprints.document.at(*item.way("path"))
    message = f"blueprint {shown(here.identifier)} has no relation {shown(missing)} for the path to follow"
    fix = rename(missing, here.relations.value, "write a path that follows relations", where)
    return Problem(where, message, _in_path(fix, item.text("path")))


def _in_path(fix: Fix, path: str) -> Fix:
    """Return the repair of a step as that of the whole path, at whose place it stands."""
    steps = path.split(".")
    if fix.edit is None or steps.count(fix.edit.old) != 1:
        return replace(fix, edit=None)
    new = ".".join(fix.edit.new if step == fix.edit.old else step for step in steps)
    return replace(fix, edit=replace(fix.edit, old=path, new=new))


@rule(
    "RES117",
    bad=replaced(
        BLUEPRINTS, TASK_HEAD, TASK_HEAD + '    "ownership": {"type": "Inherited", "path": "projects"},\n'
    ),
)
def broken_ownership_path(blueprints: Blueprints) -> Problems:
    """The path by which a blueprint inherits its owners follows relations.

    Port rejects a blueprint if a step of the path does not exist.
    """
    for one in blueprints.all:
        for key in ("ownership", "teamInheritance"):
            item = one.item.inner(key)
            relations = [name for name in item.text("path").split(".") if name not in ("", "$team")]
            end, missing = blueprints.follow(one, relations)
            if end and missing is not None:
                yield _no_relation(blueprints, item, end, missing)


@rule("RES118", bad=replaced(BLUEPRINTS, '".properties.labels //', '".properties.label //'))
def unknown_calculation_property(blueprints: Blueprints, jq_expressions: JqExpressions) -> Problems:
    """The properties that a calculation reads are properties of its blueprint.

    Any other evaluates to null, and usually so does the whole calculation.
    """
    broken = {expression for expression, _ in jq_expressions.broken}
    for one, expression in calculations(blueprints):
        for name in dict.fromkeys(read_properties(expression.text)) if expression not in broken else ():
            if one.is_whole and name not in one.names:
                where = blueprints.document.at(*expression.keys)
                message = f"blueprint {shown(one.identifier)} has no property {shown(name)} to calculate with"
                fix = rename(name, one.names, "read a property that exists", where)
                yield Problem(where, message, fix)


def _aggregations(blueprints: Blueprints) -> Iterator[tuple[Blueprint, Item, str]]:
    """Yield each aggregation property that states its target, with its blueprint and the target."""
    for one in blueprints.all:
        for _, item in one.each(AGGREGATION):
            if item.text("target"):
                yield one, item, item.text("target")


@rule("RES119", bad=replaced(BLUEPRINTS, '"target": "goodServiceTask"', '"target": "goodServiceTasks"'))
def unknown_aggregation_target(blueprints: Blueprints) -> Problems:
    """The target of an aggregation property is a blueprint that exists.

    Otherwise Port rejects the property, and the installation fails.
    """
    for _, item, target in _aggregations(blueprints):
        if blueprints.lacks(target):
            where = blueprints.document.at(*item.way("target"))
            message = f"there is no blueprint {shown(target)} to aggregate"
            yield unknown_blueprint(target, blueprints, where, message)


@rule(
    "RES120",
    bad=replaced(
        BLUEPRINTS,
        '"path": "project.status"',
        '"path": "project.state"',
        '"target": "goodServiceProject"',
        '"target": "goodServiceTask"',
    ),
)
def unrelated_aggregation_target(blueprints: Blueprints) -> Problems:
    """An aggregation property and its target are connected by relations, in either direction.

    Unrelated entities cannot be attributed to an entity, so Port rejects the property.
    """
    for one, item, target in _aggregations(blueprints):
        if blueprints.are_unrelated(one.identifier, target):
            where = blueprints.document.at(*item.way("target"))
            message = f"no relation leads from blueprint {shown(one.identifier)} to {shown(target)} or back"
            fix = Fix(f"add a relation to blueprint {shown(one.identifier)} in blueprint {shown(target)}")
            yield Problem(where, message, fix)


@rule("RES121", bad=replaced(BLUEPRINTS, '"property": "state"', '"property": "status"'))
def unknown_aggregation_property(blueprints: Blueprints) -> Problems:
    """The properties that an aggregation property uses are properties of its target.

    Otherwise Port rejects it, or counts nothing.
    """
    for _, item, target in _aggregations(blueprints):
        end = blueprints.find(target)
        for reference in _aggregated(item):
            if end and end.lacks(reference.name):
                where = place(blueprints.document, reference)
                message = f"blueprint {shown(target)} has no property {shown(reference.name)} to aggregate by"
                fix = rename(reference.name, end.names | META, "write a property of that blueprint", where)
                yield Problem(where, message, fix)


def _aggregated(item: Item) -> Iterator[Reference]:
    """Yield the properties of the target that are aggregated, that give the time, and that the query uses."""
    spec = item.inner("calculationSpec")
    for key in ("property", "measureTimeBy"):
        if spec.text(key):
            yield Reference(spec.text(key), spec.way(key))
    yield from queried(item.inner("query"), "rules")


@rule(
    "RES132", bad=replaced(BLUEPRINTS, '"identifier": "goodServiceTask"', '"identifier": "goodServiceTasks"')
)
def blueprint_named_otherwise(blueprints: Blueprints) -> Problems:
    """A blueprint has the identifier by which the mapping, relations and aggregations name it.

    Reported is one that nothing refers to, where several places name nearly its identifier, and no blueprint has that.
    """
    for name, one in blueprints.misnamed.items():
        where = blueprints.document.at(*one.item.way("identifier"))
        message = (
            f"nothing refers to the blueprint {shown(one.identifier)}, but several places to {shown(name)}"
        )
        yield Problem(
            where,
            message,
            Fix(f"change it to {shown(name)}", Edit(where, one.identifier, name), guessed=True),
        )


@rule(
    "RES133",
    bad=replaced(BLUEPRINTS, '"func": "count",\n          "calculationBy": "entities"', _SUM),
)
def aggregation_of_no_property(blueprints: Blueprints) -> Problems:
    """An aggregation by property names the property, and a sum, minimum, maximum or median is by property.

    Port rejects it otherwise. Entities are counted, or counted on average.
    """
    for one in blueprints.all:
        for name, item in one.each(AGGREGATION):
            how = item.inner("calculationSpec")
            by, func = how.text("calculationBy"), how.text("func")
            where = blueprints.document.at(*how.keys)
            if by == "property" and "property" not in how.value:
                fix = Fix('add "property", a number of the target, or calculate by "entities"')
                yield Problem(where, f"the aggregation {shown(name)} names no property to calculate", fix)
            elif by == "entities" and func in BY_PROPERTY:
                fix = Fix(f'write "calculationBy": "property", and the property to {func}')
                yield Problem(where, f"the aggregation {shown(name)} has {shown(func)} of entities", fix)
