"""`poetry check`: its errors and warnings as problems, at the keys they are about.

Where a lock that is stale parts from its `pyproject.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

from seatrial.core.model import Fix, Location, Problem, Severity
from seatrial.core.suggest import nearest
from seatrial.dependencies.constraints import admits, canonical
from seatrial.documents import toml
from seatrial.documents.document import Document, Keys
from seatrial.documents.text import Lines
from seatrial.lint.tools.locate import Files, into_pyproject, place_in, settled
from seatrial.lint.tools.output import PYPROJECT, judged, problem
from seatrial.lint.tools.tool import EVERYTHING, Output, Reading, Tool, Version, Watched

LOCK = "poetry.lock"

_PACKAGE = re.compile(r'^name = "([^"\n]{1,200})"\r?\nversion = "([^"\n]{1,100})"', re.MULTILINE)
_HASH = re.compile(r'^content-hash = "?', re.MULTILINE)


def settle(reading: Reading, files: Files) -> Reading:
    """With each problem at the key it is about, and a stale lock at the first dependency it does not hold."""
    at_key = into_pyproject(files, ("tool", "poetry"))
    placed = settled(reading, lambda one: at_key(one) if one.where.line == 1 else one)
    return replace(placed, stale=[_parting(one, files) for one in reading.stale])


def _parting(one: Problem, files: Files) -> Problem:
    data, lock = files(PYPROJECT), (files(LOCK) or b"").decode("utf-8", "replace")
    document = toml.load(PYPROJECT, data) if data is not None else None
    if document and document.readable:
        locked = {canonical(name): version for name, version in _PACKAGE.findall(lock)}
        for way, constraint in _dependencies(document):
            said = _unlike(str(way[-1]), constraint, locked)
            if said:
                return replace(one, where=document.key(*way), message=f"{one.message}: {said}")
    found = _HASH.search(lock)
    return replace(one, where=Location(LOCK, *Lines(lock).at(found.end()))) if found else one


def _unlike(name: str, constraint: str, locked: dict[str, str]) -> str:
    """How the lock differs from what is asked for, in words; empty where it does not."""
    version = locked.get(canonical(name))
    if version is None:
        return f'"{name}" is not in it'
    if constraint and admits(constraint, version) is False:
        return f'it holds "{name}" {version}, and "{constraint}" is asked for'
    return ""


def _dependencies(document: Document) -> Iterator[tuple[Keys, str]]:
    """The way to each dependency under `[tool.poetry]`, with its constraint where that is one text."""
    for table in _tables(document.value):
        for name, wanted in _items(document.value, table):
            if name != "python":
                constraint = wanted.get("version", "") if isinstance(wanted, dict) else wanted
                yield (*table, name), constraint if isinstance(constraint, str) else ""


def _tables(value: Any) -> Iterator[tuple[str, ...]]:
    poetry = ("tool", "poetry")
    yield (*poetry, "dependencies")
    yield (*poetry, "dev-dependencies")
    for group, _ in _items(value, (*poetry, "group")):
        yield (*poetry, "group", group, "dependencies")


def _items(value: Any, keys: tuple[str, ...]) -> list[tuple[str, Any]]:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return list(value.items()) if isinstance(value, dict) else []


LOCK, SETTINGS = "poetry.lock", "poetry.toml"

RELOCK = Fix("type `poetry lock` in this folder, and commit the file")

KEYS = (
    "authors", "classifiers", "dependencies", "description", "documentation", "exclude", "extras", "group",
    "homepage", "include", "keywords", "license", "maintainers", "name", "package-mode", "packages", "plugins",
    "readme", "repository", "requires-plugins", "requires-poetry", "scripts", "source", "urls", "version",
)  # fmt: skip
"""What may stand under `[tool.poetry]`."""

_STALE = re.compile(r"(pyproject\.toml changed significantly since poetry\.lock was last generated)\..*")
_STANDING = re.compile(
    r"\[tool\.poetry\.[\w-]+\] is deprecated\. Use \[project"
    r"|\[tool\.poetry\.[\w-]+\] is set but '[\w-]+' is not in \[project\.dynamic\]"
)
"""Said of every package that is described under `[tool.poetry]`, as the framework's tools want it."""

