"""Answering questions that nothing kept answers: the tools run, as many at once as allowed, the longest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from seatrial.environments import Environment
from seatrial.errors import ServiceError
from seatrial.lint import seeding
from seatrial.lint.plan import Candidate, Question, has_own_ruff_settings, largest_first
from seatrial.lint.requirements import Requirements
from seatrial.lint.tool import Output, Run
from seatrial.seeds import modules_in
from seatrial.toolruns import OWN, Place, ToolRuns

Answers = Sequence[tuple[Question, Run | ServiceError]]


@dataclass(frozen=True)
class Seat:
    """Where the tools of an integration run: its environment, and what that was made from."""

    environment: Environment
    requirements: Requirements

    def place(self, question: Question) -> Place:
        """Where this tool runs: the base shared with others, if that holds all the tool makes use of."""
        base = self.environment.base
        needed = self.requirements.closure({question.tool.name, *question.tool.companions})
        if base is not None and question.tool.name != "mypy" and needed <= base.packages.keys():
            return _place(base)
        return _place(self.environment)


def _place(environment: Environment) -> Place:
    layers = [environment, *([environment.base] if environment.base else [])]
    return Place(
        python=environment.python,
        programs=[layer.python.parent for layer in layers],
        prefixes=[layer.python.parent.parent for layer in layers],
        key=environment.key,
    )


@dataclass(frozen=True)
class Seated:
    """A question, and where it is answered; Seatrial's own environment where there is no seat."""

    question: Question
    seat: Seat | None = None

    @property
    def place(self) -> Place:
        """Where the tool runs."""
        return self.seat.place(self.question) if self.seat else OWN


def answers(
    runs: ToolRuns, seated: Sequence[Seated], jobs: int
) -> Iterator[tuple[Question, Run | ServiceError]]:
    """The answer to each question as soon as it is there."""
    with ThreadPoolExecutor(jobs) as crew:
        try:
            for future in as_completed(_submitted(crew, runs, seated)):
                yield from future.result()
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
    seeds = _seeds(crew, runs, [one for one in singles.values() if one.question.tool.name == "mypy"])
    work = [crew.submit(_many, runs, batch) for batch in _batches(ruffs)]
    by_cost = [singles[question] for question in largest_first(singles)]
    for one in sorted(by_cost, key=lambda one: one.question in seeds):
        work.append(crew.submit(_single, runs, one, seeds.get(one.question)))
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


def _seeds(
    crew: ThreadPoolExecutor, runs: ToolRuns, mypys: Sequence[Seated]
) -> Mapping[Question, Future[Path]]:
    """For each question that has no cache yet, the seed it begins with, where one is there or worth making."""
    if runs.fresh:
        return {}
    groups: dict[Path, list[Seated]] = {}
    for one in mypys:
        if (seed := _seed_of(runs, one)) is not None:
            groups.setdefault(seed, []).append(one)
    return {
        one.question: future
        for seed, group in groups.items()
        if seed.is_dir() or len(group) >= seeding.WORTH
        for future in [crew.submit(_grown, runs, seed, group)]
        for one in group
    }


def _seed_of(runs: ToolRuns, one: Seated) -> Path | None:
    """Where the seed for this question would lie; None where a cache is there already, or nothing is shared."""
    base = one.seat.environment.shared if one.seat else None
    candidate = one.question.candidate
    started = runs.caches.place(candidate.folder, one.place.key).is_dir()
    if base is None or started or candidate.pyproject is None:
        return None
    return runs.caches.seed(base.key, seeding.settings_key(candidate.settings))


def _grown(runs: ToolRuns, seed: Path, group: Sequence[Seated]) -> Path:
    """The seed, made where it is not there yet; without it the caches just begin empty."""
    base = group[0].seat.environment.shared if group[0].seat else None
    if base is not None and not seed.is_dir():
        place = _place(base)
        names = {name for one in group for name in _imports(one.question.candidate)}
        pyproject = group[0].question.candidate.pyproject or b""

        def check(source: Path, cache: Path) -> Output:
            return runs.seed(source, cache, place)

        runs.caches.grow(seed, pyproject, modules_in(base.site, names), check)
    return seed


def _imports(candidate: Candidate) -> Iterable[str]:
    for path in candidate.contents.files:
        if path.endswith(".py"):
            try:
                yield from seeding.imported((candidate.folder / path).read_bytes())
            except OSError:
                continue
