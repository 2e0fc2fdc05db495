"""The lines that a finding is about, below it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seatrial.core.findings import Outcome
from seatrial.core.model import Edit, Fix, Location
from seatrial.report import Options, render
from seatrial.report.excerpt import excerpt
from support.outcomes import FINDING, HOSTILE, workflow_commands

LINES = ["title: x", "", "type: jira", "  tilte: a-b c", "end", "more", "not shown"]
AT = replace(FINDING, line=4, column=3, fix=None)


def test_two_lines_around_the_finding_and_a_mark_below_it() -> None:
    assert list(excerpt(AT, LINES)) == [
        "  2 |",
        "  3 | type: jira",
        "  4 |   tilte: a-b c",
        "    |   ^~~~~",
        "  5 | end",
        "  6 | more",
    ]


def test_the_mark_is_as_wide_as_what_the_repair_replaces() -> None:
    edit = Edit(Location(AT.path, 4, 10), "a-b c", "x")
    (mark,) = [one for one in excerpt(replace(AT, column=10, fix=Fix("x", edit)), LINES) if "^" in one]
    assert mark == "    |          ^~~~~"


@pytest.mark.parametrize("line", [0, 8, 10**9])
def test_a_place_outside_the_file_shows_nothing(line: int) -> None:
    assert list(excerpt(replace(AT, line=line), LINES)) == []


def test_a_place_behind_the_end_of_its_line_is_marked_at_the_end() -> None:
    assert list(excerpt(replace(AT, line=1, column=99), ["title: x"]))[1] == "    |         ^"


def test_letters_of_two_columns_move_the_mark() -> None:
    mark = list(excerpt(replace(AT, line=1, column=3), ["日本x"]))[1]
    assert mark == "    |     ^"


def test_of_a_long_line_the_part_around_the_place_is_shown() -> None:
    shown, mark = excerpt(replace(AT, line=1, column=50_001), ["x " * 50_000 + "y"])
    assert len(shown) < 200 and shown[mark.index("^")] == "x"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_lines_can_neither_command_nor_paint(text: str) -> None:
    lines = [text.replace("\n", " ")] * 5
    shown = render("github", Outcome((replace(AT, line=3, column=2),)), Options(lines=lambda finding: lines))
    assert not set("\x00\x07\x1b\x7f\x9b\r\x85\u2028\u202e\u2066\u200b") & set(shown)
    assert workflow_commands(shown) == ["group", "error", "endgroup"]


def test_text_without_lines_has_one_line_for_each_finding() -> None:
    assert render("text", Outcome((AT,))).count("\n") == 1
