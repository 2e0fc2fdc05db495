"""Tests of blueprints, and of answers that cannot be known."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.documents.document import Document
from seatrial.validate.facts.blueprints import Blueprints
from support.made import blueprint


def read(*items: Any, known: tuple[str, ...] = ()) -> Blueprints:
    blueprints = Blueprints.of(Document("blueprints.json", list(items)), known)
    assert blueprints is not None
    return blueprints


def related(identifier: str, *targets: str) -> dict[str, Any]:
    return blueprint(identifier, relations={f"to_{target}": {"target": target} for target in targets})


@pytest.mark.parametrize("value", [None, {}, "text", 3])
def test_only_a_list_holds_blueprints(value: object) -> None:
    assert Blueprints.of(Document("blueprints.json", value)) is None


def test_a_missing_document_holds_no_blueprints() -> None:
    assert Blueprints.of(None) is None


def test_blueprints_of_port_and_of_the_settings_exist() -> None:
    blueprints = read(blueprint("project"), known=("service",))
    assert [name for name in ("project", "_user", "_team", "service", "task") if blueprints.lacks(name)] == [
        "task"
    ]


@pytest.mark.parametrize("nameless", [{}, {"identifier": 3}, {"identifier": ""}, "task"])
def test_next_to_a_blueprint_without_identifier_any_may_exist(nameless: object) -> None:
    assert not read(blueprint("project"), nameless).lacks("task")


def test_a_blueprint_defined_twice_is_not_found() -> None:
    blueprints = read(blueprint("project"), blueprint("project"), blueprint("task"))
    assert blueprints.find("project") is None
    assert blueprints.find("task") is not None


def test_a_blueprint_defined_elsewhere_is_not_found() -> None:
    assert read(blueprint("service"), known=("service",)).find("service") is None


def test_properties_of_every_sort_and_the_fields_of_all_entities_exist() -> None:
    (one,) = read(
        blueprint(
            properties={"plain": {}},
            mirrorProperties={"mirrored": {}},
            calculationProperties={"calculated": {}},
            aggregationProperties={"aggregated": {}},
            relations={"related": {}},
        )
    ).all
    there = ("plain", "mirrored", "calculated", "aggregated", "related", "$title", "$team")
    assert not any(one.lacks(name) for name in there)
    assert [one.sort_of(name) for name in ("mirrored", "related", "other")] == [
        "mirror property",
        "relation",
        "",
    ]
    assert one.lacks("other")


@pytest.mark.parametrize(
    "broken",
    [
        {"schema": {}},
        {"schema": {"properties": []}},
        {"relations": "none"},
        {"mirrorPropertys": {}},
        {"relation": {}},
        {f"key{number}": 1 for number in range(50)},
    ],
)
def test_a_blueprint_with_a_broken_section_lacks_nothing(broken: dict[str, Any]) -> None:
    (one,) = read({**blueprint(), **broken}).all
    assert not one.lacks("other")


def test_an_unknown_key_unlike_any_section_leaves_a_blueprint_complete() -> None:
    (one,) = read({**blueprint(), "maturity": "beta"}).all
    assert one.lacks("other")


def test_a_path_is_followed_over_relations() -> None:
    blueprints = read(related("a", "b"), related("b", "c"), blueprint("c"))
    end, missing = blueprints.follow(blueprints.all[0], ["to_b", "to_c"])
    assert (end, missing) == (blueprints.find("c"), None)


def test_a_path_stops_at_the_first_missing_relation() -> None:
    blueprints = read(related("a", "b"), blueprint("b"))
    assert blueprints.follow(blueprints.all[0], ["to_b", "to_c", "to_d"]) == (blueprints.find("b"), "to_c")


def test_a_path_that_leaves_the_file_has_no_end() -> None:
    blueprints = read(related("a", "_user"))
    assert blueprints.follow(blueprints.all[0], ["to__user", "manager"]) == (None, None)


@pytest.mark.parametrize(
    ("one", "other", "unrelated"),
    [
        ("a", "b", False),
        ("b", "a", False),
        ("a", "c", False),
        ("c", "a", False),
        ("a", "a", False),
        ("a", "alone", True),
        ("alone", "c", True),
        ("alone", "outward", False),
        ("alone", "nowhere", False),
    ],
)
def test_relations_connect_blueprints_in_either_direction(one: str, other: str, unrelated: bool) -> None:
    blueprints = read(
        related("a", "b"), blueprint("b"), related("c", "b"), blueprint("alone"), related("outward", "_team")
    )
    assert blueprints.are_unrelated(one, other) is unrelated
