"""One tool's verdict by the slow way and by Seatrial, side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from diagnostics import TOOL_OF, Diagnostic, Words, words
from ours import Answer
from recorded import COLUMNS, TOGETHER, Record
from slowway import TOOLS

CRASH = "Traceback (most recent call last)"
MORE = re.compile(r"(\d+) more problems of \w+;")
UNLOCKED, MISSING = "LNT002", 127
STALE = "pyproject.toml changed significantly since poetry.lock was last generated"
SETTINGS = ("pyproject.toml", "poetry.lock", ".yamllint", "")


@dataclass(frozen=True)
class Comparison:
    """How one tool's verdict on one integration with one fault compares."""

    name: str
    state: str
    fault: str
    tool: str
    status: int
    diagnostics: int
    differences: tuple[str, ...]

    @property
    def cell(self) -> str:
        """A cell of the table: equal or not, with the slow way's status where it is not 0."""
        verdict = "differs" if self.differences else "equal"
        return f"{verdict} ({self.status}: {self.diagnostics})" if self.status else verdict


def compared(record: Record, answer: Answer, state: str) -> Iterator[Comparison]:
    """Every tool's verdict on one integration."""
    folder = f"integrations/{record.name}/"
    broken = state == TOGETHER or any(CRASH in said.err for said in record.said.values())
    for tool in TOOLS:
        said = record.said[tool]
        plain = record.said.get(COLUMNS, said) if tool == "mypy" else said
        slow = words(tool, plain, record.folder)
        found = (*differences(tool, said.status, slow, answer, folder), *_ending(said.status, answer, broken))
        yield Comparison(record.name, state, record.fault, tool, said.status, len(slow.diagnostics), found)


def _ending(status: int, answer: Answer, broken: bool) -> Iterator[str]:
    """Whether the process ends as its findings and this tool's status ask for; 3 only where tools break down."""
    failing = any(each["severity"] == "error" for each in answer.findings or ())
    wanted = {1 if status or failing else 0} | ({3} if broken else set())
    if answer.said.status not in wanted:
        yield f"ours ends with {answer.said.status}: {answer.said.err.strip()[-300:]}"


def differences(tool: str, status: int, slow: Words, answer: Answer, folder: str) -> Iterator[str]:
    """What one side says and the other does not."""
    if answer.findings is None:
        yield f"no answer, status {answer.said.status}: {answer.said.err.strip()[-300:]}"
        return
    ours = [_diagnostic(each, folder) for each in answer.findings if _is_of(each, tool, folder)]
    fails = any(each.severity == "error" for each in ours) or _broke_down(tool, slow, answer)
    if fails != bool(status):
        yield f"the slow way's status is {status}, ours has {'an' if fails else 'no'} error; {answer.said.err[-300:]}"
    lacking = [each for each in sorted(slow.diagnostics) if not any(_same(tool, each, own) for own in ours)]
    if _left_out(ours) != len(lacking):
        yield from (f"ours lacks `{each}`" for each in lacking)
    for own in ours:
        if MORE.match(own.message):
            continue
        if not any(_same(tool, each, own) for each in slow.diagnostics) and not _within(own, slow, status):
            yield f"ours adds `{own}`"


def _left_out(ours: list[Diagnostic]) -> int:
    """How many more there are by ours, which shows so many of a tool and then counts the others."""
    counts = [MORE.match(own.message) for own in ours if own.severity == "info"]
    return sum(int(count[1]) for count in counts if count)


def _same(tool: str, slow: Diagnostic, own: Diagnostic) -> bool:
    """Whether both say the same.

    Poetry names no place, its advice is a finding's repair, and ours says what a stale lock lacks;
    what tools say of the first line of their settings, ours says of the line it is about.
    """
    if tool == "poetry":
        told = STALE if own.message.startswith(STALE) else own.message
        return own.severity == slow.severity and told in slow.message
    if slow.path in SETTINGS and slow.line == 1:
        slow = replace(slow, line=0, column=0)
    return slow.fits(own)


def _broke_down(tool: str, slow: Words, answer: Answer) -> bool:
    """Whether the tool ends with a traceback and ours says that it broke down, with its last words."""
    _, crash, rest = slow.rest.partition(CRASH)
    told = [line.partition(f"{tool} ended with status ")[2] for line in answer.said.err.splitlines()]
    return bool(crash) and any(line and line.partition(": ")[2] in rest for line in told)


def _is_of(finding: dict[str, Any], tool: str, folder: str) -> bool:
    if not finding["path"].startswith(folder):
        return False
    return TOOL_OF.get(finding["code"]) == tool or _is_unlocked(finding, tool)


def _is_unlocked(finding: dict[str, Any], tool: str) -> bool:
    return bool(finding["code"] == UNLOCKED and tool in finding["message"])


def _diagnostic(finding: dict[str, Any], folder: str) -> Diagnostic:
    return Diagnostic(
        finding["path"].removeprefix(folder),
        finding["line"] or 0,
        finding["column"] or 0,
        finding["severity"],
        finding["message"],
    )


def _within(own: Diagnostic, slow: Words, status: int) -> bool:
    """Whether it stands in the tool's other words, where those are all there is or about settings.

    A tool that is not installed says nothing: then it is enough that ours says so. Of one that breaks
    down over a file, ours tells the last words, behind words of its own.
    """
    about_settings = own.path.rpartition("/")[2] in SETTINGS
    message = " ".join(own.message.split())
    told = message in slow.rest or (
        CRASH in slow.rest and (message.partition(": ")[2] or message) in slow.rest
    )
    return status == MISSING or ((about_settings or not slow.diagnostics) and told)
