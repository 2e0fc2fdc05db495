"""`poetry check`: its errors and warnings as problems at their keys, and how a stale lock differs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

from seatrial.core.model import Fix, Integration, Location, Problem, Severity
from seatrial.core.names import canonical
from seatrial.core.rules import rule
from seatrial.core.suggest import nearest
from seatrial.dependencies.constraints import admits
from seatrial.documents import toml
from seatrial.documents.document import Document, Keys, Lines
from seatrial.lint.tools.output import PYPROJECT, into_pyproject, place_in, problem, relocated, verdict_of
from seatrial.lint.tools.tool import EVERYTHING, Cost, Files, Output, Reading, Tool, Version, Watched

LOCK, SETTINGS = "poetry.lock", "poetry.toml"

_PACKAGE = re.compile(r'^name = "([^"\n]{1,200})"\r?\nversion = "([^"\n]{1,100})"', re.MULTILINE)
_HASH = re.compile(r'^content-hash = "?', re.MULTILINE)


def locate(reading: Reading, files: Files) -> Reading:
    """Return the reading with problems at their keys, and a stale lock at the first dependency it lacks."""
    at_key = into_pyproject(files, ("tool", "poetry"))
    placed = relocated(reading, lambda one: at_key(one) if one.where.line == 1 else one)
    return replace(placed, stale=[_at_difference(one, files) for one in reading.stale])


def _at_difference(one: Problem, files: Files) -> Problem:
    data, lock = files(PYPROJECT), (files(LOCK) or b"").decode("utf-8", "replace")
    document = toml.load(PYPROJECT, data) if data is not None else None
    if document and document.readable:
        locked = {canonical(name): version for name, version in _PACKAGE.findall(lock)}
        for path, constraint in _dependencies(document):
            difference = _difference(str(path[-1]), constraint, locked)
            if difference:
                return replace(one, where=document.key(*path), message=f"{one.message}: {difference}")
    found = _HASH.search(lock)
    return replace(one, where=Location(LOCK, *Lines(lock).at(found.end()))) if found else one


def _difference(name: str, constraint: str, locked: dict[str, str]) -> str:
    """Return how the lock differs from a dependency, in words; empty where it does not."""
    version = locked.get(canonical(name))
    if version is None:
        return f'"{name}" is not in it'
    if constraint and admits(constraint, version) is False:
        return f'it holds "{name}" {version}, and "{constraint}" is asked for'
    return ""


def _dependencies(document: Document) -> Iterator[tuple[Keys, str]]:
    """Yield the keys of each dependency under `[tool.poetry]`, with its constraint where that is one text."""
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


RELOCK = Fix("type `poetry lock` in this folder, and commit the file")

KEYS = (
    "authors", "classifiers", "dependencies", "description", "documentation", "exclude", "extras", "group",
    "homepage", "include", "keywords", "license", "maintainers", "name", "package-mode", "packages", "plugins",
    "readme", "repository", "requires-plugins", "requires-poetry", "scripts", "source", "urls", "version",
)  # fmt: skip
"""The keys that `[tool.poetry]` may have."""

_STALE = re.compile(r"(pyproject\.toml changed significantly since poetry\.lock was last generated)\..*")
_ADVICE = re.compile(
    r"\[tool\.poetry\.[\w-]+\] is deprecated\. Use \[project"
    r"|\[tool\.poetry\.[\w-]+\] is set but '[\w-]+' is not in \[project\.dynamic\]"
)
"""Advice that every package described under `[tool.poetry]` gets; the framework's tools want it so."""

_UNKNOWN_KEY = re.compile(r"\('([^']+)' was unexpected\)")
_HEADING = re.compile(r"(Error|Warning): (.*)")
_INVALID = "The Poetry configuration is invalid:"
_BAD_TOML = re.compile(r"Invalid TOML file (?:.*/)?([^/]+?\.toml): (.*)")
_COLUMN = re.compile(r"at line (\d{1,9}) col (\d{1,9})$")
_BARE_PLACE = re.compile(r"\(at line \d{1,9}, column \d{1,9}\)$|\(at end of document\)$")


def arguments(version: Version) -> Sequence[str]:
    """Return the arguments that people type, less the plugins of a folder; it has no machine format."""
    return ("check", "--no-plugins", "--no-interaction")


def read(output: Output, more: Output | None = None) -> Reading:
    """Return what poetry reports. A `pyproject.toml` that it cannot use is reported without a heading word."""
    stale: list[Problem] = []
    problems: list[Problem] = []
    for level, message in _messages(output.err):
        match = _STALE.match(message)
        if match and level == "Error":
            stale.append(problem(LOCK, match[1], fix=RELOCK))
        elif not _ADVICE.match(message):
            severity = Severity.WARNING if level == "Warning" else None
            problems.append(problem(PYPROJECT, message, severity=severity))
    if output.status == 1 and not stale and not any(one.severity is None for one in problems):
        problems += _refused(output.err)
    return verdict_of("poetry", output, problems, stale)


