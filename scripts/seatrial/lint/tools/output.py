"""From a tool's output to problems at their places: the part that is the same for all tools."""

from __future__ import annotations

import posixpath
import re
import signal
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from seatrial.core.model import Fix, Location, Problem, Severity
from seatrial.documents import toml
from seatrial.documents.document import Document, Keys, Lines
from seatrial.lint.tools.tool import Files, Output, Reading

PYPROJECT = "pyproject.toml"

HOW_TO_REPAIR = "type `seatrial lint --fix`"
"""The command with which a tool repairs what it safely can."""

MOST_CHARACTERS = 300
"""The length to which a tool's last line is cut."""

_CRASH = re.compile(
    r"^Traceback \(most recent call last\):|^[^{\n].*\bINTERNAL ERROR\b|\bpanicked at\b", re.MULTILINE
)
_INFORMATIVE = re.compile(
    r"\bINTERNAL ERROR\b|\bpanicked at\b|^[\w.]*(?:Error|Exception|Interrupt)\b|^error\b"
)
OUTSIDE = re.compile(r"/|\.\.(?:/|$)|\.venv/|$")
"""A path that is not a file of the integration; a message that begins so is about such a path."""


def problem(
    path: str, message: str, line: object = 1, column: object = 1, **more: Fix | Severity | None
) -> Problem:
    """Return a problem at a place as a tool names it; a place outside the integration's files goes into the message.

    Anything but a positive number counts as the first line or column.
    """
    tidy = posixpath.normpath(path) if path else ""
    if OUTSIDE.match(tidy):
        where, message = Location(PYPROJECT), f"{tidy}:{_number(line)}: {message}" if tidy else message
    else:
        where = Location(tidy, _number(line), _number(column))
    return replace(Problem(where, message), **more)  # type: ignore[arg-type]


def verdict_of(
    tool: str,
    output: Output,
    problems: Sequence[Problem],
    stale: Sequence[Problem] = (),
    known: Collection[int] = (0, 1),
) -> Reading:
    """Return a reading in which status and problems agree, or which says why there is no verdict.

    `known` are the exit statuses that the tool uses when it was able to do its work.
    """
    if output.status == 0:
        return Reading([_as_warning(one) for one in problems], [_as_warning(one) for one in stale])
    has_error = any(_is_error(one) for one in (*problems, *stale))
    sound = has_error and output.status in known and not crashed(output)
    return Reading(problems, stale, "" if sound else failure(tool, output))


def crashed(output: Output) -> bool:
    """Return whether a tool reports that it crashed."""
    return bool(_CRASH.search(output.err) or _CRASH.search(output.out))


def failure(tool: str, output: Output) -> str:
    """Return one line: the tool, how it ended, and the last informative line of its output."""
    words = _last_line(output)
    return f"{tool} {_end(output.status)}" + (f": {words}" if words else ", without a word")


