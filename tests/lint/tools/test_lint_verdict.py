"""What holds for the reading of every tool, whatever it prints."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.core.model import Location, Problem, Severity
from seatrial.lint.tools.output import failure, in_text, into_pyproject, problem, verdict_of
from seatrial.lint.tools.registry import TOOLS
from seatrial.lint.tools.tool import Output, Reading, Tool
from support.lint_cases import reading

EVERY = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
STATUSES = (0, 1, 2, 3, 101, 123, 137, 255, -6, -9, -64, -999)

SEEDS = (
    "a.py:1:1: error: x  [misc]",
    "would reformat a.py",
    "error: cannot format a.py: Cannot parse: 2:9",
    "--- a.py\t2026-01-31 00:00\n@@ -1 +1 @@\n-x",
    "Error: x",
    "Warning: y",
    "The Poetry configuration is invalid:\n  - tool.poetry.x[0].y must be z",
    "Error: pyproject.toml changed significantly since poetry.lock was last generated. Run",
    "Invalid TOML file x.toml: y at line 1 col 2",
    "./a.yaml:1:1: [error] x (y)",
    "invalid config: x",
    "ruff failed\n  Cause: TOML parse error at line 1, column 1\n  |\n1 | x\n  | ^\ny",
    'pyproject.toml: [mypy]: x: "y"',
    "Traceback (most recent call last):",
    "INTERNAL ERROR",
    '{"file": "a.py", "line": 1, "message": "x"}',
    '[{"filename": "a.py", "location": {"row": 1}}]',
)
TEXT = st.lists(st.one_of(st.sampled_from(SEEDS), st.text(max_size=40)), max_size=6).map("\n".join)
FILES = {
    "pyproject.toml": "[tool.black]\nx = 1\n[tool.poetry.dependencies]\nx = [1, {y = 2}]\n",
    "poetry.lock": 'content-hash = "0"\n',
    "a.py": "é\n",
}


def is_sound(found: Reading, status: int) -> bool:
    """Whether a failure, or status and problems that agree."""
    told = any(one.severity in (None, Severity.ERROR) for one in (*found.problems, *found.stale))
    return bool(found.failure) or told is (status != 0)


@EVERY
@given(out=TEXT, err=TEXT, status=st.sampled_from(STATUSES))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_a_reader_and_status_and_problems_agree(
    tool: Tool, out: str, err: str, status: int
) -> None:
    found = reading(tool, Output(status, out, err), FILES)
    assert is_sound(found, status)
    assert all(one.where.line > 0 and one.where.column > 0 and one.where.path for one in found.problems)
    assert "\n" not in found.failure


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["file", "filename", "line", "column", "row", "message", "code", "fix", "location", "hint"]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)


@EVERY
@given(value=JSON, status=st.sampled_from(STATUSES))
@settings(max_examples=60, deadline=None)
def test_no_json_breaks_a_reader(tool: Tool, value: object, status: int) -> None:
    found = reading(tool, Output(status, json.dumps(value)), FILES)
    assert is_sound(found, status)


HUGE = [
    "x" * 1_500_000,
    "a.py:" * 100_000,
    "[" * 100_000,
    " " * 100_000,
    "a.py:1:1: error: x" + " " * 100_000 + "y",
    "Invalid config keys detected: " + " (in " * 25_000,
    '{"a":' * 100_000,
    "9" * 100_000,
    "error: cannot format " * 25_000,
    "\n" * 250_000,
    "Warning: x\n" * 25_000,
    '"' * 50_000 + "'" * 50_000 + ": ",
    "a.py:1:1: error: " + "tool.poetry." * 10_000,
]


@EVERY
@pytest.mark.parametrize("text", HUGE, ids=lambda text: text[:8])
def test_huge_output_takes_no_undue_time(tool: Tool, text: str) -> None:
    for output in (Output(1, text, ""), Output(1, "", text)):
        assert is_sound(reading(tool, output, FILES), 1)


@EVERY
@pytest.mark.parametrize("status", [1, 2, 3, 101, 123, 255, -9])
def test_garbage_is_a_failure_that_names_the_tool(tool: Tool, status: int) -> None:
    text = "}{ \x1b[31m\x00 qwerty\n"
    found = reading(tool, Output(status, text))
    assert found.failure.startswith(f"{tool.name} ")
    assert "qwerty" in found.failure


@EVERY
def test_a_clean_end_is_a_clean_verdict(tool: Tool) -> None:
    assert reading(tool, Output(0, "", "")) == Reading([], [])


def test_with_status_zero_nothing_is_an_error() -> None:
    (one,) = verdict_of("x", Output(0), [Problem(Location("a"), "m")]).problems
    assert one.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("status", "said"),
    [(-9, "x was ended by SIGKILL"), (-999, "x was ended by signal 999"), (4, "x ended with status 4")],
)
def test_how_a_tool_ended_is_said_in_words(status: int, said: str) -> None:
    assert failure("x", Output(status)) == f"{said}, without a word"


def test_last_words_are_cut() -> None:
    assert len(failure("x", Output(3, "y" * 9999))) < 350


@pytest.mark.parametrize(
    ("path", "where"), [("a.py", "a.py"), ("./sub/a.py", "sub/a.py"), ("..a/b.py", "..a/b.py")]
)
def test_a_place_in_the_integration_is_tidied(path: str, where: str) -> None:
    assert problem(path, "m", 7, 2) == Problem(Location(where, 7, 2), "m")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/etc/x.py", "/etc/x.py:7: m"),
        ("../x.py", "../x.py:7: m"),
        ("a/../../x.py", "../x.py:7: m"),
        (".venv/lib/x.py", ".venv/lib/x.py:7: m"),
        ("", "m"),
    ],
)
def test_a_place_outside_the_integration_is_told_in_words(path: str, message: str) -> None:
    assert problem(path, "m", 7, 2) == Problem(Location("pyproject.toml"), message)


@pytest.mark.parametrize("number", [0, -1, None, "x", "9" * 30, True, 1.5, []])
def test_an_invalid_line_or_column_is_the_first(number: object) -> None:
    assert problem("a.py", "m", number, number).where == Location("a.py", 1, 1)


PYPROJECT = b"""\
[tool.x]
line-length = 3

