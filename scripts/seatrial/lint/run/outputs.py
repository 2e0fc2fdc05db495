"""The outputs of a lint run: the tools run, as many at once as allowed, the longest first."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path

from seatrial.core.errors import ServiceError, Unreadable
from seatrial.lint.environments.environment import Environment
from seatrial.lint.run.jobs import LintFolder, LintJob
from seatrial.lint.run.tool_caches import modules_in
from seatrial.lint.run.toolruns import ToolRuns, chunks
from seatrial.lint.run.views import MOST_FOLDERS
from seatrial.lint.tools.tool import Output, Seed, ToolRun
from seatrial.system.folder import read_beneath

WORTH = 3
"""The number of integrations for which a seed is made; making it takes as long as linting one."""

Ready = Mapping[LintJob, Environment]
"""Jobs with their environments."""

Done = Sequence[tuple[LintJob, ToolRun | ServiceError]]


def outputs(runs: ToolRuns, ready: Ready, parallel: int) -> Iterator[tuple[LintJob, ToolRun | ServiceError]]:
    """Do the jobs, and yield each with its run as soon as it is done; those that run code of a folder come last."""
    runs.share(ready)
    with crew_of(runs, parallel) as crew:
        for last in (False, True):
            some = {job: environment for job, environment in ready.items() if job.runs_code is last}
            for future in as_completed(_submitted(crew, runs, some)):
                yield from future.result()


@contextmanager
def crew_of(runs: ToolRuns, parallel: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that run tools; on an exception what waits is dropped and what runs is ended."""
    with ThreadPoolExecutor(parallel) as crew:
        try:
            yield crew
        except BaseException:
            crew.shutdown(wait=False, cancel_futures=True)
            runs.workers.close()
            raise


def _submitted(crew: ThreadPoolExecutor, runs: ToolRuns, ready: Ready) -> list[Future[Done]]:
    """Submit the work in the best order: seeds, batches, jobs that wait for no seed, the others."""
    batches = _batches([job for job in ready if job.fits_batch], ready)
    single = {job: environment for job, environment in ready.items() if not job.fits_batch}
    seeded = _seeds(crew, runs, single)
    work = [crew.submit(_run_batch, runs, batch, ready[batch[0]]) for batch in batches]
    for job in sorted(single, key=lambda job: (job in seeded, -job.cost)):
        work.append(crew.submit(_run_single, runs, job, ready[job], seeded.get(job)))
    return work


def _batches(jobs: Sequence[LintJob], ready: Ready) -> list[Sequence[LintJob]]:
    """Group the jobs that one process can do: with a tool from the same environment."""

    def program(job: LintJob) -> tuple[str, str]:
        return job.tool.name, ready[job].key

    groups = groupby(sorted(jobs, key=program), key=program)
    return [some for _, group in groups for some in chunks(list(group), MOST_FOLDERS)]


def _run_single(runs: ToolRuns, job: LintJob, environment: Environment, seed: Future[Path] | None) -> Done:
    if job.tool.cache and not runs.fresh and not job.runs_code:
        caches = runs.caches(job.tool)
        caches.begin(caches.place(job.folder.path, environment.key), seed.result() if seed else None)
    try:
        return [(job, runs.run(job, environment))]
    except ServiceError as failure:
        return [(job, failure)]


def _run_batch(runs: ToolRuns, jobs: Sequence[LintJob], environment: Environment) -> Done:
    batch = jobs[0].tool.batch
    assert batch is not None
    try:
        return list(zip(jobs, runs.batch(jobs, batch, environment), strict=True))
    except ServiceError:
        return [done for job in jobs for done in _run_single(runs, job, environment, None)]


def _seeds(crew: ThreadPoolExecutor, runs: ToolRuns, ready: Ready) -> Mapping[LintJob, Future[Path]]:
    """Submit the making of seeds; return, for each job without a cache, the seed it starts with, if any."""
    groups: dict[Path, list[LintJob]] = {}
    for job, environment in ready.items():
        seed = None if runs.fresh else _seed_of(runs, job, environment)
        if seed is not None:
            groups.setdefault(seed, []).append(job)
    return {
        job: future
        for seed, group in groups.items()
        if seed.is_dir() or len(group) >= WORTH
        for future in [crew.submit(_grown, runs, seed, group, ready[group[0]])]
        for job in group
    }


def _seed_of(runs: ToolRuns, job: LintJob, environment: Environment) -> Path | None:
    """Return the place of the seed for a job; None where it has a cache, or the tool has no seeds."""
    cache, caches = job.tool.cache, runs.caches(job.tool)
    if cache is None or cache.seed is None or not job.tool.locked or job.folder.pyproject is None:
        return None
    if job.runs_code:
        return None
    if caches.place(job.folder.path, environment.key).is_dir():
        return None
    return caches.seed(environment.shared.key, cache.seed.key(job.folder.tables))


def _grown(runs: ToolRuns, place: Path, group: Sequence[LintJob], environment: Environment) -> Path:
    """Make a seed where it is not there yet, and return its place; without it the caches begin empty."""
    tool, base = group[0].tool, environment.shared
    if tool.cache and tool.cache.seed and not place.is_dir():
        seed = tool.cache.seed
        names = {name for job in group for name in _imports(seed, job.folder)}
        sources = {
            "pyproject.toml": group[0].folder.pyproject or b"",
            "seatrial_seed.py": seed.program(modules_in(base.site, names)).encode(),
        }

        def check(source: Path, cache: Path) -> Output:
            return runs.seed(tool, source, cache, base)

        runs.caches(tool).grow(place, sources, check)
    return place


def _imports(seed: Seed, folder: LintFolder) -> Iterator[str]:
    for path in folder.fingerprint.plain:
        if path.endswith(".py"):
            with suppress(OSError, Unreadable):
                yield from seed.imported(read_beneath(os.fspath(folder.path), path))
