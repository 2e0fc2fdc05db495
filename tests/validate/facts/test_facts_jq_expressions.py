"""Tests of the place of a jq fault in its file."""

from __future__ import annotations

import pytest

from seatrial.core.model import MemoryFolder
from seatrial.validate.facts.jq_expressions import JqExpressions
from support.good import facts_of, good_folder
from support.made import blueprint, folder_of

APP_CONFIG = ".port/resources/port-app-config.yaml"


def broken(folder: MemoryFolder) -> list[tuple[str, int, int]]:
    found = facts_of(folder).jq_expressions.broken
    places = (expression.where(fault.line, fault.column) for expression, fault in found)
    return [(place.path.rpartition("/")[2], place.line, place.column) for place in places]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (".title |", 0, 18),
        ("'.title |'", 0, 18),
        ("|\n            .title\n            | nofunction\n            | length", 2, 15),
        (">-\n            .title |", 0, 18),
    ],
)
def test_a_fault_is_placed_at_the_value_and_in_a_block_at_its_line(text: str, line: int, column: int) -> None:
    folder = good_folder().edited(APP_CONFIG, "title: .title", f"title: {text}")
    before = folder.text(APP_CONFIG).partition("title: " + text)[0].count("\n") + 1
    assert broken(folder) == [("port-app-config.yaml", before + line, column)]


def test_the_calculations_of_blueprints_are_compiled_too() -> None:
    one = blueprint(
        calculationProperties={"sum": {"calculation": "1 +\n+", "type": "number"}, "none": {}, "x": 3}
    )
    assert broken(folder_of(blueprints=[one])) == [("blueprints.json", 15, 24)]


def test_without_files_there_are_no_expressions() -> None:
    assert JqExpressions.of(None, None).broken == ()
