"""The findings of a lint run: what the tools report, with code, name and severity."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from seatrial.core.findings import Outcome, stamped
from seatrial.core.model import Finding, Problem, Severity
from seatrial.core.rules import Rule
from seatrial.core.settings import Settings
from seatrial.dependencies.lockfile import LOCK
from seatrial.lint.run.jobs import Cell
from seatrial.lint.tools.registry import (
    TOOLS,
    lint_without_lock,
    not_a_wheel,
    source_package,
    unlocked_tool,
    without_lock,
    without_tool,
)
from seatrial.lint.tools.tool import Tool, bytes_of

MOST = 1000
"""The number of problems of one tool on one integration that are shown."""


def outcome_of(cells: Sequence[Cell], chosen: Collection[Tool], settings: Settings) -> Outcome:
    """Return all findings, in order, infos included; of a tool that was not chosen, only that the lock is stale."""
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
    found = _problems(row, chosen)
    return stamped(
        row[0].integration, ((law.code, law.name, _severity(law, one, settings), one) for law, one in found)
    )


def _problems(row: Sequence[Cell], chosen: Collection[Tool]) -> Iterator[tuple[Rule, Problem]]:
    lockless = [cell.tool.name for cell in row if cell.lacking == "lock"]
    if lockless or row[0].integration.entry(LOCK) is None:
        yield lint_without_lock, without_lock(lockless or [tool.name for tool in TOOLS if not tool.locked])
    yield from refused_sources(row)
    for cell in row:
        if cell.lacking == "tool":
            yield unlocked_tool, without_tool(cell.tool.name)
        yield from _stale(cell)
        if cell.tool in chosen:
            yield from ((cell.tool.law, problem) for problem in _at_most(MOST, cell, cell.reading.problems))


def refused_sources(row: Sequence[Cell]) -> Iterator[tuple[Rule, Problem]]:
    """Yield a problem for each package of an integration's lock that runs code when it is installed."""
    lock = bytes_of(row[0].integration, LOCK) or b""
    for name, source in dict.fromkeys(package for cell in row for package in cell.sources):
        yield source_package, not_a_wheel(lock, name, source)


def _stale(cell: Cell) -> Iterator[tuple[Rule, Problem]]:
    law = cell.tool.stale_law
    yield from ((law, problem) for problem in cell.reading.stale) if law else ()


def errors_of(cell: Cell, settings: Settings) -> int:
    """Return the number of problems in a cell that fail the run."""
    found = [*((cell.tool.law, one) for one in cell.reading.problems), *_stale(cell)]
    return sum(_severity(law, one, settings) is Severity.ERROR for law, one in found)


def _severity(law: Rule, problem: Problem, settings: Settings) -> Severity | None:
    return law.weight(settings.severities, law.profile, problem)


def _at_most(most: int, cell: Cell, problems: Sequence[Problem]) -> Iterator[Problem]:
    yield from problems[:most]
    if len(problems) > most:
        rest = f"{len(problems) - most} more problems of {cell.tool.name}; mend these first, or see them with --verbose"
        yield Problem(problems[most].where, rest, severity=Severity.INFO)
