"""Linting integrations: read what there is, look up what is known, run the rest, keep the answers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from seatrial.core.errors import ServiceError
from seatrial.core.model import Integration
from seatrial.lint.run.context import Cell, LintContext, Tell, lint_context
from seatrial.lint.run.fingerprint import contents
from seatrial.lint.run.jobs import LintCandidate, LintJob
from seatrial.lint.run.questions import candidates, questions
from seatrial.lint.tools.tool import Tool, ToolRun

__all__ = ["Cell", "LintContext", "Tell", "lint", "lint_context"]


def lint(
    context: LintContext, integrations: Sequence[Integration], tools: Sequence[Tool], tell: Tell
) -> list[Cell]:
    """One cell for each tool on each integration, in their order; the same for any number of jobs.

    Raises UsageError for a wrong choice of Python, ServiceError where this machine lacks what all need.
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
    for candidate in candidates(context, integrations):
        for asked in questions(context, candidate, tools):
            run = _known(context, asked) if isinstance(asked, LintJob) else None
            if isinstance(asked, Cell):
                yield asked
            elif run is not None:
                yield Cell(asked.candidate.integration, asked.tool, run, kept=True, question=asked)
            else:
                unknown.append(asked)
    if unknown:
        yield from _answered(context, unknown)


def _known(context: LintContext, question: LintJob) -> ToolRun | None:
    return None if context.fresh or question.unkept else context.results.run(question.basis.key)


def _answered(context: LintContext, unknown: Sequence[LintJob]) -> Iterator[Cell]:
    from seatrial.lint.run.answers import answers
    from seatrial.lint.run.seats import seated

    ready = []
    for seat in seated(context, unknown):
        if isinstance(seat, Cell):
            yield seat
        else:
            ready.append(seat)
    for question, answer in answers(context.runs, ready, context.jobs):
        yield _cell(context, question, answer)
    context.sweep(time.time())


def _cell(context: LintContext, question: LintJob, answer: ToolRun | ServiceError) -> Cell:
    """The cell of a new answer, which is kept if it is a verdict on what still lies there."""
    of, tool = question.candidate.integration, question.tool
    if isinstance(answer, ServiceError):
        return Cell(of, tool, failure=str(answer), question=question)
    failure = tool.read(answer.output, answer.more).failure
    if not failure and not question.unkept and _unchanged(context, question.candidate):
        context.results.keep(question.basis.key, answer)
    context.results.remember(question.candidate.folder, tool.name, question.basis.record())
    return Cell(of, tool, answer, failure=failure, question=question)


def _unchanged(context: LintContext, candidate: LintCandidate) -> bool:
    try:
        return contents(candidate.folder, context.workspace.root) == candidate.contents
    except OSError:
        return False
