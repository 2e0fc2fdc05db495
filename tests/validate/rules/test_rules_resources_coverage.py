"""Rules of family RES about what the mapping leaves out, beyond the example of each rule."""

from __future__ import annotations

from typing import Any

import pytest

from support.made import blueprint, mapped, said

PROJECT = blueprint(relations={"owner": {"target": "person"}})


def documents(*resources: Any, blueprints: tuple[Any, ...] = (PROJECT, blueprint("alone"))) -> dict[str, Any]:
    return {"blueprints": list(blueprints), "port_app_config": {"resources": list(resources)}}


def test_a_blueprint_that_nothing_fills_is_reported() -> None:
    assert said("unmapped-blueprint", **documents(mapped())) == ['no kind is mapped to blueprint "alone"']


def test_the_target_of_a_relation_counts_as_filled() -> None:
    assert said("unmapped-blueprint", **documents(mapped(), blueprints=(PROJECT, blueprint("person")))) == []


@pytest.mark.parametrize("resources", [(), (mapped(), mapped(blueprint=".x")), (mapped(), mapped("projekt"))])
def test_nothing_is_reported_where_the_mapped_blueprints_are_unclear(resources: tuple[Any, ...]) -> None:
    assert said("unmapped-blueprint", **documents(*resources)) == []
    assert said("unmapped-relation", **documents(*resources)) == []


def test_a_relation_may_be_filled_by_any_of_the_kinds() -> None:
    both = (mapped(), mapped(kind="other", relations={"owner": ".x"}))
    assert said("unmapped-relation", **documents(mapped())) == [
        'no kind fills the relation "owner" of blueprint "project"'
    ]
    assert said("unmapped-relation", **documents(*both)) == []


def test_the_relations_of_an_unmapped_blueprint_are_not_reported() -> None:
    assert said("unmapped-relation", **documents(mapped("alone"))) == []


@pytest.mark.parametrize(
    "slip", [{"relations": {"owners": ".x"}}, {"relation": {"owner": ".x"}}, {"relations": []}]
)
def test_a_misspelling_that_another_rule_reports_is_not_reported_again(slip: dict[str, Any]) -> None:
    assert said("unmapped-relation", **documents(mapped(**slip))) == []


def test_an_unmapped_property_is_reported_where_the_rule_is_on() -> None:
    assert said("unmapped-property", **documents(mapped())) == [
        'no kind fills the property "name" of blueprint "project"'
    ]
    assert said("unmapped-property", **documents(mapped(properties={"name": ".x"}))) == []
