"""Tests of the port-app-config: literal blueprints, expressions, equal resources."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.documents.document import Document
from seatrial.validate.facts.app_config import AppConfig, MappedResource
from support.made import mapped


def read(*resources: Any) -> AppConfig:
    app_config = AppConfig.of(Document("port-app-config.json", {"resources": list(resources)}))
    assert app_config is not None
    return app_config


def first(resource: Any) -> MappedResource:
    return read(resource).resources[0]


@pytest.mark.parametrize("value", [None, [], "text"])
def test_only_a_document_with_an_object_at_its_root_is_an_app_config(value: object) -> None:
    assert AppConfig.of(Document("port-app-config.json", value)) is None


def test_items_that_are_not_resources_are_left_out() -> None:
    assert [one.kind for one in read("text", None, {"kind": "task"}, {"kind": 3}).resources] == ["task", ""]


@pytest.mark.parametrize(
    ("expression", "literal"),
    [
        ('"project"', "project"),
        (' "project" ', "project"),
        ("project", ""),
        ("'project'", "project"),
        ('"pro" + "ject"', ""),
        ('if .x then "a" else "b" end', ""),
        ('"\\(.type)"', ""),
        (3, ""),
    ],
)
def test_a_literal_blueprint_is_known(expression: object, literal: str) -> None:
    resource = first(mapped(blueprint=expression))
    assert resource.blueprint == literal


def test_every_expression_that_ocean_evaluates_is_found() -> None:
    resource = mapped(
        title=".name",
        team=".team",
        icon='"Box"',
        properties={"a": ".a"},
        relations={"r": ".r"},
    )
    resource["port"]["itemsToParse"] = ".items"
    resource["port"]["itemsToParseName"] = "not jq"
    resource["selector"]["path"] = "not jq"
    texts = {text for _, text in first(resource).expressions()}
    assert texts == {"true", ".items", ".id", ".name", '"Box"', ".team", '"project"', ".a", ".r"}


def test_the_rules_of_a_search_hold_expressions() -> None:
    inner = {
        "combinator": '"or"',
        "rules": [{"property": '"$identifier"', "operator": '"="', "value": ".id"}],
    }
    search = {"combinator": '"and"', "rules": [inner, "text", {"value": ["not", "jq"]}]}
    found = dict(first(mapped(relations={"r": search})).expressions())
    way = ("resources", 0, "port", "entity", "mappings", "relations", "r")
    assert found[(*way, "combinator")] == '"and"'
    assert found[(*way, "rules", 0, "rules", 0, "value")] == ".id"


@pytest.mark.parametrize(
    "text", ["file://README.md", "search://path=x&&query=y", "", "  ", None, True, ["x"]]
)
def test_other_values_are_not_expressions(text: object) -> None:
    found = [keys for keys, _ in first(mapped(properties={"a": text})).expressions()]
    assert not [keys for keys in found if keys[-1] == "a"]


@pytest.mark.parametrize(("number", "expression"), [(0, "0"), (-1.5, "-1.5"), (10**40, "1" + "0" * 40)])
def test_a_number_is_the_expression_that_gives_it(number: float, expression: str) -> None:
    found = [text for keys, text in first(mapped(properties={"a": number})).expressions() if keys[-1] == "a"]
    assert found == [expression]


@pytest.mark.parametrize("number", [16**5000, float("inf"), float("nan")], ids=["long", "inf", "nan"])
def test_a_number_that_cannot_be_written_out_is_no_expression(number: float) -> None:
    assert not [keys for keys, _ in first(mapped(properties={"a": number})).expressions() if keys[-1] == "a"]


@pytest.mark.parametrize(
    "other",
    [
        mapped(kind="task"),
        mapped(to="task"),
        mapped(identifier=".key"),
        {**mapped(), "selector": {"query": ".a"}},
        {**mapped(), "port": {**mapped()["port"], "itemsToParse": ".items"}},
    ],
)
def test_resources_differ_by_kind_selector_blueprint_identifier_and_items(other: dict[str, Any]) -> None:
    assert first(mapped()).identity != first(other).identity


def test_the_order_of_keys_makes_no_difference() -> None:
    one = {**mapped(), "selector": {"query": "true", "state": "open"}}
    other = {**mapped(title=".x"), "selector": {"state": "open", "query": "true"}}
    assert first(one).identity == first(other).identity


def test_a_resource_without_misplaced_keys_is_whole() -> None:
    misplaced = mapped()
    misplaced["port"]["entity"]["relations"] = {}
    broken = (misplaced, mapped(relation={}), mapped(properties=[]))
    assert first(mapped()).is_whole
    assert not any(first(one).is_whole for one in broken)
