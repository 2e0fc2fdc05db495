"""black: its report as problems, with the first changed line of each file from a second call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from seatrial.core.model import Fix, Integration, Problem, Severity
from seatrial.core.rules import rule
from seatrial.lint.tools.output import (
    HOW_TO_REPAIR,
    PYPROJECT,
    crashed,
    into_pyproject,
    place_in,
    problem,
    relocated,
    verdict_of,
)
from seatrial.lint.tools.tool import EVERYTHING, Cost, Files, Output, Reading, Tool, Version, Watched

BROKEN_FILES = 123
"""The exit status where some files could not be formatted."""

DEFAULT = r"(\.pyi?|\.ipynb)$"
NARROW = frozenset({DEFAULT, r"\.pyi?$", r"\.py$"})
"""Values of `include` that match nothing but Python files and notebooks."""

SUFFIXES = (".py", ".pyi", ".ipynb")

UNREADABLE = "it cannot be formatted"

_WOULD = "would reformat "
_CANNOT = re.compile(r"error: cannot format (.+?\.\w+): (.*)|error: cannot format ([^:]+): (.*)")
_CANNOT_PARSE = re.compile(r"error: cannot parse: (.+):(\d{1,9}):(\d{1,9})")
_PLACES = (
    re.compile(r"\bCannot parse[^:]{0,99}: (\d{1,9}):(\d{1,9})"),
    re.compile(r"\(<\w{1,99}>, line (\d{1,9})\)()"),
)
_UNKNOWN_KEYS = "Invalid config keys detected: "
_REFUSED = re.compile(r"^(?:Error: (.*)|.*(The required version .*))$", re.MULTILINE)
_SETTINGS_CRASH = re.compile(r" in (?:read|find|parse)_pyproject_toml$", re.MULTILINE)
_NEW_FILE = re.compile(r"^--- (.+?)\t\d{4}-", re.MULTILINE)
_HUNK = re.compile(r"@@ -(\d{1,9})")
_OLD = re.compile(r"[-+]")


def arguments(version: Version) -> Sequence[str]:
    """Return the arguments that people type; black has no machine format."""
    return ("--check", "--no-color", ".")


def repair(version: Version) -> Sequence[str]:
    """Return the arguments that format. This is always safe: black compares the programs before and after."""
    return (".",)


def follow_up(output: Output) -> Sequence[str]:
    """Return the arguments that print the differences, from which the places of the problems are read.

    Where the settings make it name no file, the differences of all files.
    """
    if output.status not in (1, BROKEN_FILES) or crashed(output) or _REFUSED.search(output.err):
        return ()
    named = sorted(set(_unformatted(output.err)))
    silent = output.status == 1 and not named
    return ("--diff", "-q", "--no-color", "--", *(["."] if silent else named)) if silent or named else ()


def read(output: Output, more: Output | None = None) -> Reading:
    """Return the files that black would change or cannot read, or the problem of settings that it refuses."""
    refused = _refused(output)
    if refused:
        return Reading([refused])
    lines = {**_changed(output.out), **_changed(more.out if more else "")}
    named = {*_unformatted(output.err), *lines} if output.status else set()
    problems = [
        *(_unformatted_problem(path, lines.get(path, 1)) for path in sorted(named)),
        *_broken(output.err),
        *_warnings(output.err),
    ]
    return verdict_of("black", output, problems, known=(1, BROKEN_FILES))


def _unformatted(text: str) -> Iterator[str]:
    yield from (line.removeprefix(_WOULD) for line in text.split("\n") if line.startswith(_WOULD))


def _unformatted_problem(path: str, line: int) -> Problem:
    return problem(path, "it is not formatted as black would", line, fix=Fix(HOW_TO_REPAIR))


def _changed(text: str) -> dict[str, int]:
    """Return the first line that would change, by file, from unified differences."""
    found: dict[str, int] = {}
    for part in re.split(r"^(?=--- .+\t\d{4}-)", text, flags=re.MULTILINE):
        name, hunk = _NEW_FILE.match(part), _HUNK.search(part)
        if name and hunk:
            found.setdefault(name[1], int(hunk[1]) + _unchanged(part[hunk.end() :]))
    return found


def _unchanged(hunk: str) -> int:
    """Return the number of lines before the first changed one; `hunk` starts within its header line."""
    lines = hunk.split("\n")[1:]
    return next((number for number, line in enumerate(lines) if _OLD.match(line)), 0)


def _broken(text: str) -> Iterator[Problem]:
    for line in text.split("\n"):
        if match := _CANNOT_PARSE.fullmatch(line):
            yield problem(match[1], f"{UNREADABLE}: cannot parse", match[2], int(match[3]) + 1)
        elif (match := _CANNOT.fullmatch(line)) and "INTERNAL ERROR" not in line:
            path, message = match[1] or match[3], match[2] or match[4] or ""
            yield problem(path, f"{UNREADABLE}: {message}", *_place(message))


def _place(message: str) -> tuple[int, int]:
    """Return line and column; black counts columns from zero."""
    for pattern in _PLACES:
        match = pattern.search(message)
        if match:
            return int(match[1]), int(match[2] or 0) + 1
    return 1, 1


def _warnings(text: str) -> Iterator[Problem]:
    for line in text.splitlines():
        if line.startswith(_UNKNOWN_KEYS):
            yield problem(PYPROJECT, line.rpartition(" (in ")[0] or line, severity=Severity.WARNING)


def _refused(output: Output) -> Problem | None:
    """Return the problem of settings with which it does not start."""
    if output.status == 1 and _SETTINGS_CRASH.search(output.err):
        last = output.err.strip().rpartition("\n")[2]
        return problem(PYPROJECT, *place_in(last.partition(": ")[2] or last))
    match = _REFUSED.search(output.err)
    return problem(PYPROJECT, match[1] or match[2]) if match and output.status in (1, 2) else None


def locate(reading: Reading, files: Files) -> Reading:
    """Return the reading with problems of the settings at their keys."""
    return relocated(reading, into_pyproject(files, ("tool", "black")))


def watches(settings: Mapping[str, object]) -> Watched:
    """Return Python files, notebooks and settings; everything where settings may name others or are elsewhere."""
    own = settings.get("black")
    include = own.get("include", DEFAULT) if isinstance(own, dict) else ""
    if not isinstance(include, str) or include not in NARROW:
        return EVERYTHING
    return Watched(SUFFIXES, frozenset({PYPROJECT, ".gitignore"}))


_EXAMPLE = """\
--- client.py\t2026-01-31 00:00:00.000000+00:00
+++ client.py\t2026-01-31 00:00:00.000001+00:00
@@ -56,3 +56,3 @@
             headers=self._headers,
