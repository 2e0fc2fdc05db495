"""Why a tool would run again on an integration, or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from seatrial.core.model import Integration
from seatrial.lint.run.context import Cell, LintContext
from seatrial.lint.run.jobs import LintJob
from seatrial.lint.run.keys import changes
from seatrial.lint.run.questions import candidates, questions
from seatrial.lint.tools.tool import Tool

MOST = 5
"""No more changes than this are named."""


def reasons(bench: LintContext, integrations: Sequence[Integration], tools: Sequence[Tool]) -> Iterator[str]:
    """A line for each tool on each integration."""
    for candidate in candidates(bench, integrations):
        for asked in questions(bench, candidate, tools):
            said = _of_cell(asked) if isinstance(asked, Cell) else _of_question(bench, asked)
            yield f"{candidate.integration.name}: {asked.tool.name} {said}"


def _of_cell(cell: Cell) -> str:
    return f"cannot run: {cell.failure}" if cell.failure else f"cannot run: there is no {cell.lacking}"


def _of_question(bench: LintContext, question: LintJob) -> str:
    key = question.basis.key
    if question.unkept:
        return f"runs every time: {question.unkept}"
    if bench.results.run(key) is not None:
        return f"need not run: nothing it depends on changed (key {key[:12]})"
    before = bench.results.last(question.candidate.folder, question.tool.name)
    if not before:
        return "would run: it has not run here yet"
    differences = list(islice(changes(before, question.basis.record()), MOST + 1))
    more = ", and more" if len(differences) > MOST else ""
    return f"would run: {', '.join(differences[:MOST]) or 'its result is gone'}{more}"
