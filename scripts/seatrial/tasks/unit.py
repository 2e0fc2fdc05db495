"""The task `unit`: the integrations' own tests."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence

from seatrial import report
from seatrial.core.errors import EXIT_FINDINGS, EXIT_SERVICE, UsageError
from seatrial.core.printable import plain
from seatrial.lint.run import Cell, lint_context
from seatrial.tasks.choice import choose, deliver
from seatrial.tasks.cli import Ended, jobs_of, note
from seatrial.tasks.lint import tell_failures
from seatrial.unit.junit import render
from seatrial.unit.outcome import outcome_of
from seatrial.unit.pytest import counts_of
from seatrial.unit.run import SECONDS
from seatrial.unit.run import unit as run_tests
from seatrial.unit.sandboxed import SandboxedRuns


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
) -> None:
    """Run the tests of the chosen integrations, deliver what fails, and end with the status."""
    seconds = seconds_of(timeout)
    choice = choose(root, integration, since)
    workspace, chosen = choice.workspace, choice.integrations
    with lint_context(workspace, jobs_of(jobs), no_cache, note, sandbox) as here:
        runs = SandboxedRuns(here.runs.sandbox, here.runs.views, seconds, network)
        cells = run_tests(here, runs, chosen, told(len(chosen)))
    if verbose:
        _show(cells)
    tell_failures(cells)
    outcome = outcome_of(cells, workspace)
    is_junit = report.choose({} if output else os.environ, format) == "junit"
    text = render(cells, outcome) if is_junit else None
    deliver(outcome, workspace, format, output, verbose, text)
    if any(cell.failure for cell in cells):
        raise Ended(code=EXIT_SERVICE)
    if outcome.errors or (strict and outcome.warnings):
        raise Ended(code=EXIT_FINDINGS)


LACKING = {"lock": "no lock that can be read", "wheels": "packages in its lock that are no wheels"}
"""Words for what keeps an environment from being made."""


def seconds_of(text: str | None) -> float:
    """Return the seconds that the tests of an integration may take. Raises UsageError."""
    if not text:
        return SECONDS
    if not re.fullmatch(r"[0-9]{1,6}", text, re.ASCII) or not int(text):
        raise UsageError(f'the time limit is a number of seconds from 1 on, not "{plain(text)[:60]}"')
    return int(text)


def told(
    total: int,
    doing: str = "running the tests of",
    words: Callable[[Cell], str] | None = None,
) -> Callable[[Cell], None]:
    """Say what begins, and return a function that tells of each integration, in `words`, as it ends."""
    note(f"{doing} {total} integration{'s'[: total - 1]}, each in the environment of its lock")
    done = iter(range(1, total + 1))

    def tell(cell: Cell) -> None:
        note(f"[{next(done)}/{total}] {cell.integration.name}: {(words or words_of)(cell)}")

    return tell


def words_of(cell: Cell) -> str:
    """Return what became of the tests of an integration, such as `31 passed, 2 failed in 8.1s`."""
    if cell.failure:
        return "no result"
    if cell.run is None:
        return LACKING.get(cell.lacking, "no pytest in its lock")
    time = "as kept" if cell.kept else f"in {cell.run.output.seconds:.1f}s"
    return f"{counts_of(cell.run.output)} {time}"


def _show(cells: Sequence[Cell]) -> None:
    """Show on standard error what pytest printed where it did not end well."""
    for cell in cells:
        if cell.run and cell.run.output.status:
            note(f"--- {cell.integration.name}: pytest")
            for line in cell.run.output.err.splitlines():
                note(line)
