"""TOML: values, places and faults."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from seatrial.core.model import Location
from seatrial.documents import FaultKind, toml
from seatrial.documents.document import MAX_BYTES, MAX_DEPTH

TEXT = '''\
title = "é😀" # comment [x]

[tool.poetry]
name = 'jira'
"quoted key".b = 1
python = "^3.12"
extras = [
    "a", # one
    { name = "b", "c" = [1, 2] },
]
inline = { x = 1, y.z = """
two""" }

[[tool.towncrier.type]]
name = "first"

[[tool.towncrier.type]]
name = "second"
[tool.towncrier.type.sub]
deep = 1979-05-27 07:32:00

[a."b.c"]
text = \'\'\'it''s\'\'\'
'''


def fault(data: str | bytes, load: Any = toml.load) -> tuple[FaultKind, int, int, str]:
    document = load("f.toml", data.encode() if isinstance(data, str) else data)
    (only,) = document.faults
    assert document.value is None
    assert not document.readable
    return only.kind, only.line, only.column, only.message


@pytest.mark.parametrize(
    ("keys", "at", "key"),
    [
        ((), (1, 1), (1, 1)),
        (("title",), (1, 9), (1, 1)),
        (("tool",), (3, 1), (3, 2)),
        (("tool", "poetry"), (3, 1), (3, 7)),
        (("tool", "poetry", "name"), (4, 8), (4, 1)),
        (("tool", "poetry", "quoted key"), (5, 1), (5, 1)),
        (("tool", "poetry", "quoted key", "b"), (5, 18), (5, 14)),
        (("tool", "poetry", "extras"), (7, 10), (7, 1)),
        (("tool", "poetry", "extras", 0), (8, 5), (8, 5)),
        (("tool", "poetry", "extras", 1), (9, 5), (9, 5)),
        (("tool", "poetry", "extras", 1, "c"), (9, 25), (9, 19)),
        (("tool", "poetry", "extras", 1, "c", 1), (9, 29), (9, 29)),
        (("tool", "poetry", "inline", "y"), (11, 19), (11, 19)),
        (("tool", "poetry", "inline", "y", "z"), (11, 25), (11, 21)),
        (("tool", "towncrier", "type"), (14, 1), (14, 18)),
        (("tool", "towncrier", "type", 0), (14, 1), (14, 1)),
        (("tool", "towncrier", "type", 0, "name"), (15, 8), (15, 1)),
        (("tool", "towncrier", "type", 1), (17, 1), (17, 1)),
        (("tool", "towncrier", "type", 1, "name"), (18, 8), (18, 1)),
        (("tool", "towncrier", "type", 1, "sub", "deep"), (20, 8), (20, 1)),
        (("a", "b.c", "text"), (23, 8), (23, 1)),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_values_and_keys_stand_where_the_text_shows_them(
    keys: tuple[str | int, ...], at: tuple[int, int], key: tuple[int, int], end: str
) -> None:
    document = toml.load("f.toml", TEXT.replace("\n", end).encode())
    assert document.at(*keys) == Location("f.toml", *at)
    assert document.key(*keys) == Location("f.toml", *key)


def ways(value: Any, keys: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return {keys}.union(*(ways(member, (*keys, name)) for name, member in members))


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "",
        "# nothing\n",
        "a.b.c = 1\na.b.d = 2",
        "[a]\n[a.b]\nx = []\n[b]\ny = {}",
        "[[a]]\n[[a.b]]\nx = 1\n[[a.b]]\n[[a]]\n[[a.b]]\nx = [[], [[1]]]",
        "x = [\n# c ]\n1,\n\n2 # ]\n]\ny = 1",
        "'' = 1\n\"\\u0061\\\"\" = 2\n1 = {'2' = 3}",
        'x = """a""""" \ny = \'\'\'b\'\'\'\'\'\nz = """\\"""" # "',
        "[ a . 'b' ]\n c . d = 1",
        "a = [{b = [{c = 1}]}]\nd = 1e3\ne = -inf\nf = 07:32:00",
        "[a]\r\nb = 1\r\n\r\n[[c]]\r\n",
    ],
)
def test_every_value_has_a_place_and_nothing_else_has(text: str) -> None:
    document = toml.load("f.toml", text.encode())
    assert document.value == tomllib.loads(text.replace("\r\n", "\n"))
    assert set(document._places) == ways(document.value)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a = 1\na = 2", 2, 6, "this key is given a second time"),
        ("[a]\n[a]", 2, 3, "this table is given a second time"),
        ("a = {b = 1, b = 2}", 1, 18, "a key of this inline table is given a second time"),
        ("a = {b = 1}\na.c = 2", 2, 8, "a value that is complete cannot be extended"),
        ("a", 1, 2, 'a "=" is missing between key and value'),
        ("a =\nb = 1", 1, 4, "a value is missing or unknown here; text needs quotes"),
        ("é = 1", 1, 1, "this line is neither a key with a value nor a table header"),
        ("a = x", 1, 5, "a value is missing or unknown here; text needs quotes"),
        ("a = 1 b = 2", 1, 7, "one statement a line; text needs quotes"),
        ('a = "x\n', 1, 7, "the quotes opened before are not closed on this line"),
        ('a = """x', 1, 9, "the quotes opened before are never closed"),
        ("a = [1, 2", 1, 10, 'a list lacks a "," or its "]"'),
        ("a = {b = 1", 1, 11, 'an inline table lacks a "," or its "}"'),
        ("[a\n", 1, 3, 'a table header lacks its "]"'),
        ("[[a]\n", 1, 4, 'an array-of-tables header lacks its "]]"'),
        ('a = "\\q"', 1, 8, 'an unknown escape behind "\\"; single quotes keep a backslash as it is'),
        ('a = "\x00"', 1, 6, "a control character; write it as an escape"),
    ],
)
def test_a_fault_of_syntax_is_named_where_it_stands(text: str, line: int, column: int, message: str) -> None:
    assert fault(text) == (FaultKind.SYNTAX, line, column, message)


