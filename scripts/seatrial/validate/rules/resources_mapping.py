"""Family RES, the mapping: its jq, the blueprints, properties and relations it fills, and those it leaves out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any

from seatrial.core.model import Fix, MemoryFolder, Problem
from seatrial.core.rules import OFF, WARNING, Problems, rule
from seatrial.core.suggest import nearest
from seatrial.documents.document import Keys
from seatrial.schemas.wording import shown
from seatrial.validate.facts.app_config import AppConfig, MappedResource
from seatrial.validate.facts.blueprints import Blueprint, Blueprints
from seatrial.validate.facts.items import Item
from seatrial.validate.facts.jq_expressions import JqExpression, JqExpressions
from seatrial.validate.rules.resources import (
    APP_CONFIG,
    rename,
    rests_on_date,
    unknown_blueprint,
    with_blueprints,
)
from seatrial.validate.rules.shared import replaced

_NAME = re.compile(r"'?([\w@=.+:/$-]+)'?")


def _task_twice(folder: MemoryFolder) -> MemoryFolder:
    text = folder.text(APP_CONFIG)
    return folder.having(APP_CONFIG, text + text[text.index("  - kind: task\n") :])


@rule("RES122", bad=replaced(APP_CONFIG, "'\"goodServiceTask\"'", "'\"goodServiceTask'"))
def broken_jq(jq_expressions: JqExpressions) -> Problems:
    """Every expression of the mapping and of calculation properties is valid jq.

    Any other fails for every object, and the kind is not exported. A string in jq is written in double
    quotes, so in YAML it has both kinds: '"name"'. Newer versions of Ocean take a single quote in the
    mapping as a double one if it opens a text, so at the start or behind a blank, or closes one, so at
    the end or before a blank. They do so inside a text in double quotes as well, which may break it.
    """
    for expression, fault in jq_expressions.broken:
        where = expression.where(fault.line, fault.column)
        if expression in jq_expressions.spoiled:
            message = (
                f"{shown(expression.text.strip())} is no jq once Ocean has made its single quotes double"
            )
            fix = Fix("write \\u0027 for a single quote beside a blank")
            yield Problem(where, f"{message}: {fault.message}", fix)
            continue
        message = f"{shown(expression.text.strip())} is no jq: {fault.message}"
        yield Problem(where, message, _jq_fix(expression), rests_on=rests_on_date(expression.text, where))


def _jq_fix(expression: JqExpression) -> Fix:
    """Return what to type for the usual mistakes; for others, a place to try the expression."""
    name = _NAME.fullmatch(expression.text)
    if expression.keys[-1] == "blueprint" and name:
        return Fix(f"write '\"{name[1][:60]}\"', with both quotes")
    if "'" in expression.text:
        return Fix('write the strings in it in double quotes, as in "..."')
    return Fix("correct the expression; you can try it at https://play.jqlang.org")


@rule("RES123", bad=_task_twice)
def duplicate_resource(app_config: AppConfig) -> Problems:
    """No two resources of the mapping make the same entities from the same objects.

    Otherwise the objects are fetched twice, and where the two differ the later one wins.
    """
    first: dict[str, Keys] = {}
    for resource in app_config.resources:
        other = first.setdefault(resource.identity, resource.item.keys)
        if resource.kind and other != resource.item.keys:
            where = app_config.document.at(*resource.item.keys)
            line = app_config.document.at(*other).line
            message = f"the resource in line {line} has the same kind, selector, blueprint and identifier"
            yield Problem(where, message, Fix("delete one of them, or give them different selectors"))


@rule("RES203", bad=replaced(APP_CONFIG, '"goodServiceTask"', '"goodServiceTasks"'))
def unknown_mapped_blueprint(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """A kind is mapped to a blueprint that exists.

    Otherwise Port rejects every entity of the kind, and the kind is missing from the catalogue.
    """
    for resource in app_config.resources:
        name = resource.blueprint
        if name and blueprints.lacks(name):
            where = app_config.document.at(*resource.mappings.way("blueprint"))
            message = f"kind {shown(resource.kind)} is mapped to blueprint {shown(name)}, and there is none"
            yield unknown_blueprint(name, blueprints, where, message)


def _not_in(section: Item, names: Iterable[str]) -> list[str]:
    return [name for name in names if name not in section.value]


def _missing(blueprint: Blueprint, defined: Item, mapped: Item) -> list[str]:
    """Return the mapped names that are not defined, nor defined with characters that no name has."""
    return [name for name in _not_in(defined, mapped.value) if not blueprint.misspells(name)]


@rule("RES204", bad=replaced(APP_CONFIG, "dueAt: .due_at", "dueOn: .due_at"))
def unknown_mapped_property(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """A mapped property is a property of the blueprint.

    Port ignores any other, so the value never appears in the catalogue.
    """
    for resource, blueprint in with_blueprints(app_config, blueprints):
        free = _not_in(resource.properties, blueprint.properties.value)
        for name in _missing(blueprint, blueprint.properties, resource.properties):
            where = app_config.document.key(*resource.properties.way(name))
            message = f"blueprint {shown(blueprint.identifier)} has no property {shown(name)}"
            sort = blueprint.sort_of(name)
            if not sort:
                yield Problem(where, message, rename(name, free, _add(name, "property", blueprint), where))
                continue
            fix = (
                f'move {shown(name)} below "relations"'
                if sort == "relation"
                else "delete the line: Port computes it"
            )
            yield Problem(where, f"{message}, but a {sort} of that name", Fix(fix))


def _add(name: str, what: str, blueprint: Blueprint) -> str:
    return f"add the {what} {shown(name)} to blueprint {shown(blueprint.identifier)}, or delete the line"


@rule("RES205", bad=replaced(APP_CONFIG, "project: .__parent", "projects: .__parent"))
def unknown_mapped_relation(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """A mapped relation is a relation of the blueprint.

    Otherwise Port rejects the entity, or drops the relation.
    """
    for resource, blueprint in with_blueprints(app_config, blueprints):
        free = _not_in(resource.relations, blueprint.relations.value)
        for name in _missing(blueprint, blueprint.relations, resource.relations):
            where = app_config.document.key(*resource.relations.way(name))
            fix = rename(name, free, _add(name, "relation", blueprint), where)
            if name in blueprint.properties.value:
                fix = Fix(f'move {shown(name)} below "properties"')
            message = f"blueprint {shown(blueprint.identifier)} has no relation {shown(name)}"
            yield Problem(where, message, fix)


Section = Callable[[Any], Item]
"""Returns a part that a blueprint and a mapped resource both have."""

MOST_UNKNOWN = 50
"""With more mapped names that the blueprint lacks, nothing is reported as left out."""


def _task_left_out(folder: MemoryFolder) -> MemoryFolder:
    text = folder.text(APP_CONFIG)
    return folder.having(APP_CONFIG, text[: text.index("  - kind: task\n")])


def _is_clear(app_config: AppConfig, blueprints: Blueprints) -> bool:
    """Return True where the blueprints that are mapped can be read from the file, and all of them exist."""
    names = {one.blueprint for one in app_config.resources}
    return app_config.is_literal and not any(
        blueprints.lacks(one) or blueprints.misspells(one) for one in names
    )


@rule("RES201", severity=WARNING, bad=_task_left_out)
def unmapped_blueprint(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """Every blueprint gets entities: a kind is mapped to it, or it is the target of a relation.

    Otherwise it stays empty. Entities of a blueprint that is only the target of relations are created
    along with the entities that point to them, or come from elsewhere.
    """
    if not app_config.resources or not _is_clear(app_config, blueprints):
        return
    mapped = {resource.blueprint for resource in app_config.resources}
    reached = {one.target(name) for one in blueprints.all for name in one.relations.value}
    filled = mapped | reached | blueprints.foreign
    for one in blueprints.all:
        if one.identifier not in filled:
            where = blueprints.document.at(*one.item.way("identifier"))
            fix = Fix(f"map a kind to it in {app_config.document.path}, or delete the blueprint")
            yield Problem(where, f"no kind is mapped to blueprint {shown(one.identifier)}", fix)


@rule(
    "RES202",
    severity=WARNING,
    bad=replaced(APP_CONFIG, "          relations:\n            project: .__parent.id | tostring\n", ""),
)
def unmapped_relation(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """Every relation of a mapped blueprint is filled by at least one kind.

    Otherwise it is empty for every entity, and so are the mirror properties that follow it.
    """
    yield from _unmapped("relation", attrgetter("relations"), app_config, blueprints)


@rule("RES215", bad=replaced(APP_CONFIG, "            state: .state\n", ""))
def unfilled_required(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """Every property and relation that a mapped blueprint requires is filled by at least one kind.

    Port rejects an entity that lacks one, so none of that blueprint is created.
    """
    yield from _unmapped("property", attrgetter("properties"), app_config, blueprints, required=True)
    yield from _unmapped("relation", attrgetter("relations"), app_config, blueprints, required=True)


@rule("RES210", severity=OFF, bad=replaced(APP_CONFIG, "            dueAt: .due_at\n", ""))
def unmapped_property(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """Every property of a mapped blueprint is filled by at least one kind.

    Many properties are meant to be filled by hand, so the rule is off; switch it on if yours are not.
    """
    yield from _unmapped("property", attrgetter("properties"), app_config, blueprints)


def _unmapped(
    what: str, section: Section, app_config: AppConfig, blueprints: Blueprints, required: bool = False
) -> Problems:
    """Yield what no kind fills, of those that the blueprint requires or of all others."""
    for blueprint, resources in _filled(app_config, blueprints):
        if required and not any(resource.makes_entities for resource in resources):
            continue
        mapped = {name for resource in resources for name in section(resource).value}
        for name in _left_out(section(blueprint), mapped):
            if (name in blueprint.required[what]) is not required:
                continue
            where = blueprints.document.key(*section(blueprint).way(name))
            called = f"required {what}" if required else what
            message = f"no kind fills the {called} {shown(name)} of blueprint {shown(blueprint.identifier)}"
            fix = Fix(f"map it in {app_config.document.path}, or delete it from the blueprint")
            yield Problem(where, message, fix)


def _filled(
    app_config: AppConfig, blueprints: Blueprints
) -> Iterator[tuple[Blueprint, list[MappedResource]]]:
    """Yield each mapped blueprint with the resources that fill it, where the file defines both completely."""
    by_name: dict[str, list[MappedResource]] = {}
    for resource in app_config.resources if _is_clear(app_config, blueprints) else ():
        by_name.setdefault(resource.blueprint, []).append(resource)
    for name, resources in by_name.items():
        blueprint = blueprints.find(name)
        if blueprint and blueprint.is_whole and all(resource.is_whole for resource in resources):
            yield blueprint, resources


def _left_out(section: Item, mapped: set[str]) -> list[str]:
    """Return the names that are not mapped, except where a misspelling is: another rule reports those."""
    unknown = mapped - section.value.keys()
    if len(unknown) > MOST_UNKNOWN:
        return []
    return [name for name in section.value if name not in mapped and not (unknown and nearest(name, unknown))]
