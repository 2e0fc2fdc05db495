"""Diagnostics from the tools' plain text, as values that can be compared with Seatrial's findings.

This parser of plain text shares no code with Seatrial's, which reads machine formats, so that a mistake in either shows
as a difference. Normalised are only spacing, the folder's place, and what Seatrial reports differently on purpose:
mypy's notes follow the error they belong to, black's "would reformat" is a sentence, and Poetry's warnings about a
package described under `[tool.poetry]`, which every integration here gets with status 0, are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from processes import Run

TOOL_OF = {
    "LNT101": "poetry",
    "LNT201": "poetry",
    "LNT102": "mypy",
    "LNT103": "ruff",
    "LNT104": "black",
    "LNT105": "yamllint",
}
MYPY = re.compile(
    r"^(?P<path>.+?):(?P<line>\d+)(?::(?P<column>\d+))?: (?P<severity>error|note|warning): (?P<message>.*)$"
)
MYPY_FILE = re.compile(r"^(?P<path>\S.*?\.pyi?): (?P<severity>error|note): (?P<message>.*)$")
RUFF = re.compile(r"^(?P<path>(?!\s*\d*\s*\|).+?):(?P<line>\d+):(?P<column>\d+): (?P<message>.*)$")
SNIPPET = re.compile(r"^\s*\d*\s*\|")
YAMLLINT = re.compile(r"^  (?P<line>\d+):(?P<column>\d+) +(?P<severity>error|warning) +(?P<message>.*)$")
BLACK_PLACE = re.compile(r": (?P<line>\d+):(?P<column>\d+)(?::|$)")
POETRY = re.compile(r"^(?P<severity>Error|Warning): (?P<message>.*)$")
STANDING = re.compile(r"\[tool\.poetry\.\w+\] is (deprecated\.|set but )")
UNFORMATTED, BROKEN = "it is not formatted as black would", "it cannot be formatted"
NO_DIAGNOSTIC = re.compile(
    r"^(Found \d+ error|Success: |All checks passed|All done!|Oh no!|\[\*\] |\d+ files? )"
)


@dataclass(frozen=True, order=True)
class Diagnostic:
    """One message of a tool. Line and column are 0 if the tool gives none."""

    path: str
    line: int
    column: int
    severity: str
    message: str

    def fits(self, other: Diagnostic) -> bool:
        """Return whether another has the same message at the same place, as far as this one gives a place.

        Spacing and the separators of mypy's notes do not count.
        """
        same_line = self.line in (0, other.line)
        same_column = self.column in (0, other.column)
        return same_line and same_column and self._rest == other._rest

    @property
    def place(self) -> tuple[str, int]:
        """Return path and line."""
        return self.path, self.line

    @property
    def _rest(self) -> tuple[str, str, str]:
        return self.path, self.severity, " ".join(re.split(r"[;\s]+", self.message))

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.severity}: {self.message}"


@dataclass(frozen=True)
class ToolText:
    """A tool's text: its diagnostics, and all other lines."""

    diagnostics: frozenset[Diagnostic]
    rest: str


def parse(tool: str, run: Run, folder: Path) -> ToolText:
    """Parse a tool's plain text."""
    text = (run.out + "\n" + run.err).replace(f"{folder}/", "")
    lines = [line for line in text.splitlines() if not NO_DIAGNOSTIC.match(line)]
    found = frozenset(READ[tool](lines))
    return ToolText(found, " ".join(" ".join(lines).split()))


def _diagnostic(
    match: Mapping[str, str | None], severity: str = "error", path: str | None = None
) -> Diagnostic:
    return Diagnostic(
        (path or match.get("path") or "").removeprefix("./"),
        int(match.get("line") or 0),
        int(match.get("column") or 0),
        (match.get("severity") or severity).lower(),
        match.get("message") or "",
    )


def _mypy(lines: Sequence[str]) -> Iterator[Diagnostic]:
    """Read mypy's lines; notes on the line of the error before them follow it in brackets.

    mypy gives the column of a syntax error one too far to the right.
    """
    found = [
        _diagnostic(match.groupdict())
        for line in lines
        if (match := MYPY.match(line) or MYPY_FILE.match(line))
    ]
    heads: list[tuple[Diagnostic, list[str]]] = []
    for each in found:
        if each.severity == "note" and heads and (each.path, each.line) == heads[-1][0].place:
            heads[-1][1].append(each.message)
        else:
            heads.append((each, []))
    for head, notes in heads:
        message = f"{head.message} ({'; '.join(notes)})" if notes else head.message
        column = head.column - head.message.endswith("[syntax]")
        severity = head.severity.replace("note", "info")
        yield replace(head, column=max(column, 0), message=message, severity=severity)


def _ruff(lines: Sequence[str]) -> Iterator[Diagnostic]:
    """Read ruff's lines; a next line that is not a source snippet belongs to the message."""
    for line, following in pairwise([*lines, ""]):
        match = None if line.startswith("error: ") else RUFF.match(line)
        if match:
            parts = match.groupdict()
            further = (
                "" if not following or RUFF.match(following) or SNIPPET.match(following) else f" {following}"
            )
            yield _diagnostic({**parts, "message": parts["message"].replace(" [*] ", " ", 1) + further})


def _black(lines: Sequence[str]) -> Iterator[Diagnostic]:
    """Read black's lines, worded as Seatrial does where they are not sentences; its columns count from zero."""
    for line in lines:
        if line.startswith("would reformat "):
            yield Diagnostic(line.removeprefix("would reformat "), 0, 0, "error", UNFORMATTED)
        if line.startswith("error: cannot format "):
            path, _, message = line.removeprefix("error: cannot format ").partition(".py: ")
            place = BLACK_PLACE.search(message)
            at = (int(place["line"]), int(place["column"]) + 1) if place else (0, 0)
            yield Diagnostic(f"{path}.py", *at, "error", f"{BROKEN}: {message}")


def _yamllint(lines: Sequence[str]) -> Iterator[Diagnostic]:
    path = ""
    for line in lines:
        if match := YAMLLINT.match(line):
            yield _diagnostic(match.groupdict(), path=path)
        elif line:
            path = line


def _poetry(lines: Sequence[str]) -> Iterator[Diagnostic]:
    """Read Poetry's lines; a line without a severity continues the message before it."""
    for text in re.split(r"\n(?=Error: |Warning: )", "\n".join(lines)):
        match = POETRY.match(" ".join(text.split()))
        if match and not STANDING.match(match["message"]):
            yield _diagnostic(match.groupdict(), path="pyproject.toml")


READ: Mapping[str, Callable[[Sequence[str]], Iterable[Diagnostic]]] = {
    "poetry": _poetry,
    "mypy": _mypy,
    "ruff": _ruff,
    "black": _black,
    "yamllint": _yamllint,
}