def _messages(text: str) -> Iterator[tuple[str, str]]:
    """Yield heading word and message, with the lines that continue it."""
    level, parts = "", [""]
    for line in text.splitlines():
        match = _HEADING.fullmatch(line)
        if match:
            if level:
                yield level, " ".join(parts)
            level, parts = match[1], [match[2]]
        elif level:
            parts.append(line.strip())
    if level:
        yield level, " ".join(parts)


def _refused(text: str) -> Iterator[Problem]:
    before = takewhile(lambda line: not _HEADING.fullmatch(line), text.splitlines())
    lines = [line.strip() for line in before if line.strip()]
    if _INVALID in lines:
        faults = lines[lines.index(_INVALID) + 1 :]
        yield from (
            problem(PYPROJECT, line.removeprefix("- "), fix=_suggestion(line))
            for line in faults or [_INVALID]
        )
    elif lines:
        yield _unusable(lines[-1])


def _suggestion(message: str) -> Fix | None:
    """Return the key that an unknown one was probably meant to be."""
    match = _UNKNOWN_KEY.search(message)
    near = nearest(match[1], KEYS) if match else None
    return Fix(f'write "{near}"') if near else None


def _unusable(message: str) -> Problem:
    match = _BAD_TOML.fullmatch(message)
    if match:
        place = _COLUMN.search(match[2])
        line, column = (int(place[1]), int(place[2]) + 1) if place else (1, 1)
        return problem(match[1], place_in(match[2])[0], line, column)
    if _BARE_PLACE.search(message):
        return problem(LOCK, *place_in(message), fix=RELOCK)
    return problem(PYPROJECT, message)


def watches(settings: Mapping[str, object]) -> Watched:
    """Return the three files of poetry; everything where a dependency is a folder, which poetry reads."""
    return (
        EVERYTHING
        if _has_folders(settings.get("poetry"))
        else Watched((), frozenset({PYPROJECT, LOCK, SETTINGS}))
    )


def _has_folders(value: object) -> bool:
    if isinstance(value, dict):
        return "path" in value or any(_has_folders(one) for one in value.values())
    return isinstance(value, list) and any(_has_folders(one) for one in value)


_INVALID_EXAMPLE = f"{_INVALID}\n  - Additional properties are not allowed ('licence' was unexpected)\n"
_STALE_EXAMPLE = (
    "Error: pyproject.toml changed significantly since poetry.lock was last generated. "
    "Run `poetry lock` to fix the lock file.\n"
)


@rule(
    "LNT101",
    bad=lambda folder: folder.edited(
        PYPROJECT, 'readme = "README.md"\n', 'readme = "README.md"\nlicence = "MIT"\n'
    ),
    waiver="",
)
def poetry(integration: Integration) -> Iterator[Problem]:
    """`poetry check` accepts `pyproject.toml`.

    What it refuses cannot be installed, locked or built. Its advice to move `[tool.poetry]` to `[project]`
    is not passed on, because the framework's own tools read the former.
    """
    yield from TOOL.recorded(integration, Output(1, err=_INVALID_EXAMPLE))


@rule("LNT201", bad=lambda folder: folder.edited(PYPROJECT, '"^0.48.12"', '"^0.49.0"'), waiver="")
def lint_with_stale_lock(integration: Integration) -> Iterator[Problem]:
    """`poetry.lock` was made from the dependencies that `pyproject.toml` lists.

    `poetry install` refuses a stale one, so what mypy sees would not be what the code runs with.
    """
    yield from TOOL.recorded(integration, Output(1, err=_STALE_EXAMPLE))


TOOL = Tool(
    name="poetry",
    law=poetry,
    plain=("check", "--no-plugins"),
    arguments=arguments,
    read=read,
    watches=watches,
    stale_law=lint_with_stale_lock,
    locked=False,
    warm=(
        "poetry.console.application",
        "poetry.console.commands.check",
        "poetry.console.commands.env_command",
        "poetry.console.logging.io_handler",
        "poetry.console.logging.filters",
        "poetry.core.factory",
        "poetry.core.masonry.builders.builder",
        "poetry.core.spdx.helpers",
        "poetry.factory",
        "poetry.json",
        "poetry.packages.locker",
        "poetry.repositories.legacy_repository",
        "poetry.repositories.pypi_repository",
        "poetry.repositories.repository_pool",
        "poetry.utils.authenticator",
        "trove_classifiers",
    ),
    companions=frozenset({"poetry-core"}),
    cost=Cost(0.1, 0.1),
    locate=locate,
)
