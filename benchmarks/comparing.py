"""Comparing one tool's verdict by the slow way with Seatrial's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from diagnostics import TOOL_OF, Diagnostic, ToolText, parse
from ours import Answer
from processes import NOT_FOUND
from recorded import COLUMNS, TOGETHER, Record
from slowway import TOOLS

CRASH = "Traceback (most recent call last)"
MORE = re.compile(r"(\d+) more problems of \w+;")
UNLOCKED = "LNT002"
STALE = "pyproject.toml changed significantly since poetry.lock was last generated"
SETTINGS = ("pyproject.toml", "poetry.lock", ".yamllint", "")


@dataclass(frozen=True)
class Comparison:
    """One tool's verdict on one integration with one fault, compared; `status` is the slow way's."""

    name: str
    state: str
    fault: str
    tool: str
    status: int
    diagnostics: int
    differences: tuple[str, ...]

    @property
    def cell(self) -> str:
        """Return the cell of the table: equal or not, and the slow way's status and diagnostics if it fails."""
        verdict = "differs" if self.differences else "equal"
        return f"{verdict} ({self.status}: {self.diagnostics})" if self.status else verdict


def compared(record: Record, answer: Answer, state: str) -> Iterator[Comparison]:
    """Compare every tool's verdict on one integration."""
    folder = f"integrations/{record.name}/"
    broken = state == TOGETHER or any(CRASH in one.err for one in record.runs.values())
    for tool in TOOLS:
        run = record.runs[tool]
        plain = record.runs.get(COLUMNS, run) if tool == "mypy" else run
        slow = parse(tool, plain, record.folder)
        found = (*differences(tool, run.status, slow, answer, folder), *_status(run.status, answer, broken))
        yield Comparison(record.name, state, record.fault, tool, run.status, len(slow.diagnostics), found)


def _status(status: int, answer: Answer, broken: bool) -> Iterator[str]:
    """Yield a difference if the exit status contradicts the findings or this tool's status; 3 means crashed."""
    failing = any(each["severity"] == "error" for each in answer.findings or ())
    wanted = {1 if status or failing else 0} | ({3} if broken else set())
    if answer.run.status not in wanted:
        yield f"ours ends with {answer.run.status}: {answer.run.err.strip()[-300:]}"


def differences(tool: str, status: int, slow: ToolText, answer: Answer, folder: str) -> Iterator[str]:
    """Yield what one side reports and the other does not."""
    if answer.findings is None:
        yield f"no answer, status {answer.run.status}: {answer.run.err.strip()[-300:]}"
        return
    ours = [_diagnostic(each, folder) for each in answer.findings if _is_of(each, tool, folder)]
    fails = any(each.severity == "error" for each in ours) or _is_crash(tool, slow, answer)
    if fails != bool(status):
        yield f"the slow way's status is {status}, ours has {'an' if fails else 'no'} error; {answer.run.err[-300:]}"
    lacking = [each for each in sorted(slow.diagnostics) if not any(_same(tool, each, own) for own in ours)]
    if _left_out(ours) != len(lacking):
        yield from (f"ours lacks `{each}`" for each in lacking)
    for own in ours:
        if MORE.match(own.message):
            continue
        if not any(_same(tool, each, own) for each in slow.diagnostics) and not _within(own, slow, status):
            yield f"ours adds `{own}`"


def _left_out(ours: list[Diagnostic]) -> int:
    """Return how many diagnostics Seatrial only counts, because it shows a limited number of one tool."""
    counts = [MORE.match(own.message) for own in ours if own.severity == "info"]
    return sum(int(count[1]) for count in counts if count)


def _same(tool: str, slow: Diagnostic, own: Diagnostic) -> bool:
    """Return whether both report the same.

    Poetry's messages have no place, its advice is a finding's repair, and Seatrial adds what a stale lock lacks. Where
    tools report a setting on the first line of its file, Seatrial reports it on the line of the setting.
    """
    if tool == "poetry":
        message = STALE if own.message.startswith(STALE) else own.message
        return own.severity == slow.severity and message in slow.message
    if slow.path in SETTINGS and slow.line == 1:
        slow = replace(slow, line=0, column=0)
    return slow.fits(own)


def _is_crash(tool: str, slow: ToolText, answer: Answer) -> bool:
    """Return whether the tool ends with a traceback and Seatrial reports the crash with its last line."""
    _, crash, rest = slow.rest.partition(CRASH)
    ended = [line.partition(f"{tool} ended with status ")[2] for line in answer.run.err.splitlines()]
    return bool(crash) and any(line and line.partition(": ")[2] in rest for line in ended)


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


def _within(own: Diagnostic, slow: ToolText, status: int) -> bool:
    """Return whether the tool's other text contains it, if it has only other text or the finding is about settings.

    A tool that is not installed prints nothing; Seatrial's finding is enough then. For a tool that crashes on a file,
    Seatrial quotes the last line after text of its own.
    """
    about_settings = own.path.rpartition("/")[2] in SETTINGS
    message = " ".join(own.message.split())
    is_quoted = message in slow.rest or (
        CRASH in slow.rest and (message.partition(": ")[2] or message) in slow.rest
    )
    return status == NOT_FOUND or ((about_settings or not slow.diagnostics) and is_quoted)
