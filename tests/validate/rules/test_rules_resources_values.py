"""Rules of family RES about the values that a mapping gives, beyond the example of each rule."""

from __future__ import annotations

from typing import Any

import pytest

from support.made import blueprint, mapped, said

PROJECT = blueprint(
    properties={
        "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
        "state": {"type": "string", "enum": ["open", "closed"]},
        "level": {"type": "number", "enum": [1, 2]},
        "name": {"type": "string"},
        "count": {"type": "number"},
        "active": {"type": "boolean"},
        "data": {"type": "object"},
        "since": {"type": "string", "format": "date-time"},
        "link": {"type": "string", "format": "url"},
        "mail": {"type": "string", "format": "email"},
        "text": {"type": "string", "format": "markdown"},
    },
    relations={"one": {"target": "_user", "many": False}, "all": {"target": "_user", "many": True}},
)


def of(rule: str, resource: dict[str, Any]) -> list[str]:
    return said(rule, blueprints=[PROJECT], port_app_config={"resources": [resource]})


def of_property(rule: str, name: str, expression: object) -> list[str]:
    return of(rule, mapped(properties={name: expression}))


def of_relation(rule: str, name: str, expression: object) -> list[str]:
    return of(rule, mapped(relations={name: expression}))


BOUND = [
    ".tags[] as $t | $t.name",
    ".tags as $t | $t[].name",
    "try .tags[].name catch []",
    "label $out | .tags[].name",
    "limit(3; .tags[].name)",
    '.tags | splits(",")',
]
"""Iterations that a name, a `try` or a function holds."""


@pytest.mark.parametrize("expression", [".tags[].name", ".a, .b", ".tags[]?.name // []", *BOUND])
def test_an_iteration_fills_a_list_with_its_first_value(expression: str) -> None:
    (message,) = of_property("only-the-first-of-several", "tags", expression)
    assert "reaches the property" in message
    (message,) = of_relation("only-the-first-of-several", "all", expression)
    assert "reaches the relation" in message


@pytest.mark.parametrize(
    "expression",
    [
        "[.tags[].name]",
        ".tags | map(.name)",
        "first(.a[])",
        "[.tags[] as $t | $t.name]",
        "reduce .tags[] as $t ([]; . + [$t.name])",
        "try .tags catch []",
        ".a[] as $t | if $t.main then $t.tags else empty end",
        "limit(1; .a[])",
        '.f[] | select(.id == "x") | .v',
        ".tags",
        ".tags[] |",
    ],
)
def test_a_list_and_a_choice_are_accepted_for_a_list(expression: str) -> None:
    assert of_property("only-the-first-of-several", "tags", expression) == []


def test_the_first_of_several_is_what_a_single_value_takes() -> None:
    assert of_property("only-the-first-of-several", "name", ".owners[].name") == []
    assert of_relation("only-the-first-of-several", "one", ".owners[].name") == []


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("active", 'if .a then "true" else "false" end'),
        ("name", "[.a]"),
        ("name", ".a | map(.b)"),
        ("name", 0),
        ("tags", '.tags | join(",")'),
        ("count", ".a | tostring"),
        ("count", '.a // "0"'),
        ("data", ".a | to_entries"),
        ("name", ".a == 1"),
    ],
)
def test_a_value_of_another_type_is_reported(name: str, expression: object) -> None:
    assert len(of_property("value-of-another-type", name, expression)) == 1


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("active", ".a"),
        ("active", ".a // false"),
        ("name", ".a | tostring"),
        ("name", "if .a then .b else null end"),
        ("name", "null"),
        ("count", 0),
        ("count", -1.5),
        ("count", ".a | length"),
        ("count", ".a | tonumber? // null"),
        ("data", ".a // {}"),
        ("tags", "[.a] + .b"),
        ("tags", ".a | map(.b) // []"),
        ("unknown", "[.a]"),
        ("name", '"x" // 1'),
        ("name", 'false // "x"'),
    ],
)
def test_a_value_that_may_have_the_type_is_accepted(name: str, expression: object) -> None:
    assert of_property("value-of-another-type", name, expression) == []


