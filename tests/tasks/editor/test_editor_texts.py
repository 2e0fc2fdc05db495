"""Places, changes and unsaved texts, without a server."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.core.model import Fleet, Integration, MemoryFolder, Profile
from seatrial.core.settings import Settings
from seatrial.tasks.editor.changes import changes
from seatrial.tasks.editor.overlay import OpenText, laid_over
from seatrial.tasks.editor.positions import EditorPlace, Text
from seatrial.workspace.workspace import Workspace

SHIP = "a: 🚢x\nb: é\r\nc"


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 7), ("utf-16", 5), ("utf-32", 4)])
def test_an_astral_character_counts_as_many_units_as_the_encoding_needs(
    encoding: str, character: int
) -> None:
    text = Text(SHIP, encoding)
    index = text.index(1, 5)
    assert SHIP[index] == "x"
    assert text.position(index) == EditorPlace(0, character)
    assert text.index_of(EditorPlace(0, character)) == index


def test_a_place_within_a_surrogate_pair_is_that_before_it() -> None:
    assert Text(SHIP, "utf-16").index_of(EditorPlace(0, 4)) == SHIP.index("🚢")


def test_a_lone_carriage_return_ends_a_line_for_editors_only() -> None:
    text = Text("one\rtwo\nthree")
    assert text.position(text.index(1, 5)) == EditorPlace(1, 0)
    assert text.own(text.index_of(EditorPlace(2, 1))) == (2, 2)


def test_a_place_that_is_not_in_the_text_is_the_nearest_one_that_is() -> None:
    assert Text("ab\ncd").index(1, 99) == 2
    assert Text("ab\ncd").index(99, 1) == 5
    assert Text("ab\ncd").index_of(EditorPlace(99, 1)) == 5
    assert Text("").position(0) == EditorPlace(0, 0)


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="a🚢é\r\n\u2028\x0c", max_size=12), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_every_place_of_every_text_leads_back_to_itself(text: str, encoding: str) -> None:
    places = Text(text, encoding)
    for index in range(len(text) + 1):
        if text[max(0, index - 1) : index + 1] != "\r\n":
            assert places.index_of(places.position(index)) == index
            assert places.index(*places.own(index)) == index


LINES = st.lists(st.sampled_from(["a: 1\n", "b: 🚢\n", "c\r\n", "d"]), max_size=8).map("".join)


@settings(max_examples=40, deadline=None)
@given(LINES, LINES)
def test_the_changes_turn_one_text_into_the_other(before: str, after: str) -> None:
    made = before
    for one in reversed(list(changes(before, after))):
        made = made[: one.start] + one.new + made[one.end :]
    assert made == after


def test_a_change_touches_only_what_differs() -> None:
    (one,) = changes("a: 1\nb: 20\nc: 3\n", "a: 1\nb: 25\nc: 3\n")
    assert (one.start, one.end, one.new) == (9, 10, "5")


def workspace(**files: bytes) -> Workspace:
    folder = MemoryFolder({f".port/{name}": data for name, data in files.items()})
    fleet = Fleet([Integration("one", "integrations/one", folder)])
    return Workspace(Path("/w"), Path("/w"), Settings(), Profile.GUIDE, fleet)


def laid(data: bytes, text: OpenText) -> bytes:
    over = laid_over(workspace(spec=data), {"/w/integrations/one/.port/spec": text})
    return over.integrations[0].read(".port/spec")


def test_an_unsaved_text_is_what_the_rules_read() -> None:
    assert laid(b"a", OpenText("b", "a")) == b"b"


@pytest.mark.parametrize("data", [b"\xef\xbb\xbfa\r\n", b"a\r\n", b"a\n"])
def test_a_file_is_read_as_it_is_where_its_text_has_not_changed(data: bytes) -> None:
    assert laid(data, OpenText("a\n", "a\n")) == data


def test_a_byte_order_mark_that_the_editor_hides_stays() -> None:
    assert laid(b"\xef\xbb\xbfa", OpenText("b", "a")) == b"\xef\xbb\xbfb"


def test_a_file_that_is_not_utf_8_stays_as_it_is_until_it_is_edited() -> None:
    assert laid(b"\xe9", OpenText("é", "é")) == b"\xe9"
    assert laid(b"\xe9", OpenText("éa", "é")) == "éa".encode()


def test_a_text_of_a_file_that_is_not_there_or_elsewhere_is_not_laid_over() -> None:
    known = workspace(spec=b"a")
    for file in ("/w/integrations/one/.port/new", "/w/integrations/onemore/.port/spec", "/etc/passwd"):
        assert laid_over(known, {file: OpenText("b", "a")}) is known