-            params={**query, 'page': page, "per_page": self._page_size},
"""


@rule(
    "LNT104",
    bad=lambda folder: folder.edited("client.py", '**query, "page": page', "**query, 'page': page"),
    waiver="`# fmt: skip` at the end of the line, or `[tool.black]` in pyproject.toml",
)
def black(integration: Integration) -> Iterator[Problem]:
    """The code is formatted as the integration's own black formats it.

    The place is the first line that would change. Nobody needs to do it by hand: `make lint FIX=1`.
    """
    yield from TOOL.recorded(integration, Output(1, err="would reformat client.py\n"), Output(0, _EXAMPLE))


def environ(cache: Path) -> Mapping[str, str]:
    """Return the variables that make it keep its cache in this folder, and use one process."""
    return {"BLACK_CACHE_DIR": str(cache), "BLACK_NUM_WORKERS": "1"}


TOOL = Tool(
    name="black",
    law=black,
    plain=("--check", "."),
    arguments=arguments,
    read=read,
    watches=watches,
    warm=("black", "blib2to3.pgen2.driver"),
    environ=environ,
    companions=frozenset({"colorama", "ipython", "tokenize-rt", "uvloop"}),
    cost=Cost(0.2, 10.0),
    follow_up=follow_up,
    locate=locate,
    repair=repair,
)