[tool.x.sub]
name = "deep"
list = ["one", "two"]
"""


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ("'--line-length' is odd", (2, 1)),
        ("line_length: is odd", (2, 1)),
        ("not good: two", (6, 16)),
        ('"deep" is odd', (5, 8)),
        ("tool.x.sub.name must be", (5, 1)),
        ("tool.x.sub.list[1] must be", (6, 16)),
        ("[tool.x.missing] is required", (1, 7)),
        ("nothing of it", (1, 7)),
    ],
)
def test_a_message_is_placed_at_the_key_it_names(message: str, place: tuple[int, int]) -> None:
    settle = into_pyproject({"pyproject.toml": PYPROJECT}.get, ("tool", "x"))
    found = settle(Problem(Location("pyproject.toml"), message))
    assert (found.where.line, found.where.column) == place


@pytest.mark.parametrize("data", [None, b"", b"[tool\n", b"[tool]\nx = 3\n", b"\xff"])
def test_where_there_is_no_such_table_it_stays(data: bytes | None) -> None:
    one = Problem(Location("pyproject.toml", 1, 1), "'x' is odd")
    files = {} if data is None else {"pyproject.toml": data}
    assert into_pyproject(files.get, ("tool", "x", "y"))(one) == one


def test_other_files_are_searched_as_text() -> None:
    one = Problem(Location("mypy.ini"), 'option "strict" is odd')
    assert in_text(one, {"mypy.ini": b"[mypy]\nstrict-er = 1\nstrict = 2\n"}.get).where == Location(
        "mypy.ini", 3, 1
    )
    assert in_text(one, {}.get) == one
