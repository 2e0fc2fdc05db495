"""From cells to findings: what the tools say, with code, name and severity.

A tool's own words, as people would see them who run it by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby

from seatrial.core.errors import ServiceError
from seatrial.core.findings import Outcome, stamped
from seatrial.core.model import Finding, Problem, Severity
from seatrial.core.settings import Settings
from seatrial.lint.run.context import Cell, LintContext
from seatrial.lint.run.jobs import LOCK, OWN_TOOL
from seatrial.lint.run.seats import Seated, seated
from seatrial.lint.tools.laws import LAW_OF, without_lock, without_tool
from seatrial.lint.tools.tool import Tool

NO_LOCK, NO_TOOL, STALE = "LNT001", "LNT002", "LNT201"

MOST = 1000
"""Of one tool on one integration, no more problems are shown than this."""


def outcome_of(cells: Sequence[Cell], chosen: Collection[Tool], settings: Settings) -> Outcome:
    """All that was found, in order, infos included; of a tool that was not chosen, only that the lock is stale."""
    findings: list[Finding] = []
    names = []
    for _, group in groupby(cells, key=lambda cell: cell.integration.path):
        row = list(group)
        names.append(row[0].integration.name)
        findings.extend(_findings(row, chosen, settings))
    failed = dict.fromkeys(cell.integration.name for cell in cells if cell.failure)
    ordered = sorted(findings, key=lambda finding: finding.sort_key)
    return Outcome(tuple(ordered), tuple(names), unjudged=tuple(failed))


def _findings(row: Sequence[Cell], chosen: Collection[Tool], settings: Settings) -> Sequence[Finding]:
    weighed = []
    for code, problem in _told(row, chosen):
        severity = _severity(code, problem, settings)
        if severity is not None:
            weighed.append((code, LAW_OF[code].name, severity, problem))
    return stamped(row[0].integration, weighed)


def _told(row: Sequence[Cell], chosen: Collection[Tool]) -> Iterator[tuple[str, Problem]]:
    lockless = [cell.tool.name for cell in row if cell.lacking == "lock"]
    if lockless or row[0].integration.entry(LOCK) is None:
        yield NO_LOCK, without_lock(lockless or [OWN_TOOL])
    for cell in row:
        if cell.lacking == "tool":
            yield NO_TOOL, without_tool(cell.tool.name)
        reading = cell.reading
        yield from ((STALE, problem) for problem in reading.stale)
        if cell.tool in chosen:
            yield from ((cell.tool.code, problem) for problem in _at_most(MOST, cell, reading.problems))


def errors_of(cell: Cell, settings: Settings) -> int:
    """How many problems of a cell fail the run."""
    reading = cell.reading
    told = [*((cell.tool.code, one) for one in reading.problems), *((STALE, one) for one in reading.stale)]
    return sum(_severity(code, one, settings) is Severity.ERROR for code, one in told)


def _severity(code: str, problem: Problem, settings: Settings) -> Severity | None:
    """A repository's own word first, then the tool's, then the law's; None for off."""
    return settings.severities.get(code, problem.severity or LAW_OF[code].severity)


def _at_most(most: int, cell: Cell, problems: Sequence[Problem]) -> Iterator[Problem]:
    yield from problems[:most]
    if len(problems) > most:
        rest = f"{len(problems) - most} more problems of {cell.tool.name}; mend these first, or see them with --verbose"
        yield Problem(problems[most].where, rest, severity=Severity.INFO)


def verbatim(bench: LintContext, cells: Iterable[Cell]) -> Iterator[tuple[Cell, str]]:
    """What each tool prints that found something or failed; it is run once more, without its machine format."""
    telling = {cell.question: cell for cell in cells if cell.question is not None and _tells(cell)}
    for seat in seated(bench, list(telling)):
        if isinstance(seat, Seated):
            yield telling[seat.question], _words(bench, seat)


def _tells(cell: Cell) -> bool:
    return bool(cell.run and (cell.failure or cell.reading.problems or cell.reading.stale))


def _words(bench: LintContext, seat: Seated) -> str:
    try:
        said = bench.runs.call(seat.question, seat.place, seat.question.tool.plain)
    except ServiceError as failure:
        return str(failure)
    return "\n".join(part.rstrip("\n") for part in (said.out, said.err) if part)
