"""The findings of runs of tests, or of questions to the framework."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seatrial.core.findings import Outcome, stamped
from seatrial.core.model import Finding, Integration, Problem, Severity
from seatrial.core.rules import Rule
from seatrial.lint.own_code.framework_schema import FRAMEWORK, answer_in, problems_of
from seatrial.lint.own_code.pytest import PYTEST, found_in, no_tests, no_tests_collected
from seatrial.lint.run.jobs import Cell
from seatrial.lint.run.tool_findings import refused_sources
from seatrial.lint.tools.registry import (
    lint_without_lock,
    unlocked_tool,
    without_lock,
    without_tool,
)
from seatrial.workspace.workspace import Workspace


def outcome_of(cells: Sequence[Cell], workspace: Workspace) -> Outcome:
    """Return all findings, in order; a missing lock or package is reported as lint does, in the same words."""
    findings = [one for cell in cells for one in _findings(cell, workspace)]
    names = tuple(cell.integration.name for cell in cells)
    failed = tuple(cell.integration.name for cell in cells if cell.failure)
    return Outcome(tuple(sorted(findings, key=lambda finding: finding.sort_key)), names, unjudged=failed)


def _findings(cell: Cell, workspace: Workspace) -> Sequence[Finding]:
    stated, profile = workspace.settings.severities, workspace.profile
    found = (*_lacking(cell), *_found(cell))
    return stamped(
        cell.integration, ((law.code, law.name, law.weight(stated, profile, one), one) for law, one in found)
    )


def _found(cell: Cell) -> Iterator[tuple[Rule, Problem]]:
    if cell.run is None or cell.failure:
        return
    if cell.tool is FRAMEWORK:
        yield from problems_of(cell.integration, answer_in(cell.run.output))
    else:
        yield from found_in(cell.run.output)


def _lacking(cell: Cell) -> Iterator[tuple[Rule, Problem]]:
    """Yield why the program cannot be run, if that is a fault of the integration."""
    if cell.lacking == "lock":
        yield lint_without_lock, without_lock([cell.tool.name])
    elif cell.lacking == "tool" and cell.tool is FRAMEWORK:
        return
    elif cell.lacking == "tool" and _has_tests(cell.integration):
        yield unlocked_tool, without_tool(PYTEST.name)
    elif cell.lacking == "tool":
        message = "there are no tests, and pytest is not among the locked packages"
        problem = no_tests(message)
        yield no_tests_collected, Problem(problem.where, message, problem.fix, severity=Severity.INFO)
    yield from refused_sources([cell])


def _has_tests(integration: Integration) -> bool:
    """Return whether a file has a name by which pytest finds tests by default."""
    names = (path.rpartition("/")[2] for path in integration.paths() if path.endswith(".py"))
    return any(name.startswith("test_") or name.endswith("_test.py") for name in names)
