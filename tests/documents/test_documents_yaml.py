"""YAML 1.2: values, places and faults."""

from __future__ import annotations

import importlib.util
from types import ModuleType
from typing import Any

import pytest
import yaml as pyyaml

from seatrial.core.model import Location
from seatrial.documents import FaultKind, yaml
from seatrial.documents.document import MAX_BYTES, MAX_DEPTH, MAX_REPEATED


def value(text: str) -> Any:
    document = yaml.load("f.yaml", text.encode())
    assert document.faults == ()
    return document.value


def fault(data: str | bytes) -> tuple[FaultKind, int, int, str]:
    document = yaml.load("f.yaml", data.encode() if isinstance(data, str) else data)
    (only,) = document.faults
    assert document.value is None
    assert not document.readable
    return only.kind, only.line, only.column, only.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("n", "n"),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("=", "="),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("''", ""),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("-12", -12),
        ("+3", 3),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.5e-1", -0.05),
        ("1.", 1.0),
        ("-.INF", float("-inf")),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("!!int '7'", 7),
        ("!!float 7", 7.0),
        ("!!bool 'True'", True),
        ("!!null ''", None),
        ("| \n  a\n  b\n", "a\nb\n"),
        ("# only a comment", None),
        ("", None),
        ("---\n...\n", None),
        ("\ufeffa", "a"),
    ],
)
def test_scalars_follow_the_core_schema(text: str, expected: object) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


def test_not_a_number_is_a_number() -> None:
    assert str(value(".NaN")) == "nan"


def test_the_key_on_is_text() -> None:
    assert value("dependencies:\n  - on: [a]\n    yes: no\n") == {
        "dependencies": [{"on": ["a"], "yes": "no"}]
    }


def test_aliases_are_written_out_as_values_of_their_own() -> None:
    found = value("a: &x {k: [1]}\nb: *x\n")
    assert found == {"a": {"k": [1]}, "b": {"k": [1]}}
    assert found["a"] is not found["b"]


TEXT = """\
title: "é😀" # 😀
list:
- one
- key: 'two'
  "quoted key": {a: 1, b: [x]}
empty:
block: |
  text
é: 😀
"""


