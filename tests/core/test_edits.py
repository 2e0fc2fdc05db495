"""Edits change what they say, and nothing else."""

from __future__ import annotations

import pytest

from seatrial.core.edits import repaired
from seatrial.core.model import Edit, Location


def edit(line: int, column: int, old: str, new: str) -> Edit:
    return Edit(Location("x", line, column), old, new)


@pytest.mark.parametrize(
    ("text", "edits", "wanted"),
    [
        ("a: exportr\n", [edit(1, 4, "exportr", "exporter")], "a: exporter\n"),
        ('a: "exportr"\n', [edit(1, 4, "exportr", "exporter")], 'a: "exporter"\n'),
        ("a: 'exportr'\n", [edit(1, 4, "exportr", "exporter")], "a: 'exporter'\n"),
        ("""a: '"exportr"'\n""", [edit(1, 4, "exportr", "exporter")], """a: '"exporter"'\n"""),
        ("a: b\r\nc: d\r\n", [edit(2, 1, "c", "cc")], "a: b\r\ncc: d\r\n"),
        ("# a\r\n\r\n\r\nb\r\n", [edit(2, 1, "\n\n", "\n")], "# a\r\n\r\nb\r\n"),
        ("😀 a\n", [edit(1, 3, "a", "b")], "😀 b\n"),
        ("aa bb\n", [edit(1, 1, "aa", "x"), edit(1, 4, "bb", "y")], "x y\n"),
        ("aa\n", [edit(1, 1, "aa", "x"), edit(1, 1, "aa", "x")], "x\n"),
        ("a\nb", [edit(2, 1, "b", "c")], "a\nc"),
    ],
)
def test_an_edit_is_made_at_its_place(text: str, edits: list[Edit], wanted: str) -> None:
    assert repaired(text, edits) == wanted


@pytest.mark.parametrize(
    "wrong",
    [
        edit(1, 2, "a", "b"),
        edit(9, 1, "a", "b"),
        edit(1, 99, "a", "b"),
        edit(1, 1, "", "b"),
        edit(1, 1, "b", ""),
    ],
)
def test_an_edit_whose_place_reads_otherwise_changes_nothing(wrong: Edit) -> None:
    assert repaired("a\n", [wrong]) == "a\n"


def test_of_two_edits_that_overlap_one_is_made() -> None:
    assert repaired("abc\n", [edit(1, 1, "ab", "X"), edit(1, 2, "bc", "Y")]) == "aY\n"
