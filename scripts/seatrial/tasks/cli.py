"""The parts that all tasks share: output, standard streams, and an end in one line with an exit status."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatrial.core.errors import (
    EXIT_FINDINGS,
    EXIT_INTERRUPTED,
    EXIT_SERVICE,
    SeatrialError,
    ServiceError,
    UsageError,
    reason,
)
from seatrial.core.names import counted
from seatrial.core.printable import plain
from seatrial.system.machine import cores

if TYPE_CHECKING:
    from seatrial.tasks.menu import Verb


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
        raise Ended(f"seatrial: {plain(worded(str(failure)))}", code=failure.exit_code) from None
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
    """Tell what the machine refused, in the machine's own words."""
    if isinstance(failure, MemoryError):
        return "the memory is used up"
    return f"{failure.filename}: {reason(failure)}" if failure.filename else reason(failure)


def jobs_of(text: str | None) -> int:
    """Return how many processes to use: the number stated, or one per core. Raises UsageError."""
    if not text:
        return cores()
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 256:
        raise UsageError(f'jobs is a number from 1 to 256, not "{text}"')
    return int(text)


def time_limit_of(text: str | None, usual: float) -> float:
    """Return the seconds that are stated, else the usual ones. Raises UsageError."""
    if not text:
        return usual
    if not re.fullmatch(r"[0-9]{1,6}", text, re.ASCII) or not int(text):
        raise UsageError(f'--timeout is a number of seconds from 1 on, not "{plain(text)[:60]}"')
    return int(text)


def must_be_text_or_json(format: str | None, subject: str) -> None:
    """Raise UsageError for a format other than these; `subject` is what comes in it, such as `a release`."""
    if format not in (None, "text", "json"):
        raise UsageError(f'the format of {subject} is text or json, not "{plain(format or "")[:40]}"')


def and_others(names: Sequence[str]) -> str:
    """Return the first of several names, and how many more there are."""
    return names[0] + (f" and {counted(len(names) - 1, 'other')}" if names[1:] else "")


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
    """Write a line to standard error, in the words of make where that was typed."""
    show(f"{plain(worded(line))}\n")


def show(text: str) -> None:
    """Write text as it is to standard error; it is not a failure if nobody reads it."""
    try:
        print(text, end="", file=sys.stderr, flush=True)
    except (OSError, ValueError):
        _close(sys.stderr)


def show_words(text: str) -> None:
    """Write the lines of another program to standard error, in its own words whoever typed what."""
    for line in text.splitlines():
        show(f"{plain(line)}\n")


def by_make() -> bool:
    """Return whether make was typed, with a Makefile that has all tasks: that of an integration's folder has few."""
    is_folders = "SEATRIAL_TOOLS" in os.environ and "SEATRIAL_INTEGRATION" not in os.environ
    return bool(os.environ.get("MAKELEVEL")) and not is_folders


def typed(task: str, integration: str = "", root: str | None = None) -> str:
    """Return what to type for a task on an integration, in a repository that was named with `root`.

    With make where make was typed, and then with the ROOT= that was; else with the program's path if it needs one.
    """
    if by_make():
        return _made(task, {"INTEGRATION": integration, "ROOT": root or os.environ.get("SEATRIAL_ROOT", "")})
    program = f"{shlex.quote(sys.executable)} -P -m seatrial"
    if shutil.which("seatrial"):
        program = "seatrial"
    elif Path(sys.argv[0]).name == "seatrial":
        program = shlex.quote(sys.argv[0])
    words = [f"{flag} {shlex.quote(text)}" for flag, text in (("-i", integration), ("--root", root)) if text]
    return " ".join([f"{program} {task}", *words])


def _made(task: str, variables: Mapping[str, str]) -> str:
    words = [f"{name}={shlex.quote(text)}" for name, text in variables.items() if text]
    return " ".join([f"make {task.replace('.', '-')}", *words])


_COMMAND = re.compile(r"`(seatrial [^`]+)`")
_VERBS_BEHIND = "and|as|cannot|chooses|for|has|is|names|needs|not|or|stands|takes|to|where|which|with"
"""Words that may follow a flag in a sentence without being its value."""

_FLAG = re.compile(rf"(?<![\w-])--([a-z]+(?:-[a-z]+)*)(?![\w-])(?: (?!(?:{_VERBS_BEHIND})\b)(?=[\w\"'./]))?")


def worded(message: str) -> str:
    """Return a message in which each command of `seatrial`, and each flag of it, is said as `make` takes it.

    It comes back as it is where make was not typed.
    """
    if not by_make():
        return message
    parts = re.split(r"(`[^`]*`)", message)
    return "".join(
        _flags_in_make(part) if number % 2 == 0 else commands_in_make(part)
        for number, part in enumerate(parts)
    )


def commands_in_make(text: str) -> str:
    """Return a text in which each command of `seatrial` between backticks is written as `in_make` writes it."""
    return _COMMAND.sub(lambda found: f"`{in_make(found[1])}`", text) if by_make() else text


def _flags_in_make(text: str) -> str:
    options = {option.flag[2:]: option for verb in _menu() for option in verb.options}

    def variable(found: re.Match[str]) -> str:
        option = options.get(found[1])
        if option is None:
            return found[0]
        return (
            f"{option.variable}=1{' ' * found[0].endswith(' ')}"
            if option.is_switch
            else f"{option.variable}="
        )

    return _FLAG.sub(variable, text)


def _menu() -> Sequence[Verb]:
    from seatrial.tasks.menu import VERBS

    return VERBS


def in_make(command: str) -> str:
    """Return a command of `seatrial`, such as `seatrial explain RES101`, as make takes it.

    It comes back as it is where make was not typed, and where it is not a task of `seatrial`.
    """
    try:
        words = shlex.split(command) if by_make() else []
    except ValueError:
        return command
    if len(words) < 2 or words[0] != "seatrial":
        return command
    verb = next((verb for verb in _menu() if verb.name == words[1]), None)
    if verb is None:
        return "make help" if words[1].startswith("-") else command
    variables = _variables(verb, words[2:])
    return command if variables is None else _made(verb.name, variables)


def _variables(verb: Verb, words: Sequence[str]) -> dict[str, str] | None:
    """Return the variables of make for the words behind a task; None where one of them is unknown."""
    options = {flag: option for option in verb.options for flag in option.flags}
    free = [option for option in verb.options if option.name in verb.positional] + [
        option for option in verb.options if option.name in ("codes", "integration")
    ][:1] * len(words)
    root = os.environ.get("SEATRIAL_ROOT", "") if "--root" in options else ""
    found: dict[str, str] = {"INTEGRATION": "", "ROOT": root}
    left = iter(words)
    for word in left:
        if word == "--" and "--command" in options:
            found["COMMAND"] = shlex.join(left)
            continue
        option = options.get(word) or (free.pop(0) if free and not word.startswith("-") else None)
        if option is None:
            return None
        value = "1" if option.is_switch else next(left, "") if word in options else word
        found[option.variable] = (
            ",".join(filter(None, (found.get(option.variable), value))) if option.is_list else value
        )
    return found


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
