"""Runs of a program of `programs/`, each on a copy of an integration's folder, in a sandbox of its own."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from seatrial.core.errors import ServiceError, Unreadable, reason
from seatrial.lint.environments.environment import Environment
from seatrial.lint.run.fingerprint import ODD
from seatrial.lint.run.jobs import LintFolder, LintJob
from seatrial.lint.run.toolruns import environ_of, shortened
from seatrial.lint.run.views import Views
from seatrial.lint.tools.tool import Output, ToolRun
from seatrial.system import trees
from seatrial.system.folder import READING, read_beneath, read_plain
from seatrial.system.process import Running
from seatrial.system.sandbox import Sandbox, SandboxLevel, View

PROGRAMS = Path(__file__).parent / "programs"

TESTS, CLASSES = "tests.py", "classes.py"
"""The programs: `TESTS` runs pytest, `CLASSES` asks the framework about the resource classes."""

MOST_COPIED = 512 * 1024**2
"""The bytes of the largest folder that is copied."""

MOST_REPORT = 64 * 1024**2
"""The bytes of the largest report that is read."""

MOST_PRINTED = 1024**2
"""The bytes that are read at the end of what the program printed."""


@dataclass(frozen=True)
class SandboxedRuns:
    """Runs a program in the sandbox, for at most `seconds`, with network access only if `network` is set."""

    sandbox: Sandbox
    views: Views
    seconds: float
    network: bool = False
    program: str = TESTS
    _running: set[Running] = field(default_factory=set)
    _closed: threading.Event = field(default_factory=threading.Event)

    def run(self, job: LintJob, environment: Environment) -> ToolRun:
        """Run the program on a folder. Raises ServiceError if it cannot be started or takes too long."""
        started = time.monotonic()
        try:
            with trees.temporary() as place:
                real = Path(os.path.realpath(place))
                copy(job.folder, real / "copy", self.views.withheld(job.folder.path))
                status = self._ended(self._start(job, environment, real))
                output = Output(status, _report(real / "report.json"), _end_of(real / "log.txt"))
        except OSError as failed:
            raise ServiceError(f"nothing can be run in a copy of it: {reason(failed)}") from failed
        within = shortened(output, job, environment, (real / "copy",))
        return ToolRun(replace(within, seconds=time.monotonic() - started))

    def _start(self, job: LintJob, environment: Environment, place: Path) -> Running:
        """Start the program in the copy; with namespaces the copy is mounted over the folder, at its own path."""
        own, copied, report = job.folder.path, place / "copy", place / "report.json"
        report.touch()
        confined = self.sandbox.level is SandboxLevel.NAMESPACES
        home = self.views.scratch if confined else place / "home"
        home.mkdir(exist_ok=True)
        entry, program = (os.fspath(PROGRAMS / name) for name in ("entry.py", self.program))
        python = [os.fspath(environment.python), "-I", "-B", entry, program, os.fspath(report)]
        command = self.sandbox.command(
            [*python, os.fspath(copied)] if confined else python,
            self._view(job, environment, place),
            own if confined else copied,
        )
        environ = environ_of(home)
        programs = [*map(os.fspath, environment.programs), environ["PATH"]]
        environ |= {"PATH": os.pathsep.join(programs)}
        running = Running(command, place / "log.txt", cwd=place if confined else copied, env=environ)
        self._running.add(running)
        if self._closed.is_set():
            running.end(0)
        return running

    def _view(self, job: LintJob, environment: Environment, place: Path) -> View:
        seen = self.views.of([job], environment, (place / "report.json",))
        readable = (*seen.readable, PROGRAMS)
        shown = (*seen.shown, place / "copy")
        return replace(seen, readable=readable, shown=shown, emptied=(job.folder.path,), network=self.network)

    def _ended(self, running: Running) -> int:
        """Wait for the program and return its exit status. Raises ServiceError if it was ended."""
        late = threading.Event()

        def end() -> None:
            late.set()
            running.end(2)

        timer = threading.Timer(self.seconds, end)
        timer.daemon = True
        timer.start()
        try:
            status = running.wait()
        finally:
            timer.cancel()
            self._running.discard(running)
        if self._closed.is_set():
            raise ServiceError("it was interrupted")
        if late.is_set():
            raise ServiceError(
                f"it did not end within {self.seconds:g} seconds; allow more with --timeout SECONDS"
            )
        return status

    def close(self) -> None:
        """End all running programs, and start no more."""
        self._closed.set()
        for running in list(self._running):
            running.end(1)


def copy(folder: LintFolder, place: Path, without: Collection[Path] = ()) -> None:
    """Copy the files and links of a folder to `place`, as they were read. Raises OSError and ServiceError."""
    if sum(folder.fingerprint.sizes.values()) > MOST_COPIED:
        raise ServiceError(
            f"the folder holds more than {MOST_COPIED // 1024**2} MB, too much to copy for a run"
        )
    place.mkdir()
    for path, digest in folder.fingerprint.files.items():
        if folder.path / path not in without:
            target = place / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if " " in digest or digest in ODD:
                target.symlink_to(os.readlink(folder.path / path))
            else:
                _copy_file(folder.path, path, target, executable=digest.endswith("x"))


def _copy_file(root: Path, path: str, target: Path, executable: bool) -> None:
    try:
        target.write_bytes(read_beneath(os.fspath(root), path, MOST_COPIED))
    except Unreadable as failed:
        raise ServiceError(f"{path}: {failed}") from failed
    target.chmod(0o755 if executable else 0o644)


def _report(path: Path) -> str:
    """Return the report; empty if it cannot be read, since the program may have put anything there."""
    with suppress(OSError, Unreadable):
        return read_plain(os.fspath(path), MOST_REPORT).decode("utf-8", "replace")
    return ""


def _end_of(path: Path) -> str:
    with os.fdopen(os.open(path, READING | os.O_NOFOLLOW), "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - MOST_PRINTED))
        return file.read(MOST_PRINTED).decode("utf-8", "backslashreplace")
