"""ruff: its JSON as problems. Sources: `ruff check --help`, and the program's output from 0.0.278 to 0.17."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from seatrial.core.model import Fix, Integration, Problem
from seatrial.core.rules import rule
from seatrial.lint.tools.output import (
    HOW_TO_REPAIR,
    PYPROJECT,
    crashed,
    into_pyproject,
    problem,
    relocated,
    verdict_of,
)
from seatrial.lint.tools.tool import (
    EVERYTHING,
    Batch,
    Cost,
    Files,
    Output,
    Reading,
    Tool,
    Version,
    Watched,
)

OUTPUT_FORMAT = (0, 0, 291)
"""The first version that calls `--format` `--output-format`."""

SAFE_FIXES = (0, 1)
"""The first version that marks safe repairs."""

SETTINGS_FILES = ("ruff.toml", ".ruff.toml")
SUFFIXES = (".py", ".pyi", ".pyw", ".ipynb")
WATCHED_NAMES = frozenset({PYPROJECT, *SETTINGS_FILES, ".gitignore", ".ignore"})
WIDENING = frozenset({"include", "extend-include", "extension", "extend"})
"""Settings that make ruff read files of other names, or settings from elsewhere."""

_PLACE = re.compile(r"TOML parse error at line (\d{1,9}), column (\d{1,9})")
_FILE = re.compile(r"[\s`(]([^\s`()]*(?:pyproject|\.?ruff)\.toml)\b")
_CONFIGURATION = re.compile(r"TOML parse error|Required version|error parsing glob|rule selector|\.toml\b")
_EXCERPT = re.compile(r"^\s*(?:\d+\s*)?\|")
_CAUSE = re.compile(r"^\s*(?:Cause:|error:)?\s*")
_MOST = 300


def arguments(version: Version) -> Sequence[str]:
    """Return the arguments for JSON, without a cache; an unknown version counts as new."""
    form = "--output-format" if not version or version >= OUTPUT_FORMAT else "--format"
    return ("check", form, "json", "--no-cache", ".")


def repair(version: Version) -> Sequence[str]:
    """Return the arguments for safe repairs; none for a version that does not mark them."""
    if version and version < SAFE_FIXES:
        return ()
    return ("check", "--fix", "--no-unsafe-fixes", "--no-cache", ".")


def read(output: Output, more: Output | None = None) -> Reading:
    """Return what ruff found, or the problem of settings that it refuses, with status 2."""
    if output.status == 2 and _CONFIGURATION.search(output.err) and not crashed(output):
        return Reading([_refused_settings(output.err)])
    return verdict_of("ruff", output, list(_found(output.out)))


def _found(text: str) -> Iterator[Problem]:
    for entry in _entries(text):
        yield _problem(entry)


def _entries(text: str) -> list[dict[str, Any]]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _problem(entry: Mapping[str, Any]) -> Problem:
    place = _mapping(entry.get("location"))
    line, column = place.get("row"), place.get("column")
    message = " ".join(str(entry.get("message") or "a fault without words").split())
    if entry.get("cell") is not None:
        message, line, column = f"{message} (cell {entry['cell']}, line {line})", 1, 1
    message = f"{_code(entry)} {message}".strip()
    return problem(str(entry.get("filename") or ""), message, line, column, fix=_fix(entry.get("fix")))


def _code(entry: Mapping[str, Any]) -> str:
    code = entry.get("code")
    return code if isinstance(code, str) else ""


def _fix(value: Any) -> Fix | None:
    """Return ruff's own repair; only one that it marks as safe is offered as a command."""
    fix = _mapping(value)
    message = fix.get("message")
    if not isinstance(message, str) or not message:
        return None
    title = message[0].lower() + message[1:]
    return Fix(f"{title} ({HOW_TO_REPAIR})" if fix.get("applicability") == "safe" else title)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _refused_settings(text: str) -> Problem:
    place = _PLACE.search(text)
    files = _FILE.findall(text)
    line, column = place.groups() if place else (1, 1)
    return problem(files[-1] if files else PYPROJECT, _refusal(text), line, column)


