"""The task `schema`: what the integrations' resource classes accept, asked of the framework."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seatrial.lint.run import Cell
from seatrial.tasks.choice import choose, deliver
from seatrial.tasks.cli import end, jobs_of, note, tell_failures
from seatrial.tasks.own_code import SCHEMA, RunLimits, run_own_code, seconds_of
from seatrial.tasks.shared_cache import shared_cache
from seatrial.unit.framework_schema import answer_in
from seatrial.unit.unit_findings import outcome_of


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
    where: str | None = None,
) -> None:
    """Ask the framework about the chosen integrations, deliver what it refuses, and end with the status."""
    seconds = seconds_of(timeout)
    choice = choose(root, integration, since, where=where)
    limits = RunLimits(jobs_of(jobs), seconds, sandbox, no_cache)
    shared = None if no_cache else shared_cache(choice.workspace, note)
    cells = run_own_code(SCHEMA, choice.workspace, choice.integrations, limits, shared)
    failures = tell_failures((cell.integration.name, cell.failure) for cell in cells)
    outcome = outcome_of(cells, choice.workspace)
    deliver(outcome, choice.workspace, format, output, verbose, more={"schemas": _schemas(cells)})
    end(failures, bool(outcome.errors or (strict and outcome.warnings)))


def _schemas(cells: Sequence[Cell]) -> dict[str, Any]:
    """Return the JSON Schema of each integration's mapping, by name, where the framework gives one."""
    answered = [cell for cell in cells if cell.run and not cell.failure]
    found = ((cell.integration.name, answer_in(cell.run.output)) for cell in answered if cell.run)
    return {name: answer.schema for name, answer in found if answer.schema}
