"""A document leads from a value back to its place, and only when it is asked to."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from seatrial import documents
from seatrial.core.model import Location
from seatrial.documents import Document, Fault, FaultKind, Place

PLACES = {(): Place((1, 1), (1, 1)), ("a",): Place((2, 4), (2, 1)), ("a", 0): Place((3, 5), (3, 5))}


def test_a_value_and_its_key_have_places() -> None:
    document = Document("f", {"a": [1]}, places=lambda: PLACES)
    assert document.at("a") == Location("f", 2, 4)
    assert document.key("a") == Location("f", 2, 1)


@pytest.mark.parametrize(
    ("keys", "line"), [(("a", 0, "x"), 3), (("a", 7), 2), (("a", "x", "y"), 2), (("b",), 1), ((), 1)]
)
def test_what_is_not_there_stands_where_its_nearest_parent_does(
    keys: tuple[str | int, ...], line: int
) -> None:
    document = Document("f", {"a": [1]}, places=lambda: PLACES)
    assert document.at(*keys).line == line
    assert document.key(*keys).line == line


def test_without_places_everything_stands_at_the_start() -> None:
    document = Document("f")
    assert document.at("a", 1) == document.key("a") == Location("f", 1, 1)


def test_places_are_worked_out_once_and_not_before_they_are_asked_for() -> None:
    places = Mock(return_value=PLACES)
    document = Document("f", {"a": [1]}, places=places)
    assert document.readable
    places.assert_not_called()
    document.at("a")
    document.key("b")
    places.assert_called_once()


@pytest.mark.parametrize(
    ("path", "data"), [("a.yaml", b"a: [1]"), ("a.json", b'{"a": [1]}'), ("a.toml", b"a = [1]")]
)
def test_a_clean_file_is_read_without_working_out_places(
    path: str, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("seatrial.documents.yaml._places", never)
    monkeypatch.setattr("seatrial.documents.json._places", never)
    monkeypatch.setattr("seatrial.documents.toml.places", never)
    assert documents.load(path, data).value == {"a": [1]}


@pytest.mark.parametrize("kind", FaultKind)
def test_only_a_duplicate_key_leaves_a_document_readable(kind: FaultKind) -> None:
    document = Document("f", None, (Fault(kind, "text", 2, 3),))
    assert document.readable == (kind is FaultKind.DUPLICATE_KEY)
    assert document.where(document.faults[0]) == Location("f", 2, 3)


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("spec.yaml", b"a: 1"),
        ("spec.yml", b"a: 1"),
        ("x/SPEC.JSON", b'{"a": 1}'),
        ("pyproject.toml", b"a = 1"),
        ("poetry.lock", b"a = 1"),
    ],
)
def test_the_suffix_tells_how_to_read(path: str, data: bytes) -> None:
    assert documents.load(path, data).value == {"a": 1}


def test_another_suffix_is_not_read() -> None:
    with pytest.raises(KeyError):
        documents.load("README.md", b"")
