"""Linting integrations: read what there is, look up what is known, run the rest, keep the answers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from seatrial.contents import contents
from seatrial.errors import ServiceError
from seatrial.lint.plan import Candidate, Question
from seatrial.lint.tool import Run, Tool
from seatrial.linting.asking import candidates, questions
from seatrial.linting.bench import Bench, Cell, Tell, bench
from seatrial.model import Integration

__all__ = ["Bench", "Cell", "Tell", "bench", "lint"]


def lint(bench: Bench, integrations: Sequence[Integration], tools: Sequence[Tool], tell: Tell) -> list[Cell]:
    """One cell for each tool on each integration, in their order; the same for any number of jobs.

    Raises UsageError for a wrong choice of Python, ServiceError where this machine lacks what all need.
    """
    cells = {}
    for cell in _cells(bench, integrations, tools):
        cells[cell.integration.path, cell.tool.name] = cell
        tell(cell)
    return [cells[one.path, tool.name] for one in integrations for tool in tools]


def _cells(bench: Bench, integrations: Sequence[Integration], tools: Sequence[Tool]) -> Iterator[Cell]:
    unknown = []
    for candidate in candidates(bench, integrations):
        for asked in questions(bench, candidate, tools):
            run = _known(bench, asked) if isinstance(asked, Question) else None
            if isinstance(asked, Cell):
                yield asked
            elif run is not None:
                yield Cell(asked.candidate.integration, asked.tool, run, kept=True, question=asked)
            else:
                unknown.append(asked)
    if unknown:
        yield from _answered(bench, unknown)


def _known(bench: Bench, question: Question) -> Run | None:
    return None if bench.fresh or question.unkept else bench.results.run(question.basis.key)


def _answered(bench: Bench, unknown: Sequence[Question]) -> Iterator[Cell]:
    from seatrial.linting.answering import answers
    from seatrial.linting.seating import seated

    ready = []
    for seat in seated(bench, unknown):
        if isinstance(seat, Cell):
            yield seat
        else:
            ready.append(seat)
    for question, answer in answers(bench.runs, ready, bench.jobs):
        yield _cell(bench, question, answer)
    bench.sweep(time.time())


def _cell(bench: Bench, question: Question, answer: Run | ServiceError) -> Cell:
    """The cell of a new answer, which is kept if it is a verdict on what still lies there."""
    of, tool = question.candidate.integration, question.tool
    if isinstance(answer, ServiceError):
        return Cell(of, tool, failure=str(answer), question=question)
    failure = tool.read(answer.output, answer.more).failure
    if not failure and not question.unkept and _unchanged(bench, question.candidate):
        bench.results.keep(question.basis.key, answer)
    bench.results.remember(question.candidate.folder, tool.name, question.basis.record())
    return Cell(of, tool, answer, failure=failure, question=question)


def _unchanged(bench: Bench, candidate: Candidate) -> bool:
    try:
        return contents(candidate.folder, bench.workspace.root) == candidate.contents
    except OSError:
        return False
