"""The task `schema`: what the integrations' resource classes accept, asked of the framework."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seatrial.core.errors import EXIT_FINDINGS, EXIT_SERVICE
from seatrial.lint.run import Cell, lint_context
from seatrial.tasks.choice import choose, deliver
from seatrial.tasks.cli import Ended, jobs_of, note
from seatrial.tasks.lint import tell_failures
from seatrial.tasks.unit import LACKING, seconds_of, told
from seatrial.unit.outcome import outcome_of
from seatrial.unit.run import unit as run_program
from seatrial.unit.sandboxed import CLASSES, SandboxedRuns
from seatrial.unit.schema import FRAMEWORK, answer_in, words_of


def schema(
    integration: list[str],
    root: str | None,
    since: str | None,
    format: str | None,
    output: str | None,
    strict: bool,
    jobs: str | None,
    timeout: str | None,
    no_cache: bool,
    verbose: bool,
    sandbox: str | None,
) -> None:
    """Ask the framework about the chosen integrations, deliver what it refuses, and end with the status."""
    seconds = seconds_of(timeout)
    choice = choose(root, integration, since)
    with lint_context(choice.workspace, jobs_of(jobs), no_cache, note, sandbox) as here:
        runs = SandboxedRuns(here.runs.sandbox, here.runs.views, seconds, program=CLASSES)
        tell = told(len(choice.integrations), ASKING, said_of)
        cells = run_program(here, runs, choice.integrations, tell, FRAMEWORK)
    tell_failures(cells)
    outcome = outcome_of(cells, choice.workspace)
    deliver(outcome, choice.workspace, format, output, verbose, more={"schemas": _schemas(cells)})
    if any(cell.failure for cell in cells):
        raise Ended(code=EXIT_SERVICE)
    if outcome.errors or (strict and outcome.warnings):
        raise Ended(code=EXIT_FINDINGS)


ASKING = "asking the framework about"
"""What is done with the integrations, for the first line."""


def said_of(cell: Cell) -> str:
    """Return what the framework says of an integration, in a few words."""
    if cell.failure or cell.run is None:
        return (
            LACKING.get(cell.lacking, "no answer") if cell.lacking != "tool" else "no port-ocean in its lock"
        )
    return words_of(answer_in(cell.run.output))


def _schemas(cells: Sequence[Cell]) -> dict[str, Any]:
    """Return the JSON Schema of each integration's mapping, by name, where the framework gives one."""
    answered = [cell for cell in cells if cell.run and not cell.failure]
    found = ((cell.integration.name, answer_in(cell.run.output)) for cell in answered if cell.run)
    return {name: answer.schema for name, answer in found if answer.schema}
