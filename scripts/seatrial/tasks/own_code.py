"""The tasks `unit` and `schema`, and their parts of `check`: programs that run the integrations' own code."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial import report
from seatrial.core.model import Integration
from seatrial.core.names import counted
from seatrial.lint.own_code.framework_schema import FRAMEWORK, answer_in, words_of
from seatrial.lint.own_code.pytest import PYTEST, counts_of
from seatrial.lint.own_code.sandboxed import CLASSES, TESTS, SandboxedRuns
from seatrial.lint.own_code.unit_findings import outcome_of
from seatrial.lint.own_code.unit_junit import render
from seatrial.lint.own_code.unit_run import SECONDS, run_program
from seatrial.lint.run import Cell, lint_context
from seatrial.lint.tools.tool import Tool
from seatrial.system.remote_cache import RemoteCache
from seatrial.tasks.choice import choose, deliver
from seatrial.tasks.cli import end, jobs_of, note, show_words, tell_failures, time_limit_of
from seatrial.tasks.shared_cache import shared_cache
from seatrial.workspace.workspace import Workspace

LACKING = {"lock": "no lock that can be read", "wheels": "packages in its lock that are no wheels"}
"""Words for what keeps an environment from being made."""


@dataclass(frozen=True)
class OwnCode:
    """A program that runs an integration's own code: its file, the tool it is of, and words for a person.

    `doing` says what is done with the integrations, and `words` returns the result of one.
    """

    program: str
    tool: Tool
    doing: str
    words: Callable[[Cell], str]


@dataclass(frozen=True)
class RunLimits:
    """The limits of runs: how many at once, the seconds of each, the choice of sandbox, new results only, network."""

    jobs: int
    seconds: float
    sandbox: str | None
    fresh: bool = False
    network: bool = False


def seconds_of(text: str | None) -> float:
    """Return the seconds that the tests of an integration may take. Raises UsageError."""
    return time_limit_of(text, SECONDS)


def run_own_code(
    own: OwnCode,
    workspace: Workspace,
    integrations: Sequence[Integration],
    limits: RunLimits,
    shared: RemoteCache | None = None,
) -> list[Cell]:
    """Run the program for each integration, and tell of each when it ends. Raises as `lint_context` does.

    `shared` has results of other machines.
    """
    with lint_context(workspace, limits.jobs, limits.fresh, note, limits.sandbox, shared) as here:
        runs = SandboxedRuns(here.runs.sandbox, here.runs.views, limits.seconds, limits.network, own.program)
        return run_program(here, runs, integrations, _told(own, len(integrations)), own.tool)


def _told(own: OwnCode, total: int) -> Callable[[Cell], None]:
    """Say that the runs begin, and return a function that tells the result of each integration as it ends."""
    note(f"{own.doing} {counted(total, 'integration')}, each in the environment of its lock")
    done = iter(range(1, total + 1))
    return lambda cell: note(f"[{next(done)}/{total}] {cell.integration.name}: {own.words(cell)}")


def _of_tests(cell: Cell) -> str:
    """Return the result of an integration's tests in a few words, such as `31 passed, 2 failed in 8.1s`."""
    if cell.failure:
        return "no result"
    if cell.run is None:
        return LACKING.get(cell.lacking, "no pytest in its lock")
    time = "as kept" if cell.kept else f"in {cell.run.output.seconds:.1f}s"
    return f"{counts_of(cell.run.output)} {time}"


UNIT = OwnCode(TESTS, PYTEST, "running the tests of", _of_tests)
"""The program that runs an integration's tests."""


def _of_framework(cell: Cell) -> str:
    """Return what the framework says of an integration, in a few words."""
    if cell.failure or cell.run is None:
        return (
            LACKING.get(cell.lacking, "no answer") if cell.lacking != "tool" else "no port-ocean in its lock"
        )
    return words_of(answer_in(cell.run.output))


SCHEMA = OwnCode(CLASSES, FRAMEWORK, "asking the framework about", _of_framework)
"""The program that asks the framework about an integration's resource classes."""


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
