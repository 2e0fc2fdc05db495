"""Answering questions that nothing kept answers: the tools run, as many at once as allowed, the longest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.lint.run.jobs import LintJob, has_own_ruff_settings, largest_first
from seatrial.lint.run.mypy_seeds import seeds
from seatrial.lint.run.seats import Seated
from seatrial.lint.run.toolruns import ToolRuns
from seatrial.lint.tools.tool import ToolRun

Answers = Sequence[tuple[LintJob, ToolRun | ServiceError]]


def answers(
    runs: ToolRuns, seated: Sequence[Seated], jobs: int
) -> Iterator[tuple[LintJob, ToolRun | ServiceError]]:
    """The answer to each question as soon as it is there."""
    with crew_of(runs, jobs) as crew:
        for future in as_completed(_submitted(crew, runs, seated)):
            yield from future.result()


@contextmanager
def crew_of(runs: ToolRuns, jobs: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that run tools; where the work is broken off, what waits is dropped and what runs is ended."""
    with ThreadPoolExecutor(jobs) as crew:
        try:
            yield crew
        except BaseException:
            crew.shutdown(wait=False, cancel_futures=True)
            runs.drivers.close()
            raise


def _submitted(crew: ThreadPoolExecutor, runs: ToolRuns, seated: Sequence[Seated]) -> list[Future[Answers]]:
    """The work, in the order in which it is best begun: seeds, what waits for none, what waits for them."""
    ruffs = [
        one
        for one in seated
        if one.question.tool.name == "ruff" and has_own_ruff_settings(one.question.candidate)
    ]
    singles = {one.question: one for one in seated if one not in ruffs}
    sown = seeds(crew, runs, [one for one in singles.values() if one.question.tool.name == "mypy"])
    work = [crew.submit(_many, runs, batch) for batch in _batches(ruffs)]
    by_cost = [singles[question] for question in largest_first(singles)]
    for one in sorted(by_cost, key=lambda one: one.question in sown):
        work.append(crew.submit(_single, runs, one, sown.get(one.question)))
    return work


def _batches(ruffs: Sequence[Seated]) -> list[Sequence[Seated]]:
    """Those that one process can serve: the same version of ruff."""
    by_version = sorted(ruffs, key=lambda one: one.question.version)
    return [list(batch) for _, batch in groupby(by_version, key=lambda one: one.question.version)]


def _single(runs: ToolRuns, one: Seated, seed: Future[Path] | None) -> Answers:
    question = one.question
    if question.tool.name == "mypy" and not runs.fresh:
        runs.caches.begin(
            runs.caches.place(question.candidate.folder, one.place.key), seed.result() if seed else None
        )
    try:
        return [(question, runs.run(question, one.place))]
    except ServiceError as failure:
        return [(question, failure)]


def _many(runs: ToolRuns, batch: Sequence[Seated]) -> Answers:
    try:
        return list(runs.many([one.question for one in batch], batch[0].place))
    except ServiceError as failure:
        return [(one.question, failure) for one in batch]
