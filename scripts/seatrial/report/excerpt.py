"""Excerpts: the lines of a file around a finding, as compilers print them, safe to print."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from unicodedata import combining, east_asian_width

from seatrial.core.model import Finding
from seatrial.core.printable import plain

Lines = Callable[[Finding], Sequence[str]]
"""Returns the lines of the file that a finding is in; none if the file cannot be shown."""

CONTEXT = 2
"""The number of lines shown before the one with the finding, and after it."""

BEFORE, WIDE = 60, 140
"""The most characters shown of a line before the place of the finding, and in all."""

_WORD = re.compile(r"[\w.@/$-]+|\S")


def excerpt(finding: Finding, lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines around a finding with their numbers, and a mark under its place; nothing without a line."""
    at = finding.line - 1
    if not 0 <= at < len(lines):
        return
    shown = range(max(0, at - CONTEXT), min(len(lines), at + CONTEXT + 1))
    width = len(str(shown[-1] + 1))
    start = max(0, finding.column - 1 - BEFORE) if len(lines[at]) > WIDE else 0
    for number in shown:
        yield f"  {number + 1:>{width}} | {_window(lines[number], start if number == at else 0)}".rstrip()
        if number == at:
            yield f"  {'':>{width}} | {_mark(finding, lines[at], start)}"


def _window(line: str, start: int) -> str:
    end = start + WIDE
    return f"{'…' if start else ''}{plain(line[start:end])}{'…' if len(line) > end else ''}"


def _mark(finding: Finding, line: str, start: int) -> str:
    """Return blanks as wide as the text before the place, and a mark as wide as the text that the finding is about."""
    column = min(finding.column - 1, len(line))
    before = ("…" if start else "") + plain(line[start:column])
    marked = line[column : column + length(finding, line[column : start + WIDE])]
    return " " * _cells(before) + "^" + "~" * (_cells(plain(marked)) - 1)


def length(finding: Finding, rest: str) -> int:
    """Return the number of characters that a finding is about: those that its repair replaces, else a word."""
    edit = finding.fix.edit if finding.fix else None
    if edit and (edit.where.path, edit.where.line, edit.where.column) == (
        finding.path,
        finding.line,
        finding.column,
    ):
        old = edit.old.partition("\n")[0]
        if old and rest.startswith(old):
            return len(old)
    word = _WORD.match(rest)
    return len(word[0]) if word else 1


def _cells(text: str) -> int:
    """Return the number of terminal columns that a text takes."""
    return sum(0 if combining(one) else 1 + (east_asian_width(one) in "WF") for one in text)