def test_a_list_is_for_a_relation_to_many() -> None:
    assert len(of_relation("value-of-another-type", "one", "[.a[].id]")) == 1
    assert of_relation("value-of-another-type", "all", "[.a[].id]") == []
    assert of_relation("value-of-another-type", "one", ".a[].id") == []
    search = {"combinator": '"and"', "rules": [{"property": '"x"', "operator": '"="', "value": "[.x]"}]}
    assert of_relation("value-of-another-type", "one", search) == []


@pytest.mark.parametrize(
    ("name", "expression", "words"),
    [
        ("state", '"opne"', 'did you mean "open"?'),
        ("state", "'opne'", 'did you mean "open"?'),
        ("state", 'if .a then "open" else "done" end', '"done" is not in it'),
        ("state", '.a // ""', '"" is not in it'),
        ("level", "3", "3 is not in it"),
        ("tags", '["a", "c"]', '"c" is not in it'),
    ],
)
def test_a_constant_outside_the_enum_is_reported(name: str, expression: str, words: str) -> None:
    (message,) = of_property("value-outside-enum", name, expression)
    assert words in message


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("state", '"open"'),
        ("state", ".a | ascii_downcase"),
        ("state", '.a | if . == "OPNE" then "open" else null end'),
        ("state", '{"A": "opne"}[.a]'),
        ("level", "2"),
        ("tags", '["a", .b]'),
        ("name", '"opne"'),
        ("state", '"o" + "pen"'),
        ("state", '"open" // "none"'),
        ("state", '.a // "open" // "none"'),
    ],
)
def test_what_may_be_in_the_enum_is_accepted(name: str, expression: str) -> None:
    assert of_property("value-outside-enum", name, expression) == []


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("since", '.a // ""'),
        ("since", '"N/A"'),
        ("link", '.a // ""'),
        ("mail", '.a // "nobody"'),
        ("link", '"none"'),
    ],
)
def test_a_fallback_without_the_format_is_reported(name: str, expression: str) -> None:
    assert len(of_property("fallback-of-another-format", name, expression)) == 1


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("since", ".a // null"),
        ("since", '.a // "1970-01-01T00:00:00Z"'),
        ("link", '"https://example.com/" + .id'),
        ("link", '.a // "https://example.com"'),
        ("mail", '.a // "nobody@example.com"'),
        ("text", '.a // ""'),
        ("name", '.a // ""'),
        ("since", '.a // "" | todate'),
    ],
)
def test_a_fallback_with_the_format_is_accepted(name: str, expression: str) -> None:
    assert of_property("fallback-of-another-format", name, expression) == []


def test_an_empty_text_is_no_identifier_of_a_relation() -> None:
    assert len(of_relation("fallback-of-another-format", "one", '.a // ""')) == 1
    assert of_relation("fallback-of-another-format", "one", '.a // "none"') == []


@pytest.mark.parametrize(
    ("selector", "port", "count"),
    [
        ({"query": '"true"'}, {}, 1),
        ({"query": "'true'"}, {}, 1),
        ({"query": ".a | length"}, {}, 1),
        ({"query": '.a | test("x")'}, {}, 0),
        ({"query": ".a"}, {}, 0),
        ({"query": ".a // false"}, {}, 0),
        ({"query": "true"}, {"itemsToParse": ".items[]"}, 1),
        ({"query": "true"}, {"itemsToParse": '.items | join(",")'}, 1),
        ({"query": "true"}, {"itemsToParse": ".items"}, 0),
        ({"query": "true"}, {"itemsToParse": ".items | map(.x)"}, 0),
        ({"query": "true"}, {"itemsToParse": ".items // []"}, 0),
    ],
)
def test_the_query_gives_a_verdict_and_items_are_a_list(
    selector: dict[str, str], port: dict[str, str], count: int
) -> None:
    resource = mapped()
    resource = {**resource, "selector": selector, "port": {**resource["port"], **port}}
    assert len(of("result-of-another-type", resource)) == count


def required(property: dict[str, Any], relation: dict[str, Any], *resources: dict[str, Any]) -> list[str]:
    made = blueprint(properties={"name": {"type": "string", **property}}, relations={"owner": relation})
    made["schema"]["required"] = ["name"]
    return said("unfilled-required", blueprints=[made], port_app_config={"resources": list(resources)})


