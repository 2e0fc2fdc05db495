"""`poetry check`: its errors and warnings as problems, at the keys they are about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

from seatrial.lint.lockplaces import settle
from seatrial.lint.settling import place_in
from seatrial.lint.tool import EVERYTHING, Output, Reading, Tool, Version, Watched
from seatrial.lint.verdict import PYPROJECT, judged, problem
from seatrial.model import Fix, Problem, Severity
from seatrial.near import nearest

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
