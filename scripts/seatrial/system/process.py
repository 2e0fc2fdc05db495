"""Running programs: argument lists in, status and output out. The only module that uses subprocess."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from seatrial.core.errors import ServiceError, reason


@dataclass(frozen=True)
class Ran:
    """A program that ended: its exit status (negative for a signal) and its output."""

    status: int
    out: bytes
    err: bytes


class MissingProgram(ServiceError):
    """The program is not installed."""


@contextmanager
def _starting(name: str) -> Iterator[None]:
    """Raise an error of one line if a program cannot be started."""
    try:
        yield
    except FileNotFoundError as missing:
        raise MissingProgram(f"{name} is not on this machine; install it and try again") from missing
    except OSError as failed:
        raise ServiceError(f"{name} cannot be started: {reason(failed)}") from failed


def run(
    arguments: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    seconds: float | None = None,
    clean: bool = False,
    feed: bytes | None = None,
) -> Ran:
    """Run a program to its end without a shell; its standard input is empty or `feed`.

    `env` is added to this process's environment; with `clean` it is all there is. Raises MissingProgram, and
    ServiceError after `seconds` or if the program cannot be started.
    """
    try:
        with _starting(arguments[0]):
            done = subprocess.run(
                list(arguments),
                cwd=cwd,
                env={**({} if clean else os.environ), **(env or {})},
                stdin=subprocess.DEVNULL if feed is None else None,
                input=feed,
                capture_output=True,
                timeout=seconds,
                check=False,
            )
    except subprocess.TimeoutExpired as late:
        raise ServiceError(f"{arguments[0]} did not end within {seconds:g} seconds") from late
    return Ran(done.returncode, done.stdout, done.stderr)


def follow(arguments: Sequence[str], *, cwd: Path | None = None) -> int:
    """Run a program in the foreground with the user's output; return its exit status. Raises as `run`."""
    with _starting(arguments[0]):
        return subprocess.run(list(arguments), cwd=cwd, check=False).returncode


class Running:
    """A running program whose output is appended to a file; `end` may be called from another thread than `wait`."""

    def __init__(self, arguments: Sequence[str], log: Path, *, cwd: Path | None = None) -> None:
        """Start it, without a shell and without standard input. Raises MissingProgram and ServiceError as `run`."""
        with _starting(arguments[0]), open(log, "ab") as sink:
            self._process = subprocess.Popen(
                list(arguments),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self) -> int:
        """Return its exit status, negative for a signal. Any exception, such as Ctrl-C, ends the program too."""
        try:
            return self._process.wait()
        except BaseException:
            self.end()
            raise

    def end(self, seconds: float = 10) -> None:
        """Terminate the program and all it started; kill them after `seconds`."""
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, which: signal.Signals) -> None:
        with suppress(OSError):
            os.killpg(self._process.pid, which)


class Conversation:
    """A program that answers each line with one line; `close` ends it and all it started."""

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str]) -> None:
        """`env` is all its environment. Raises MissingProgram and ServiceError as `run`."""
        self._name = arguments[0]
        with _starting(self._name):
            self._process = subprocess.Popen(
                list(arguments),
                env=dict(env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )

    def ask(self, line: str) -> str:
        """Return the answer. Raises ServiceError if the program has ended."""
        source, sink = self._process.stdout, self._process.stdin
        assert source is not None
        assert sink is not None
        answer = ""
        with suppress(OSError, ValueError):
            sink.write(line + "\n")
            sink.flush()
            answer = source.readline()
        if not answer.endswith("\n"):
            raise ServiceError(f"{self._name} ended without an answer")
        return answer

    def close(self) -> None:
        """Kill the program and all it started."""
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if stream:
                    stream.close()