@pytest.mark.parametrize(
    ("keys", "at", "key"),
    [
        ((), (1, 1), (1, 1)),
        (("title",), (1, 8), (1, 1)),
        (("list",), (3, 1), (2, 1)),
        (("list", 0), (3, 3), (3, 3)),
        (("list", 1), (4, 3), (4, 3)),
        (("list", 1, "key"), (4, 8), (4, 3)),
        (("list", 1, "quoted key"), (5, 17), (5, 3)),
        (("list", 1, "quoted key", "b"), (5, 27), (5, 24)),
        (("list", 1, "quoted key", "b", 0), (5, 28), (5, 28)),
        (("empty",), (6, 7), (6, 1)),
        (("block",), (7, 8), (7, 1)),
        (("é",), (9, 4), (9, 1)),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_values_and_keys_stand_where_the_text_shows_them(
    keys: tuple[str | int, ...], at: tuple[int, int], key: tuple[int, int], end: str
) -> None:
    document = yaml.load("f.yaml", TEXT.replace("\n", end).encode())
    assert document.at(*keys) == Location("f.yaml", *at)
    assert document.key(*keys) == Location("f.yaml", *key)


def test_only_line_feeds_end_lines() -> None:
    assert yaml.load("f.yaml", "a: 'x\u2028 y'\nb: 1".encode()).at("b") == Location("f.yaml", 2, 4)


def test_the_value_of_an_alias_stands_at_its_anchor() -> None:
    document = yaml.load("f.yaml", b"a: &x [1]\nb: *x\n")
    assert document.at("b") == Location("f.yaml", 1, 4)
    assert document.key("b") == Location("f.yaml", 2, 1)


def test_a_duplicate_key_is_reported_at_the_second_key_and_its_last_value_counts() -> None:
    document = yaml.load("f.yaml", b"a: 1\nb:\n  x: 1\n  x: 2\na: 3\n")
    assert [(f.kind, f.line, f.column, f.message) for f in document.faults] == [
        (FaultKind.DUPLICATE_KEY, 4, 3, 'the key "x" is given twice'),
        (FaultKind.DUPLICATE_KEY, 5, 1, 'the key "a" is given twice'),
    ]
    assert document.readable
    assert document.value == {"a": 3, "b": {"x": 2}}
    assert document.at("a").line == 5


def test_keys_that_differ_in_their_quotes_only_are_the_same() -> None:
    assert len(yaml.load("f.yaml", b"a: 1\n'a': 2\n\"a\": 3\n").faults) == 2


def test_a_duplicate_key_behind_an_alias_is_reported_once() -> None:
    assert len(yaml.load("f.yaml", b"- &x {a: 1, a: 2}\n- *x\n- *x\n").faults) == 1


def test_an_item_that_lacks_its_dash_is_one_fault_and_an_item_all_the_same() -> None:
    text = b"- name: a\n  type: x\n  name: b\n  type: y\n  more: 1\n  name: c\n  type: z\n- name: d\n"
    document = yaml.load("f.yaml", text)
    assert [(one.line, one.message, one.repair) for one in document.faults] == [
        (
            3,
            'the key "name" begins the next item of the list, which lacks its "-"',
            'write "- " before "name"',
        ),
        (
            6,
            'the key "name" begins the next item of the list, which lacks its "-"',
            'write "- " before "name"',
        ),
    ]
    assert [item["name"] for item in document.value] == ["a", "b", "c", "d"]
    assert [document.at(index, "name").line for index in range(4)] == [1, 3, 6, 8]
    assert document.readable


@pytest.mark.parametrize(
    "text",
    [
        "- name: a\n  type: x\n  name: b\n",
        "- name: a\n  type: x\n  size: 1\n  type: y\n  size: 2\n",
        "- {name: a, type: x, name: b, type: y}\n",
        "name: a\ntype: x\nname: b\ntype: y\n",
        "- name: a\n  type: x\n  type: x\n  name: b\n  type: y\n",
    ],
    ids=["one key only", "not the first", "braces", "no list", "again within an item"],
)
def test_other_duplicate_keys_are_said_one_by_one(text: str) -> None:
    document = yaml.load("f.yaml", text.encode())
    assert {one.message.partition('"')[2].partition('"')[2] for one in document.faults} == {" is given twice"}


def test_no_more_duplicate_keys_are_reported_than_anyone_reads() -> None:
    assert len(yaml.load("f.yaml", b"a: 1\n" * 1000).faults) == MAX_REPEATED


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: 1\n1: 2", 2, 1, 'a key must be text; put it in quotes: "1"'),
        ("true: 2", 1, 1, 'a key must be text; put it in quotes: "true"'),
        ("? \n: 2", 1, 2, 'a key must be text, and none stands before ":"'),
        ("a: {{ .x }}", 1, 5, "a key must be text; put text that starts with a bracket in quotes"),
        ("? [a]\n: 2", 1, 3, "a key must be text; put text that starts with a bracket in quotes"),
        ("a: &x {}\nb:\n  <<: *x", 3, 3, 'the merge key "<<" is not part of YAML 1.2; write the keys out'),
        ("a: !Ref b", 1, 4, 'the tag "!Ref" is not allowed; write the plain value'),
        (
            "!!python/object/apply:os.system [x]",
            1,
            1,
            'the tag "!!python/object/apply:os.system" is not allowed; write the plain value',
        ),
        ("a: !!set {b}", 1, 4, 'the tag "!!set" is not allowed; write the plain value'),
        ("!!map [a]", 1, 1, 'the tag "!!map" is not allowed; write the plain value'),
        ("a: !!int x", 1, 4, '"x" cannot be read as int'),
        ("a: !!bool x", 1, 4, '"x" cannot be read as bool'),
        ("a: !!null x", 1, 4, '"x" cannot be read as null'),
        ("a: 1\n---\nb: 2", 2, 1, 'a second document ("---"); the file must hold one'),
        ("a: *b", 1, 4, "an alias to an anchor that is not defined before it"),
        ("a: b: c", 1, 5, 'a second ": " on this line; put text that holds ": " in quotes'),
        ("a: 'x", 1, 4, "the quotes opened here are never closed"),
        ("a: [1, 2\n", 1, 4, 'a list in brackets lacks a "," or its "]"'),
        ("a: {b: 1\n", 1, 4, 'a mapping in braces lacks a "," or its "}"'),
        ("a: @x", 1, 4, "this character cannot start a value; quote the text, and indent with spaces only"),
        (
            "a:\n\tb: 1",
            2,
            1,
            "this character cannot start a value; quote the text, and indent with spaces only",
        ),
        (
            "a:\n  b: 1\n c: 2",
            3,
            2,
            "indented by 1 blank; 0 would fit here",
        ),
        ("a:\n- b\n- c\n d: 1", 4, 2, "indented by 1 blank; 0 would fit here"),
        ('é: "\\q"', 1, 5, 'an unknown escape behind "\\"; single quotes keep a backslash as it is'),
        ("a: 1\nb: \x00", 2, 4, "the character U+0000 is not allowed in YAML"),
        ("a: 1\né: \x07", 2, 4, "the character U+0007 is not allowed in YAML"),
    ],
)
def test_a_fault_of_syntax_is_named_where_it_stands(text: str, line: int, column: int, message: str) -> None:
    assert fault(text) == (FaultKind.SYNTAX, line, column, message)


def test_a_quoted_merge_key_is_text() -> None:
    assert value("'<<': 1") == {"<<": 1}


