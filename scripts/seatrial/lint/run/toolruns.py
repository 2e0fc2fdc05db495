"""Single runs of lint tools, on one folder or one for many, as they would run there by hand."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.lint.environments.environment import Environment
from seatrial.lint.run.jobs import LintJob, numbers
from seatrial.lint.run.tool_caches import ToolCaches
from seatrial.lint.run.workers import WorkerRequest, Workers
from seatrial.lint.tools import registry
from seatrial.lint.tools.tool import Batch, Output, Tool, ToolRun
from seatrial.system import process

SECONDS = 900
"""Seconds after which a tool is ended."""


@dataclass(frozen=True)
class ToolRuns:
    """The means of running tools in this run of Seatrial.

    The tools' caches are below `home`, a folder for each tool. `scratch` is an empty folder. With `fresh`, no
    cache of a tool is used. `environ` is the whole environment of the tools.
    """

    workers: Workers
    home: Path
    scratch: Path
    environ: Mapping[str, str]
    fresh: bool = False

    def caches(self, tool: Tool) -> ToolCaches:
        """Return the kept caches of a tool."""
        return ToolCaches(self.home / tool.name)

    def run(self, job: LintJob, environment: Environment) -> ToolRun:
        """Run the tool for its machine format, and its follow-up. Raises ServiceError."""
        output = self.call(job, environment, job.arguments)
        if job.tool.cache and not self.fresh and job.tool.read(output, None).failure:
            output = self._without_cache(job, environment)
        further = job.tool.follow_up(output) if job.tool.follow_up else ()
        return ToolRun(output, self.call(job, environment, further) if further else None)

    def call(self, job: LintJob, environment: Environment, arguments: Sequence[str]) -> Output:
        """Call the tool once with these arguments in the folder. Raises ServiceError."""
        if job.tool.program:
            output = self._program(job.tool, environment, arguments, job.folder.path)
        else:
            output = self._module(job, environment, arguments, self.fresh)
        return _local(output, job, environment)

    def repair(self, job: LintJob, environment: Environment) -> None:
        """Let the tool repair what it safely can. Raises ServiceError."""
        arguments = job.tool.repair(numbers(job.version)) if job.tool.repair else ()
        if arguments:
            self.call(job, environment, arguments)

    def seed(self, tool: Tool, source: Path, cache: Path, environment: Environment) -> Output:
        """Run the tool on the source of a seed, with the seed as its cache."""
        arguments = (".", *(tool.cache.arguments(cache) if tool.cache else ()))
        request = WorkerRequest(tool.name, arguments, os.fspath(source), "", SECONDS, tool.warm)
        return self.workers.ask(environment.python, request)

    def batch(self, jobs: Sequence[LintJob], batch: Batch, environment: Environment) -> Iterator[ToolRun]:
        """Run a tool once for the folders of several jobs; those without a clear result are run one by one."""
        folders = [os.fspath(job.folder.path) for job in jobs]
        arguments = [*(one for one in jobs[0].arguments if one != "."), *folders]
        output = self._program(jobs[0].tool, environment, arguments, self.scratch)
        split = batch.split(output, folders)
        for job, folder in zip(jobs, folders, strict=True):
            if folder in split:
                yield ToolRun(replace(split[folder], seconds=output.seconds / len(jobs)))
            else:
                yield self.run(job, environment)

    def _without_cache(self, job: LintJob, environment: Environment) -> Output:
        """Run a module once more, from nothing: what it kept may be damaged, or the disk full."""
        caches = self.caches(job.tool)
        caches.forget(caches.place(job.folder.path, environment.key))
        return _local(self._module(job, environment, job.arguments, fresh=True), job, environment)

    def _module(
        self, job: LintJob, environment: Environment, arguments: Sequence[str], fresh: bool
    ) -> Output:
        tool, caches = job.tool, self.caches(job.tool)
        cache = caches.place(job.folder.path, environment.key) if tool.cache and not fresh else None
        request = WorkerRequest(
            module=tool.name,
            arguments=(*arguments, *(tool.cache.arguments(cache) if tool.cache else ())),
            cwd=os.fspath(job.folder.path),
            lock=os.fspath(caches.lock(cache)) if cache else "",
            seconds=SECONDS,
            warm=tool.warm,
        )
        return self.workers.ask(environment.python, request)

    def _program(self, tool: Tool, environment: Environment, arguments: Sequence[str], cwd: Path) -> Output:
        started = time.monotonic()
        for program in (folder / tool.name for folder in environment.programs):
            if program.is_file():
                command = [os.fspath(program), *arguments]
                ran = process.run(command, cwd=cwd, env=self.environ, clean=True, seconds=SECONDS)
                out, err = (part.decode("utf-8", "backslashreplace") for part in (ran.out, ran.err))
                return Output(ran.status, out, err, time.monotonic() - started)
        raise ServiceError(
            f"{tool.name} is locked, and yet its environment {environment.prefixes[0]} "
            "holds no program of that name"
        )


def environ_of(scratch: Path, caches: Path) -> dict[str, str]:
    """Return the whole environment of the tools: no settings of the person, an empty home, their shared caches."""
    home = os.fspath(scratch)
    kept = {name: os.environ[name] for name in ("TMPDIR", "SYSTEMROOT") if name in os.environ}
    own = (tool.environ(caches / tool.name) for tool in registry.TOOLS if tool.environ)
    return {
        **kept,
        "PATH": "/usr/bin:/bin",
        "HOME": home,
        "XDG_CONFIG_HOME": home,
        "XDG_CACHE_HOME": home,
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
        "NO_COLOR": "1",
        **{name: value for variables in own for name, value in variables.items()},
    }


def _local(output: Output, job: LintJob, environment: Environment) -> Output:
    """Return the output with paths as they would read in the folder itself."""
    prefixes = environment.prefixes if job.tool.locked else ()
    swaps = [(f"{prefix}{os.sep}", f".venv{os.sep}") for prefix in prefixes]
    path = job.folder.path
    swaps += [(f"{one}{os.sep}", "") for one in dict.fromkeys((os.fspath(path), os.path.realpath(path)))]
    return replace(output, out=_replaced(output.out, swaps), err=_replaced(output.err, swaps))


def _replaced(text: str, swaps: Iterable[tuple[str, str]]) -> str:
    for old, new in swaps:
        text = text.replace(old, new)
    return text
