"""The result of a run as Markdown: the comment below a pull request, and the page of the run."""

from __future__ import annotations

from seatrial.fleet.ci.collection import Collection
from seatrial.report.github import step_summary, table

MARK = "<!-- seatrial -->"
"""The first line of the comment, by which it is found again."""

IDLE = "<!-- nothing was to be checked -->"
"""The line that marks a comment to be posted only in place of an earlier one."""

TABLE_BYTES = 40_000
"""The table's share of the 65,536 characters of a comment."""

MOST_NAMED = 50
"""The most faults, and reasons, in the comment; the rest are in the log."""


def comment(found: Collection) -> str:
    """Return the comment of a pull request."""
    idle = "" if found.verdicts or found.faults else f"{IDLE}\n"
    return f"{MARK}\n{idle}{page(found, TABLE_BYTES)}"


def page(found: Collection, most: int) -> str:
    """Return the findings, and below them what is not known and why; no text in it becomes markup."""
    parts = [step_summary(found.outcome, most)]
    parts += [_listed("not known", found.faults)] if found.faults else []
    parts += [_listed("missing besides findings", found.reasons)] if found.reasons else []
    return "".join(parts)


def _listed(head: str, lines: tuple[str, ...]) -> str:
    more = f"\n{len(lines) - MOST_NAMED} more in the log.\n" if len(lines) > MOST_NAMED else ""
    return table((head,), [[line[:300]] for line in lines[:MOST_NAMED]]) + more
