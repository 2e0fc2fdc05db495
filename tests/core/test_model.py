"""Paths of an integration as seen from the root."""

from __future__ import annotations

import pytest

from seatrial.core import model
from seatrial.core.model import Entry, Fleet, Integration, Kind, MemoryFolder


@pytest.mark.parametrize(
    ("folder", "path", "below"),
    [("integrations/x", "a/b", "integrations/x/a/b"), ("", "a/b", "a/b"), ("x", "", "x/"), ("", "", "")],
)
def test_a_path_below_an_integration(folder: str, path: str, below: str) -> None:
    assert Integration("x", folder, MemoryFolder({})).below(path) == below


def test_other_bytes_are_read_in_place_of_those_of_the_folder_which_stays_as_it_is() -> None:
    folder = MemoryFolder.of({"a": "1", "b": "2"})
    whole = Integration("x", "integrations/x", folder)
    edited = whole.having({"a": b"one"}).having({"b": b"two"})
    assert (edited.read("a"), edited.read("b"), edited.entry("a")) == (b"one", b"two", Entry(Kind.FILE, 3))
    assert (whole.read("a"), edited.paths(), edited.irregular()) == (b"1", ["a", "b"], [])
    assert (edited.name, edited.path, edited.entry("c")) == ("x", "integrations/x", None)


class Counted(MemoryFolder):
    """A folder that counts how often its files are read."""

    times = 0

    def read(self, path: str) -> bytes:
        self.times += 1
        return super().read(path)


def test_a_file_is_read_once_while_its_bytes_are_kept_and_anew_after_that() -> None:
    folder = Counted({"a": b"1"})
    one = Integration("x", "integrations/x", folder)
    with one.holding():
        assert [one.read("a"), one.read("a")] == [b"1", b"1"]
    assert (folder.times, one.read("a"), folder.times) == (1, b"1", 2)


def test_no_more_bytes_are_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "MOST_HELD", 3)
    folder = Counted({"a": b"12", "b": b"34", "c": b"5"})
    one = Integration("x", "integrations/x", folder)
    with one.holding():
        assert [one.read(path) for path in "abcabc"] == [b"12", b"34", b"5"] * 2
    assert folder.times == 4


def test_what_a_question_reads_is_recorded_for_it_although_its_bytes_are_kept() -> None:
    one = Integration("x", "integrations/x", MemoryFolder({"a": b"1"}))
    with one.holding():
        one.read("a")
        fleet = Fleet([one])
        assert fleet.each(first_letter) == {"integrations/x": "1"}
    assert [told.reads for told in fleet.news] == [frozenset({("bytes", "a")})]


def first_letter(one: Integration) -> str:
    return one.read("a").decode()
