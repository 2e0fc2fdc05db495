"""Many jq expressions compiled at once get the verdicts that each gets alone."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import seatrial
from seatrial.documents import jq
from seatrial.documents.jq import JqFault, loads_modules
from support.often import rounds

GOOD = """\
.
.a
.a.b[0]?.c
.["a-b"] // "none"
.a | tostring | ascii_downcase
if .a then .b else null end
[.a[] | select(.b == "c") | .d]
reduce .[] as $x (0; . + $x)
foreach .[] as $x (0; . + $x; [$x, .])
.[] as [$a] ?// $a | $a
. as {a: $x, b: [$y]} | $x + $y
label $out | .a | break $out
try error("x") catch .
def f: .; f
def f(x; $y): x + $y; f(1; 2)
"\\(.a)-\\(.b | "\\(.c)")"
@base64 "x\\(.a)"
@uri
$__loc__
$ENV.PATH
env.HOME
input
.a # a comment
.a # one \\
.a # ( \\
.a as $x | $x # )
{a: .b, "c": 1, (.d): 2, @text "e": 3, $__loc__}
{import: 1, include: 2}.import
.import
-(.a) * 2 % 3
.a |= 1
limit(3; .[])
now | strftime("%Y (")
"é😀" | length
"#"
"a\\"b)"
..
.a.[0]
ltrimstr("a") | test("[")
modulemeta?
""".splitlines()

BAD_LINES = """\

\t
# only a comment
. ) | (.
) | (
(.a
.a)
.a]
[.a}
{{ .a }}
"a
a"
"\\(.a
"\\(.a"
\\
.a \\
'a'
.a == 'x'
.; def x: .
def f: .;
def f: .
.a; .b
| .a
.a |
.a || .b
.a && .b
.foo-bar
foo
foo(1; 2)
$x
break $f
if . then 1
reduce .[] as $x (0)
file://README.md
import "x" as x; .
include "x"; .
  # note
