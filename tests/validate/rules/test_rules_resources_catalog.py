"""Rules of family RES about scorecards, pages and actions, beyond the example of each rule."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.core.model import Severity
from support.made import blueprint, problems, said, titles

PROJECT = blueprint(relations={"owner": {"target": "_user"}})


def scorecard(level: str = "Gold", looks_at: str = "name", **more: Any) -> list[dict[str, Any]]:
    query = {"combinator": "and", "conditions": [{"property": looks_at, "operator": "isNotEmpty"}]}
    rule = {"identifier": "r", "title": "R", "level": level, "query": query}
    return [{"blueprint": "project", "data": [{"identifier": "s", "title": "S", "rules": [rule], **more}]}]


def page(
    *sizes: object, ids: tuple[str, ...] = (), widgets: tuple[str, ...] = ("a", "b")
) -> list[dict[str, Any]]:
    columns = [{"id": name, "size": size} for name, size in zip(ids or widgets, sizes, strict=False)]
    board = {
        "type": "dashboard-widget",
        "layout": [{"columns": columns}],
        "widgets": [{"id": one} for one in widgets],
    }
    return [{"identifier": "p", "widgets": [board]}]


LEVELS = {"levels": [{"title": "Low", "color": "red"}, {"title": "High", "color": "green"}]}


@pytest.mark.parametrize(
    ("level", "more", "found"),
    [
        ("Bronze", {}, []),
        ("Basic", {}, []),
        ("High", LEVELS, []),
        ("gold", {}, ['change "gold" to "Gold"']),
        ("Gold", LEVELS, ['write one of "Low", "High"']),
        ("Gold", {"levels": [{"title": "Low"}, {}]}, []),
    ],
)
def test_a_level_is_one_of_the_scorecard_or_of_port(
    level: str, more: dict[str, Any], found: list[str]
) -> None:
    assert titles("unknown-scorecard-level", scorecards=scorecard(level, **more)) == found


@pytest.mark.parametrize(
    ("name", "count"), [("name", 0), ("$team", 0), ("owner", 0), ("$owner", 1), ("names", 1)]
)
def test_a_scorecard_uses_properties_of_its_blueprint(name: str, count: int) -> None:
    found = said("unknown-scorecard-property", scorecards=scorecard(looks_at=name), blueprints=[PROJECT])
    assert found == [f'blueprint "project" has no property "{name}"'] * count


def test_a_scorecard_of_a_missing_blueprint_is_one_finding() -> None:
    documents = {"scorecards": scorecard(looks_at="other"), "blueprints": [blueprint("task")]}
    assert said("unknown-scorecard-blueprint", **documents) == [
        'there is no blueprint "project" for these scorecards'
    ]
    assert said("unknown-scorecard-property", **documents) == []


def test_without_blueprints_no_reference_is_reported() -> None:
    for rule in ("unknown-scorecard-blueprint", "unknown-scorecard-property", "unknown-page-blueprint"):
        assert said(rule, scorecards=scorecard(), pages=[{"blueprint": "x"}]) == []


def test_columns_and_widgets_have_the_same_ids() -> None:
    assert said("page-layout-mismatch", pages=page(6, 6)) == []


def test_a_misspelled_id_is_one_finding() -> None:
    found = titles("page-layout-mismatch", pages=page(6, 6, ids=("a", "tasks"), widgets=("a", "task")))
    assert found == ['change "tasks" to "task"']


def test_a_widget_without_column_is_reported() -> None:
    assert said("page-layout-mismatch", pages=page(12)) == ['no column of the layout shows the widget "b"']


@pytest.mark.parametrize(
    ("sizes", "messages"),
    [
        ((6, 6), []),
        ((12,), []),
        ((6, 4), ["the columns of this row are 10 wide together, not 12"]),
        ((6, 6.5), []),
        ((True, 6), []),
        ((6, "6"), []),
        ((), []),
    ],
)
def test_the_columns_of_a_row_add_up_to_twelve(sizes: tuple[object, ...], messages: list[str]) -> None:
    assert said("page-row-width", pages=page(*sizes)) == messages


def test_a_missing_blueprint_is_reported_once_for_a_page_file() -> None:
    widgets = [
        {"blueprint": "service"},
        {"blueprint": "service", "blueprintConfig": {"service": {}, "project": {}}},
    ]
    (problem,) = problems("unknown-page-blueprint", pages=[{"widgets": widgets}], blueprints=[PROJECT])
    assert problem.message == 'there is no blueprint "service", and it is named 2 times here'
    assert problem.severity is None


def test_settings_for_a_missing_blueprint_are_a_warning() -> None:
    widget = {"blueprint": "project", "blueprintConfig": {"service": {}}}
    (problem,) = problems("unknown-page-blueprint", pages=[{"widgets": [widget]}], blueprints=[PROJECT])
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("action", "count"),
    [
        ({"trigger": {"blueprintIdentifier": "project"}}, 0),
        ({"trigger": {"blueprintIdentifier": "service"}}, 1),
        ({"blueprint": "service", "data": []}, 1),
        ({"invocationMethod": {"body": {"blueprint": "service"}}}, 0),
        ({"trigger": {"event": {"blueprintIdentifier": "{{ .x }}"}}}, 0),
    ],
)
def test_an_action_needs_a_blueprint_that_exists(action: dict[str, Any], count: int) -> None:
    assert len(said("unknown-action-blueprint", actions=[action], blueprints=[PROJECT])) == count


@pytest.mark.parametrize(
    ("icon", "words"),
    [
        ("Microservce", 'is not known; did you mean "Microservice"?'),
        ("microservice", 'is in the wrong case; did you mean "Microservice"?'),
        ("Git-Lab", 'is not known; did you mean "GitLab"?'),
    ],
)
def test_an_icon_that_is_nearly_a_known_one_is_a_misspelling(icon: str, words: str) -> None:
    (message,) = said("misspelled-icon", blueprints=[blueprint(icon=icon)])
    assert message == f'icon "{icon}" {words}'
    (message,) = said("misspelled-icon", actions=[{"identifier": "a", "icon": icon}])


@pytest.mark.parametrize(
    "icon", ["Box", "GitHub", "Pagerduty", "Deployments", "LineChart", "Bucket", "SomethingElse", ""]
)
def test_other_icons_are_accepted(icon: str) -> None:
    assert said("misspelled-icon", blueprints=[blueprint(icon=icon)]) == []


def test_the_icons_of_properties_are_compared_too() -> None:
    made = blueprint(properties={"name": {"type": "string", "icon": "Microservce"}})
    assert len(said("misspelled-icon", blueprints=[made])) == 1
