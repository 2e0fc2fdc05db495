"""Tests of scorecards, pages and actions."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.documents.document import Document
from seatrial.validate.facts.catalog import acted_blueprints, all_scorecards, dashboards, shown_blueprints
from seatrial.validate.facts.items import Rows


def rows(*items: Any) -> Rows:
    found = Rows.of(Document("file.json", list(items)))
    assert found is not None
    return found


def test_rows_that_are_not_objects_are_left_out_and_the_others_keep_their_index() -> None:
    assert [item.keys for item in rows("text", {}, None, {}).items] == [(1,), (3,)]


@pytest.mark.parametrize(
    ("stated", "levels"),
    [
        ({}, ("Basic", "Bronze", "Silver", "Gold")),
        ({"levels": [{"title": "Low"}, {"title": "High"}]}, ("Low", "High")),
        ({"levels": [{"title": "Low"}, {}]}, ()),
        ({"levels": "Low"}, ()),
    ],
)
def test_levels_are_those_of_the_scorecard_or_of_port(
    stated: dict[str, Any], levels: tuple[str, ...]
) -> None:
    (scorecard,) = all_scorecards(rows({"blueprint": "project", "data": [stated]}))
    assert scorecard.levels == levels


def test_a_scorecard_reads_the_properties_of_its_filter_and_of_every_condition() -> None:
    nested = {"combinator": "or", "conditions": [{"property": "c"}]}
    data = {
        "filter": {"conditions": [{"property": "a"}]},
        "rules": [{"query": {"conditions": [{"property": "b"}, nested, {"property": 3}]}}, "text"],
    }
    (scorecard,) = all_scorecards(rows({"data": [data]}))
    assert [reference.name for reference in scorecard.properties()] == ["a", "b", "c"]


def test_a_page_names_blueprints_in_widgets_in_their_settings_and_in_queries() -> None:
    dataset = {"rules": [{"property": "$blueprint", "value": "c"}, {"property": "x", "value": "d"}]}
    several = {"property": "$blueprint", "value": ["e", 3]}
    page = {
        "widgets": [
            {"widgets": [{"blueprint": "a", "blueprintConfig": {"b": {}}, "dataset": dataset}, several]}
        ]
    }
    found = [(one.name, one.at_key) for one in shown_blueprints(rows(page))]
    assert found == [("a", False), ("b", True), ("c", False), ("e", False)]


def test_an_action_names_its_blueprint_in_its_trigger_or_as_in_2023() -> None:
    new = {"trigger": {"blueprintIdentifier": "a", "event": {"blueprint": "b"}}}
    old = {"blueprint": "c", "data": [{"blueprint": "not one"}]}
    body = {"invocationMethod": {"body": {"blueprint": "not one", "blueprintIdentifier": "{{ .blueprint }}"}}}
    assert [one.name for one in acted_blueprints(rows(new, old, body))] == ["a", "b", "c"]


def test_an_object_with_widgets_and_a_layout_is_a_dashboard() -> None:
    board = {"layout": [{"columns": [{"id": "x"}, {"id": 3}, "text"]}, None], "widgets": [{"id": "y"}, 3]}
    (found,) = dashboards(rows({"widgets": [board, {"layout": []}, {"widgets": []}]}))
    assert [one.name for one in found.placed()] == ["x"]
    assert [one.name for one in found.widgets()] == ["y"]