def test_bytes_that_are_not_utf_8_are_named_where_they_stand() -> None:
    assert fault(b"a: 1\n\xc3\xa9: \xff") == (FaultKind.ENCODING, 2, 4, "byte 0xff is not UTF-8")


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x" * (MAX_BYTES + 1), "the file has 1,048,577 bytes; at most 1,048,576 are read"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested more than 100 deep, aliases written out"),
        ("[" * 100_000, "nested more than 100 deep, aliases written out"),
        ("[{" * 600, "nested more than 100 deep, aliases written out"),
        ("[" * 200 + '"', "nested more than 100 deep, aliases written out"),
        ("[" * 200 + "&a[", "nested more than 100 deep, aliases written out"),
        ("- " * 100_000, "nested more than 100 deep, aliases written out"),
        ("? " * 100_000, "nested more than 100 deep, aliases written out"),
        ("&a [*a]", "nested more than 100 deep, aliases written out"),
        ("a: &a\n  b: {c: *a}", "nested more than 100 deep, aliases written out"),
        ("[" + "1," * 200_000 + "]", "more than 100,000 keys and values, aliases written out"),
        (BOMB, "more than 100,000 keys and values, aliases written out"),
        (
            f"a: &a {'x' * 11_000}\nb: [{'*a, ' * 1_000}]",
            "more than 10,485,760 characters in keys and values, aliases written out",
        ),
        (
            f"a: &a {{? {'x' * 11_000} : 1}}\nb: [{'*a, ' * 1_000}]",
            "more than 10,485,760 characters in keys and values, aliases written out",
        ),
    ],
    ids=[
        "large",
        "deep",
        "brackets",
        "braces",
        "open quotes",
        "bad anchor",
        "dashes",
        "marks",
        "circle",
        "circle of keys",
        "many",
        "bomb",
        "repeated text",
        "repeated key",
    ],
)
def test_a_document_beyond_the_limits_is_refused(text: str, message: str) -> None:
    kind, _, _, said = fault(text)
    assert (kind, said) == (FaultKind.LIMIT, message)


def test_collections_may_nest_as_deep_as_the_limit() -> None:
    found = value("[" * MAX_DEPTH + "1" + "]" * MAX_DEPTH)
    for _ in range(MAX_DEPTH):
        (found,) = found
    assert found == 1


@pytest.mark.parametrize("text", ["a: 1\n---\nb: !Ref c\n", "a: *b", "<<: {}", "1: 2", "a: 1\na: 2", ""])
def test_the_syntax_of_yaml_that_is_not_ours_is_judged_alone(text: str) -> None:
    assert yaml.syntax_faults(text.encode()) == ()


@pytest.mark.parametrize("depth", [MAX_DEPTH + 3, 999, 1_000, 1_001, 2_000])
@pytest.mark.parametrize("opening", ["[", "{", "[{", "[ ", "{a: ", "- ", "? "])
def test_our_limit_comes_before_that_of_the_parser_and_at_the_same_place(opening: str, depth: int) -> None:
    first = fault(opening * (MAX_DEPTH + 3))
    assert first[0] is FaultKind.LIMIT
    assert fault("\n" * 3 + opening * depth)[2:] == first[2:]
    assert yaml.syntax_faults((opening * depth).encode())[0].kind is FaultKind.LIMIT


def test_a_fault_before_the_nesting_is_named_however_deep_that_goes() -> None:
    assert fault("[[," + "[" * 2_000) == fault("[[," + "[" * 10)
    assert fault("a: 1\n" + "[" * 2_000) == (FaultKind.SYNTAX, 2, 1, 'a key without its ":"')


def test_a_parser_with_a_lower_limit_than_ours_is_no_fault_of_syntax(monkeypatch: pytest.MonkeyPatch) -> None:
    def compose(text: str, **_: object) -> None:
        mark = pyyaml.Mark("", 1, 0, 1, None, 0)
        raise pyyaml.scanner.ScannerError(
            "while increasing flow level", mark, "exceeded maximum nesting depth", mark
        )

    monkeypatch.setattr(pyyaml, "compose", compose)
    assert fault("[[")[0] is FaultKind.LIMIT


@pytest.mark.parametrize(
    ("data", "kind", "line"),
    [
        (b"a: 1\n---\nb: [", FaultKind.SYNTAX, 3),
        (b"a\n\xff", FaultKind.ENCODING, 2),
        (b"\n[" + b"[" * 100_000, FaultKind.LIMIT, 2),
        (b"a: \x00", FaultKind.SYNTAX, 1),
    ],
)
def test_faults_of_yaml_that_is_not_ours_have_places(data: bytes, kind: FaultKind, line: int) -> None:
    assert [(f.kind, f.line) for f in yaml.syntax_faults(data)] == [(kind, line)]


@pytest.fixture
def without_c(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module as it is where PyYAML has no C parser."""
    monkeypatch.delattr(pyyaml, "CSafeLoader", raising=False)
    spec = importlib.util.spec_from_file_location("yaml_without_c", yaml.__file__)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "text", [TEXT, BOMB, "a: 'x", "a: b: c", "a: 1\na: 2", "&a [*a]", "[" * 1000, "", "a: \x07"]
)
def test_without_the_c_parser_documents_and_places_are_the_same(text: str, without_c: ModuleType) -> None:
    fast, plain = yaml.load("f", text.encode()), without_c.load("f", text.encode())
    assert plain.value == fast.value
    assert [f.kind for f in plain.faults] == [f.kind for f in fast.faults]
    assert plain._places == fast._places