import "x" as $x;
module {a: 1}; .
"\\q"
.é
.a,
,.a
1.2.3
%
?//
#
(.a # )
.a \u2028 .b
"""

BAD = BAD_LINES.split("\n")
ODD = [
    ".a\0.b",
    "\0",
    '"\ud800"',
    ".a\r\n| foo",
    ". # \r import",
    "# \\\nimport",
    "# x\nimport",
    "# x\rimport",
    "[" * 3000 + "]" * 3000,
    "(" * 4000,
    "." + "a" * 8000,
    "." + "a" * 9000,
    "-" * 5000 + ".",
    ".a|" * 2000 + ".a",
]


def alone(expression: str) -> JqFault | None:
    """The slow way."""
    return jq.refused(expression) or jq._alone(expression)


def grown(seed: int, count: int) -> Iterator[str]:
    """Expressions of random parts, most of them bad."""
    source = random.Random(seed)
    signs = [*"()[]{}\"#\\;|,.?$@'-\n ", "\\(", ".a", "def f: .;", "as $x", "if", "end", "then", "f"]
    for _ in range(count):
        choice = source.choice(GOOD + BAD)
        at = source.randrange(len(choice) + 1)
        kind = source.randrange(4)
        if kind == 0:
            yield choice[:at]
        elif kind == 1:
            yield choice[:at] + source.choice(signs) + choice[at:]
        elif kind == 2:
            yield choice[:at] + choice[at + 1 :]
        else:
            yield source.choice(signs).join((choice, source.choice(GOOD)))


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jq, "_kept", {})


@pytest.mark.parametrize("expression", GOOD)
def test_a_good_expression_has_no_fault(expression: str) -> None:
    assert jq.compile_all([expression]) == {expression: None}


@pytest.mark.parametrize("expression", BAD)
def test_a_bad_expression_has_a_fault(expression: str) -> None:
    assert jq.compile_all([expression])[expression]


def test_faults_among_many_are_those_found_one_by_one() -> None:
    expressions = [*GOOD * 3, *BAD, *ODD, *grown(1, 800)]
    random.Random(2).shuffle(expressions)
    assert jq.compile_all(expressions) == {text: alone(text) for text in expressions}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, rounds(12, 20)))
def test_faults_among_thousands_are_those_found_one_by_one(seed: int) -> None:
    expressions = [*GOOD, *grown(seed, 2000)]
    assert jq.compile_all(expressions) == {text: alone(text) for text in expressions}


@pytest.mark.parametrize(
    "first", ["(", '"a', ". ) | (.", ".; def x: .", "[.a", '"\\(', "# c \\", "if . then", "."]
)
@pytest.mark.parametrize("second", [")", 'a"', ". ) | (.", "x", ".a]", ')"', ".", "else . end"])
def test_no_expression_repairs_its_neighbour(first: str, second: str) -> None:
    assert jq.compile_all([first, second]) == {first: alone(first), second: alone(second)}


@pytest.mark.parametrize(
    ("expression", "message", "line", "column"),
    [
        ("", "the expression is empty, or has nothing behind its definitions", 1, 1),
        (".a ==", "the expression ends too early", 1, 4),
        (".a == 'x'", "text stands in double quotes, not in single ones", 1, 7),
        (".a && .b", 'both of two conditions is written "and"', 1, 4),
        (".a || .b", 'a value is missing before this "|"; either of two conditions is written "or"', 1, 5),
        (".a\n  .b c", '"c" cannot stand here', 2, 6),
        ("{{ .a }}", '"{" cannot stand here', 1, 2),
        ('"a" "b"', "a text cannot stand here", 1, 5),
        ('"é😀" + foo', 'there is no function "foo"', 1, 8),
        ("limit(1)", 'there is no function "limit" with 1 argument', 1, 1),
        ("getpath(1; 2)", 'there is no function "getpath" with 2 arguments', 1, 1),
        (
            ".foo-bar-baz",
            'there is no function "bar"; a field of that name is written .["foo-bar-baz"]',
            1,
            6,
        ),
        (".a | $item", 'there is no variable "$item"', 1, 6),
        ("break $f", 'there is no label "$f"', 1, 1),
        ('"a', "the quotes opened here are never closed", 1, 2),
        ('"\\d"', 'an unknown escape behind "\\"; write a backslash as "\\\\"', 1, 2),
        ('import "x" as x; .', "an expression cannot load modules", 1, 1),
        (".a\n.\0", "the character U+0000 is not allowed", 2, 2),
        (".a" * 5000, "the expression has 10,000 characters; at most 8,192 are compiled", 1, 1),
    ],
)
def test_a_fault_says_in_plain_words_what_and_where(
    expression: str, message: str, line: int, column: int
) -> None:
    assert jq.compile_all([expression])[expression] == JqFault(message, line, column)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ("jq: error: foo/0 is not defined at <top-level>, line 1:", JqFault('there is no function "foo"')),
        (
            "jq: error: syntax error, unexpected ')' (Unix shell quoting issues?) at <top-level>, line 1:\n.)",
            JqFault('"." cannot stand here'),
        ),
        ("Something new. ", JqFault("something new")),
        ("", JqFault("unreadable")),
    ],
)
def test_other_wordings_of_the_library_are_understood(error: str, fault: JqFault) -> None:
    assert jq._fault(".)", error) == fault


def test_a_verdict_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    first = jq.compile_all([".a", "foo"])
    monkeypatch.setattr(jq, "_error", None)
    assert jq.compile_all(["foo", ".a"]) == first


def test_not_more_verdicts_are_kept_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jq, "_KEPT_MOST", 3)
    for number in range(20):
        jq.compile_all([f".a{number}", f".b{number}"])
    assert len(jq._kept) <= 5


def test_more_faults_than_anyone_reads_are_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jq, "MAX_ALONE", 3)
    faults = jq.compile_all([f"foo{number}" for number in range(5)])
    assert [fault and fault.message[:12] for fault in faults.values()] == ["there is no "] * 3 + [
        "not compiled"
    ] * 2


def test_clean_expressions_are_compiled_together(monkeypatch: pytest.MonkeyPatch) -> None:
    programs: list[str] = []
    monkeypatch.setattr(jq, "_error", programs.append)
    jq.compile_all([f".a{number}" for number in range(150)])
    assert len(programs) == 1


def test_modules_never_reach_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    programs: list[str] = []
    monkeypatch.setattr(jq, "_error", programs.append)
    jq.compile_all(
        ['import "x" as x; .', ' # c\n include "x"; .', "module {}; .", '# a\r import "x" as x; .']
    )
    assert programs == []


def test_the_library_is_loaded_only_when_it_is_needed() -> None:
    code = "import sys; from seatrial.documents import jq; jq.compile_all([]); sys.exit('jq' in sys.modules)"
    source = Path(seatrial.__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", code], cwd=source, check=False).returncode == 0


def test_comments_before_a_word_take_no_time_that_doubles_with_each() -> None:
    began = time.monotonic()
    assert not loads_modules("#a" * 1_000)
    assert loads_modules("#a\n # b\r\n import") and not loads_modules("# import")
    assert time.monotonic() - began < 1
