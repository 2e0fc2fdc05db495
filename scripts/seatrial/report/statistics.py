"""Statistics: the number of findings by code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.core.errors import UsageError
from seatrial.core.findings import Outcome
from seatrial.core.model import Severity
from seatrial.core.printable import plain

FORMATS = ("text", "json")
"""The formats that statistics come in."""


@dataclass(frozen=True)
class CodeCount:
    """A code with its name and gravest severity, the number of its findings, and the number of repairable ones."""

    code: str
    name: str
    severity: Severity
    count: int
    repairable: int


def rows(outcome: Outcome) -> Sequence[CodeCount]:
    """Return the codes that were found, the most frequent first."""
    found = sorted(outcome.every, key=lambda one: one.severity.rank, reverse=True)
    counts = Counter(one.code for one in found)
    safe = Counter(one.code for one in found if one.is_fixable)
    gravest = {one.code: one for one in found}
    made = (
        CodeCount(code, gravest[code].name, gravest[code].severity, counts[code], safe[code])
        for code in counts
    )
    return sorted(made, key=lambda row: (-row.count, row.code))


def render(outcome: Outcome) -> str:
    """Return a line for each code: count, severity, code, name, and the number of repairable findings."""
    found = rows(outcome)
    wide = len(str(found[0].count)) if found else 0
    return "".join(f"{row.count:>{wide}}  {_line(row)}\n" for row in found)


def _line(row: CodeCount) -> str:
    return f"{row.severity.value:7}  {plain(row.code)} {plain(row.name)}{_mark(row)}"


def _mark(row: CodeCount) -> str:
    if not row.repairable:
        return ""
    return " [fix]" if row.repairable == row.count else f" [fix {row.repairable}]"


def as_data(outcome: Outcome) -> list[Mapping[str, Any]]:
    """Return the rows for programs."""
    return [
        {
            "code": row.code,
            "name": row.name,
            "severity": row.severity.value,
            "count": row.count,
            "repairable": row.repairable,
        }
        for row in rows(outcome)
    ]


def must_be_known(format: str) -> None:
    """Raise UsageError for a format without statistics."""
    if format not in FORMATS:
        raise UsageError(f'statistics come as text or json, not as "{format}"; choose one with --format')
