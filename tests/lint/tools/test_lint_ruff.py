"""ruff: calls by version, its JSON and its refusals read, what it watches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seatrial.lint.tools.ruff import TOOL
from seatrial.lint.tools.tool import Output
from support.lint_cases import put, reading, run, shown, told

IMPORT: dict[str, Any] = {
    "cell": None,
    "code": "F401",
    "end_location": {"column": 10, "row": 1},
    "filename": "app/a.py",
    "fix": {"applicability": "safe", "edits": [], "message": "Remove unused import: `os`"},
    "location": {"column": 8, "row": 1},
    "message": "`os` imported but unused",
}
IMPORT_SAID = (
    "app/a.py:1:8 error F401 `os` imported but unused || "
    "remove unused import: `os` (type `seatrial lint --fix`)"
)


def found(*entries: dict[str, Any]) -> Output:
    return Output(1, json.dumps(list(entries)))


@pytest.mark.parametrize(
    ("version", "form"),
    [
        ((0, 0, 278), "--format"),
        ((0, 0, 290), "--format"),
        ((0, 0, 291), "--output-format"),
        ((), "--output-format"),
    ],
)
def test_the_machine_format_is_asked_for_as_the_version_calls_it(version: tuple[int, ...], form: str) -> None:
    assert TOOL.arguments(version) == ("check", form, "json", "--no-cache", ".")


def test_only_a_version_that_knows_safe_repairs_repairs() -> None:
    assert TOOL.repair is not None
    assert TOOL.repair((0, 0, 278)) == ()
    assert "--no-unsafe-fixes" in TOOL.repair((0, 6, 9))


def test_a_fault_has_place_code_message_and_repair() -> None:
    assert told(TOOL, found(IMPORT)) == [IMPORT_SAID]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fix": None}, "app/a.py:1:8 error F401 `os` imported but unused"),
        (
            {"fix": {"applicability": "unsafe", "message": "Remove it"}},
            "app/a.py:1:8 error F401 `os` imported but unused || remove it",
        ),
        (
            {"fix": {"applicability": "Automatic", "message": "Remove it"}},
            "app/a.py:1:8 error F401 `os` imported but unused || remove it",
        ),
        (
            {"code": None, "fix": None, "message": "SyntaxError: Starred expression cannot be used here"},
            "app/a.py:1:8 error SyntaxError: Starred expression cannot be used here",
        ),
        (
            {"cell": 3, "filename": "n.ipynb", "fix": None},
            "n.ipynb:1:1 error F401 `os` imported but unused (cell 3, line 1)",
        ),
        (
            {"code": "E902", "fix": None, "message": "No such file\n  Caused by: nothing"},
            "app/a.py:1:8 error E902 No such file Caused by: nothing",
        ),
        ({"filename": "./b.py", "fix": None}, "b.py:1:8 error F401 `os` imported but unused"),
        (
            {"filename": "/elsewhere/b.py", "fix": None},
            "pyproject.toml:1:1 error /elsewhere/b.py:1: F401 `os` imported but unused",
        ),
    ],
)
def test_each_form_of_an_entry_is_read(change: dict[str, Any], said: str) -> None:
    assert told(TOOL, found(IMPORT | change)) == [said]


PYPROJECT = """\
[tool.black]
line-length = 88

