"""Family RES, the ways between blueprints: relations, and the properties that follow them."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.model import Fix, Problem
from seatrial.rules.resources_words import BLUEPRINTS, TASK_HEAD, edited, place, point_elsewhere, rename
from seatrial.rules.rule import Problems, rule
from seatrial.schemas.places import shown
from seatrial.subjects.blueprints import META, Blueprint, Blueprints
from seatrial.subjects.calculations import read_properties
from seatrial.subjects.catalog import Reference, queried
from seatrial.subjects.item import Item
from seatrial.subjects.jq_expressions import JqExpressions, calculations
from seatrial.subjects.rows import members

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
