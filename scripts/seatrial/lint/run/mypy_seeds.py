"""Seeds for the caches of mypy: one for all that share a base and mypy's settings, made while other tools run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from seatrial.lint.run import tool_caches
from seatrial.lint.run.jobs import LintCandidate, LintJob
from seatrial.lint.run.seats import Seated, place_of
from seatrial.lint.run.tool_caches import modules_in
from seatrial.lint.run.toolruns import ToolRuns
from seatrial.lint.tools.tool import Output


def seeds(
    crew: ThreadPoolExecutor, runs: ToolRuns, mypys: Sequence[Seated]
) -> Mapping[LintJob, Future[Path]]:
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
        if seed.is_dir() or len(group) >= tool_caches.WORTH
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
    return runs.caches.seed(base.key, tool_caches.settings_key(candidate.settings))


def _grown(runs: ToolRuns, seed: Path, group: Sequence[Seated]) -> Path:
    """The seed, made where it is not there yet; without it the caches just begin empty."""
    base = group[0].seat.environment.shared if group[0].seat else None
    if base is not None and not seed.is_dir():
        place = place_of(base)
        names = {name for one in group for name in _imports(one.question.candidate)}
        pyproject = group[0].question.candidate.pyproject or b""

        def check(source: Path, cache: Path) -> Output:
            return runs.seed(source, cache, place)

        runs.caches.grow(seed, pyproject, modules_in(base.site, names), check)
    return seed


def _imports(candidate: LintCandidate) -> Iterator[str]:
    for path in candidate.contents.plain:
        if path.endswith(".py"):
            with suppress(OSError):
                yield from tool_caches.imported((candidate.folder / path).read_bytes())
