"""Running programs: argument lists in, status and output out. The only user of subprocess."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
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
) -> Ran:
    """Run a program to its end without a shell and without standard input.

    `env` is added to this process's environment. Raises MissingProgram, and
    ServiceError after `seconds` or where the program cannot be started.
    """
    try:
        done = subprocess.run(
            list(arguments),
            cwd=cwd,
            env={**os.environ, **(env or {})},
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
