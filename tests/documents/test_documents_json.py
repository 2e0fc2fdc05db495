"""JSON: values, places and faults."""

from __future__ import annotations

import json as standard
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.model import Location
from seatrial.documents import FaultKind, Keys, json
from seatrial.documents.document import MAX_BYTES, MAX_DEPTH, MAX_REPEATED

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def tree(value: Any, keys: Keys = ()) -> dict[Keys, Any]:
    """Every value in a value, by the way to it."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    found = {keys: value}
    for name, member in members:
        found |= tree(member, (*keys, name))
    return found


def fault(data: str | bytes) -> tuple[FaultKind, int, int, str]:
    document = json.load("f.json", data.encode() if isinstance(data, str) else data)
    (only,) = document.faults
    assert document.value is None
    assert not document.readable
    return only.kind, only.line, only.column, only.message


@given(value=VALUES, indent=st.sampled_from([None, 0, 2, "\t"]), ascii_only=st.booleans())
def test_values_and_places_agree_with_the_text(
    value: Any, indent: int | str | None, ascii_only: bool
) -> None:
    text = standard.dumps(value, indent=indent, ensure_ascii=ascii_only)
    document = json.load("f.json", text.encode())
    assert document.faults == ()
    assert document.value == standard.loads(text) == value
    lines = text.split("\n")
    for keys, member in tree(value).items():
        at, key = document.at(*keys), document.key(*keys)
        rest = "\n".join([lines[at.line - 1][at.column - 1 :], *lines[at.line :]])
        assert standard.JSONDecoder().raw_decode(rest)[0] == member
        if keys and isinstance(keys[-1], str):
            written = lines[key.line - 1][key.column - 1 :]
            assert standard.JSONDecoder().raw_decode(written)[0] == keys[-1]
        else:
            assert key == at


def test_columns_count_code_points() -> None:
    document = json.load("f.json", '{"é😀": 1,\r\n "b": [true]}'.encode())
    assert document.at("é😀") == Location("f.json", 1, 8)
    assert document.at("b", 0) == Location("f.json", 2, 8)
    assert document.key("b") == Location("f.json", 2, 2)


def test_a_duplicate_key_is_reported_at_the_second_key_and_its_last_value_counts() -> None:
    document = json.load("f.json", b'{"a": {"x": 1},\n "b": 1,\n "\\u0061": {"x": 2, "x": 3}}')
    assert [(f.kind, f.line, f.column, f.message) for f in document.faults] == [
        (FaultKind.DUPLICATE_KEY, 3, 2, 'the key "a" is given twice'),
        (FaultKind.DUPLICATE_KEY, 3, 21, 'the key "x" is given twice'),
    ]
    assert document.readable
    assert document.value == {"a": {"x": 3}, "b": 1}
    assert document.at("a", "x").column == 26


def test_no_more_duplicate_keys_are_reported_than_anyone_reads() -> None:
    assert len(json.load("f.json", b"{" + b'"a": 1,' * 1000 + b'"a": 1}').faults) == MAX_REPEATED


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("", 1, 1, "the file is empty"),
        (" \n ", 1, 1, "the file is empty"),
        ("[1,\n 2,]", 2, 3, "a comma too many stands here"),
        ('{"a": 1, \n}', 1, 8, "a comma too many stands here"),
        ("[1,,]", 1, 4, "a value is missing here; text needs double quotes"),
        ("{'a': 1}", 1, 2, "a key in double quotes is missing here, or a comma too many stands before"),
        ('{"a" 1}', 1, 6, 'a ":" is missing between key and value'),
        ('{"a": 1\n "b": 2}', 2, 2, 'a "," is missing here, or a bracket is not closed'),
        ("[True]", 1, 2, "a value is missing here; text needs double quotes"),
        ("{} {}", 1, 4, "text behind the end of the document"),
        ('["é", "a]', 1, 7, "the quotes opened here are never closed"),
        ('["a\nb"]', 1, 4, "a line break or control character inside quotes; write it as an escape"),
        ('["\\d"]', 1, 3, 'an unknown escape behind "\\"; write a backslash as "\\\\"'),
        ("// note\n{}", 1, 1, "a value is missing here; text needs double quotes"),
        ('["NaN", NaN]', 1, 9, "NaN is not a JSON value"),
        ('["-Infinity",\n -Infinity]', 2, 2, "-Infinity is not a JSON value"),
        (
            '["\\ud83d\\ude00", "\\ud83d"]',
            1,
            18,
            "an escape of half a surrogate pair, which is not a character",
        ),
    ],
)
def test_a_fault_of_syntax_is_named_where_it_stands(text: str, line: int, column: int, message: str) -> None:
    assert fault(text) == (FaultKind.SYNTAX, line, column, message)


@pytest.mark.parametrize(
    ("data", "column", "message"),
    [
        (b"\xef\xbb\xbf{}", 1, "a byte order mark stands before the JSON; remove it"),
        (b'["\xff"]', 3, "byte 0xff is not UTF-8"),
        ("{}".encode("utf-16"), 1, "byte 0xff is not UTF-8"),
    ],
)
def test_other_encodings_than_utf_8_are_refused(data: bytes, column: int, message: str) -> None:
    assert fault(data) == (FaultKind.ENCODING, 1, column, message)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        (" " * (MAX_BYTES + 1), 1, "the file has 1,048,577 bytes; at most 1,048,576 are read"),
        ("[" * 101 + "]" * 101, 101, "nested more than 100 deep"),
        ("[" * 100_000, 101, "nested more than 100 deep"),
        ('{"a":' * 100_000, 501, "nested more than 100 deep"),
        (f"[1, {'2' * 5000}]", 5, "a number has too many digits"),
    ],
    ids=["large", "deep", "lists", "objects", "digits"],
)
def test_a_document_beyond_the_limits_is_refused(text: str, column: int, message: str) -> None:
    assert fault(text) == (FaultKind.LIMIT, 1, column, message)


def test_collections_may_nest_as_deep_as_the_limit() -> None:
    document = json.load("f.json", b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH)
    assert document.at(*[0] * MAX_DEPTH).column == MAX_DEPTH + 1