def test_other_encodings_than_plain_utf_8_are_refused() -> None:
    assert fault(b"a = 1\nb = '\xff'") == (FaultKind.ENCODING, 2, 6, "byte 0xff is not UTF-8")
    assert fault("\ufeffa = 1") == (
        FaultKind.ENCODING,
        1,
        1,
        "a byte order mark stands before the TOML; remove it",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#" * (MAX_BYTES + 1), "the file has 1,048,577 bytes; at most 1,048,576 are read"),
        ("a = " + "[" * MAX_DEPTH + "]" * MAX_DEPTH, "nested more than 100 deep"),
        ("a = " + "[" * 100_000, "nested more than 100 deep"),
        ("a = " + "{a = " * 50_000, "nested more than 100 deep"),
        ("a." * 400_000 + "a = 1", "nested more than 100 deep"),
        ("['a' . " + '"b" . ' * 100_000 + "c]", "nested more than 100 deep"),
        ("x = {" + "a." * 400_000 + "a = 1}", "nested more than 100 deep"),
        ("a = " + "1" * 5000, "a number has too many digits"),
    ],
    ids=["large", "deep", "lists", "inline tables", "dots", "header", "inline dots", "digits"],
)
def test_a_document_beyond_the_limits_is_refused(text: str, message: str) -> None:
    kind, _, _, said = fault(text)
    assert (kind, said) == (FaultKind.LIMIT, message)


def test_dots_in_text_are_not_depth() -> None:
    assert toml.load("f.toml", f'a = "{"." * 500}"\nb = {".".join("x" * 40)!r}'.encode()).faults == ()


def test_settings_are_read() -> None:
    text = '[severity]\nSPC101 = "off" # why\n\n[[a]]\nb = [1, 2]\n'
    document = toml.load_settings("seatrial.toml", text.encode())
    assert document.value == {"severity": {"SPC101": "off"}, "a": [{"b": [1, 2]}]}
    assert document.key("severity", "SPC101") == Location("seatrial.toml", 2, 1)


def test_settings_with_a_fault_say_so() -> None:
    assert fault("a = 1\nb", toml.load_settings)[:3] == (FaultKind.SYNTAX, 2, 2)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('x = 1\na = [{x = 1}, "s"]', 2),
        ('[t]\n[t.u]\nx = 1\na = [{x = 1}, "s"]', 4),
        ('x = 1\na = [1, "x"]', 2),
        ("x = 1\na=0x10", 2),
        ('[t]\nx = 1\ny = """a""""', 3),
    ],
    ids=["dropped", "dropped below", "mixed", "hexadecimal", "four quotes"],
)
def test_settings_are_refused_where_they_would_be_misread(text: str, line: int) -> None:
    kind, found, _, message = fault(text, toml.load_settings)
    assert (kind, found) == (FaultKind.SYNTAX, line)
    assert message == "this way of writing TOML is not understood in settings; write it plainer"
