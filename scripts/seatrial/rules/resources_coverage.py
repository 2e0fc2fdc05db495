"""Family RES, what the mapping leaves out: blueprints, properties and relations that nothing fills."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

from seatrial.model import Fix, MemoryFolder, Problem
from seatrial.near import nearest
from seatrial.rules.resources_words import APP_CONFIG, edited
from seatrial.rules.rule import OFF, WARNING, Problems, rule
from seatrial.schemas.places import shown
from seatrial.subjects.app_config import AppConfig, MappedResource
from seatrial.subjects.blueprints import Blueprint, Blueprints
from seatrial.subjects.item import Item

Section = Callable[[Any], Item]
"""A part that blueprint and resource both have."""

MOST_SLIPS = 50
"""A mapping with more names that are not in the blueprint tells nothing of what is left out."""


def _task_left_out(folder: MemoryFolder) -> MemoryFolder:
    text = folder.text(APP_CONFIG)
    return folder.having(APP_CONFIG, text[: text.index("  - kind: task\n")])


def _tells(app_config: AppConfig, blueprints: Blueprints) -> bool:
    """Whether it is plain which blueprints are mapped."""
    return app_config.is_literal and not any(blueprints.lacks(one.blueprint) for one in app_config.resources)


@rule("RES201", severity=WARNING, bad=_task_left_out)
def unmapped_blueprint(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """Every blueprint gets entities: a kind is mapped to it, or a relation leads to it.

    Otherwise it stays empty. Entities of a blueprint that only relations lead to are made
    on the way, or come from elsewhere.
    """
    if not app_config.resources or not _tells(app_config, blueprints):
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
    bad=edited(APP_CONFIG, ("          relations:\n            project: .__parent.id | tostring\n", "")),
)
def unmapped_relation(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """Every relation of a mapped blueprint is filled by some kind.

    Otherwise it is empty for every entity, and so is what follows it.
    """
    yield from _unmapped("relation", attrgetter("relations"), app_config, blueprints)


@rule("RES210", severity=OFF, bad=edited(APP_CONFIG, ("            dueAt: .due_at\n", "")))
def unmapped_property(app_config: AppConfig, blueprints: Blueprints) -> Problems:
    """Every property of a mapped blueprint is filled by some kind.

    Many are meant to be filled by hand, so this is for those who switch it on.
    """
    yield from _unmapped("property", attrgetter("properties"), app_config, blueprints)


def _unmapped(what: str, section: Section, app_config: AppConfig, blueprints: Blueprints) -> Problems:
    for blueprint, resources in _filled(app_config, blueprints):
        mapped = {name for resource in resources for name in section(resource).value}
        for name in _left_out(section(blueprint), mapped):
            where = blueprints.document.key(*section(blueprint).way(name))
            message = f"no kind fills the {what} {shown(name)} of blueprint {shown(blueprint.identifier)}"
            fix = Fix(f"map it in {app_config.document.path}, or delete it from the blueprint")
            yield Problem(where, message, fix)


def _filled(
    app_config: AppConfig, blueprints: Blueprints
) -> Iterator[tuple[Blueprint, list[MappedResource]]]:
    """Each mapped blueprint and the resources that fill it, where both are plain."""
    by_name: dict[str, list[MappedResource]] = {}
    for resource in app_config.resources if _tells(app_config, blueprints) else ():
        by_name.setdefault(resource.blueprint, []).append(resource)
    for name, resources in by_name.items():
        blueprint = blueprints.find(name)
        if blueprint and blueprint.is_whole and all(resource.is_whole for resource in resources):
            yield blueprint, resources


def _left_out(section: Item, mapped: set[str]) -> list[str]:
    """The names that are not mapped, but for those that are nearly: another rule speaks of them."""
    slips = mapped - section.value.keys()
    if len(slips) > MOST_SLIPS:
        return []
    return [name for name in section.value if name not in mapped and not (slips and nearest(name, slips))]
