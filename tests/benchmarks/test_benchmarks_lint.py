"""The parts of the lint benchmarks that decide what counts as a difference."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import pytest

from support.paths import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

from comparing import differences
from diagnostics import Diagnostic, parse
from faults import FAULTS, planted
from interfaces import widened
from ours import Answer
from processes import Run

PYPROJECT = """\
[tool.poetry]
name = "one"

[tool.poetry.dependencies]
python = "^3.12"

[tool.ruff]
ignore = ["E501"]
"""
FOLDER = Path("/somewhere/integrations/one")
PLAIN = {
    "mypy": (
        "main.py:3: error: No  [arg-type]\nFound 1 error in 1 file\n",
        "main.py:3:0: error: No  [arg-type]",
    ),
    "ruff": (
        "a b: c.py:1:8: F401 [*] `x` unused\n  |\n1 | m.py:1:2: F000 no\n",
        "a b: c.py:1:8: error: F401 `x` unused",
    ),
    "black": (
        "would reformat /somewhere/integrations/one/main.py\n",
        "main.py:0:0: error: it is not formatted as black would",
    ),
    "yamllint": ("./a.yaml\n  2:1       warning  twice  (key)\n", "a.yaml:2:1: warning: twice  (key)"),
    "poetry": ("Error: stale\nmore\n", "pyproject.toml:0:0: error: stale more"),
}


def run(out: str, status: int = 1) -> Run:
    return Run(status, out, "", 0.0, 0.0, 0.0)


def finding(**changed: Any) -> dict[str, Any]:
    base = {"code": "LNT102", "path": "integrations/one/main.py", "line": 3, "column": 9}
    return {**base, "severity": "error", "message": "No [arg-type]", **changed}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    one = tmp_path / "integrations" / "one"
    (one / ".port").mkdir(parents=True)
    (one / "pyproject.toml").write_text(PYPROJECT)
    (one / "main.py").write_text('"""About."""\n\nimport os\n\nfrom other import name\n\nname(os.sep)\n')
    (one / "other.py").write_text("def name(a: str, b: int = 2) -> None: ...\n\n\ndef alone() -> None: ...\n")
    (tmp_path / ".yamllint.yaml").write_text("rules:\n  line-length: disable\n")
    (tmp_path / ".gitignore").write_text("")
    return one


@pytest.mark.parametrize("tool", PLAIN)
def test_plain_text_is_taken_apart_into_diagnostics(tool: str) -> None:
    text, wanted = PLAIN[tool]
    assert [str(each) for each in parse(tool, run(text), FOLDER).diagnostics] == [wanted]


def test_a_line_and_a_column_count_only_where_the_slow_way_gives_one() -> None:
    ours = Diagnostic("a.py", 1, 4, "error", "no")
    assert Diagnostic("a.py", 1, 0, "error", "no").fits(ours)
    assert Diagnostic("a.py", 0, 0, "error", "no").fits(ours)
    assert not Diagnostic("a.py", 1, 5, "error", "no").fits(ours)
    assert not Diagnostic("a.py", 2, 0, "error", "no").fits(ours)


@pytest.mark.parametrize(
    ("findings", "count"),
    [
        pytest.param([finding()], 0, id="the same"),
        pytest.param([finding(line=4)], 2, id="another line: one lacks, one is added"),
        pytest.param([finding(message="Yes [arg-type]")], 2, id="another text"),
        pytest.param([], 2, id="none: the status differs and one lacks"),
        pytest.param([finding(), finding(line=9)], 1, id="one more"),
        pytest.param([finding(), finding(code="LNT103", line=9)], 0, id="another tool's"),
        pytest.param([finding(), finding(path="integrations/two/main.py", line=9)], 0, id="another folder's"),
        pytest.param(None, 1, id="no answer"),
    ],
)
def test_a_difference_is_seen(findings: list[dict[str, Any]] | None, count: int) -> None:
    slow = parse("mypy", run(PLAIN["mypy"][0]), FOLDER)
    answer = Answer(run(""), findings)
    assert len(list(differences("mypy", 1, slow, answer, "integrations/one/"))) == count


@pytest.mark.parametrize("fault", [name for name in FAULTS if name != "clean"])
def test_a_fault_changes_files_and_is_taken_away_again(folder: Path, fault: str) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    edits = FAULTS[fault](folder)
    with planted(folder, edits):
        assert edits
        assert all((folder / path).read_bytes() == data for path, data in edits.items())
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_function_that_another_file_calls_gets_a_required_parameter(folder: Path) -> None:
    (edits,) = widened(folder)
    function = ast.parse(edits["other.py"]).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert [argument.arg for argument in function.args.kwonlyargs] == ["seatrial_planted"]
    assert function.args.kw_defaults == [None]
