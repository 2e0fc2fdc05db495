"""Paths of an integration as seen from the root."""

from __future__ import annotations

import pytest

from seatrial.core.model import Entry, Integration, Kind, MemoryFolder


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
