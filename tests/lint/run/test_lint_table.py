"""The table of a lint run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seatrial.core.model import Integration, MemoryFolder, Severity
from seatrial.core.settings import Settings
from seatrial.lint.run import Cell
from seatrial.lint.run.lint_table import MOST_ROWS, line_of, table
from seatrial.lint.tools import black, mypy, ruff
from seatrial.lint.tools.tool import Output, Tool, ToolRun


def integration(name: str = "jira") -> Integration:
    return Integration(name, f"integrations/{name}", MemoryFolder.of({"main.py": "x=1\n"}))


def cell(tool: Tool = mypy.TOOL, name: str = "jira", **more: object) -> Cell:
    return Cell(integration(name), tool, **more)  # type: ignore[arg-type]


CLEAN = ToolRun(Output(0, seconds=1.25))
UNFORMATTED = ToolRun(Output(1, err="would reformat main.py\n", seconds=0.5))


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (cell(run=CLEAN), "jira: mypy ok 1.2s"),
        (cell(run=CLEAN, kept=True), "jira: mypy ok"),
        (cell(black.TOOL, run=UNFORMATTED), "jira: black 1 error 0.5s"),
        (cell(failure="it crashed"), "jira: mypy failed"),
        (cell(lacking="lock"), "jira: mypy no lock"),
        (cell(lacking="tool"), "jira: mypy no tool"),
        (cell(name="a\x1b[2Jb", run=CLEAN), "a\\x1b[2Jb: mypy ok 1.2s"),
    ],
)
def test_a_cell_is_a_line(told: Cell, line: str) -> None:
    assert line_of(told, Settings()) == line


def test_an_integration_is_a_line_and_a_tool_a_column() -> None:
    cells = [
        cell(mypy.TOOL, "jira", run=CLEAN),
        cell(black.TOOL, "jira", run=UNFORMATTED, kept=True),
        cell(mypy.TOOL, "gitlab", lacking="lock"),
        cell(black.TOOL, "gitlab", failure="why"),
    ]
    assert table(cells, Settings()).splitlines() == [
        "integration  mypy     black",
        "jira         ok 1.2s  1 error",
        "gitlab       no lock  failed",
    ]


def test_colour_changes_no_width() -> None:
    cells = [cell(mypy.TOOL, run=CLEAN), cell(ruff.TOOL, failure="why")]
    painted = table(cells, Settings(), colour=True)
    assert painted.replace("\x1b[32m", "").replace("\x1b[1;35m", "").replace("\x1b[0m", "") == table(
        cells, Settings()
    )
    assert painted != table(cells, Settings())


def test_without_integrations_there_is_no_table() -> None:
    assert table([], Settings()) == ""


def test_of_a_large_fleet_only_what_is_not_well_is_shown() -> None:
    cells = [cell(name=f"n{number}", run=CLEAN) for number in range(MOST_ROWS + 1)]
    assert table(cells, Settings()) == ""
    assert table(cells[:-1], Settings()).count("\n") == MOST_ROWS + 1
    cells[7] = replace(cells[7], run=None, failure="why")
    assert [line.split()[0] for line in table(cells, Settings()).splitlines()] == ["integration", "n7"]


@pytest.mark.parametrize("severity", [None, Severity.WARNING])
def test_what_the_repository_does_not_count_as_an_error_is_none_here(severity: Severity | None) -> None:
    told = cell(black.TOOL, run=UNFORMATTED, kept=True)
    assert line_of(told, Settings(severities={"LNT104": severity})) == "jira: black ok"
