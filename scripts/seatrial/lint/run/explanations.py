"""Explanations of a lint run: why a tool would run again, and what it prints when a person runs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from seatrial.core.errors import ServiceError
from seatrial.core.model import Integration
from seatrial.lint.environments.environment import Environment
from seatrial.lint.run.jobs import Cell, LintJob
from seatrial.lint.run.run_context import LintContext
from seatrial.lint.tools.tool import Tool

MOST = 5
"""The number of changes that are named."""


def reasons(
    context: LintContext, integrations: Sequence[Integration], tools: Sequence[Tool]
) -> Iterator[str]:
    """Yield for each tool on each integration a line that says why it would run again, or not."""
    for job in context.jobs(integrations, tools):
        if isinstance(job, Cell):
            why = f"cannot run: {job.failure or f'there is no {job.lacking}'}"
            yield f"{job.integration.name}: {job.tool.name} {why}"
        else:
            yield f"{job.folder.integration.name}: {job.tool.name} {_reason(context, job)}"


def _reason(context: LintContext, job: LintJob) -> str:
    if job.unkept:
        return f"runs every time: {job.unkept}"
    if context.results.run(job.key) is not None:
        return f"need not run: nothing it depends on changed (key {job.key[:12]})"
    before = context.results.last(job.folder.path, job.tool.name)
    if not before:
        return "would run: it has not run here yet"
    differences = list(islice(changes(before, job.record()), MOST + 1))
    more = ", and more" if len(differences) > MOST else ""
    return f"would run: {', '.join(differences[:MOST]) or 'its result is gone'}{more}"


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Yield the differences between two records of jobs, in words; an older or hostile record differs as a whole."""
    for name in ("recipe", "tool", "arguments", "python"):
        if before.get(name) != after[name]:
            yield _change(name, before.get(name), after[name])
    for name in ("files", "around"):
        old = before.get(name)
        yield from _differences(old if isinstance(old, dict) else {}, after[name])


def _change(name: str, before: Any, after: Any) -> str:
    if name == "recipe":
        return "this Seatrial runs the tools in another way than the one before"
    old, new = (" ".join(one) if isinstance(one, list) else str(one) for one in (before, after))
    return f"{new} now, {old} then" if name != "arguments" else f'called with "{new}" now, "{old}" then'


def _differences(before: Mapping[str, Any], after: Mapping[str, str]) -> Iterator[str]:
    for path in sorted({*before, *after}):
        if path not in before:
            yield f"{path} is new"
        elif path not in after:
            yield f"{path} is gone"
        elif before[path] != after[path]:
            yield f"{path} changed"


def verbatim(context: LintContext, cells: Iterable[Cell]) -> Iterator[tuple[Cell, str]]:
    """Yield what each tool prints that found something or failed; it runs once more, with the arguments people type."""
    shown = {cell.job: cell for cell in cells if cell.job is not None and _reports(cell)}
    for job, environment in context.environments_of(list(shown)).items():
        if isinstance(environment, Environment):
            yield shown[job], _words(context, job, environment)


def _reports(cell: Cell) -> bool:
    return bool(cell.run and (cell.failure or cell.reading.problems or cell.reading.stale))


def _words(context: LintContext, job: LintJob, environment: Environment) -> str:
    try:
        output = context.runs.call(job, environment, job.tool.plain)
    except ServiceError as failure:
        return str(failure)
    return "\n".join(part.rstrip("\n") for part in (output.out, output.err) if part)
