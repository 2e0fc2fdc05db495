"""Family RES, the mapping: what the port-app-config makes of objects, and the blueprints it makes it for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any

from seatrial.documents.document import Keys
from seatrial.model import Fix, Integration, MemoryFolder, Problem
from seatrial.near import bare, nearest
from seatrial.rules.resources_words import APP_CONFIG, edited, point_elsewhere, rename
from seatrial.rules.rule import OFF, WARNING, Problems, rule
from seatrial.schemas.places import shown
from seatrial.subjects.app_config import AppConfig, MappedResource
from seatrial.subjects.blueprints import Blueprint, Blueprints
from seatrial.subjects.jq_expressions import JqExpression, JqExpressions
from seatrial.subjects.spec import Item, Spec

_TASK = "  - kind: task\n"
_SECTIONS: Mapping[str, Callable[[Any], Item]] = {
    "property": attrgetter("properties"),
    "relation": attrgetter("relations"),
}
"""What a mapping fills, both of a resource and of a blueprint."""

_BARE = re.compile(r"'?([\w@=.+:/$-]+)'?")


def _task_twice(folder: MemoryFolder) -> MemoryFolder:
    text = folder.text(APP_CONFIG)
    return folder.having(APP_CONFIG, text + text[text.index(_TASK) :])


def _task_left_out(folder: MemoryFolder) -> MemoryFolder:
    text = folder.text(APP_CONFIG)
    return folder.having(APP_CONFIG, text[: text.index(_TASK)])


@rule("RES122", bad=edited(APP_CONFIG, ("'\"goodServiceTask\"'", "\"'goodServiceTask'\"")))
def broken_jq(jq_expressions: JqExpressions) -> Problems:
    """Every expression of the mapping and of calculation properties is jq.

    One that is not fails for every object, and the kind is not exported. A text in jq
    stands in double quotes, so in YAML in both: '"name"'.
    """
    for expression, fault in jq_expressions.broken():
        where = expression.where(fault.line, fault.column)
        yield Problem(where, f"{shown(expression.text.strip())} is no jq: {fault.message}", _mend(expression))


def _mend(expression: JqExpression) -> Fix:
    """For a name alone: to quote it. Else where to look."""
    bare = _BARE.fullmatch(expression.text)
    if expression.keys[-1] == "blueprint" and bare:
        return Fix(f"write '\"{bare[1][:60]}\"', with both quotes")
    if "'" in expression.text:
        return Fix('use double quotes for the texts inside, as in "..."')
    return Fix("mend the expression; `jq` or https://play.jqlang.org shows more")


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
            message = f"this does what the resource in line {line} does: same kind, selector, blueprint and identifier"
            yield Problem(where, message, Fix("delete one of them, or tell them apart by their selectors"))


def _open_tasks(folder: MemoryFolder) -> MemoryFolder:
    """The code takes any kind, and the spec has another word for the tasks of the mapping."""
    folder = folder.edited("integration.py", "kind: Literal[Kind.TASK]", "kind: str")
    return folder.edited(".port/spec.yaml", "- kind: task\n", "- kind: tasks\n")


@rule("RES201", severity=WARNING, bad=_open_tasks)
def kind_spelled_differently(
    integration: Integration, spec: Spec, app_config: AppConfig, accepted_kinds: frozenset[str]
) -> Problems:
    """The spec and the mapping write a kind alike.

    Port offers the kinds of the spec, and a mapping for one that the code does not know
    exports nothing. Where the code says which kinds it takes, it is held against both instead.
    """
    if accepted_kinds:
        return
    mapped = {resource.kind for resource in app_config.resources} - {""}
    stated = {item.text("kind"): item for item in spec.resources}
    for kind in stated.keys() - mapped:
        other = _same_kind(kind, mapped - stated.keys(), integration.name)
        if other:
            where = spec.document.at(*stated[kind].way("kind"))
            message = f"the spec has the kind {shown(kind)}, and {app_config.document.path} has {shown(other)}"
            yield Problem(where, message, Fix(f"write the one that the code takes in both, such as {shown(other)}"))


def _same_kind(kind: str, others: Iterable[str], integration: str) -> str | None:
    """The one that differs in case, punctuation, plural or in the integration's name before it."""
    brands = {bare(integration), bare(re.split(r"[\W_]", integration)[0])}
    forms = {bare(kind).removeprefix(brand) for brand in brands} - {""}
    found = (other for other in sorted(others) if {bare(other).removeprefix(brand) for brand in brands} & forms)
    return next(found, None)


def _lands(app_config: AppConfig, blueprints: Blueprints) -> Iterator[tuple[MappedResource, Blueprint]]:
    """Each resource whose blueprint is known, with it."""
    for resource in app_config.resources:
        blueprint = blueprints.find(resource.blueprint)
        if blueprint and blueprint.is_whole:
            yield resource, blueprint


