"""Running one lint tool on one folder, or one ruff on many, as it would run there by hand."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.lint.run.jobs import LintJob, numbers
from seatrial.lint.run.tool_caches import NOWHERE, ToolCaches
from seatrial.lint.run.workers import WorkerRequest, Workers
from seatrial.lint.tools.tool import Output, ToolRun
from seatrial.system import process

SECONDS = 900
"""A tool that takes longer on one integration is ended."""


@dataclass(frozen=True)
class ToolPlace:
    """Where a tool of an environment runs: the interpreter, the folders its programs may lie in, what it is called.

    `prefixes` are the environment's folders; in a tool's words they become `.venv`. `key` names the environment.
    """

    python: Path
    programs: Sequence[Path]
    prefixes: Sequence[Path]
    key: str


OWN = ToolPlace(Path(sys.executable), (), (), "own")
"""Seatrial's own environment, in which Poetry runs."""


@dataclass(frozen=True)
class ToolRuns:
    """How tools are run in this run of Seatrial.

    `caches` are mypy's. `scratch` is an empty folder. With `fresh`, no cache of a tool is used. `environ` is
    all that the tools see.
    """

    drivers: Workers
    caches: ToolCaches
    scratch: Path
    environ: Mapping[str, str]
    fresh: bool = False

    def run(self, question: LintJob, place: ToolPlace) -> ToolRun:
        """The tool's machine format, and its follow-up. Raises ServiceError."""
        output = self.call(question, place, question.arguments)
        if question.tool.name == "mypy" and question.tool.read(output, None).failure and not self.fresh:
            output = self._without_cache(question, place)
        further = question.tool.follow_up(output) if question.tool.follow_up else ()
        return ToolRun(output, self.call(question, place, further) if further else None)

    def call(self, question: LintJob, place: ToolPlace, arguments: Sequence[str]) -> Output:
        """One call with these arguments in the folder. Raises ServiceError."""
        if question.tool.name == "ruff":
            return self._program(question, place, arguments)
        cache = self.caches.place(question.candidate.folder, place.key)
        return self._module(question, place, arguments, cache if self._keeps(question) else None)

    def mend(self, question: LintJob, place: ToolPlace) -> None:
        """Let the tool repair what it safely can. Raises ServiceError."""
        mending = question.tool.mending
        arguments = mending(numbers(question.version)) if mending else ()
        if arguments:
            self.call(question, place, arguments)

    def seed(self, source: Path, cache: Path, place: ToolPlace) -> Output:
        """mypy on the source of a seed."""
        request = WorkerRequest(
            "mypy", (".", "--cache-dir", os.fspath(cache)), os.fspath(source), "", SECONDS
        )
        return self.drivers.ask(place.python, request)

    def many(self, questions: Sequence[LintJob], place: ToolPlace) -> Iterator[tuple[LintJob, ToolRun]]:
        """One ruff on many folders; those for which that gives no clear answer are run one by one."""
        started = time.monotonic()
        folders = [os.fspath(question.candidate.folder) for question in questions]
        arguments = [*_without_dot(questions[0].arguments), *folders]
        said = self._ruff(place, arguments, self.scratch)
        seconds = (time.monotonic() - started) / len(questions)
        clear = said.status in (0, 1) and all(
            line.startswith((b"warning:", b" ")) for line in said.err.splitlines() if line
        )
        split = _split(said.out, folders) if clear else {}
        for question, folder in zip(questions, folders, strict=True):
            entries = split.get(folder)
            if entries is None:
                yield question, self.run(question, place)
            else:
                yield question, ToolRun(Output(int(bool(entries)), json.dumps(entries), "", seconds))

    def _keeps(self, question: LintJob) -> bool:
        return question.tool.name == "mypy" and not self.fresh

    def _without_cache(self, question: LintJob, place: ToolPlace) -> Output:
        """mypy once more, from nothing: what it kept may be damaged, or the disk full."""
        self.caches.forget(self.caches.place(question.candidate.folder, place.key))
        return self._module(question, place, question.arguments, None)

    def _module(
        self, question: LintJob, place: ToolPlace, arguments: Sequence[str], cache: Path | None
    ) -> Output:
        folder = question.candidate.folder
        name = question.tool.name
        where = ("--cache-dir", os.fspath(cache or NOWHERE)) if name == "mypy" else ()
        request = WorkerRequest(
            module=name,
            arguments=(*arguments, *where),
            cwd=os.fspath(folder),
            lock=os.fspath(self.caches.lock(cache)) if cache else "",
            seconds=SECONDS,
        )
        return _local(self.drivers.ask(place.python, request), folder, place)

    def _program(self, question: LintJob, place: ToolPlace, arguments: Sequence[str]) -> Output:
        started = time.monotonic()
        folder = question.candidate.folder
        said = self._ruff(place, arguments, folder)
        out, err = (part.decode("utf-8", "backslashreplace") for part in (said.out, said.err))
        return _local(Output(said.status, out, err, time.monotonic() - started), folder, place)

    def _ruff(self, place: ToolPlace, arguments: Sequence[str], cwd: Path) -> process.Ran:
        for program in (folder / "ruff" for folder in place.programs):
            if program.is_file():
                command = [os.fspath(program), *arguments]
                return process.run(command, cwd=cwd, env=self.environ, clean=True, seconds=SECONDS)
        raise ServiceError(
            f"ruff is locked, and yet its environment {place.prefixes[0]} holds no program of that name"
        )


def environ(scratch: Path, blacks: Path) -> dict[str, str]:
    """All that a tool sees: none of the person's settings, an empty home, and where black keeps what it knows."""
    home = os.fspath(scratch)
    kept = {name: os.environ[name] for name in ("TMPDIR", "SYSTEMROOT") if name in os.environ}
    return kept | {
        "PATH": "/usr/bin:/bin",
        "HOME": home,
        "XDG_CONFIG_HOME": home,
        "XDG_CACHE_HOME": home,
        "BLACK_CACHE_DIR": os.fspath(blacks),
        "BLACK_NUM_WORKERS": "1",
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
        "NO_COLOR": "1",
    }


def _without_dot(arguments: Sequence[str]) -> list[str]:
    return [one for one in arguments if one != "."]


def _split(out: bytes, folders: Sequence[str]) -> Mapping[str, list[object]]:
    """ruff's entries by the folder they lie in, with paths relative to it; empty where they cannot be told apart."""
    found: dict[str, list[object]] = {folder: [] for folder in folders}
    try:
        for entry in json.loads(out):
            folder = next(one for one in folders if entry["filename"].startswith(one + os.sep))
            found[folder].append(entry | {"filename": os.path.relpath(entry["filename"], folder)})
    except (ValueError, TypeError, KeyError, AttributeError, StopIteration):
        return {}
    return found


def _local(output: Output, folder: Path, place: ToolPlace) -> Output:
    """The output with paths as they would read in the folder itself."""
    swaps = [(f"{prefix}{os.sep}", f".venv{os.sep}") for prefix in place.prefixes]
    swaps += [(f"{one}{os.sep}", "") for one in dict.fromkeys((os.fspath(folder), os.path.realpath(folder)))]
    return replace(output, out=_swapped(output.out, swaps), err=_swapped(output.err, swaps))


def _swapped(text: str, swaps: Iterable[tuple[str, str]]) -> str:
    for old, new in swaps:
        text = text.replace(old, new)
    return text
