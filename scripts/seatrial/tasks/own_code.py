"""Runs of programs that run integrations' own code, for the tasks `unit`, `schema` and `check`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seatrial.core.model import Integration
from seatrial.core.names import counted
from seatrial.lint.run import Cell, lint_context
from seatrial.lint.tools.tool import Tool
from seatrial.system.remote_cache import RemoteCache
from seatrial.tasks.cli import note, time_limit_of
from seatrial.unit.framework_schema import FRAMEWORK, answer_in, words_of
from seatrial.unit.pytest import PYTEST, counts_of
from seatrial.unit.sandboxed import CLASSES, TESTS, SandboxedRuns
from seatrial.unit.unit_run import SECONDS, run_program
from seatrial.workspace.workspace import Workspace

LACKING = {"lock": "no lock that can be read", "wheels": "packages in its lock that are no wheels"}
"""Words for what keeps an environment from being made."""


@dataclass(frozen=True)
class OwnCode:
    """A program that runs an integration's own code: its file, the tool it is of, and words for a person.

    `doing` says what is done with the integrations, `words` what became of one.
    """

    program: str
    tool: Tool
    doing: str
    words: Callable[[Cell], str]


@dataclass(frozen=True)
class RunLimits:
    """The most runs side by side, the seconds of each, whether results are made afresh, and the sandbox's choice."""

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
    """Run the program of each integration, and tell of each that ends. Raises as `lint_context` does.

    `shared` has results of other machines.
    """
    with lint_context(workspace, limits.jobs, limits.fresh, note, limits.sandbox, shared) as here:
        runs = SandboxedRuns(here.runs.sandbox, here.runs.views, limits.seconds, limits.network, own.program)
        return run_program(here, runs, integrations, _told(own, len(integrations)), own.tool)


def _told(own: OwnCode, total: int) -> Callable[[Cell], None]:
    """Say what begins, and return a function that tells of each integration as it ends."""
    note(f"{own.doing} {counted(total, 'integration')}, each in the environment of its lock")
    done = iter(range(1, total + 1))
    return lambda cell: note(f"[{next(done)}/{total}] {cell.integration.name}: {own.words(cell)}")


def _of_tests(cell: Cell) -> str:
    """Return what became of the tests of an integration, such as `31 passed, 2 failed in 8.1s`."""
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
