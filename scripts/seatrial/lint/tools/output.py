"""From what a tool said to a verdict: the part that is the same for all tools."""

from __future__ import annotations

import posixpath
import re
import signal
from collections.abc import Collection, Sequence
from dataclasses import replace

from seatrial.core.model import Fix, Location, Problem, Severity
from seatrial.lint.tools.tool import Output, Reading

PYPROJECT = "pyproject.toml"

MEND = "type `make lint FIX=1` or `seatrial lint --fix`"
"""How a person lets a tool repair what it safely can."""

MOST_CHARACTERS = 300
"""A tool's last words are cut to this."""

_CRASH = re.compile(
    r"^Traceback \(most recent call last\):|^[^{\n].*\bINTERNAL ERROR\b|\bpanicked at\b", re.MULTILINE
)
_TELLING = re.compile(r"\bINTERNAL ERROR\b|\bpanicked at\b|^[\w.]*(?:Error|Exception|Interrupt)\b|^error\b")
OUTSIDE = re.compile(r"/|\.\.(?:/|$)|\.venv/|$")
"""A path that is no file of the integration's own; a message that begins so is about such a file."""


def problem(
    path: str, message: str, line: object = 1, column: object = 1, **more: Fix | Severity | None
) -> Problem:
    """A problem at a place as a tool names it; what lies outside the integration's own files is told in words.

    Anything that is no positive number stands for the first line or column.
    """
    tidy = posixpath.normpath(path) if path else ""
    if OUTSIDE.match(tidy):
        where, message = Location(PYPROJECT), f"{tidy}:{_number(line)}: {message}" if tidy else message
    else:
        where = Location(tidy, _number(line), _number(column))
    return replace(Problem(where, message), **more)  # type: ignore[arg-type]


def judged(
    tool: str,
    output: Output,
    problems: Sequence[Problem],
    stale: Sequence[Problem] = (),
    known: Collection[int] = (0, 1),
) -> Reading:
    """The reading, in which status and problems agree, or which says why there is no verdict.

    `known` are the statuses with which the tool ends by itself.
    """
    if output.status == 0:
        return Reading([_weakened(one) for one in problems], [_weakened(one) for one in stale])
    told = any(_is_error(one) for one in (*problems, *stale))
    sound = told and output.status in known and not crashed(output)
    return Reading(problems, stale, "" if sound else failure(tool, output))


def crashed(output: Output) -> bool:
    """Whether a tool says itself that it broke down."""
    return bool(_CRASH.search(output.err) or _CRASH.search(output.out))


def failure(tool: str, output: Output) -> str:
    """One line: the tool, how it ended, and the last telling line of what it said."""
    words = _last_words(output)
    return f"{tool} {_end(output.status)}" + (f": {words}" if words else ", without a word")


def _end(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"


def _last_words(output: Output) -> str:
    lines = [line.strip() for text in (output.out, output.err) for line in text.splitlines() if line.strip()]
    telling = next((line for line in reversed(lines) if _TELLING.search(line)), None)
    words = telling or (lines[-1] if lines else "")
    return words if len(words) <= MOST_CHARACTERS else words[: MOST_CHARACTERS - 1] + "…"


def _is_error(one: Problem) -> bool:
    return one.severity in (None, Severity.ERROR)


def _weakened(one: Problem) -> Problem:
    return replace(one, severity=Severity.WARNING) if _is_error(one) else one


def _number(value: object) -> int:
    if isinstance(value, str):
        value = int(value) if re.fullmatch(r"[0-9]{1,9}", value) else 1
    return value if isinstance(value, int) and value is not True and value > 0 else 1
