"""The values that jq expressions give."""

from __future__ import annotations

import pytest

from seatrial.validate.facts.jq_values import ANY, JqValues


def values(text: str) -> JqValues:
    found = JqValues.of(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    [
        ".tags[].name",
        ".tags[]",
        ".tags[]?.name // []",
        ".tags[]?.name // empty",
        ".a.tags | .[].name",
        '.tags[] | .key + "=" + .value',
        "if .members then .members[].id else [] end",
        ".a, .b",
        '"\\(.a[])"',
        ".tags[].name | tostring | ascii_downcase",
    ],
)
def test_an_iteration_gives_several(text: str) -> None:
    assert values(text).are_several


@pytest.mark.parametrize(
    "text",
    [
        ".tags[0]",
        "[.tags[].name]",
        "[.tags[] | select(.x) | .name]",
        ".tags | map(.name)",
        "first(.tags[].name)",
        "[.a[], .b[]] | unique",
        ".tags[0].name",
        ".tags[0:2]",
        '.fields[] | select(.id == "x") | .values',
        "limit(1; .tags[])",
        "reduce .tags[] as $t ([]; . + [$t.name])",
        "any(.tags[]; .x)",
        "[.tags[]?] | map(.name) // []",
        "add(.tags[])",
        "to_entries | map(.value)",
        "[.tags[] as $t | $t]",
        ".a[] as $t | if $t.main then $t else empty end",
        "[foreach .tags[] as $t (0; 1)]",
        "unknown(.tags[])",
        "{a: [.tags[]]}",
    ],
)
def test_what_is_collected_or_chosen_is_not_several(text: str) -> None:
    assert not values(text).are_several


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ('"x"', "string"),
        ("[.a]", "array"),
        ('.a + "x"', "string"),
        ('if .a then "x" else 1 end', "string number"),
        ('.a | if . then "x" else null end', "string null"),
        (".a == 1", "boolean"),
        (".a | tostring", "string"),
        (".a | map(.b) | length", "number"),
        ('.a | split(",") // []', "array"),
        ('if .a then "x" else empty end', "string"),
        ("-.a", "number"),
        (".a | @base64", "string"),
        ("{} | .", "object"),
        ('.x as $y | "z"', "string"),
        ("[1] | . + .", ""),
        (".a[0]", ""),
        (".a + .b", ""),
        ('.a // "x"', ""),
        ('if .a then "x" end', ""),
        ("first(.a[])", ""),
        ('.a | ltrimstr("x")', ""),
        ("reduce .a[] as $x (0; . + 1)", ""),
    ],
)
def test_the_types_are_known_where_the_text_tells(text: str, types: str) -> None:
    assert values(text).types == (frozenset(types.split()) or ANY)


@pytest.mark.parametrize(
    ("text", "constants"),
    [
        ('if .a then "x" else "y" end', ["x", "y"]),
        ('.a // "x"', ["x"]),
        ('"a" | ascii_upcase', []),
        ('.a == "x"', []),
        ('{"A": "x"}[.a] // "y"', ["y"]),
        ("if .a then 1 elif .b then true else null end", [1, True]),
        ('"\\(.a)"', []),
        ('(.a | if . == "x" then "y" else . end)', ["y"]),
        ('"open" // "none"', ["open"]),
        ('.a // "open" // "none"', ["open"]),
        ('if .a == 1 then "x" else "y" end // "none"', ["x", "y"]),
        ('["x", "y"] // "none"', []),
        ('try "x" catch "none"', ["x"]),
        ('false // "x"', ["x"]),
        ('(if .a then "x" else null end) // "y"', ["x", "y"]),
        ('if (.a | test("b")) then "x" else "y" end // "z"', ["x", "y", "z"]),
        ('[.a[]] // "x"', ["x"]),
        ('(.a | tostring) // "x"', ["x"]),
    ],
)
def test_constants_are_those_that_can_be_the_result(text: str, constants: list[object]) -> None:
    assert list(values(text).constants()) == constants


def test_the_constants_in_a_list_are_its_items() -> None:
    assert list(values('if .a then ["x", .b, "y"] else [] end').items()) == ["x", "y"]


def test_an_expression_that_defines_functions_is_not_judged() -> None:
    assert JqValues.of("def map(f): 1; map(.a)") is None
    assert JqValues.of(".a |") is None


def test_a_plain_path_tells_nothing() -> None:
    assert JqValues.of(" .a.b?.c ") is None


@pytest.mark.parametrize(
    ("text", "reads"), [("env.A", True), ("$ENV.A", True), (".env[0]", False), ('"env"', False)]
)
def test_the_environment_is_seen(text: str, reads: bool) -> None:
    assert values(text).reads_environment is reads