def _not_in(section: Item, names: Iterable[str]) -> list[str]:
    return [name for name in names if name not in section.value]


def _told(app_config: AppConfig, blueprints: Blueprints) -> bool:
    """Whether it is plain which blueprints are mapped."""
    return app_config.is_literal and not any(blueprints.lacks(one.blueprint) for one in app_config.resources)


@rule("RES202", severity=WARNING, bad=_task_left_out)
def unmapped_blueprint(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """Every blueprint gets entities: a resource maps to it, or a relation leads to it.

    The blueprint stays empty for ever. Entities of blueprints that only relations lead to
    are made on the way, or come from elsewhere.
    """
    if not app_config.resources or not _told(app_config, blueprints):
        return
    mapped = {resource.blueprint for resource in app_config.resources}
    reached = {one.target(name) for one in blueprints.all for name in one.relations.value}
    for one in blueprints.all:
        if one.identifier not in mapped | reached | blueprints.foreign:
            where = blueprints.document.at(*one.item.way("identifier"))
            fix = Fix(f"map a kind to it in {app_config.document.path}, or delete the blueprint")
            yield Problem(where, f"no kind is mapped to blueprint {shown(one.identifier)}", fix)


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


@rule("RES204", severity=OFF, bad=edited(APP_CONFIG, ("            dueAt: .due_at\n", "")))
def unmapped_property(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """Every property of a mapped blueprint is filled by some resource.

    Many are meant to be filled by hand, so this is for those who switch it on.
    """
    yield from _unmapped("property", app_config, blueprints)


@rule("RES205", bad=edited(APP_CONFIG, ("dueAt: .due_at", "dueOn: .due_at")))
def unknown_mapped_property(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """A mapped property is a property of the blueprint.

    Port knows no other, so the value never shows in the catalogue.
    """
    for resource, blueprint in _lands(app_config, blueprints):
        stated = resource.properties.value
        for name in _not_in(blueprint.properties, stated):
            where = app_config.document.key(*resource.properties.way(name))
            sort = blueprint.sort_of(name)
            free = blueprint.properties.value.keys() - stated.keys()
            fix = _other_sort(name, sort) if sort else rename(where, name, free, _add(name, "property", blueprint))
            message = f"blueprint {shown(blueprint.identifier)} has no property {shown(name)}"
            yield Problem(where, message + (f", but a {sort} of that name" if sort else ""), fix)


def _other_sort(name: str, sort: str) -> Fix:
    if sort == "relation":
        return Fix(f'move {shown(name)} below "relations"')
    return Fix("delete the line: Port itself works out the value")


def _unmapped(what: str, app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """The properties, or relations, of mapped blueprints that no resource fills, slips in their names left out."""
    if not _told(app_config, blueprints):
        return
    section = _SECTIONS[what]
    landing: dict[str, list[MappedResource]] = {}
    for resource, blueprint in _lands(app_config, blueprints):
        landing.setdefault(blueprint.identifier, []).append(resource)
    for identifier, resources in landing.items():
        blueprint = section(blueprints.find(identifier))
        for name in _unfilled(blueprint, [section(one) for one in resources if one.is_whole], len(resources)):
            fix = Fix(f"map it in {app_config.document.path}, or delete it from the blueprint")
            message = f"no kind fills the {what} {shown(name)} of blueprint {shown(identifier)}"
            yield Problem(blueprints.document.key(*blueprint.way(name)), message, fix)


def _unfilled(section: Item, mapped: list[Item], resources: int) -> Iterator[str]:
    names = {name for one in mapped for name in one.value}
    slips = _not_in(section, names)


def _add(name: str, what: str, blueprint: Blueprint) -> str:
    return f"add the {what} {shown(name)} to blueprint {shown(blueprint.identifier)}, or delete the line"


@rule(
    "RES206",
    severity=WARNING,
    bad=edited(APP_CONFIG, ("\n          relations:\n            project: .__parent.id | tostring", "")),
)
def unmapped_relation(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """Every relation of a mapped blueprint is filled by some resource.

    The relation stays empty for every entity, and what follows it does too.
    """
    yield from _unmapped("relation", app_config, blueprints)


@rule("RES207", bad=edited(APP_CONFIG, ("project: .__parent", "projects: .__parent")))
def unknown_mapped_relation(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """A mapped relation is a relation of the blueprint.

    Port refuses the entity, or drops the relation.
    """
    for resource, blueprint in _lands(app_config, blueprints):
        stated = resource.relations.value
        for name in _not_in(blueprint.relations, stated):
            where = app_config.document.key(*resource.relations.way(name))
            free = blueprint.relations.value.keys() - stated.keys()
            fix = rename(where, name, free, _add(name, "relation", blueprint))
            if name in blueprint.properties.value:
                fix = Fix(f'move {shown(name)} below "properties"')
            yield Problem(where, f"blueprint {shown(blueprint.identifier)} has no relation {shown(name)}", fix)