OWNER = {"target": "_user", "required": True}
NAMED = mapped(properties={"name": ".name"}, relations={"owner": ".owner"})


def test_what_a_blueprint_requires_is_filled_by_some_kind() -> None:
    assert required({}, OWNER, mapped()) == [
        'no kind fills the required property "name" of blueprint "project"',
        'no kind fills the required relation "owner" of blueprint "project"',
    ]
    assert required({}, OWNER, mapped(), NAMED) == []


def test_a_default_fills_a_required_property() -> None:
    assert required({"default": "x"}, {**OWNER, "required": False}, mapped()) == []


def test_a_misspelled_name_is_told_by_another_rule() -> None:
    wrong = mapped(properties={"names": ".name"}, relations={"owner": ".owner"})
    assert required({}, OWNER, wrong) == []


def test_a_required_relation_is_one_finding() -> None:
    made = blueprint(relations={"owner": OWNER})
    config = {"resources": [mapped(properties={"name": ".x"})]}
    assert said("unmapped-relation", blueprints=[made], port_app_config=config) == []
    assert len(said("unfilled-required", blueprints=[made], port_app_config=config)) == 1


def test_one_fault_is_one_finding() -> None:
    expression = '.tags[] | .key + "=" + .value'
    assert len(of_property("only-the-first-of-several", "tags", expression)) == 1
    assert of_property("value-of-another-type", "tags", expression) == []


def test_a_search_that_only_updates_need_not_fill_what_is_required() -> None:
    search = {"combinator": '"and"', "rules": [{"property": '"x"', "operator": '"="', "value": ".x"}]}
    assert required({}, OWNER, mapped(identifier=search)) == []


CHANGED = mapped(identifier='.id | gsub(" "; "")')


def related(expression: str, *others: dict[str, Any]) -> list[str]:
    """What is said of a relation of tasks to projects, whose identifiers are changed."""
    task = blueprint("task", relations={"project": {"target": "project", "many": False}})
    resource = mapped("task", "task", identifier=".id", relations={"project": expression})
    config = {"resources": [CHANGED, *others, resource]}
    return said("identifier-changed-on-one-side", blueprints=[PROJECT, task], port_app_config=config)


def test_a_relation_changes_an_identifier_as_its_target_does() -> None:
    (message,) = related(".project.id")
    assert message.startswith('the identifiers of blueprint "project" are changed with "gsub(')
    assert related('.project.id | gsub(" "; "")') == []


@pytest.mark.parametrize("expression", [".project.key", ".project.id | tostring", "null", ".projectId"])
def test_a_relation_by_another_name_or_with_a_change_is_not_reported(expression: str) -> None:
    assert related(expression) == []


def test_a_target_with_two_forms_of_identifiers_is_not_reported() -> None:
    assert related(".project.id", mapped(kind="other", identifier=".id")) == []


def dates(first: str, second: str) -> list[str]:
    given = {name: {"type": "string", "format": "date-time"} for name in ("opened", "closed")}
    resource = mapped(properties={"opened": first, "closed": second})
    config = {"resources": [resource]}
    return said(
        "date-converted-beside-another", blueprints=[blueprint(properties=given)], port_app_config=config
    )


@pytest.mark.parametrize("made", [".a.x / 1000 | todate", ".a.x | tonumber / 1000 | todate", ".a.x | todate"])
def test_a_date_beside_one_that_is_made_from_a_number_is_one_too(made: str) -> None:
    (message,) = dates(made, ".a.y")
    assert message == 'the date ".a.y" is taken as it is, and one beside it is made from a number'


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (".a.x / 1000 | todate", ".b.y"),
        (".a.x / 1000 | todate", ".a.y / 1000 | todate"),
        ('.a.x | strptime("%Y-%m-%d") | todate', ".a.y"),
        (".a.x", ".a.y"),
        (".a.x | fromdate", ".a.y"),
    ],
)
def test_dates_of_different_objects_or_of_one_form_are_right(first: str, second: str) -> None:
    assert dates(first, second) == []
