"""Tests of the properties that a calculation certainly reads."""

from __future__ import annotations

import time

import pytest

from seatrial.validate.facts.jq_expressions import read_properties


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        (".properties.a", ["a"]),
        (".properties.a + .properties.b", ["a", "b"]),
        ('.properties["a-b"] // 0', ["a-b"]),
        (".properties.label | length", ["label"]),
        ("(.properties.a | fromdate) - .properties.b", ["a", "b"]),
        ("if .properties.a > 0 then .properties.b else null end", ["a", "b"]),
        ("[.properties.a, .properties.b] | add", ["a", "b"]),
        ("{total: .properties.a}", ["a"]),
        (".properties.a.inner", ["a"]),
    ],
)
def test_a_plain_read_is_found(expression: str, names: list[str]) -> None:
    assert list(read_properties(expression)) == names


@pytest.mark.parametrize(
    "expression",
    [
        ".",
        ".title",
        ".relations.x.properties.a",
        ".x[0].properties.a",
        ".x | .properties.a",
        ".items | map(.properties.a)",
        "map(.properties.a)",
        '"text .properties.a"',
        "1 # .properties.a",
        ".properties | .a",
        ". as $x | .properties.a",
        "def f: .properties.a; f",
        ".properties.a = 1",
        '"\\(.properties.a)"',
        "..properties.a",
        "",
        ')]}"',
    ],
)
def test_nothing_is_found_where_the_dot_may_be_something_else(expression: str) -> None:
    assert list(read_properties(expression)) == []


@pytest.mark.parametrize(
    "expression", ["a" * 200_000, "a " * 100_000, '("' * 100_000, "[" * 200_000, '\\"' * 100_000]
)
def test_a_long_expression_takes_no_time(expression: str) -> None:
    start = time.process_time()
    list(read_properties(expression))
    assert time.process_time() - start < 1
