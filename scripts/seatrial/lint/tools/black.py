"""black: its report on standard error as problems, with the first changed line of each file from a second run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from seatrial.core.model import Fix, Problem, Severity
from seatrial.lint.tools.locate import Files, into_pyproject, place_in, settled
from seatrial.lint.tools.output import MEND, PYPROJECT, crashed, judged, problem
from seatrial.lint.tools.tool import EVERYTHING, Output, Reading, Tool, Version, Watched

BROKEN_FILES = 123
"""The status with which it says that some files could not be formatted."""

DEFAULT = r"(\.pyi?|\.ipynb)$"
NARROW = frozenset({DEFAULT, r"\.pyi?$", r"\.py$"})
"""Settings of `include` that are known to name nothing but Python and notebooks."""

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
    """As people type it; it has no machine format."""
    return ("--check", "--no-color", ".")


def mending(version: Version) -> Sequence[str]:
    """Formatting is always safe: black compares the programs before and after."""
    return (".",)


def follow_up(output: Output) -> Sequence[str]:
    """The differences in the files that would change, from which their places are read.

    Where the settings make it name none, those in all files.
    """
    if output.status not in (1, BROKEN_FILES) or crashed(output) or _REFUSED.search(output.err):
        return ()
    named = sorted(set(_unformatted(output.err)))
    silent = output.status == 1 and not named
    return ("--diff", "-q", "--no-color", "--", *(["."] if silent else named)) if silent or named else ()


def read(output: Output, more: Output | None = None) -> Reading:
    """What black would change and what it cannot read. Settings it refuses are a fault of theirs."""
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
    return judged("black", output, problems, known=(1, BROKEN_FILES))


def _unformatted(text: str) -> Iterator[str]:
    yield from (line.removeprefix(_WOULD) for line in text.split("\n") if line.startswith(_WOULD))


def _unformatted_problem(path: str, line: int) -> Problem:
    return problem(path, "it is not formatted as black would", line, fix=Fix(MEND))


def _changed(text: str) -> dict[str, int]:
    """The first line that would change, by file, from unified differences."""
    found: dict[str, int] = {}
    for part in re.split(r"^(?=--- .+\t\d{4}-)", text, flags=re.MULTILINE):
        name, hunk = _NEW_FILE.match(part), _HUNK.search(part)
        if name and hunk:
            found.setdefault(name[1], int(hunk[1]) + _unchanged(part[hunk.end() :]))
    return found


def _unchanged(hunk: str) -> int:
    """How many lines stand before the first changed one; `hunk` begins within its header line."""
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
    """Line and column; black counts columns from zero."""
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
    """Why it did not even begin, where that is the fault of its settings."""
    if output.status == 1 and _SETTINGS_CRASH.search(output.err):
        last = output.err.strip().rpartition("\n")[2]
        return problem(PYPROJECT, *place_in(last.partition(": ")[2] or last))
    match = _REFUSED.search(output.err)
    return problem(PYPROJECT, match[1] or match[2]) if match and output.status in (1, 2) else None


def settle(reading: Reading, files: Files) -> Reading:
    """With faults of the settings at the key they are about."""
    return settled(reading, into_pyproject(files, ("tool", "black")))


def watches(settings: Mapping[str, object]) -> Watched:
    """Python, notebooks, settings, what git ignores; everything where the settings may say more, or lie elsewhere."""
    own = settings.get("black")
    include = own.get("include", DEFAULT) if isinstance(own, dict) else ""
    if not isinstance(include, str) or include not in NARROW:
        return EVERYTHING
    return Watched(SUFFIXES, frozenset({PYPROJECT, ".gitignore"}))


TOOL = Tool(
    name="black",
    code="LNT104",
    plain=("--check", "."),
    arguments=arguments,
    read=read,
    watches=watches,
    mending=mending,
    companions=frozenset({"colorama", "ipython", "tokenize-rt", "uvloop"}),
    follow_up=follow_up,
    settle=settle,
)