def _refusal(text: str) -> str:
    """Return the text after the excerpt of the faulty line, or the causes where there is no excerpt."""
    end = text.rpartition("ruff failed\n")[2]
    lines = [_CAUSE.sub("", line) for line in end.splitlines() if line.strip()]
    excerpt = [number for number, line in enumerate(lines) if _EXCERPT.match(line)]
    words = " ".join(lines[excerpt[-1] + 1 :] if excerpt else lines)
    return words.partition(", expected one of")[0][:_MOST]


def locate(reading: Reading, files: Files) -> Reading:
    """Return the reading with refused settings at their keys."""
    placed = into_pyproject(files, ("tool", "ruff"))
    return relocated(reading, lambda one: placed(one) if _is_about_settings(one) else one)


def _is_about_settings(one: Problem) -> bool:
    """Return whether a problem is about ruff's settings, not found by a rule for `pyproject.toml`."""
    return one.where.path == PYPROJECT and not re.match(r"[A-Z]+[0-9]+ ", one.message)


def watches(settings: Mapping[str, object]) -> Watched:
    """Return Python files, notebooks and settings; everything where settings may name others or are elsewhere."""
    own = settings.get("ruff")
    if not isinstance(own, dict) or WIDENING & own.keys():
        return EVERYTHING
    return Watched(SUFFIXES, WATCHED_NAMES)


def widens(paths: Iterable[str]) -> bool:
    """Return whether there are settings of ruff beside those in the folder's `pyproject.toml`."""
    return any(path.rpartition("/")[2] in SETTINGS_FILES or path.endswith(f"/{PYPROJECT}") for path in paths)


def fits_batch(tables: Mapping[str, Any], paths: Collection[str]) -> bool:
    """Return whether ruff finds a folder's settings from anywhere; without any it takes those of where it is called."""
    return isinstance(tables.get("ruff"), dict) or any(name in paths for name in SETTINGS_FILES)


def split(output: Output, folders: Sequence[str]) -> Mapping[str, Output]:
    """Return each folder's entries with paths relative to it; empty where it is unclear whose they are."""
    clean = all(line.startswith(("warning:", " ")) for line in output.err.splitlines() if line)
    if output.status not in (0, 1) or not clean:
        return {}
    found: dict[str, list[object]] = {folder: [] for folder in folders}
    try:
        for entry in json.loads(output.out):
            folder = next(one for one in folders if entry["filename"].startswith(one + os.sep))
            found[folder].append(entry | {"filename": os.path.relpath(entry["filename"], folder)})
    except (ValueError, TypeError, KeyError, AttributeError, StopIteration):
        return {}
    return {folder: Output(int(bool(entries)), json.dumps(entries)) for folder, entries in found.items()}


_EXAMPLE = {
    "code": "F401",
    "filename": "main.py",
    "fix": {"applicability": "safe", "message": "Remove unused import: `os`"},
    "location": {"column": 8, "row": 1},
    "message": "`os` imported but unused",
}


@rule(
    "LNT103",
    bad=lambda folder: folder.edited(
        "main.py", "from typing import cast\n", "import os\nfrom typing import cast\n"
    ),
    waiver="`# noqa: CODE` at the end of the line, or `[tool.ruff.lint]` in pyproject.toml",
)
def ruff(integration: Integration) -> Iterator[Problem]:
    """The code breaks no rule that ruff is set to look for.

    ruff's own code precedes the message; `ruff rule CODE` explains it. Where the repair is safe,
    `make lint FIX=1` makes it.
    """
    yield from TOOL.recorded(integration, Output(1, json.dumps([_EXAMPLE])))


TOOL = Tool(
    name="ruff",
    law=ruff,
    plain=("check", "--no-cache", "."),
    arguments=arguments,
    read=read,
    watches=watches,
    program=True,
    batch=Batch(fits_batch, split),
    cost=Cost(0.02, 0.1),
    settings_files=SETTINGS_FILES,
    widens=widens,
    locate=locate,
    repair=repair,
)
