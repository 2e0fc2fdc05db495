"""The state of a fleet as text, as JSON, and as Markdown for a page or for one living issue."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from seatrial.core.model import Severity
from seatrial.core.names import counted
from seatrial.core.printable import cut, plain
from seatrial.fleet.quality.scale import MEANINGS, Level, words
from seatrial.fleet.quality.status_rows import StatusRow, spread, step_words
from seatrial.report.github import code

WIDEST = 140
"""The most characters of a step; longer ones are cut."""

HEAD = (
    "integration",
    "version",
    "published",
    "level",
    "findings",
    "suppressed",
    "framework",
    "behind",
    "next",
)

BEGIN, END = "<!-- seatrial status: begin -->", "<!-- seatrial status: end -->"
"""The marks around Seatrial's part of a living issue; everything between them is replaced."""

MOST_BYTES = 60_000
"""The most bytes written into a living issue; GitHub refuses more than 65,536 characters."""

Typed = Callable[[str], str]
"""Turns a command of `seatrial` into the one to type here, such as that of make."""


def text(rows: Sequence[StatusRow], typed: Typed) -> str:
    """Return a table with a line for each integration, and the command for its next level."""
    table = [HEAD, *((*_cells(row), _next(row, typed)) for row in rows)]
    safe = [[plain(cell) for cell in row] for row in table]
    widths = [max(len(row[column]) for row in safe) for column in range(len(HEAD) - 1)]
    lines = (
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in safe
    )
    return "".join(f"{line}\n" for line in lines)


def _cells(row: StatusRow) -> tuple[str, ...]:
    found = " ".join(f"{family}:{count}" for family, count in row.families.items())
    return (
        row.name,
        row.version or "-",
        row.published or "-",
        row.level_name,
        found or "-",
        str(row.suppressed or "-"),
        row.framework or "-",
        row.behind or "-",
    )


def _next(row: StatusRow, typed: Typed) -> str:
    if not row.missing:
        return "-" if row.is_judged else "a rule failed; see above"
    more = f" (1 of {len(row.missing)})" if row.missing[1:] else ""
    step = cut(step_words(row.missing[0]), WIDEST)
    return f"{row.missing[0].level.value}{more}: {step}; type `{typed(row.command)}`"


def summary(rows: Sequence[StatusRow]) -> str:
    """Return the number of integrations at each level, in one line."""
    counts = spread(rows)
    found = [f"{count} {words(level)}" for level, count in counts.items() if count]
    unknown = sum(1 for row in rows if row.level is None)
    found += [f"{unknown} unknown"] if unknown else []
    return counted(len(rows), "integration") + (f": {', '.join(found)}" if found else "")


def as_json(rows: Sequence[StatusRow]) -> Mapping[str, Any]:
    """Return the state for programs."""
    counts = spread(rows)
    return {
        "version": 1,
        "levels": {level.value: count for level, count in counts.items()},
        "integrations": [_value(row) for row in rows],
    }


def _value(row: StatusRow) -> Mapping[str, Any]:
    return {
        "integration": row.name,
        "path": row.path,
        "type": row.type,
        "version": row.version,
        "published": row.published or None,
        "level": row.level.value if row.level else None,
        "next": row.missing[0].level.value if row.missing else None,
        "missing": [
            {"code": one.code, "name": one.name, "findings": one.count, "holds": one.holds or None}
            for one in row.missing
        ],
        "command": row.command or None,
        "findings": {"families": row.families, **{one.value: row.count(one) for one in Severity}},
        "suppressed": row.suppressed,
        "framework": row.framework or None,
        "behind": row.lag,
    }


def as_text_json(rows: Sequence[StatusRow]) -> str:
    """Return the state as JSON text; a name that is not UTF-8 is escaped."""
    return json.dumps(as_json(rows), indent=2) + "\n"


def markdown(rows: Sequence[StatusRow], typed: Typed) -> str:
    """Return a table in Markdown."""
    lines = [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    lines += [f"| {' | '.join(map(code, (*_cells(row), _next(row, typed))))} |" for row in rows]
    return "\n".join(lines) + "\n"


def dashboard(rows: Sequence[StatusRow], typed: Typed) -> str:
    """Return the text of one living issue, between the marks by which the next run replaces it."""
    counts = spread(rows)
    lines = [BEGIN, "## The fleet", "", "| level | integrations | |", "|---|---|---|"]
    lines += [f"| {words(level)} | {count} | {MEANINGS.get(level, '')} |" for level, count in counts.items()]
    better = [row for row in rows if row.level is not Level.NONE]
    groups = {
        "Not publishable": [row for row in rows if row.level is Level.NONE],
        "One rule from the next level": [row for row in better if len(row.missing) == 1],
        "More than one rule from it": [row for row in better if len(row.missing) > 1],
    }
    parts = {title: [(row.name, _next(row, typed)) for row in found] for title, found in groups.items()}
    behind = ((row.name, f"port-ocean {row.framework}, {row.behind} behind") for row in rows if row.lag)
    parts["Framework behind"] = list(behind)
    room = MOST_BYTES - sum(len(line.encode()) + 1 for line in lines)
    for title, found in parts.items():
        part = list(_part(title, found, room))
        room -= sum(len(line.encode()) + 1 for line in part)
        lines += part
    return "\n".join([*lines, "", END]) + "\n"


def _part(title: str, rows: Sequence[tuple[str, str]], room: int) -> Iterator[str]:
    """Yield a section of the issue with a box for each name and its words, in at most `room` bytes."""
    if not rows or room < 500:
        return
    yield from ("", f"### {title} ({len(rows)})", "")
    room -= 400
    for number, (name, said) in enumerate(rows):
        line = f"- [ ] {code(name)}: {code(said)}"
        room -= len(line.encode()) + 1
        if room < 0:
            yield f"- and {len(rows) - number} more"
            return
        yield line


def replaced(issue: str, new: str) -> str:
    """Return the text of an issue with the part between the marks replaced, or added at the end."""
    head, begin, rest = issue.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        return f"{issue.rstrip()}\n\n{new}" if issue.strip() else new
    return head + new.rstrip("\n") + tail