[tool.ruff]
line-length = 100
nosuch = 1
select = ["E", "ZZZ9"]
exclude = ["[a"]
required-version = "0.0.1"
"""

REFUSALS = [
    (
        "ruff failed\n  Cause: Failed to parse pyproject.toml\n  Cause: TOML parse error at line 4, column 1\n  |\n"
        "4 | [tool.ruff]\n  | ^^^^^^^^^^^\nunknown field `nosuch`\n\n",
        "pyproject.toml:6:1 error unknown field `nosuch`",
    ),
    (
        "error: TOML parse error at line 6, column 1\n  |\n6 | nosuch = 1\n  | ^^^^^^\n"
        "unknown field `nosuch`, expected one of `builtins`, `cache-dir`, `exclude`\n\n",
        "pyproject.toml:6:1 error unknown field `nosuch`",
    ),
    (
        "warning: The top-level linter settings are deprecated.\n  - 'select' -> 'lint.select'\n"
        "ruff failed\n  Cause: Unknown rule selector `ZZZ9` in `select` from `pyproject.toml`\n",
        "pyproject.toml:7:16 error Unknown rule selector `ZZZ9` in `select` from `pyproject.toml`",
    ),
    (
        "ruff failed\n  Cause: error parsing glob '[a': unclosed character class; missing ']'\n",
        "pyproject.toml:8:12 error error parsing glob '[a': unclosed character class; missing ']'",
    ),
    (
        "error: Required version `0.0.1` does not match the running version `0.0.278`\n",
        "pyproject.toml:9:20 error Required version `0.0.1` does not match the running version `0.0.278`",
    ),
]


@pytest.mark.parametrize(("err", "said"), REFUSALS)
def test_settings_it_refuses_are_a_fault_at_their_key(err: str, said: str) -> None:
    assert told(TOOL, Output(2, err=err), {"pyproject.toml": PYPROJECT}) == [said]


def test_settings_that_are_not_toml_are_a_fault_where_they_break() -> None:
    err = (
        "ruff failed\n  Cause: Failed to parse pyproject.toml\n  Cause: TOML parse error at line 1, column 11\n  |\n"
        "1 | [tool.ruff\n  |           ^\ninvalid table header\nexpected `.`, `]`\n\n"
    )
    assert told(TOOL, Output(2, err=err), {"pyproject.toml": "[tool.ruff\n"}) == [
        "pyproject.toml:1:11 error invalid table header expected `.`, `]`"
    ]


def test_a_rule_about_pyproject_keeps_its_own_place() -> None:
    entry = IMPORT | {
        "code": "RUF200",
        "filename": "pyproject.toml",
        "fix": None,
        "message": "missing `line-length`",
    }
    assert told(TOOL, found(entry), {"pyproject.toml": PYPROJECT}) == [
        "pyproject.toml:1:8 error RUF200 missing `line-length`"
    ]


@pytest.mark.parametrize(
    ("output", "failure"),
    [
        (
            Output(101, err="thread 'main' panicked at src/x.rs:1:\nindex out of bounds"),
            "panicked at src/x.rs",
        ),
        (
            Output(2, err="error: unexpected argument '--output-format' found"),
            "status 2: error: unexpected argument",
        ),
        (Output(1, '[{"code": "F401"'), "status 1"),
        (Output(1, "[]"), "status 1"),
        (Output(-9), "SIGKILL"),
    ],
)
def test_without_a_verdict_it_is_said_why(output: Output, failure: str) -> None:
    found = reading(TOOL, output)
    assert failure in found.failure
    assert found.failure.startswith("ruff ")


@pytest.mark.parametrize(
    ("path", "settings", "counts"),
    [
        ("a.py", {"ruff": {}}, True),
        ("x/a.pyi", {"ruff": {}}, True),
        ("n.ipynb", {"ruff": {}}, True),
        ("x/.gitignore", {"ruff": {}}, True),
        ("x/pyproject.toml", {"ruff": {}}, True),
        ("README.md", {"ruff": {}}, False),
        (".port/spec.yaml", {"ruff": {"lint": {"ignore": ["E501"]}}}, False),
        ("README.md", {"ruff": {"extend-include": ["*.md"]}}, True),
        ("README.md", {"ruff": {"extension": {"md": "python"}}}, True),
        ("README.md", {"ruff": {"extend": "base.toml"}}, True),
        ("README.md", {"ruff": []}, True),
        ("README.md", {}, True),
    ],
)
def test_only_what_it_may_read_counts(path: str, settings: dict[str, object], counts: bool) -> None:
    assert (path in TOOL.watches(settings)) is counts


def test_settings_of_its_own_in_the_folder_make_everything_count() -> None:
    assert TOOL.widens is not None
    assert TOOL.widens(["a.py", "sub/ruff.toml"])
    assert TOOL.widens(["sub/pyproject.toml"])
    assert not TOOL.widens(["a.py", "pyproject.toml", "poetry.lock"])


@pytest.mark.slow
def test_real_output_is_read(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "app/a.py": "import os\n",
            "b.py": 'x = "\u00fc"; import re\ny = (\n',
            "pyproject.toml": "[tool.ruff]\n",
        },
    )
    plain, output = run("ruff", TOOL.plain, tmp_path), run("ruff", TOOL.arguments(()), tmp_path)
    assert plain.status == output.status == 1
    lines = [shown(one) for one in reading(TOOL, output).problems]
    assert IMPORT_SAID in lines
    assert any(line.startswith("b.py:") for line in lines)


@pytest.mark.slow
def test_a_real_refusal_is_read(tmp_path: Path) -> None:
    text = "[tool.ruff]\nline-length = 100\n\n\n\nnosuch = 1\n"
    put(tmp_path, {"a.py": "x = 1\n", "pyproject.toml": text})
    output = run("ruff", TOOL.arguments(()), tmp_path)
    (line,) = told(TOOL, output, {"pyproject.toml": text})
    assert line == "pyproject.toml:6:1 error unknown field `nosuch`"


@pytest.mark.slow
def test_unwatched_files_change_nothing_in_real_output(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "a.py": "import os\n",
            "notes.txt": "",
            "x.md": "",
            "setup.cfg": "",
            "pyproject.toml": "[tool.ruff]\n",
        },
    )
    before = run("ruff", TOOL.arguments(()), tmp_path)
    junk = "[flake8]\nselect = ZZZ\n```python\nimport re\n"
    put(tmp_path, dict.fromkeys(("notes.txt", "x.md", "setup.cfg"), junk))
    assert not any(path in TOOL.watches({"ruff": {}}) for path in ("notes.txt", "x.md", "setup.cfg"))
    assert run("ruff", TOOL.arguments(()), tmp_path).out == before.out