_UNKNOWN_KEY = re.compile(r"\('([^']+)' was unexpected\)")
_TOLD = re.compile(r"(Error|Warning): (.*)")
_INVALID = "The Poetry configuration is invalid:"
_BAD_TOML = re.compile(r"Invalid TOML file (?:.*/)?([^/]+?\.toml): (.*)")
_COLUMN = re.compile(r"at line (\d{1,9}) col (\d{1,9})$")
_BARE_PLACE = re.compile(r"\(at line \d{1,9}, column \d{1,9}\)$|\(at end of document\)$")


def arguments(version: Version) -> Sequence[str]:
    """As people type it, but without the plugins that a folder may bring along; it has no machine format."""
    return ("check", "--no-plugins", "--no-interaction")


def read(output: Output, more: Output | None = None) -> Reading:
    """What poetry says. A `pyproject.toml` it cannot work with is told without a heading word."""
    stale: list[Problem] = []
    problems: list[Problem] = []
    for level, message in _told(output.err):
        match = _STALE.match(message)
        if match and level == "Error":
            stale.append(problem(LOCK, match[1], fix=RELOCK))
        elif not _STANDING.match(message):
            severity = Severity.WARNING if level == "Warning" else None
            problems.append(problem(PYPROJECT, message, severity=severity))
    if output.status == 1 and not stale and not any(one.severity is None for one in problems):
        problems += _refused(output.err)
    return judged("poetry", output, problems, stale)


def _told(text: str) -> Iterator[tuple[str, str]]:
    """What is told under a heading word, with the lines that go on with it."""
    level, parts = "", [""]
    for line in text.splitlines():
        match = _TOLD.fullmatch(line)
        if match:
            if level:
                yield level, " ".join(parts)
            level, parts = match[1], [match[2]]
        elif level:
            parts.append(line.strip())
    if level:
        yield level, " ".join(parts)


def _refused(text: str) -> Iterator[Problem]:
    before = takewhile(lambda line: not _TOLD.fullmatch(line), text.splitlines())
    lines = [line.strip() for line in before if line.strip()]
    if _INVALID in lines:
        faults = lines[lines.index(_INVALID) + 1 :]
        yield from (
            problem(PYPROJECT, line.removeprefix("- "), fix=_near(line)) for line in faults or [_INVALID]
        )
    elif lines:
        yield _unfit(lines[-1])


def _near(message: str) -> Fix | None:
    """The key that an unknown one was probably meant to be."""
    match = _UNKNOWN_KEY.search(message)
    near = nearest(match[1], KEYS) if match else None
    return Fix(f'write "{near}"') if near else None


def _unfit(message: str) -> Problem:
    match = _BAD_TOML.fullmatch(message)
    if match:
        place = _COLUMN.search(match[2])
        line, column = (int(place[1]), int(place[2]) + 1) if place else (1, 1)
        return problem(match[1], place_in(match[2])[0], line, column)
    if _BARE_PLACE.search(message):
        return problem(LOCK, *place_in(message), fix=RELOCK)
    return problem(PYPROJECT, message)


def watches(settings: Mapping[str, object]) -> Watched:
    """The three files of poetry; everything where a dependency is a folder, which poetry looks into."""
    return (
        EVERYTHING
        if _has_folders(settings.get("poetry"))
        else Watched((), frozenset({PYPROJECT, LOCK, SETTINGS}))
    )


def _has_folders(value: object) -> bool:
    if isinstance(value, dict):
        return "path" in value or any(_has_folders(one) for one in value.values())
    return isinstance(value, list) and any(_has_folders(one) for one in value)


TOOL = Tool(
    name="poetry",
    code="LNT101",
    plain=("check", "--no-plugins"),
    arguments=arguments,
    read=read,
    watches=watches,
    settle=settle,
)
