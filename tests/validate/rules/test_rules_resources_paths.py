"""Rules of family RES about relations between blueprints, beyond the example of each rule."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.core.settings import Settings
from seatrial.validate.rules import BY_NAME, RULES
from support.good import problems_of
from support.made import blueprint, folder_of, problems, said, titles

TASK = blueprint(
    "task", properties={"state": {"type": "string"}}, relations={"project": {"target": "project"}}
)
PROJECT = blueprint("project", relations={"owner": {"target": "_user"}, "team": {"target": "team"}})
TEAM = blueprint("team", calculationProperties={"size": {"calculation": "1", "type": "number"}})
PATHS = {"broken-mirror-path", "broken-ownership-path"}


def changed(**more: Any) -> list[dict[str, Any]]:
    return [{**TASK, **more}, PROJECT, TEAM]


@pytest.mark.parametrize("target", ["project", "team", "_user", "_team", "_rule_result"])
def test_a_relation_leads_to_a_blueprint_of_the_file_or_of_port(target: str) -> None:
    assert said("unknown-relation-target", blueprints=changed(relations={"r": {"target": target}})) == []


@pytest.mark.parametrize(
    ("target", "title"),
    [
        ("projects", 'change "projects" to "project"'),
        ("Team", 'change "Team" to "team"'),
        ("_users", 'change "_users" to "_user"'),
        (
            "service",
            'add the blueprint "service" to .port/resources/blueprints.json, or, if another integration has it, '
            'list it under "blueprints" of [known] in seatrial.toml',
        ),
    ],
)
def test_a_relation_to_a_missing_blueprint_gets_a_fix(target: str, title: str) -> None:
    assert titles("unknown-relation-target", blueprints=changed(relations={"r": {"target": target}})) == [
        title
    ]


def test_a_blueprint_in_the_settings_exists() -> None:
    folder = folder_of(blueprints=changed(relations={"r": {"target": "service"}}))
    settings = Settings(known_blueprints=frozenset({"service"}))
    assert problems_of(BY_NAME["unknown-relation-target"], folder, settings=settings) == []


def test_a_relation_to_a_missing_blueprint_is_one_finding() -> None:
    folder = folder_of(
        blueprints=changed(
            relations={"project": {"target": "projects"}},
            mirrorProperties={"m": {"path": "project.state"}},
            ownership={"type": "Inherited", "path": "project.owner"},
            aggregationProperties={"a": {"target": "team", "calculationSpec": {}}},
        )
    )
    found = {rule.name for rule in RULES if rule.code[:4] == "RES1" and problems_of(rule, folder)}
    assert found - {"resource-missing-key"} == {"unknown-relation-target"}


@pytest.mark.parametrize(
    "path",
    [
        "project.name",
        "project.$title",
        "project.team.name",
        "project.team.size",
        "project.owner.anything.at.all",
    ],
)
def test_a_mirror_path_follows_relations_to_a_property(path: str) -> None:
    assert said("broken-mirror-path", blueprints=changed(mirrorProperties={"m": {"path": path}})) == []


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("name", 'the path "name" goes over no relation'),
        ("project.title", 'the path ends at blueprint "project", which has no property "title"'),
        ("project.team", 'the path ends at blueprint "project", which has no property "team"'),
        ("projects.name", 'blueprint "task" has no relation "projects" for the path to follow'),
        ("project.teams.name", 'blueprint "project" has no relation "teams" for the path to follow'),
        ("project.", 'the path ends at blueprint "project", which has no property ""'),
        (".name", 'blueprint "task" has no relation "" for the path to follow'),
    ],
)
def test_a_broken_mirror_path_is_reported_with_the_missing_step(path: str, message: str) -> None:
    assert said("broken-mirror-path", blueprints=changed(mirrorProperties={"m": {"path": path}})) == [message]


def test_the_property_near_to_that_of_a_mirror_path_is_for_a_person_to_decide() -> None:
    (problem,) = problems(
        "broken-mirror-path", blueprints=changed(mirrorProperties={"m": {"path": "project.names"}})
    )
    assert problem.fix is not None
    assert (problem.fix.title, problem.fix.safe) == ('change "names" to "name"', False)
    assert problem.fix.edit is not None
    assert (problem.fix.edit.old, problem.fix.edit.new) == ("project.names", "project.name")


@pytest.mark.parametrize(
    ("key", "stated", "count"),
    [
        ("ownership", {"type": "Direct"}, 0),
        ("ownership", {"type": "Inherited", "path": "project.team"}, 0),
        ("ownership", {"type": "Inherited", "path": "project.$team"}, 0),
        ("ownership", {"type": "Inherited", "path": "project.teams"}, 1),
        ("teamInheritance", {"path": "projekt"}, 1),
        ("teamInheritance", "project", 0),
    ],
)
def test_owners_are_inherited_along_relations(key: str, stated: object, count: int) -> None:
    assert len(said("broken-ownership-path", blueprints=changed(**{key: stated}))) == count


@pytest.mark.parametrize(
    ("calculation", "messages"),
    [
        (".properties.state", []),
        (".properties.other", ['blueprint "task" has no property "other" to calculate with']),
        (
            ".properties.other + .properties.other",
            ['blueprint "task" has no property "other" to calculate with'],
        ),
        (".properties.sum", []),
        (".properties.other +", []),
        (".x | .properties.other", []),
    ],
)
def test_a_calculation_reads_properties_of_any_sort(calculation: str, messages: list[str]) -> None:
    stated = {"sum": {"calculation": calculation, "type": "number"}}
    assert said("unknown-calculation-property", blueprints=changed(calculationProperties=stated)) == messages


def aggregating(target: str, **more: Any) -> list[dict[str, Any]]:
    counting = {"target": target, "calculationSpec": {"func": "count", "calculationBy": "entities"}, **more}
    return [blueprint("project", aggregationProperties={"a": counting}), TASK, blueprint("alone")]


def test_an_aggregation_has_a_related_target() -> None:
    assert said("unknown-aggregation-target", blueprints=aggregating("tasks")) == [
        'there is no blueprint "tasks" to aggregate'
    ]
    assert said("unrelated-aggregation-target", blueprints=aggregating("alone")) == [
        'no relation leads from blueprint "project" to "alone" or back'
    ]
    assert said("unrelated-aggregation-target", blueprints=aggregating("task")) == []
    assert said("unrelated-aggregation-target", blueprints=aggregating("tasks")) == []


def test_a_relation_to_a_blueprint_outside_the_file_may_connect_anything() -> None:
    blueprints = [*aggregating("alone")[:2], blueprint("alone", relations={"r": {"target": "_team"}})]
    assert said("unrelated-aggregation-target", blueprints=blueprints) == []


@pytest.mark.parametrize(
    ("more", "names"),
    [
        (
            {
                "query": {
                    "rules": [{"property": "state"}, {"property": "$createdAt"}, {"property": "project"}]
                }
            },
            [],
        ),
        (
            {"query": {"rules": [{"rules": [{"property": "status"}]}, {"property": {"context": "x"}}]}},
            ['"status"'],
        ),
        ({"calculationSpec": {"func": "sum", "property": "cost"}}, ['"cost"']),
        ({"calculationSpec": {"func": "average", "measureTimeBy": "$createdAt", "averageOf": "day"}}, []),
        ({"query": "all", "calculationSpec": []}, []),
    ],
)
def test_an_aggregation_uses_properties_of_its_target(more: dict[str, Any], names: list[str]) -> None:
    messages = [f'blueprint "task" has no property {name} to aggregate by' for name in names]
    assert said("unknown-aggregation-property", blueprints=aggregating("task", **more)) == messages
