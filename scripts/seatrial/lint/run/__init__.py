"""A lint run in five steps: jobs, known results, environments, outputs, findings (in `outcome`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from seatrial.core.errors import ServiceError
from seatrial.core.model import Integration
from seatrial.lint.environments.environment import Environment
from seatrial.lint.run.fingerprint import fingerprint
from seatrial.lint.run.jobs import Cell, LintFolder, LintJob
from seatrial.lint.run.results import Results
from seatrial.lint.run.run_context import LintContext, lint_context
from seatrial.lint.tools.tool import Tool, ToolRun

__all__ = ["Cell", "LintContext", "is_unchanged", "lint", "lint_context", "shared_by"]


def lint(
    context: LintContext,
    integrations: Sequence[Integration],
    tools: Sequence[Tool],
    tell: Callable[[Cell], None],
) -> list[Cell]:
    """Return a cell for each tool on each integration, in their order; the same for any number of parallel runs.

    `tell` is called with each cell as soon as it is known. Raises UsageError for a wrong choice of Python,
    ServiceError where this machine lacks what all need.
    """
    cells = {}
    for cell in _cells(context, integrations, tools):
        cells[cell.integration.path, cell.tool.name] = cell
        tell(cell)
    return [cells[one.path, tool.name] for one in integrations for tool in tools]


def _cells(
    context: LintContext, integrations: Sequence[Integration], tools: Sequence[Tool]
) -> Iterator[Cell]:
    unknown = []
    for job in context.jobs(integrations, tools):
        cell = job if isinstance(job, Cell) else _known(context, job)
        if cell is not None:
            yield cell
        elif isinstance(job, LintJob):
            unknown.append(job)
    elsewhere = {} if context.fresh else shared_by(context.results, unknown)
    yield from elsewhere.values()
    if missing := [job for job in unknown if job not in elsewhere]:
        yield from _run(context, missing)
        context.results.send()


def _known(context: LintContext, job: LintJob) -> Cell | None:
    """Return the cell of a job whose result was kept."""
    run = None if context.fresh or job.unkept else context.results.run(job.key)
    return Cell(job.folder.integration, job.tool, run, kept=True, job=job) if run else None


def shared_by(results: Results, jobs: Sequence[LintJob]) -> dict[LintJob, Cell]:
    """Return the cells of jobs whose results the shared cache has, where each is a verdict."""
    asked = [job for job in jobs if not job.unkept]
    runs = results.shared({job.key: job.cost for job in asked})
    cells = {job: Cell(job.folder.integration, job.tool, runs.get(job.key), True, job=job) for job in asked}
    return {
        job: one
        for job, one in cells.items()
        if one.run and not job.tool.read(one.run.output, one.run.more).failure
    }


def _run(context: LintContext, unknown: Sequence[LintJob]) -> Iterator[Cell]:
    from seatrial.lint.run.outputs import outputs

    ready = {}
    for job, environment in context.environments_of(unknown).items():
        if isinstance(environment, Environment):
            ready[job] = environment
        else:
            yield environment
    for job, run in outputs(context.runs, ready, context.parallel):
        yield _cell(context, job, run)
    context.sweep(time.time())


def _cell(context: LintContext, job: LintJob, run: ToolRun | ServiceError) -> Cell:
    """Return the cell of a new run, which is kept if it is a verdict on what is still in the folder."""
    integration, tool = job.folder.integration, job.tool
    if isinstance(run, ServiceError):
        return Cell(integration, tool, failure=str(run), job=job)
    failure = tool.read(run.output, run.more).failure
    if not failure and not job.unkept and is_unchanged(job.folder):
        context.results.keep(job.key, run)
    context.results.remember(job.folder.path, tool.name, job.record())
    return Cell(integration, tool, run, failure=failure, job=job)


def is_unchanged(folder: LintFolder) -> bool:
    """Return whether a folder still holds what was read of it."""
    try:
        return fingerprint(folder.path, folder.root) == folder.fingerprint
    except OSError:
        return False
