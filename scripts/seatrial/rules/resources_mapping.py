"""Family RES, the mapping: it is jq, and fills blueprints, properties and relations that are there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from seatrial.documents.document import Keys
from seatrial.model import Fix, MemoryFolder, Problem
from seatrial.rules.resources_words import APP_CONFIG, edited, point_elsewhere, rename
from seatrial.rules.rule import Problems, rule
from seatrial.schemas.places import shown
from seatrial.subjects.app_config import AppConfig, MappedResource
from seatrial.subjects.blueprints import Blueprint, Blueprints
from seatrial.subjects.item import Item
from seatrial.subjects.jq_expressions import JqExpression, JqExpressions

_NAME = re.compile(r"'?([\w@=.+:/$-]+)'?")


def _task_twice(folder: MemoryFolder) -> MemoryFolder:
    text = folder.text(APP_CONFIG)
    return folder.having(APP_CONFIG, text + text[text.index("  - kind: task\n") :])


@rule("RES122", bad=edited(APP_CONFIG, ("'\"goodServiceTask\"'", "\"'goodServiceTask'\"")))
def broken_jq(jq_expressions: JqExpressions) -> Problems:
    """Every expression of the mapping and of calculation properties is jq.

    One that is not fails for every object, and the kind is not exported. A text in jq
    stands in double quotes, so in YAML in both: '"name"'.
    """
    for expression, fault in jq_expressions.broken:
        where = expression.where(fault.line, fault.column)
        yield Problem(where, f"{shown(expression.text.strip())} is no jq: {fault.message}", _mend(expression))


def _mend(expression: JqExpression) -> Fix:
    """What to type where it is the usual slip; else where to look."""
    name = _NAME.fullmatch(expression.text)
    if expression.keys[-1] == "blueprint" and name:
        return Fix(f"write '\"{name[1][:60]}\"', with both quotes")
    if "'" in expression.text:
        return Fix('use double quotes for the texts inside, as in "..."')
    return Fix("mend the expression; https://play.jqlang.org shows what it does")


@rule("RES123", bad=_task_twice)
def duplicate_resource(app_config: AppConfig) -> Problems:
    """No two resources of the mapping make the same entities of the same objects.

    The objects are fetched twice, and where the two differ the later one wins.
    """
    first: dict[str, Keys] = {}
    for resource in app_config.resources:
        other = first.setdefault(resource.identity, resource.item.keys)
        if resource.kind and other != resource.item.keys:
            where = app_config.document.at(*resource.item.keys)
            line = app_config.document.at(*other).line
            message = f"the resource in line {line} has the same kind, selector, blueprint and identifier"
            yield Problem(where, message, Fix("delete one of them, or tell them apart by their selectors"))


@rule("RES203", bad=edited(APP_CONFIG, ('"goodServiceTask"', '"goodServiceTasks"')))
def unknown_mapped_blueprint(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """A kind is mapped to a blueprint that is there.

    Port refuses every entity of it, and the kind is missing from the catalogue.
    """
    for resource in app_config.resources:
        name = resource.blueprint
        if name and blueprints.lacks(name):
            where = app_config.document.at(*resource.mappings.way("blueprint"))
            message = f"kind {shown(resource.kind)} is mapped to blueprint {shown(name)}, and there is none"
            yield Problem(where, message, point_elsewhere(where, name, blueprints, f'"{name}"'))


def _landings(app_config: AppConfig, blueprints: Blueprints) -> Iterator[tuple[MappedResource, Blueprint]]:
    """Each resource with its blueprint, where all that is known of that is in the file."""
    for resource in app_config.resources:
        blueprint = blueprints.find(resource.blueprint)
        if blueprint and blueprint.is_whole:
            yield resource, blueprint


def _not_in(section: Item, names: Iterable[str]) -> list[str]:
    return [name for name in names if name not in section.value]


@rule("RES204", bad=edited(APP_CONFIG, ("dueAt: .due_at", "dueOn: .due_at")))
def unknown_mapped_property(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """A mapped property is a property of the blueprint.

    Port knows no other, so the value never shows in the catalogue.
    """
    for resource, blueprint in _landings(app_config, blueprints):
        free = _not_in(resource.properties, blueprint.properties.value)
        for name in _not_in(blueprint.properties, resource.properties.value):
            where = app_config.document.key(*resource.properties.way(name))
            sort = blueprint.sort_of(name)
            fix = (
                _other_sort(name, sort)
                if sort
                else rename(where, name, free, _add(name, "property", blueprint))
            )
            message = f"blueprint {shown(blueprint.identifier)} has no property {shown(name)}"
            yield Problem(where, message + (f", but a {sort} of that name" if sort else ""), fix)


def _other_sort(name: str, sort: str) -> Fix:
    if sort == "relation":
        return Fix(f'move {shown(name)} below "relations"')
    return Fix("delete the line: Port itself works out the value")


def _add(name: str, what: str, blueprint: Blueprint) -> str:
    return f"add the {what} {shown(name)} to blueprint {shown(blueprint.identifier)}, or delete the line"


@rule("RES205", bad=edited(APP_CONFIG, ("project: .__parent", "projects: .__parent")))
def unknown_mapped_relation(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """A mapped relation is a relation of the blueprint.

    Port refuses the entity, or drops the relation.
    """
    for resource, blueprint in _landings(app_config, blueprints):
        free = _not_in(resource.relations, blueprint.relations.value)
        for name in _not_in(blueprint.relations, resource.relations.value):
            where = app_config.document.key(*resource.relations.way(name))
            fix = rename(where, name, free, _add(name, "relation", blueprint))
            if name in blueprint.properties.value:
                fix = Fix(f'move {shown(name)} below "properties"')
            yield Problem(
                where, f"blueprint {shown(blueprint.identifier)} has no relation {shown(name)}", fix
            )
