"""Single runs of lint tools, on one folder or one for many, as they would run there by hand."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.lint.environments.environment import Environment
from seatrial.lint.run.jobs import LintJob, numbers
from seatrial.lint.run.tool_caches import ToolCaches
from seatrial.lint.run.views import MOST_FOLDERS, Views
from seatrial.lint.run.workers import WorkerPlace, WorkerRequest, Workers
from seatrial.lint.tools import registry
from seatrial.lint.tools.tool import Batch, Output, Tool, ToolRun
from seatrial.system import process
from seatrial.system.sandbox import Sandbox, SandboxLevel, View

SECONDS = 900
"""Seconds after which a tool is ended."""

_BAD_BYTECODE = re.compile(r"marshal data|EOF read where|Non-code object in")
"""What CPython says of a compiled module that was cut short, as a disk that is full leaves it."""


@dataclass(frozen=True)
class ToolRuns:
    """The means of running tools in this run of Seatrial, each in a sandbox.

    What is kept is below `home`, a folder for each tool. `scratch` is an empty folder, and the home of all tools.
    With `fresh`, no cache of a tool is used.
    """

    sandbox: Sandbox
    views: Views
    workers: Workers
    home: Path
    scratch: Path
    fresh: bool = False
    _places: dict[LintJob, WorkerPlace] = field(default_factory=dict)

    def caches(self, tool: Tool) -> ToolCaches:
        """Return the kept caches of a tool."""
        return ToolCaches(self.home / tool.name)

    @property
    def bytecode(self) -> ToolCaches:
        """The folders for compiled modules, which are kept where no tool can change those of another environment."""
        kept = self.sandbox.level is SandboxLevel.NAMESPACES and not self.fresh
        return ToolCaches((self.home if kept else self.scratch) / "bytecode")

    def share(self, ready: Mapping[LintJob, Environment]) -> None:
        """Let jobs in one environment share workers, but for those that must be isolated."""
        by_key: dict[str, list[LintJob]] = {}
        for job, environment in ready.items():
            if not job.isolated and not job.tool.program:
                by_key.setdefault(environment.key, []).append(job)
        for jobs in by_key.values():
            for some in chunks(jobs, MOST_FOLDERS):
                place = self._place(some, ready[some[0]])
                self._places.update(dict.fromkeys(some, place))

    def run(self, job: LintJob, environment: Environment) -> ToolRun:
        """Run the tool for its machine format, and its follow-up. Raises ServiceError."""
        output = self._first(job, environment)
        if output is None or self._is_doubtful(job, output):
            output = self._from_nothing(job, environment)
        further = job.tool.follow_up(output) if job.tool.follow_up else ()
        return ToolRun(output, self.call(job, environment, further) if further else None)

    def _first(self, job: LintJob, environment: Environment) -> Output | None:
        """Call the tool; None where it ended without an answer and may give one without what was kept."""
        try:
            return self.call(job, environment, job.arguments)
        except ServiceError:
            if not self._uses_kept(job):
                raise
            return None

    def _is_doubtful(self, job: LintJob, output: Output) -> bool:
        if not self._uses_kept(job):
            return False
        return bool(job.tool.read(output, None).failure or _BAD_BYTECODE.search(output.err))

    def _uses_kept(self, job: LintJob) -> bool:
        """Return whether a job depends on caches or bytecode of earlier runs, which may be damaged."""
        return not (self.fresh or job.runs_code or job.tool.program or self.workers.closed)

    def call(
        self, job: LintJob, environment: Environment, arguments: Sequence[str], *, writing: bool = False
    ) -> Output:
        """Call the tool once with these arguments in the folder, which it may change if `writing`.

        Raises ServiceError.
        """
        writable = [job.folder.path] if writing else []
        if job.tool.program:
            view = self.views.of([job], environment, writable)
            output = self._program(job.tool, environment, arguments, job.folder.path, view)
        else:
            output = self._module(job, environment, arguments, writable)
        return shortened(output, job, environment)

    def repair(self, job: LintJob, environment: Environment) -> None:
        """Let the tool repair what it safely can. Raises ServiceError."""
        arguments = job.tool.repair(numbers(job.version)) if job.tool.repair else ()
        if arguments:
            self.call(job, environment, arguments, writing=True)

    def seed(self, tool: Tool, source: Path, cache: Path, environment: Environment) -> Output:
        """Run the tool on the source of a seed, with the seed, which is beside it, as its cache."""
        arguments = (".", *(tool.cache.arguments(cache) if tool.cache else ()))
        bytecode = self.bytecode.made(environment.key)
        view = self.views.alone(environment, (source.parent, bytecode))
        place = WorkerPlace(environment.python, view, self._environ(environment), bytecode)
        request = WorkerRequest(tool.name, arguments, os.fspath(source), "", SECONDS, tool.warm)
        return self.workers.ask(place, request, once=True)

    def batch(self, jobs: Sequence[LintJob], batch: Batch, environment: Environment) -> Iterator[ToolRun]:
        """Run a tool once for the folders of several jobs; those without a clear result are run one by one."""
        folders = [os.fspath(job.folder.path) for job in jobs]
        arguments = [*(one for one in jobs[0].arguments if one != "."), *folders]
        view = self.views.of(jobs, environment)
        output = self._program(jobs[0].tool, environment, arguments, self.scratch, view)
        split = batch.split(output, folders)
        for job, folder in zip(jobs, folders, strict=True):
            if folder in split:
                yield ToolRun(replace(split[folder], seconds=output.seconds / len(jobs)))
            else:
                yield self.run(job, environment)

    def _from_nothing(self, job: LintJob, environment: Environment) -> Output:
        """Run a module once more, from nothing: what was kept may be damaged, or the disk full."""
        caches = self.caches(job.tool)
        caches.forget(caches.place(job.folder.path, environment.key))
        self.bytecode.forget(self.bytecode.of(environment.key))
        view = self.views.of([job], environment)
        place = WorkerPlace(environment.python, view, tuple(self.environ.items()))
        return shortened(
            self.workers.ask(place, self._request(job, job.arguments, None), once=True), job, environment
        )

    def _module(
        self,
        job: LintJob,
        environment: Environment,
        arguments: Sequence[str],
        writable: Sequence[Path],
    ) -> Output:
        keeps = job.tool.cache and not self.fresh and not job.runs_code
        cache = self.caches(job.tool).place(job.folder.path, environment.key) if keeps else None
        request = self._request(job, arguments, cache)
        shared = None if writable else self._places.get(job)
        place = shared or self._place([job], environment, writable)
        return self.workers.ask(place, request, once=shared is None)

    def _request(self, job: LintJob, arguments: Sequence[str], cache: Path | None) -> WorkerRequest:
        tool = job.tool
        return WorkerRequest(
            module=tool.name,
            arguments=(*arguments, *(tool.cache.arguments(cache) if tool.cache else ())),
            cwd=os.fspath(job.folder.path),
            lock=os.fspath(self.caches(tool).lock(cache)) if cache else "",
            seconds=SECONDS,
            warm=tool.warm,
        )

    def _place(
        self, jobs: Sequence[LintJob], environment: Environment, writable: Sequence[Path] = ()
    ) -> WorkerPlace:
        """Return the place of a worker for these jobs; what runs code of a folder has nothing that is kept."""
        if any(job.runs_code for job in jobs):
            view = self.views.of(jobs, environment, writable)
            return WorkerPlace(environment.python, view, tuple(self.environ.items()))
        bytecode = self.bytecode.made(environment.key)
        keeping = [tool for tool in registry.TOOLS if tool.cache or tool.environ]
        kept = [] if self.fresh else [self.caches(tool).made(environment.key) for tool in keeping]
        view = self.views.of(jobs, environment, (*writable, bytecode, *kept))
        return WorkerPlace(environment.python, view, self._environ(environment), bytecode)

    def _environ(self, environment: Environment) -> tuple[tuple[str, str], ...]:
        """Return the whole environment of the tools in an environment, with their caches there."""
        home = self.scratch if self.fresh else self.home
        own = (
            tool.environ(ToolCaches(home / tool.name).of(environment.key))
            for tool in registry.TOOLS
            if tool.environ
        )
        variables = {name: value for some in own for name, value in some.items()}
        return tuple({**self.environ, **variables}.items())

    @cached_property
    def environ(self) -> Mapping[str, str]:
        """The environment of every tool: no settings of the person, an empty home."""
        return environ_of(self.scratch)

    def _program(
        self, tool: Tool, environment: Environment, arguments: Sequence[str], cwd: Path, view: View
    ) -> Output:
        started = time.monotonic()
        for program in (folder / tool.name for folder in environment.programs):
            if program.is_file():
                command = self.sandbox.command([os.fspath(program), *arguments], view, cwd)
                ran = process.run_confined(command, self.environ, cwd=cwd, seconds=SECONDS)
                out, err = (part.decode("utf-8", "backslashreplace") for part in (ran.out, ran.err))
                return Output(ran.status, out, err, time.monotonic() - started)
        raise ServiceError(
            f"{tool.name} is locked, and yet its environment {environment.prefixes[0]} "
            "holds no program of that name"
        )


def environ_of(home: Path) -> dict[str, str]:
    """Return an environment with nothing of the person's: no settings, no secrets, an empty home."""
    place = os.fspath(home)
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": place,
        "TMPDIR": place,
        "XDG_CONFIG_HOME": place,
        "XDG_CACHE_HOME": place,
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
        "NO_COLOR": "1",
    }


def chunks(jobs: Sequence[LintJob], size: int) -> Iterator[Sequence[LintJob]]:
    """Yield the jobs in groups of `size` at most."""
    for start in range(0, len(jobs), size):
        yield jobs[start : start + size]


def shortened(output: Output, job: LintJob, environment: Environment, copies: Iterable[Path] = ()) -> Output:
    """Return the output with paths as they would read in the folder itself, of which there may be copies."""
    prefixes = environment.prefixes if job.tool.locked else ()
    swaps = [(f"{prefix}{os.sep}", f".venv{os.sep}") for prefix in prefixes]
    path = job.folder.path
    places = dict.fromkeys((*map(os.fspath, copies), os.fspath(path), os.path.realpath(path)))
    swaps += [(f"{one}{os.sep}", "") for one in places]
    return replace(output, out=_replaced(output.out, swaps), err=_replaced(output.err, swaps))


def _replaced(text: str, swaps: Iterable[tuple[str, str]]) -> str:
    for old, new in swaps:
        text = text.replace(old, new)
    return text
