"""What every task shares: output, standard streams, and an end in one line with an exit status."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import pairwise
from pathlib import Path
from typing import Any

from seatrial.core.errors import (
    EXIT_FINDINGS,
    EXIT_INTERRUPTED,
    EXIT_SERVICE,
    SeatrialError,
    ServiceError,
    UsageError,
    reason,
)
from seatrial.core.printable import plain


class Ended(Exception):
    """The end of a task before its last line, with an exit status and perhaps a line for standard error."""

    def __init__(self, message: str = "", code: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@contextmanager
def clean_end() -> Iterator[None]:
    """Turn every way in which a run can fail into a line and an exit status, raised as Ended."""
    _ready_streams()
    try:
        yield
    except SeatrialError as failure:
        raise Ended(f"seatrial: {plain(str(failure))}", code=failure.exit_code) from None
    except KeyboardInterrupt:
        raise Ended("seatrial: interrupted", code=EXIT_INTERRUPTED) from None
    except BrokenPipeError:
        raise Ended(
            "seatrial: a program that was called did not read all it was given", code=EXIT_SERVICE
        ) from None
    except (OSError, MemoryError) as failure:
        if os.environ.get("SEATRIAL_DEBUG"):
            raise
        raise Ended(f"seatrial: {plain(_reason(failure))}", code=EXIT_SERVICE) from None


def _ready_streams() -> None:
    """Make every standard stream usable: replace a closed one by the null device, escape what it cannot encode."""
    sys.stdin = sys.stdin or open(os.devnull)  # noqa: SIM115
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _reason(failure: OSError | MemoryError) -> str:
    """Say what the machine refused, in its own words."""
    if isinstance(failure, MemoryError):
        return "the memory is used up"
    return f"{failure.filename}: {reason(failure)}" if failure.filename else reason(failure)


def jobs_of(text: str | None) -> int:
    """Return how many processes to use: the number stated, or one per core. Raises UsageError."""
    if not text:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 256:
        raise UsageError(f'jobs is a number from 1 to 256, not "{text}"')
    return int(text)


def must_be_text_or_json(format: str | None, subject: str) -> None:
    """Raise UsageError for a format other than these; `subject` is what comes in it, such as `a release`."""
    if format not in (None, "text", "json"):
        raise UsageError(f'the format of {subject} is text or json, not "{plain(format or "")[:40]}"')


def and_others(names: Sequence[str]) -> str:
    """Return the first of several names, and how many more there are."""
    return names[0] + (f" and {len(names) - 1} others" if names[1:] else "")


def tell_failures(reasons: Iterable[tuple[str, str]]) -> bool:
    """Tell each reason that is no fault of an integration once, of pairs of a name and a reason or none.

    Return whether there is any.
    """
    hit: dict[str, list[str]] = {}
    for name, why in reasons:
        if why:
            hit.setdefault(why, []).append(name)
    for why, names in hit.items():
        note(f"seatrial: {and_others(list(dict.fromkeys(names)))}: {why}")
    return bool(hit)


def end(has_failed: bool, has_findings: bool) -> None:
    """End a task with its status: that of a service that failed before that of findings."""
    if has_failed:
        raise Ended(code=EXIT_SERVICE)
    if has_findings:
        raise Ended(code=EXIT_FINDINGS)


def note(line: str) -> None:
    """Write a line to standard error."""
    show(f"{plain(line)}\n")


def show(text: str) -> None:
    """Write text as it is to standard error; where nobody reads it, that is no failure."""
    try:
        print(text, end="", file=sys.stderr, flush=True)
    except (OSError, ValueError):
        _close(sys.stderr)


def typed(task: str, integration: str = "", root: str | None = None) -> str:
    """Return what to type for a task on an integration, in a repository that was named with `root`.

    With make where make was typed, and then with the ROOT= that was; else with the program's path if it needs one.
    """
    if os.environ.get("MAKELEVEL"):
        stated = {"INTEGRATION": integration, "ROOT": root or os.environ.get("SEATRIAL_ROOT", "")}
        words = [f"{name}={shlex.quote(text)}" for name, text in stated.items() if text]
        return " ".join([f"make {task}", *words])
    program = f"{shlex.quote(sys.executable)} -m seatrial"
    if shutil.which("seatrial"):
        program = "seatrial"
    elif Path(sys.argv[0]).name == "seatrial":
        program = shlex.quote(sys.argv[0])
    words = [f"{flag} {shlex.quote(text)}" for flag, text in (("-i", integration), ("--root", root)) if text]
    return " ".join([f"{program} {task}", *words])


_FLAG = re.compile(r"--[a-z][a-z-]*")


def in_make(command: str) -> str:
    """Return a command of `seatrial` that has flags only, such as `seatrial fix -i jira`, as make takes it.

    It comes back as it is where make was not typed, and where it is of another form.
    """
    try:
        words = shlex.split(command) if os.environ.get("MAKELEVEL") else []
    except ValueError:
        return command
    if len(words) < 2 or words[0] != "seatrial" or (words[2:] and not words[2].startswith("-")):
        return command
    integration, stated = "", []
    for word, after in pairwise([*words[2:], ""]):
        if word == "-i":
            integration = after
        elif _FLAG.fullmatch(word):
            value = "1" if not after or after.startswith("-") else shlex.quote(after)
            stated.append(f"{word[2:].replace('-', '_').upper()}={value}")
    return " ".join([typed(words[1].replace(".", "-"), integration), *stated])


def say(text: str) -> None:
    """Write text to standard output and flush it; nobody reads on where the pipe was closed, which is no failure.

    Raises ServiceError where it cannot be written for another reason.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _close(sys.stdout)
    except OSError as failed:
        _close(sys.stdout)
        raise ServiceError(f"standard output cannot be written: {_reason(failed)}") from failed


def _close(stream: Any) -> None:
    """Point a stream at the null device, so that the interpreter does not complain about it when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
