"""What every task shares: options from flags, environment and defaults; clean ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from io import TextIOWrapper
from typing import Any

from invoke import Exit

from seatrial.core.errors import EXIT_INTERRUPTED, EXIT_SERVICE, SeatrialError, ServiceError, UsageError
from seatrial.core.printable import plain

CHOOSING = {
    "root": "the repository; by default the nearest folder above with integrations/, .port/ or seatrial.toml",
    "integration": "an integration by name; repeatable, commas allowed; by default the one you stand in, or all",
}
REPORTING = {
    "format": "text, json, github, sarif, junit or gitlab; by default text, and github under GitHub Actions",
    "output": "write the findings to this file instead of standard output",
    "strict": "warnings fail the run as well",
    "jobs": "processes to use; by default one a core",
}


def door(body: Callable[..., None]) -> Callable[..., None]:
    """A task that ends in one clear line and the right status, never in a traceback."""

    @wraps(body)
    def safe(*args: Any, **kwargs: Any) -> None:
        with clean_end():
            body(*args, **kwargs)

    return safe


@contextmanager
def clean_end() -> Iterator[None]:
    """Turns every way a run can fail into a line and an exit status."""
    _ready_streams()
    try:
        yield
    except SeatrialError as failure:
        raise Exit(f"seatrial: {plain(str(failure))}", code=failure.exit_code) from None
    except KeyboardInterrupt:
        raise Exit("seatrial: interrupted", code=EXIT_INTERRUPTED) from None
    except (OSError, MemoryError) as failure:
        if os.environ.get("SEATRIAL_DEBUG"):
            raise
        raise Exit(f"seatrial: {_reason(failure)}", code=EXIT_SERVICE) from None


def _ready_streams() -> None:
    """Makes every standard stream one that can be used: a closed one leads nowhere, and any letter is taken."""
    sys.stdin = sys.stdin or open(os.devnull)  # noqa: SIM115
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _reason(failure: OSError | MemoryError) -> str:
    """What the machine refused, in its own words."""
    if isinstance(failure, MemoryError):
        return "the memory is used up"
    if isinstance(failure, BrokenPipeError):
        return "the output was closed before all was written"
    why = (failure.strerror or str(failure) or type(failure).__name__).lower()
    return f"{failure.filename}: {why}" if failure.filename else why


def option(name: str, flag: str | None) -> str | None:
    """A flag, else what make or CI handed on as SEATRIAL_<NAME>; empty counts as not given."""
    return flag or os.environ.get(f"SEATRIAL_{name.upper()}") or None


def switch(name: str, flag: bool) -> bool:
    """A yes-or-no flag, else SEATRIAL_<NAME>: anything but empty, 0, no, false and off is yes."""
    return flag or os.environ.get(f"SEATRIAL_{name.upper()}", "").lower() not in (
        "",
        "0",
        "no",
        "false",
        "off",
    )


def names(flag: Sequence[str] | None) -> Sequence[str]:
    """The integrations asked for."""
    return list(flag or ()) or [os.environ.get("SEATRIAL_INTEGRATION", "")]


def jobs_of(text: str | None) -> int:
    """How many processes to use: the number stated, or one a core. Raises UsageError."""
    if not text:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 256:
        raise UsageError(f'jobs is a number from 1 to 256, not "{text}"')
    return int(text)


def note(line: str) -> None:
    """A line for the person, on standard error."""
    try:
        print(plain(line), file=sys.stderr, flush=True)
    except (OSError, ValueError):
        _close(sys.stderr)


def say(text: str) -> None:
    """Text for the person or the next program, on standard output, with what waits there; a closed pipe is told once.

    Raises ServiceError where it cannot be written otherwise.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _close(sys.stdout)
        note("seatrial: standard output was closed before all was written")
    except OSError as failed:
        _close(sys.stdout)
        raise ServiceError(f"standard output cannot be written: {_reason(failed)}") from failed


def _close(stream: Any) -> None:
    """So that the interpreter does not complain about the stream when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
