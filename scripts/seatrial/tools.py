"""Running programs: argument lists in, status and output out. The only user of subprocess."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from seatrial.errors import ServiceError


@dataclass(frozen=True)
class Ran:
    """A program that ended: its exit status (negative for a signal) and what it wrote."""

    status: int
    out: bytes
    err: bytes


class MissingProgram(ServiceError):
    """The program is not on this machine."""


def run(
    arguments: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    seconds: float | None = None,
    clean: bool = False,
) -> Ran:
    """Run a program to its end without a shell and without standard input.

    `env` is added to this process's environment; with `clean` it is all there is. Raises
    MissingProgram, and ServiceError after `seconds` or where the program cannot be started.
    """
    try:
        done = subprocess.run(
            list(arguments),
            cwd=cwd,
            env={**({} if clean else os.environ), **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError as missing:
        raise MissingProgram(f"{arguments[0]} is not on this machine; install it and try again") from missing
    except subprocess.TimeoutExpired as late:
        raise ServiceError(f"{arguments[0]} did not end within {seconds:g} seconds") from late
    except OSError as failed:
        raise ServiceError(f"{arguments[0]} cannot be started: {failed.strerror}") from failed
    return Ran(done.returncode, done.stdout, done.stderr)


def follow(arguments: Sequence[str], *, cwd: Path | None = None) -> int:
    """Run a program in the foreground, its output the user's; its exit status. Raises as `run`."""
    try:
        return subprocess.run(list(arguments), cwd=cwd, check=False).returncode
    except FileNotFoundError as missing:
        raise MissingProgram(f"{arguments[0]} is not on this machine; install it and try again") from missing


class Conversation:
    """A program that answers each line with one line; it and all it starts end with `close`."""

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str]) -> None:
        """`env` is all its environment. Raises MissingProgram and ServiceError as `run`."""
        self._name = arguments[0]
        try:
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
        except FileNotFoundError as missing:
            raise MissingProgram(
                f"{self._name} is not on this machine; install it and try again"
            ) from missing
        except OSError as failed:
            raise ServiceError(f"{self._name} cannot be started: {failed.strerror}") from failed

    def ask(self, line: str) -> str:
        """The answer. Raises ServiceError where the program has ended instead."""
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
        """End the program and whatever it started, at once."""
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if stream:
                    stream.close()
