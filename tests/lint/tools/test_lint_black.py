"""black: its report read, places from the differences, its refusals, what it watches."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.lint.tools.black import TOOL
from seatrial.lint.tools.tool import Output
from support.lint_cases import put, reading, run, shown, told

WOULD = Output(
    1, err="would reformat b c.py\nwould reformat a.py\n\nOh no! 💥 💔 💥\n2 files would be reformatted.\n"
)
DIFFERENCE = Output(
    0,
    "--- a.py\t2026-01-31 02:09:59.287227+00:00\n+++ a.py\t2026-01-31 02:11:19.288590+00:00\n"
    "@@ -3,5 +3,5 @@\n x = 1\n \n \n-def f( a ):\n+def f(a):\n     return a\n"
    "@@ -30 +30 @@\n-y=1\n+y = 1\n"
    "--- b c.py\t2026-01-31 02:09:59.287227+00:00\n+++ b c.py\t2026-01-31 02:11:19.291931+00:00\n"
    '@@ -1 +1,2 @@\n-z = "é"; q=1\n\\ No newline at end of file\n+z = "é"\n+q = 1\n',
)
TO_FORMAT = "it is not formatted as black would || type `seatrial lint --fix`"
PYPROJECT = """\
[tool.poetry]
name = "x"

[tool.black]
line-length = "wide"
exclude = "(("
nosuch = 1
required-version = "1"
"""


def test_files_it_would_change_are_faults_at_their_first_changed_line() -> None:
    found = TOOL.read(WOULD, DIFFERENCE)
    assert found.failure == ""
    assert [shown(one) for one in found.problems] == [
        f"a.py:6:1 error {TO_FORMAT}",
        f"b c.py:1:1 error {TO_FORMAT}",
    ]


def test_without_the_differences_they_are_faults_at_the_first_line() -> None:
    assert told(TOOL, WOULD) == [f"a.py:1:1 error {TO_FORMAT}", f"b c.py:1:1 error {TO_FORMAT}"]


def test_the_second_run_asks_for_the_files_that_would_change() -> None:
    assert TOOL.follow_up is not None
    assert TOOL.follow_up(WOULD) == ("--diff", "-q", "--no-color", "--", "a.py", "b c.py")


@pytest.mark.parametrize(
    "output",
    [
        Output(0, err="All done! ✨ 🍰 ✨\n1 file would be left unchanged.\n"),
        Output(2, err="Usage: black [OPTIONS] SRC ...\n\nError: Config key target-version must be a list\n"),
        Output(1, err="Traceback (most recent call last):\nValueError: x\n"),
        Output(123, err="error: cannot format a.py: Cannot parse: 2:9\n"),
        Output(-9),
    ],
)
def test_where_nothing_would_change_there_is_no_second_run(output: Output) -> None:
    assert TOOL.follow_up is not None
    assert TOOL.follow_up(output) == ()


def test_settings_that_make_it_quiet_hide_no_fault() -> None:
    assert TOOL.follow_up is not None
    silent = Output(1)
    assert TOOL.follow_up(silent)[-1] == "."
    assert [one.where.path for one in TOOL.read(silent, DIFFERENCE).problems] == ["a.py", "b c.py"]


BROKEN = [
    ('Cannot parse: 2:9: y = "é" +* 3', "2:10"),
    ("Cannot parse: 2:9", "2:10"),
    ("Cannot parse for target version Python 3.12: 1:6: def f(:", "1:7"),
    ("unindent does not match any outer indentation level (<tokenize>, line 3)", "3:1"),
    ("invalid or missing encoding declaration", "1:1"),
]


@pytest.mark.parametrize(("message", "place"), BROKEN)
def test_a_file_it_cannot_read_is_a_fault_at_its_place(message: str, place: str) -> None:
    err = (
        f"error: cannot format sub/a.py: {message}\n    y\n    ^\nParseError: bad input\n\nOh no! 💥 💔 💥\n"
    )
    assert told(TOOL, Output(123, err=err)) == [f"sub/a.py:{place} error it cannot be formatted: {message}"]


def test_a_newer_version_has_the_place_after_the_path() -> None:
    err = "error: cannot parse: sub dir/a.py:1:5\n    y = (\n        ^\nTokenError: Unexpected EOF\n"
    assert told(TOOL, Output(123, err=err)) == ["sub dir/a.py:1:6 error it cannot be formatted: cannot parse"]


REFUSALS = [
    (2, "Error: Invalid value for '-l' / '--line-length': 'wide' is not a valid integer.", "5:1"),
    (2, "Error: Invalid value for '--exclude': Not a valid regular expression: missing )", "6:1"),
    (1, "Oh no! 💥 💔 💥 The required version `1` does not match the running version `26.5.1`!", "8:20"),
    (2, "Error: Config key target-version must be a list", "4:7"),
]


@pytest.mark.parametrize(("status", "err", "place"), REFUSALS)
def test_settings_it_refuses_are_a_fault_at_their_key(status: int, err: str, place: str) -> None:
    (line,) = told(TOOL, Output(status, err=f"{err}\n"), {"pyproject.toml": PYPROJECT})
    assert line.startswith(f"pyproject.toml:{place} error ")


def test_a_crash_over_pyproject_is_a_fault_of_that_file() -> None:
    err = (
        'Traceback (most recent call last):\n  File "src/black/__init__.py", line 128, in read_pyproject_toml\n'
        "tomllib.TOMLDecodeError: Expected ']' at the end of a table declaration (at line 1, column 12)\n"
    )
    assert told(TOOL, Output(1, err=err), {"pyproject.toml": "[tool.black\n"}) == [
        "pyproject.toml:1:12 error Expected ']' at the end of a table declaration"
    ]


def test_an_unknown_key_is_a_warning() -> None:
    err = "Invalid config keys detected: 'nosuch' (in pyproject.toml)\nAll done!\n"
    assert told(TOOL, Output(0, err=err), {"pyproject.toml": PYPROJECT}) == [
        "pyproject.toml:7:1 warning Invalid config keys detected: 'nosuch'"
    ]


@pytest.mark.parametrize(
    ("output", "failure"),
    [
        (
            Output(123, err="error: cannot format a.py: INTERNAL ERROR: Black produced invalid code\n"),
            "INTERNAL ERROR",
        ),
        (
            Output(1, err="Traceback (most recent call last):\nMemoryError: none left\n"),
            "MemoryError: none left",
        ),
        (Output(1), "status 1, without a word"),
        (Output(-11, err="would reformat a.py\n"), "SIGSEGV"),
        (Output(70, err="would reformat a.py\n"), "status 70"),
    ],
)
def test_without_a_verdict_it_is_said_why(output: Output, failure: str) -> None:
    assert failure in reading(TOOL, output).failure


@pytest.mark.parametrize(
    ("path", "settings", "counts"),
    [
        ("a.py", {"black": {}}, True),
        ("a.pyi", {"black": {"include": r"\.pyi?$"}}, True),
        ("n.ipynb", {"black": {}}, True),
        ("x/.gitignore", {"black": {}}, True),
        ("spec.yaml", {"black": {"include": r"\.pyi?$"}}, False),
        ("spec.yaml", {"black": {"line-length": 88}}, False),
        ("spec.yaml", {"black": {"include": "."}}, True),
        ("spec.yaml", {"black": {"include": [1]}}, True),
        ("spec.yaml", {"black": 3}, True),
        ("spec.yaml", {}, True),
    ],
)
def test_only_what_it_may_read_counts(path: str, settings: dict[str, object], counts: bool) -> None:
    assert (path in TOOL.watches(settings)) is counts


@pytest.mark.slow
def test_real_output_is_read(tmp_path: Path) -> None:
    files = {"a.py": "x = 1\n\n\ndef f( a ):\n    return a\n", "sub dir/b.py": "y = (\n", "ok.py": "z = 1\n"}
    put(tmp_path, files | {"pyproject.toml": "[tool.black]\nline-length = 88\n"})
    plain, output = run("black", TOOL.plain, tmp_path), run("black", TOOL.arguments(()), tmp_path)
    assert plain.status == output.status == 123
    assert TOOL.follow_up is not None
    found = TOOL.read(output, run("black", TOOL.follow_up(output), tmp_path))
    assert found.failure == ""
    assert shown(found.problems[0]) == f"a.py:4:1 error {TO_FORMAT}"
    assert shown(found.problems[1]).startswith("sub dir/b.py:")
    assert len(found.problems) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", ['line-length = "wide"', 'exclude = "(("', 'required-version = "1"', "x = 1 = 2"]
)
def test_a_real_refusal_is_read(line: str, tmp_path: Path) -> None:
    text = f"[tool.black]\n{line}\n"
    put(tmp_path, {"a.py": "x = 1\n", "pyproject.toml": text})
    (said,) = told(TOOL, run("black", TOOL.arguments(()), tmp_path), {"pyproject.toml": text})
    assert said.startswith("pyproject.toml:2:")
