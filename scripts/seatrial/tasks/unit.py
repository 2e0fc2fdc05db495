"""The task `unit`: the integrations' own tests."""

from __future__ import annotations

import os
from collections.abc import Sequence

from seatrial import report
from seatrial.lint.run import Cell
from seatrial.tasks.choice import choose, deliver
from seatrial.tasks.cli import jobs_of, note
from seatrial.tasks.lint import end, tell_failures
from seatrial.tasks.own_code import LACKING, OwnCode, RunLimits, run_own_code, seconds_of
from seatrial.tasks.shared_cache import shared_cache
from seatrial.unit.junit import render
from seatrial.unit.outcome import outcome_of
from seatrial.unit.pytest import PYTEST, counts_of
from seatrial.unit.sandboxed import TESTS


def unit(
    integration: list[str],
    root: str | None,
    since: str | None,
    format: str | None,
    output: str | None,
    strict: bool,
    jobs: str | None,
    timeout: str | None,
    network: bool,
    no_cache: bool,
    verbose: bool,
    sandbox: str | None,
    where: str | None = None,
) -> None:
    """Run the tests of the chosen integrations, deliver what fails, and end with the status."""
    seconds = seconds_of(timeout)
    choice = choose(root, integration, since, where=where)
    workspace = choice.workspace
    limits = RunLimits(jobs_of(jobs), seconds, sandbox, no_cache, network)
    shared = None if no_cache or network else shared_cache(workspace, note)
    cells = run_own_code(UNIT, workspace, choice.integrations, limits, shared)
    if verbose:
        _show(cells)
    tell_failures(cells)
    outcome = outcome_of(cells, workspace)
    is_junit = report.choose({} if output else os.environ, format) == "junit"
    text = render(cells, outcome) if is_junit else None
    deliver(outcome, workspace, format, output, verbose, text)
    end(cells, bool(outcome.errors or (strict and outcome.warnings)))


def words_of(cell: Cell) -> str:
    """Return what became of the tests of an integration, such as `31 passed, 2 failed in 8.1s`."""
    if cell.failure:
        return "no result"
    if cell.run is None:
        return LACKING.get(cell.lacking, "no pytest in its lock")
    time = "as kept" if cell.kept else f"in {cell.run.output.seconds:.1f}s"
    return f"{counts_of(cell.run.output)} {time}"


UNIT = OwnCode(TESTS, PYTEST, "running the tests of", words_of)
"""The program that runs an integration's tests."""


def _show(cells: Sequence[Cell]) -> None:
    """Show on standard error what pytest printed where it did not end well."""
    for cell in cells:
        if cell.run and cell.run.output.status:
            note(f"--- {cell.integration.name}: pytest")
            for line in cell.run.output.err.splitlines():
                note(line)
