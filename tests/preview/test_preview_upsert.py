"""Entities held against their blueprints, and how far the paths of a program lead."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.preview.paths import read_paths, traces
from seatrial.preview.upsert import Break, faults, held_against

BLUEPRINT = {
    "identifier": "b",
    "schema": {
        "properties": {"url": {"type": "string", "format": "url"}, "n": {"type": "number"}},
        "required": ["url", "gone"],
    },
    "mirrorProperties": {"mirror": {"path": "owner.name"}},
    "relations": {
        "owner": {"target": "o", "many": False, "required": True},
        "tags": {"target": "t", "many": True},
    },
}


def said(entity: dict[str, Any]) -> list[str]:
    whole = {"identifier": "x", "blueprint": "b", **entity}
    return [f"{one.where}: {one.message}" for one in held_against(whole, [BLUEPRINT])]


def test_an_entity_that_fits_has_no_remarks() -> None:
    fits = {
        "properties": {"url": "https://a.b/c", "n": None, "gone": 1},
        "relations": {"owner": "o", "tags": ["a"]},
    }
    assert said(fits) == ["properties.gone: the blueprint has no such property"]


def test_what_is_required_is_filled() -> None:
    assert said({"properties": {"url": None}, "relations": {}}) == [
        "properties.url: it is required and is null",
        "properties.gone: it is required and is not mapped",
        "relations.owner: it is required and is not mapped",
    ]


def test_relations_lead_to_one_or_to_many() -> None:
    full = {"url": "a:b", "gone": 1}
    query = {"combinator": "and", "rules": []}
    assert said({"properties": full, "relations": {"owner": ["a"], "tags": "a", "other": "x"}})[1:] == [
        "relations.owner: it leads to one entity, and a list is given",
        'relations.tags: it leads to many entities, and "a" is no list',
        "relations.other: the blueprint has no such relation",
    ]
    assert said({"properties": full, "relations": {"owner": 5, "tags": ["a", 7]}})[1:] == [
        "relations.owner: 5 is not an identifier",
        "relations.tags: 7 is not an identifier",
    ]
    assert said({"properties": full, "relations": {"owner": query, "tags": query}})[1:] == []


def test_what_port_fills_itself_is_named() -> None:
    found = said({"properties": {"url": "a:b", "gone": 1, "mirror": 1}, "relations": {"owner": "o"}})
    assert found[1:] == ["properties.mirror: it is a mirror property, which Port itself fills"]


def test_an_identifier_is_a_text_and_an_unknown_blueprint_says_nothing() -> None:
    assert said({"identifier": 7, "properties": {"url": "a:b", "gone": 1}, "relations": {"owner": "o"}})[
        0
    ] == ("identifier: 7 is not a text")
    assert held_against({"identifier": "x", "blueprint": "other"}, [BLUEPRINT, 5]) == []
    assert held_against({"identifier": "x", "blueprint": "b"}, [BLUEPRINT, BLUEPRINT]) == []


@pytest.mark.parametrize(
    ("schema", "value", "words"),
    [
        ({"type": "string"}, "a", ""),
        ({"type": "string"}, 5, "5, a number, where the type is string"),
        ({"type": "number"}, 5.5, ""),
        ({"type": "number"}, True, "true, a boolean, where the type is number"),
        ({"type": "boolean"}, "true", '"true", a text, where the type is boolean'),
        ({"type": "object"}, [], "a list where the type is object"),
        ({"type": "array"}, {}, "an object where the type is array"),
        (
            {"type": "array", "items": {"type": "string"}},
            ["a", None, 5, 6],
            "an item: 5, a number, where the type is string",
        ),
        ({"type": "string", "enum": ["a", "b"]}, "c", '"c" is not one of "a", "b"'),
        ({"enum": []}, "c", ""),
        ({"type": "string", "format": "date-time"}, "2024-01-02T03:04:05Z", ""),
        ({"type": "string", "format": "date-time"}, "2024-01-02T03:04:05.123+0300", ""),
        (
            {"type": "string", "format": "date-time"},
            "2024-01-02",
            '"2024-01-02" is not of the format date-time',
        ),
        ({"type": "string", "format": "url"}, "no scheme", '"no scheme" is not of the format url'),
        ({"type": "string", "format": "email"}, "a@b", ""),
        ({"type": "string", "format": "email"}, "a", '"a" is not of the format email'),
        ({"type": "string", "format": "ipv4"}, "1.2.3.4", ""),
        ({"type": "string", "format": "ipv6"}, "1.2.3.4", '"1.2.3.4" is not of the format ipv6'),
        ({"type": "string", "format": "markdown"}, "# a", ""),
        ({"type": "string", "maxLength": 2}, "abc", '"abc" is above the maxLength of 2'),
        ({"type": "number", "minimum": 3}, 2, "2 is below the minimum of 3"),
        ({"type": "array", "maxItems": 0}, [1], "a list is above the maxItems of 0"),
        ({"type": ["string"]}, 5, ""),
        ({"type": "strange", "minimum": "x"}, 5, ""),
        ({"type": "integer"}, 1e308, ""),
    ],
)
def test_a_value_is_held_against_its_schema(schema: dict[str, Any], value: Any, words: str) -> None:
    assert [fault for _, fault in faults(value, schema)] == ([words] if words else [])


@pytest.mark.parametrize(
    ("value", "stated", "about"),
    [
        (5, "string", Break.SPELLING), (True, "string", Break.SPELLING), ("5", "number", Break.SPELLING),
        ("1.5", "number", Break.SPELLING), ("true", "boolean", Break.SPELLING), ("1.5", "integer", Break.TYPE),
        ("many", "number", Break.TYPE), ("yes", "boolean", Break.TYPE), ([], "string", Break.TYPE),
        ({}, "array", Break.TYPE),
    ],
)  # fmt: skip
def test_another_spelling_is_told_from_another_type(value: Any, stated: str, about: Break) -> None:
    assert [found for found, _ in faults(value, {"type": stated})] == [about]


def test_only_the_first_items_of_a_long_list_are_checked() -> None:
    schema = {"type": "array", "items": {"type": "string", "enum": list(map(str, range(600)))}}
    assert list(faults(["x"] * 50_000 + [5], schema)) == []


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (".fields.parent.key", ".fields is there, .fields.parent is not; near: parentKey"),
        (".field.a", ".field is not there; near: fields"),
        (".none.a", ".none is null"),
        (".fields.summary", ".fields.summary is there"),
        ('.fields["parent"]', '.fields is there, .fields["parent"] is not; near: parentKey'),
        ('."fields"."no such"?', '."fields" is there, ."fields"."no such" is not'),
        (".list[0].a", ".list[0].a is there"),
    ],
)
def test_a_trace_says_how_far_a_path_leads(program: str, words: str) -> None:
    data = {"fields": {"parentKey": "A-1", "summary": "s"}, "none": None, "list": [{}]}
    assert [str(one) for one in traces(program, data)] == [words]


@pytest.mark.parametrize(
    ("program", "paths"),
    [
        (".a // .b.c", [".a", ".b.c"]),
        ('"x.y" + .a', [".a"]),
        (".a | .b", [".a"]),
        ("map(.a)", []),
        ("[.a, {b: .c}]", [".a", ".c"]),
        ("if .a then .b else empty end", [".a", ".b"]),
        (". as $x | .a", []),
        (".a.b[]?.c", [".a.b[]?.c"]),
        ("# .a", []),
        (".a?//.b", [".a", ".b"]),
        ("(.a | .b) + .c", [".a", ".c"]),
        ("1.5 + .a", [".a"]),
        ("$x.a", []),
        ('."', []),
        ("..", []),
    ],
)
def test_the_paths_that_are_read_from_the_object_itself(program: str, paths: list[str]) -> None:
    assert list(read_paths(program)) == paths
