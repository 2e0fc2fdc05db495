"""Where in a settings file stands what a tool's message speaks of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from seatrial.core.model import Location, Problem
from seatrial.documents import toml
from seatrial.documents.document import Document, Keys
from seatrial.documents.text import Lines
from seatrial.lint.tools.output import OUTSIDE, PYPROJECT
from seatrial.lint.tools.tool import Reading

Files = Callable[[str], bytes | None]
"""The bytes of a file by its path in the folder; None for no such file."""

MOST_WORDS = 50
"""So many words of a message are looked for."""

_QUOTED = re.compile(r"""'([^'\n]{1,200})'|"([^"\n]{1,200})"|`([^`\n]{1,200})`""")
_WORD = re.compile(r"[\w.\[\]-]{2,200}")
_PLACE = re.compile(r" ?\(?at line (\d{1,9}),? col(?:umn)? (\d{1,9})\)?\.?$")


def place_in(message: str) -> tuple[str, int, int]:
    """A message without the place at its end, and that place; without one, the first line and column."""
    found = _PLACE.search(message)
    return (message[: found.start()], int(found[1]), int(found[2])) if found else (message, 1, 1)


def settled(reading: Reading, settle: Callable[[Problem], Problem]) -> Reading:
    """The reading with each problem of the tool's own law settled."""
    return replace(reading, problems=[settle(one) for one in reading.problems])


def into_pyproject(files: Files, table: Keys) -> Callable[[Problem], Problem]:
    """Brings a problem to the key or value of this table in `pyproject.toml` that its message names, if it names one.

    The file is read once, when the first problem is about it.
    """
    parsed = cache(lambda: toml.load(PYPROJECT, files(PYPROJECT) or b""))
    ways = cache(lambda: _ways(parsed().value, table))

    def settle(problem: Problem) -> Problem:
        if problem.where.path != PYPROJECT or OUTSIDE.match(problem.message) or not parsed().readable:
            return problem
        where = _named(parsed(), problem.message, ways()) or (parsed().key(*table) if ways() else None)
        return replace(problem, where=where) if where else problem

    return settle


def in_text(problem: Problem, files: Files) -> Problem:
    """The problem at the first place of its file that holds what the message quotes, if any does."""
    text = (files(problem.where.path) or b"").decode("utf-8", "replace")
    for word in _words(problem.message):
        found = re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)
        if found:
            return replace(problem, where=Location(problem.where.path, *Lines(text).at(found.start())))
    return problem


def _named(document: Document, message: str, ways: Sequence[tuple[Keys, Any]]) -> Location | None:
    places = (_dotted(document, word) or _known(document, ways, word) for word in _words(message))
    return next(filter(None, places), None)


def _words(message: str) -> Iterator[str]:
    """What a message may name, the likeliest first: what it quotes, its end, and each word."""
    yield from (next(filter(None, found.groups())) for found in _QUOTED.finditer(message))
    if ": " in message:
        yield message.rpartition(": ")[2].strip(" .")
    yield from sorted((word.strip(".[]") for word in _WORD.findall(message)[:MOST_WORDS]), key=_plainness)


def _plainness(word: str) -> bool:
    """False, and so first, for words that look like names rather than like language."""
    return not re.search(r"\w[._-]\w", word)


def _dotted(document: Document, word: str) -> Location | None:
    """Where `tool.poetry.name` and its like stand, or their table where they are what is missing."""
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


def _known(document: Document, ways: Sequence[tuple[Keys, Any]], word: str) -> Location | None:
    for way, _ in ways:
        if isinstance(way[-1], str) and _bare(way[-1]) == _bare(word):
            return document.key(*way)
    return next((document.at(*way) for way, value in ways if value == word), None)


def _bare(name: str) -> str:
    return name.lstrip("-").replace("_", "-").lower()


def _ways(value: Any, table: Keys) -> list[tuple[Keys, Any]]:
    """Every way below a table with the value there."""
    found: list[tuple[Keys, Any]] = []
    level: list[tuple[Keys, Any]] = [(table, _value(value, table))]
    while level:
        level = [((*way, key), inner) for way, outer in level for key, inner in _members(outer)]
        found += level
    return found


def _members(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)
