"""Rules of family RES about the content of blueprints, beyond the example of each rule."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.core.model import Severity
from seatrial.validate.rules import RULES
from seatrial.validate.rules.resources import BLUEPRINTS, SCORECARDS
from seatrial.validate.run import check
from support.good import facts_of, good_folder
from support.made import blueprint, mapped, problems, said, titles


def said_of(rule: str, **properties: Any) -> list[str]:
    return said(rule, blueprints=[blueprint(properties=properties)])


def named(*identifiers: str) -> list[dict[str, str]]:
    return [{"identifier": identifier} for identifier in identifiers]


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ({"blueprints": [blueprint("a"), blueprint("a")]}, 'another blueprint before it is "a" too'),
        ({"pages": named("a", "b", "a")}, 'another page before it is "a" too'),
        ({"actions": named("a", "a")}, 'another action before it is "a" too'),
        ({"scorecards": [{"data": named("a", "a")}]}, 'another scorecard before it is "a" too'),
        (
            {"scorecards": [{"data": [{"identifier": "s", "rules": named("a", "a")}]}]},
            'another scorecard rule before it is "a" too',
        ),
    ],
)
def test_an_identifier_is_unique_among_its_kind(documents: dict[str, Any], message: str) -> None:
    assert said("duplicate-identifier", **documents) == [message]


@pytest.mark.parametrize(
    "documents",
    [
        {"blueprints": [blueprint("a"), blueprint("b")], "pages": named("a"), "actions": named("a")},
        {"scorecards": [{"blueprint": "x", "data": named("a")}, {"blueprint": "y", "data": named("a")}]},
        {"scorecards": [{"data": [{"rules": named("a")}, {"rules": named("a")}]}]},
        {"pages": [{}, {}, {"identifier": 3}, {"identifier": 3}]},
    ],
)
def test_an_identifier_may_be_used_again_for_another_kind(documents: dict[str, Any]) -> None:
    assert said("duplicate-identifier", **documents) == []


def test_a_title_is_reported_at_the_second_blueprint() -> None:
    two = [blueprint("a", title="Project"), blueprint("b", title="Project"), blueprint("c", title="")]
    (problem,) = problems("duplicate-blueprint-title", blueprints=two)
    assert problem.message == 'blueprint "b" has the title "Project" of "a"'
    assert problem.where.line > 10


def test_a_repeated_blueprint_is_not_reported_for_its_title_too() -> None:
    assert said("duplicate-blueprint-title", blueprints=[blueprint("a"), blueprint("a")]) == []


def test_missing_title_and_icon_are_reported_separately() -> None:
    bare = {"identifier": "a", "schema": {"properties": {}}}
    assert said("plain-blueprint", blueprints=[bare]) == [
        'blueprint "a" has no "title"',
        'blueprint "a" has no "icon"',
    ]


def test_the_property_near_to_a_required_one_is_for_a_person_to_decide() -> None:
    one = blueprint(properties={"name": {}})
    one["schema"]["required"] = ["names", 3]
    (problem,) = problems("unknown-required-property", blueprints=[one])
    assert problem.message == 'blueprint "project" has no property "names"'
    assert problem.fix is not None
    assert (problem.fix.title, problem.fix.safe) == ('change "names" to "name"', False)


def test_only_properties_of_the_schema_can_be_required() -> None:
    one = blueprint(mirrorProperties={"status": {"path": "a.b"}})
    one["schema"]["required"] = ["status"]
    assert titles("unknown-required-property", blueprints=[one]) == [
        "add the property, or delete it from this list"
    ]


@pytest.mark.parametrize(
    ("values", "messages"),
    [
        (["a", "b", "a"], ['the enum has "a" twice']),
        ([1, 1], ["the enum has 1 twice"]),
        ([1, True, "1", "true", 1.5], []),
        ([["x"], {}, None], []),
        ("aa", []),
    ],
)
def test_an_enum_is_compared_by_value_and_type(values: object, messages: list[str]) -> None:
    assert said_of("property-value-listed-twice", state={"enum": values}) == messages
    assert said_of("property-value-listed-twice", states={"items": {"enum": values}}) == messages


@pytest.mark.parametrize(
    ("stated", "names"),
    [
        ({"enum": ["a"], "enumColors": {"a": "red"}}, []),
        ({"enum": [1, True], "enumColors": {"1": "red", "true": "red"}}, []),
        ({"enum": ["a"], "enumColors": {"A": "red"}}, ['"A"']),
        ({"enumColors": {"a": "red"}}, ['"a"']),
        ({"enum": "a", "enumColors": "red"}, []),
    ],
)
def test_a_colour_belongs_to_a_value_of_the_enum(stated: dict[str, Any], names: list[str]) -> None:
    messages = [f"a colour is given for {name}, which is no value of the enum" for name in names]
    assert said_of("stray-enum-color", state=stated) == messages


@pytest.mark.parametrize(
    ("stated", "count"),
    [
        ({"type": "string", "format": "url"}, 0),
        ({"type": "array", "items": {"type": "string", "format": "url"}}, 0),
        ({"type": "array", "format": "url"}, 1),
        ({"type": "number", "format": "url", "items": {}}, 2),
        ({"type": "array", "items": {"type": "number", "format": "url"}}, 1),
        ({"type": "text", "format": "url"}, 0),
        ({"format": "url", "items": {}}, 0),
    ],
)
def test_a_key_belongs_to_its_type(stated: dict[str, Any], count: int) -> None:
    assert len(said_of("key-of-another-type", state=stated)) == count


def test_a_repeated_name_is_reported_at_its_second_place() -> None:
    one = blueprint(
        mirrorProperties={"name": {"path": "a.b"}}, aggregationProperties={"name": {}, "other": {}}
    )
    message = 'blueprint "project" has a property "name" already'
    found = [(p.where.line, p.message) for p in problems("property-defined-twice", blueprints=[one])]
    assert found == [(14, message), (19, message)]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"title": "x" * 101}, "not text of at most 100 characters"),
        ({"title": ""}, "not a title"),
        ({"description": "x" * 201}, "not text of at most 200 characters"),
        ({"identifier": "x" * 101, "title": "X"}, "not text of at most 100 characters"),
        ({"properties": {"x" * 101: {"type": "string"}}}, "does not have a name of at most 100 characters"),
        ({"properties": {"a.b": {"type": "string"}}}, "does not have a name of letters, digits and @ _ = -"),
        ({"properties": {"a": {"type": "string", "title": "x" * 101}}}, "not text of at most 100 characters"),
        ({"relations": {"a:b": {"target": "_user"}}}, "does not have a name of letters, digits and @ _ = -"),
    ],
)
def test_the_limits_of_ports_api_hold(wrong: dict[str, Any], words: str) -> None:
    (message,) = said("resource-malformed-value", blueprints=[blueprint(**wrong)])
    assert words in message


@pytest.mark.parametrize(
    "right",
    [
        {"title": "x" * 100, "description": "é" * 200, "identifier": "größe:1\\a"},
        {"properties": {"a-b_c@=1": {"type": "string", "description": "x" * 2000}}},
        {"properties": {"a": {"type": "string", "format": "labeled-url"}}},
    ],
)
def test_what_ports_api_allows_is_accepted(right: dict[str, Any]) -> None:
    for rule in ("resource-malformed-value", "resource-unknown-value"):
        assert said(rule, blueprints=[blueprint(**right)]) == []


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("resource-missing-key", {"title": None}),
        ("resource-unknown-value", {"type": "string"}),
        ("resource-unknown-value", {"query": {"combinator": "xor", "rules": []}}),
        ("resource-missing-key", {"query": {"combinator": "and"}}),
        ("resource-wrong-type", {"query": {"combinator": "and", "rules": {}}}),
    ],
)
def test_an_aggregation_has_the_form_of_ports_api(rule: str, wrong: dict[str, Any]) -> None:
    spec = {"func": "count", "calculationBy": "entities"}
    stated = {"title": "Count", "type": "number", "target": "project", "calculationSpec": spec}
    changed = {key: value for key, value in {**stated, **wrong}.items() if value is not None}
    assert said(rule, blueprints=[blueprint(aggregationProperties={"count": stated})]) == []
    assert len(said(rule, blueprints=[blueprint(aggregationProperties={"count": changed})])) == 1


def test_port_needs_the_title_of_a_blueprint_and_not_its_icon() -> None:
    made = blueprint()
    del made["title"], made["icon"]
    assert [one.severity for one in problems("plain-blueprint", blueprints=[made])] == [None, Severity.INFO]


def test_a_colour_is_not_renamed_to_a_value_that_has_one() -> None:
    stated = {"type": "string", "enum": ["open"], "enumColors": {"open": "red", "opne": "blue"}}
    made = blueprint(properties={"state": stated})
    assert titles("stray-enum-color", blueprints=[made]) == [
        "add the value to the enum, or delete its colour"
    ]


def test_a_name_that_no_blueprint_may_have_is_never_proposed() -> None:
    made = blueprint("my projects")
    config = {"resources": [mapped("myProject")]}
    assert titles("unknown-mapped-blueprint", blueprints=[made], port_app_config=config) == [
        'write "myProject" where "my projects" is defined'
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"identifier": "goodServiceProject"', '"identifier": "good Service Project"'),
        ('"identifier": "goodServiceTask"', '"identifier": "good service task"'),
        ('"dueAt": {', '"due At": {'),
        ('"project": {\n        "title"', '"pro ject": {\n        "title"'),
    ],
)
def test_an_odd_name_is_told_where_it_is_defined_and_not_where_it_is_used(old: str, new: str) -> None:
    folder = good_folder().edited(".port/resources/blueprints.json", old, new)
    there = facts_of(folder)
    family = [rule for rule in RULES if rule.family == "RES" and rule.severity is not Severity.ADVICE]
    assert [rule.code for rule in family for _ in rule.problems(there)] == ["RES106"]


@pytest.mark.parametrize(
    ("name", "stated", "count"),
    [
        ("url", {}, 1),
        ("repoURL", {}, 1),
        ("html_url", {}, 1),
        ("curl", {}, 0),
        ("repoUrl", {"format": "url"}, 0),
        ("repoUrl", {"spec": "open-api"}, 0),
        ("repoUrl", {"type": "object"}, 0),
        ("createdAt", {}, 1),
        ("created_at", {}, 1),
        ("At", {}, 0),
        ("format", {}, 0),
        ("createdAt", {"type": "number"}, 0),
    ],
)
def test_a_name_tells_the_format(name: str, stated: dict[str, Any], count: int) -> None:
    made = blueprint(properties={name: {"type": "string", **stated}})
    assert len(said("format-left-out", blueprints=[made])) == count


def test_a_blueprint_with_the_identifier_of_another_is_one_finding_that_names_the_lacking_one() -> None:
    good = good_folder()
    text = good.text(BLUEPRINTS).replace(
        '"identifier": "goodServiceTask"', '"identifier": "goodServiceProject"'
    )
    (finding,) = check(facts_of(good.having(BLUEPRINTS, text)), RULES).findings
    assert (finding.code, finding.line) == ("RES107", 70)
    assert finding.fix
    assert finding.fix.title == 'change it to "goodServiceTask", the blueprint that is lacking'


@pytest.mark.parametrize(
    ("operator", "near"),
    [("==", "="), ("Equals", "="), ("contain", "contains"), ("notin", "notIn"), ("startsWith", "beginsWith")],
)
@pytest.mark.parametrize(
    ("path", "known"), [(BLUEPRINTS, '"operator": "="'), (SCORECARDS, '"operator": "<="')]
)
def test_an_operator_of_another_language_is_told_with_the_one_of_port(
    path: str, known: str, operator: str, near: str
) -> None:
    folder = good_folder().edited(path, known, f'"operator": "{operator}"')
    (finding,) = check(facts_of(folder), RULES).findings
    assert finding.code == "RES105"
    assert finding.message.endswith(f'is "{operator}"; did you mean "{near}"?')


def test_the_operator_of_a_rule_inside_of_a_rule_is_read_too() -> None:
    rule = '{"combinator": "or", "rules": [{"property": "state", "operator": "==", "value": "open"}]}, {'
    text = (
        good_folder().text(BLUEPRINTS).replace('"rules": [\n            {', f'"rules": [\n            {rule}')
    )
    (finding,) = check(facts_of(good_folder().having(BLUEPRINTS, text)), RULES).findings
    assert finding.message.startswith('"query.rules[0].rules[0].operator"')


def test_a_blueprint_renamed_in_one_place_is_one_finding_there() -> None:
    text = good_folder().text(BLUEPRINTS)
    renamed = text.replace('"identifier": "goodServiceTask"', '"identifier": "goodServicesTask"')
    (finding,) = check(facts_of(good_folder().having(BLUEPRINTS, renamed)), RULES).findings
    assert (finding.code, finding.line) == ("RES132", 70)
    assert finding.fix
    assert finding.fix.title == 'change it to "goodServiceTask"'


def test_one_place_alone_does_not_tell_that_a_blueprint_is_named_otherwise() -> None:
    alone = blueprint("others", relations={"to": {"target": "other"}})
    assert said("blueprint-named-otherwise", blueprints=[alone]) == []
    twice = blueprint("a", relations={"to": {"target": "other"}, "too": {"target": "other"}})
    assert len(said("blueprint-named-otherwise", blueprints=[twice, blueprint("others")])) == 1
    used = blueprint("b", relations={"to": {"target": "others"}})
    assert said("blueprint-named-otherwise", blueprints=[twice, used, blueprint("others")]) == []


@pytest.mark.parametrize(
    ("how", "count"),
    [
        ({"func": "count", "calculationBy": "entities"}, 0),
        ({"func": "average", "calculationBy": "entities", "averageOf": "total"}, 0),
        ({"func": "sum", "calculationBy": "property", "property": "p"}, 0),
        ({"func": "average", "calculationBy": "property"}, 1),
        ({"func": "sum", "calculationBy": "entities"}, 1),
        ({"func": "sum", "calculationBy": "entities", "property": "p"}, 1),
    ],
)
def test_an_aggregation_calculates_entities_or_a_property(how: dict[str, str], count: int) -> None:
    made = blueprint(aggregationProperties={"n": {"title": "N", "target": "a", "calculationSpec": how}})
    assert len(said("aggregation-of-no-property", blueprints=[made])) == count
