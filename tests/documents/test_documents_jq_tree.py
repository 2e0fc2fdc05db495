"""jq expressions as trees."""

from __future__ import annotations

import pytest

from seatrial.documents import jq
from seatrial.documents.jq_tree import LONGEST, Node, parsed

READ = [
    ".",
    "..",
    ".a.b.c",
    '.a["b c"].d[0][1:2][:2][2:]',
    '."a b"?',
    ".[]?",
    ".a[]?.b // empty",
    '"text \\(.a + "inner \\(.b)") end"',
    '@base64 "x \\(.a)"',
    "@json",
    '{a, "b": 1, (.c): 2, $__loc__, @text "k": .v | length}',
    "{}",
    "[]",
    "[.a[], .b[]]",
    "if .a then .b elif .c then .d else .e end",
    "if .a then .b end",
    "reduce .[] as $x (0; . + $x)",
    "foreach .[] as [$a, $b] (0; . + $a; [., $b])",
    '. as {a: $x, b: [$y]} ?// $x | "\\($x)"',
    'def f(g; $h): g + $h; f(.a; "x") | ascii_downcase',
    ".a | def f: 1; f",
    "try error catch .",
    "label $out | if . then break $out else . end",
    ".a as $x | .b | map(select(.id == $x)) | first",
    "-.a - 1.5e3 * .5",
    "not == true and false or null != 1",
    ".a |= . + 1 | .b = 2",
    ".a # comment\n | .b",
    "env.HOME, $ENV.HOME",
    ".and.or.if",
    ".[.a.b]",
    ".[-1:]",
    'limit(1; .[] | select(.x)) // "none"',
    'splits(", *"; null)',
]


@pytest.mark.parametrize("text", READ)
def test_an_expression_that_compiles_is_read(text: str) -> None:
    assert jq.compile_all([text])[text] is None
    assert parsed(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(",
        ".a |",
        '"open',
        '"\\(',
        "if .a then",
        "{a",
        "[1",
        ".a.",
        "1 2",
        "'x'",
        "a(",
        "\\",
        "def f: 1;",
        ".",
    ],
)
def test_an_expression_that_does_not_compile_is_not_read(text: str) -> None:
    assert (parsed(text) is None) is (jq.compile_all([text])[text] is not None)


def test_operators_group_as_in_jq() -> None:
    assert str(parsed(".a + .b * .c")) == str(parsed(".a + (.b * .c)"))
    assert str(parsed(".a // .b // .c")) == str(parsed(".a // (.b // .c)"))
    assert str(parsed(".a - .b - .c")) == str(parsed("(.a - .b) - .c"))
    assert str(parsed(".a, .b | .c")) == str(parsed("(.a, .b) | .c"))
    assert str(parsed(".a == .b and .c")) == str(parsed("(.a == .b) and .c"))
    assert str(parsed(".a // .b, .c")) == str(parsed("(.a // .b), .c"))


def test_a_text_loses_its_escapes() -> None:
    assert parsed('"a\\"\\u0062\\n"') == Node("text", text='a"b\n')


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5_000,
        "[" * 300 + "]" * 300,
        "1" + "+1" * 1_500,
        ".a" * 1_500,
        "-" * 3_000,
        '"\\(' * 1_000,
        "{a:" * 1_000,
        "if " * 1_000,
        "." + "?" * 2_000,
        "def f: " * 500,
        "#" * (LONGEST - 1),
        "x" * (LONGEST + 1),
        "1 as " + "[" * 2_000,
    ],
    ids=range(13),
)
def test_a_monstrous_expression_is_not_read(text: str) -> None:
    assert parsed(text) is None