def _end(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"


def _last_line(output: Output) -> str:
    lines = [line.strip() for text in (output.out, output.err) for line in text.splitlines() if line.strip()]
    informative = next((line for line in reversed(lines) if _INFORMATIVE.search(line)), None)
    words = informative or (lines[-1] if lines else "")
    return words if len(words) <= MOST_CHARACTERS else words[: MOST_CHARACTERS - 1] + "…"


def _is_error(one: Problem) -> bool:
    return one.severity in (None, Severity.ERROR)


def _as_warning(one: Problem) -> Problem:
    return replace(one, severity=Severity.WARNING) if _is_error(one) else one


def _number(value: object) -> int:
    if isinstance(value, str):
        value = int(value) if re.fullmatch(r"[0-9]{1,9}", value) else 1
    return value if isinstance(value, int) and value is not True and value > 0 else 1


MOST_WORDS = 50
"""The number of words of a message that are searched for."""

_QUOTED = re.compile(r"""'([^'\n]{1,200})'|"([^"\n]{1,200})"|`([^`\n]{1,200})`""")
_WORD = re.compile(r"[\w.\[\]-]{2,200}")
_PLACE = re.compile(r" ?\(?at line (\d{1,9}),? col(?:umn)? (\d{1,9})\)?\.?$")


def place_in(message: str) -> tuple[str, int, int]:
    """Return a message without the place at its end, and that place; without one, line and column 1."""
    found = _PLACE.search(message)
    return (message[: found.start()], int(found[1]), int(found[2])) if found else (message, 1, 1)


def relocated(reading: Reading, locate: Callable[[Problem], Problem]) -> Reading:
    """Return the reading with `locate` applied to each problem of the tool's own law."""
    return replace(reading, problems=[locate(one) for one in reading.problems])


def into_pyproject(files: Files, table: Keys) -> Callable[[Problem], Problem]:
    """Return a function that moves a problem to the key or value of this table in `pyproject.toml` that it names.

    A problem that names none goes to the table. The file is read once, when the first problem is about it.
    """
    parsed = cache(lambda: toml.load(PYPROJECT, files(PYPROJECT) or b""))
    paths = cache(lambda: _paths(parsed().value, table))

    def locate(problem: Problem) -> Problem:
        if problem.where.path != PYPROJECT or OUTSIDE.match(problem.message) or not parsed().readable:
            return problem
        where = _named(parsed(), problem.message, paths()) or (parsed().key(*table) if paths() else None)
        return replace(problem, where=where) if where else problem

    return locate


def in_text(problem: Problem, files: Files) -> Problem:
    """Return the problem at the first place in its file of a word that the message quotes or names, if any."""
    text = (files(problem.where.path) or b"").decode("utf-8", "replace")
    for word in _words(problem.message):
        found = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)
        if found:
            return replace(problem, where=Location(problem.where.path, *Lines(text).at(found.start())))
    return problem


def _named(document: Document, message: str, paths: Sequence[tuple[Keys, Any]]) -> Location | None:
    places = (_dotted(document, word) or _known(document, paths, word) for word in _words(message))
    return next(filter(None, places), None)


def _words(message: str) -> Iterator[str]:
    """Yield the words that may be names, the likeliest first: quoted ones, the end, and each word."""
    yield from (next(filter(None, found.groups())) for found in _QUOTED.finditer(message))
    if ": " in message:
        yield message.rpartition(": ")[2].strip(" .")
    yield from sorted((word.strip(".[]") for word in _WORD.findall(message)[:MOST_WORDS]), key=_plainness)


def _plainness(word: str) -> bool:
    """Return False, which sorts first, for words that look like names rather than language."""
    return not re.search(r"\w[._-]\w", word)


def _dotted(document: Document, word: str) -> Location | None:
    """Return the place of a key such as `tool.poetry.name`, or of its table where the key is missing."""
    parts: list[str | int] = [
        int(part) if part.isdigit() else part for part in re.split(r"[.\[\]]+", word) if part
    ]
    if parts[:1] == ["poetry"]:
        parts = ["tool", *parts]
    if len(parts) < 2 or parts[0] not in ("tool", "project", "build-system", "dependency-groups"):
        return None
    return document.key(*parts) if _value(document.value, parts[:-1]) is not None else None


def _value(value: Any, keys: Sequence[str | int]) -> Any:
    for key in keys:
        fits = isinstance(value, dict) or (
            isinstance(value, list) and isinstance(key, int) and key < len(value)
        )
        value = (value.get(key) if isinstance(value, dict) else value[key]) if fits else None
    return value


def _known(document: Document, paths: Sequence[tuple[Keys, Any]], word: str) -> Location | None:
    for path, _ in paths:
        if isinstance(path[-1], str) and _bare(path[-1]) == _bare(word):
            return document.key(*path)
    return next((document.at(*path) for path, value in paths if value == word), None)


def _bare(name: str) -> str:
    return name.lstrip("-").replace("_", "-").lower()


def _paths(value: Any, table: Keys) -> list[tuple[Keys, Any]]:
    """Return the path of each key and item below a table, with its value."""
    found: list[tuple[Keys, Any]] = []
    level: list[tuple[Keys, Any]] = [(table, _value(value, table))]
    while level:
        level = [((*path, key), inner) for path, outer in level for key, inner in _members(outer)]
        found += level
    return found


def _members(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)
