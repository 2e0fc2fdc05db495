"""Runs of a program, such as the tests, on many integrations: kept results, environments, several in parallel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Protocol

from seatrial.core.errors import ServiceError
from seatrial.core.model import Integration
from seatrial.lint.environments.environment import Environment
from seatrial.lint.own_code.pytest import PYTEST
from seatrial.lint.run import is_unchanged, shared_by
from seatrial.lint.run.jobs import Cell, LintJob
from seatrial.lint.run.results import Results
from seatrial.lint.tools.tool import Tool, ToolRun

SECONDS = 600
"""The default limit of one run, in seconds."""

Tell = Callable[[Cell], None]


class Jobs(Protocol):
    """The part of a `LintContext` that these runs need."""

    @property
    def parallel(self) -> int:
        """The most runs in parallel."""

    @property
    def fresh(self) -> bool:
        """Whether kept results are ignored."""

    @property
    def results(self) -> Results:
        """The results of earlier runs."""

    def jobs(self, integrations: Sequence[Integration], tools: Sequence[Tool]) -> Iterator[LintJob | Cell]:
        """Yield a job for each integration and tool, or a cell where the tool cannot run."""

    def environments_of(self, jobs: Sequence[LintJob]) -> Mapping[LintJob, Environment | Cell]:
        """Return the environment of each job, or a cell that says why there is none."""


class Runs(Protocol):
    """Runs the program once for each job, as `sandboxed.SandboxedRuns` does."""

    @property
    def network(self) -> bool:
        """Whether the program may use the network; then no result is kept."""

    def run(self, job: LintJob, environment: Environment) -> ToolRun:
        """Run the program on a folder. Raises ServiceError."""

    def close(self) -> None:
        """End all runs."""


def run_program(
    context: Jobs, runs: Runs, integrations: Sequence[Integration], tell: Tell, tool: Tool = PYTEST
) -> list[Cell]:
    """Return a cell for each integration, in their order; `tell` is called with each as soon as it is known.

    Only results without a failure are kept: a test may fail by chance, or because of the date.
    """
    cells = {}
    for cell in _cells(context, runs, integrations, tool):
        cells[cell.integration.path] = cell
        tell(cell)
    return [cells[one.path] for one in integrations]


def _cells(context: Jobs, runs: Runs, integrations: Sequence[Integration], tool: Tool) -> Iterator[Cell]:
    unknown = []
    for job in context.jobs(integrations, [tool]):
        cell = job if isinstance(job, Cell) else _known(context, runs, job)
        if cell is not None:
            yield cell
        elif isinstance(job, LintJob):
            unknown.append(job)
    is_asked = not (context.fresh or runs.network)
    elsewhere = shared_by(context.results, unknown) if is_asked else {}
    good = {job: cell for job, cell in elsewhere.items() if cell.run and _is_good(cell.run, cell)}
    yield from good.values()
    ready, missing = {}, [job for job in unknown if job not in good]
    for job, environment in context.environments_of(missing).items() if missing else ():
        if isinstance(environment, Cell):
            yield environment
        else:
            ready[job] = environment
    yield from _run(context, runs, ready)
    context.results.send()


def _known(context: Jobs, runs: Runs, job: LintJob) -> Cell | None:
    run = None if context.fresh or job.unkept or runs.network else context.results.run(job.key)
    return Cell(job.folder.integration, job.tool, run, kept=True, job=job) if run else None


def _run(context: Jobs, runs: Runs, ready: Mapping[LintJob, Environment]) -> Iterator[Cell]:
    """Run the jobs, the costliest first; an exception ends those that are running."""
    with ThreadPoolExecutor(context.parallel) as crew:
        try:
            order = sorted(ready, key=lambda job: -job.cost)
            work = [crew.submit(_cell, context, runs, job, ready[job]) for job in order]
            for done in as_completed(work):
                yield done.result()
        except BaseException:
            crew.shutdown(wait=False, cancel_futures=True)
            runs.close()
            raise


def _cell(context: Jobs, runs: Runs, job: LintJob, environment: Environment) -> Cell:
    try:
        run = runs.run(job, environment)
    except ServiceError as failed:
        return Cell(job.folder.integration, job.tool, failure=str(failed), job=job)
    cell = Cell(
        job.folder.integration, job.tool, run, failure=job.tool.read(run.output, None).failure, job=job
    )
    if _is_good(run, cell) and not (job.unkept or runs.network) and is_unchanged(job.folder):
        context.results.keep(job.key, run)
    return cell


def _is_good(run: ToolRun, cell: Cell) -> bool:
    return not (run.output.status or cell.failure or cell.reading.problems)
