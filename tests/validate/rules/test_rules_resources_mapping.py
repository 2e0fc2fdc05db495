"""Rules of family RES about the mapping, beyond the example of each rule."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.core.model import Fix, Problem
from seatrial.validate.rules import BY_NAME, RULES
from support.good import problems_of
from support.made import blueprint, folder_of, mapped, problems, said, titles

PROJECT = blueprint(
    properties={"name": {"type": "string"}, "createdAt": {"type": "string"}},
    mirrorProperties={"status": {"path": "owner.status"}},
    relations={"owner": {"target": "_user"}},
)


def config(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"blueprints": [PROJECT], "port_app_config": {"resources": list(resources)}}


@pytest.mark.parametrize(
    ("expression", "title"),
    [
        ("project", "write '\"project\"', with both quotes"),
        ("if (.x=='a') then 1 else 2 end", 'write the strings in it in double quotes, as in "..."'),
        ('"project" |', "correct the expression; you can try it at https://play.jqlang.org"),
    ],
)
def test_invalid_jq_gets_a_fix(expression: str, title: str) -> None:
    assert titles("broken-jq", **config(mapped(blueprint=expression))) == [title]


def in_framework(floor: str, *resources: dict[str, Any]) -> list[Problem]:
    """What the rule says of a mapping for this version of the framework."""
    pyproject = f'[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\nport_ocean = "^{floor}"\n'
    folder = folder_of(**config(*resources)).having("pyproject.toml", pyproject)
    return problems_of(BY_NAME["broken-jq"], folder)


EDGES = [
    ".a // 'none'",
    "'none'",
    "if .x == 'a' then 'b' else 'c d' end",
    ".a\n// 'x'",
    "(.a // \"\" ) + 'it is'",
    "' x'",
]
"""Texts in single quotes, each with a blank, the start or the end beside it."""


@pytest.mark.parametrize("expression", EDGES)
@pytest.mark.parametrize(("floor", "count"), [("0.30.0", 1), ("0.30.1", 0), ("0.48.12", 0)])
def test_single_quotes_at_the_edges_are_right_from_the_version_that_reads_them(
    expression: str, floor: str, count: int
) -> None:
    assert len(in_framework(floor, mapped(title=expression))) == count


@pytest.mark.parametrize("expression", ["(.a//'x')", ".a + 'x'+ .b", "['x']", "'\"x\"'"])
def test_single_quotes_that_ocean_leaves_alone_are_wrong_in_every_version(expression: str) -> None:
    assert len(in_framework("0.48.12", mapped(title=expression))) == 1


def test_a_text_that_ocean_spoils_is_said_to_be_so() -> None:
    (problem,) = in_framework("0.48.12", mapped(title="\"rock 'n' roll\""))
    assert "is no jq once Ocean has made its single quotes double" in problem.message
    assert problem.fix == Fix("write \\u0027 for a single quote beside a blank")
    assert in_framework("0.30.0", mapped(title="\"rock 'n' roll\"")) == []
    assert in_framework("0.48.12", mapped(title='"rock \\u0027n\\u0027 roll"')) == []


def test_a_blueprint_in_single_quotes_is_the_one_that_it_names() -> None:
    other = mapped(blueprint="'projekt'")
    assert said("unknown-mapped-blueprint", **config(other)) == [
        'kind "project" is mapped to blueprint "projekt", and there is none'
    ]


def test_single_quotes_are_wrong_in_a_calculation_which_port_works_out() -> None:
    calculated = {"size": {"title": "Size", "type": "string", "calculation": "'x'"}}
    assert len(said("broken-jq", blueprints=[blueprint(calculationProperties=calculated)])) == 1


@pytest.mark.parametrize(
    "expression",
    [
        ".a",
        '.a["x"]',
        "env.HOME",
        '.labels // {} | to_entries | map(.key + "=" + .value)',
        "file://README.md",
    ],
)
def test_valid_jq_and_what_ocean_itself_reads_are_accepted(expression: str) -> None:
    assert said("broken-jq", **config(mapped(title=expression))) == []


def test_jq_is_found_in_the_rules_of_a_search() -> None:
    search = {"combinator": '"and"', "rules": [{"property": "('$title')", "operator": '"="', "value": ".x"}]}
    assert len(said("broken-jq", **config(mapped(relations={"owner": search})))) == 1


def test_a_repeated_resource_names_the_line_of_the_first() -> None:
    (problem,) = problems("duplicate-resource", **config(mapped(), mapped(kind="task"), mapped(title=".x")))
    assert problem.message == "the resource in line 3 has the same kind, selector, blueprint and identifier"
    assert problem.where.line > 20


def test_resources_without_a_kind_are_not_compared() -> None:
    assert said("duplicate-resource", **config({}, {}, mapped(kind=""), mapped(kind=""))) == []


@pytest.mark.parametrize(
    "expression", ['"project"', '"_user"', '"_team"', ".x", 'if .x then "a" else "b" end', "x"]
)
def test_a_blueprint_that_exists_or_is_computed_is_accepted(expression: str) -> None:
    assert said("unknown-mapped-blueprint", **config(mapped(blueprint=expression))) == []


def test_the_blueprint_near_to_a_mapped_one_is_for_a_person_to_decide() -> None:
    (problem,) = problems("unknown-mapped-blueprint", **config(mapped("projekt")))
    assert problem.message == 'kind "project" is mapped to blueprint "projekt", and there is none'
    assert problem.fix is not None
    assert (problem.fix.title, problem.fix.safe) == ('change "projekt" to "project"', False)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("created_at", 'change "created_at" to "createdAt"'),
        ("names", 'add the property "names" to blueprint "project", or delete the line'),
        ("tier", 'add the property "tier" to blueprint "project", or delete the line'),
        ("status", "delete the line: Port computes it"),
        ("owner", 'move "owner" below "relations"'),
    ],
)
def test_an_unknown_property_is_renamed_moved_or_added(name: str, title: str) -> None:
    """ "names" is not renamed to "name", because "name" is already mapped."""
    resource = mapped(properties={"name": ".name", name: ".x"})
    assert titles("unknown-mapped-property", **config(resource)) == [title]


def test_an_unknown_property_is_reported_at_its_key() -> None:
    (problem,) = problems(
        "unknown-mapped-property", **config(mapped(properties={"name": ".a", "tier": ".b"}))
    )
    assert (problem.where.line, problem.where.column) == (15, 15)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("owners", 'change "owners" to "owner"'),
        ("name", 'move "name" below "properties"'),
        ("team", 'add the relation "team" to blueprint "project", or delete the line'),
    ],
)
def test_an_unknown_relation_is_renamed_moved_or_added(name: str, title: str) -> None:
    assert titles("unknown-mapped-relation", **config(mapped(relations={name: ".x"}))) == [title]


@pytest.mark.parametrize("rule", ["unknown-mapped-property", "unknown-mapped-relation"])
@pytest.mark.parametrize("to", ["_user", "service"])
def test_a_mapping_to_a_blueprint_of_another_integration_is_not_checked(rule: str, to: str) -> None:
    assert said(rule, **config(mapped(to, properties={"x": ".x"}, relations={"x": ".x"}))) == []


def test_a_missing_blueprint_is_one_finding() -> None:
    folder = folder_of(**config(mapped("projekt", properties={"x": ".x"}, relations={"y": ".y"})))
    found = {rule.name for rule in RULES if rule.code[:4] == "RES2" and problems_of(rule, folder)}
    assert found == {"unknown-mapped-blueprint"}
