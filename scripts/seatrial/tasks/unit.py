"""The task `unit`: the integrations' own tests."""

from __future__ import annotations

import os
from collections.abc import Sequence

from seatrial import report
from seatrial.lint.run import Cell
from seatrial.tasks.choice import choose, deliver
from seatrial.tasks.cli import end, jobs_of, note, show_words, tell_failures
from seatrial.tasks.own_code import UNIT, RunLimits, run_own_code, seconds_of
from seatrial.tasks.shared_cache import shared_cache
from seatrial.unit.unit_findings import outcome_of
from seatrial.unit.unit_junit import render


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
    failures = tell_failures((cell.integration.name, cell.failure) for cell in cells)
    outcome = outcome_of(cells, workspace)
    is_junit = report.choose({} if output else os.environ, format) == "junit"
    text = render(cells, outcome) if is_junit else None
    deliver(outcome, workspace, format, output, verbose, text)
    end(failures, bool(outcome.errors or (strict and outcome.warnings)))


def _show(cells: Sequence[Cell]) -> None:
    """Show on standard error what pytest printed where it did not end well."""
    for cell in cells:
        if cell.run and cell.run.output.status:
            note(f"--- {cell.integration.name}: pytest")
            show_words(cell.run.output.err)
