"""The table of agreement between Seatrial's rules and the judges of others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Judged:
    """A state, such as `jira at 1a2b3c4d5e`, what the judge objects to, and the codes of Seatrial's findings."""

    state: str
    theirs: tuple[str, ...]
    ours: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Tell whether only one of the two refuses the state."""
        return bool(self.theirs) != bool(self.ours)


@dataclass(frozen=True)
class Agreement:
    """All that a judge was asked; `skipped` says why it was not, and is empty otherwise."""

    judge: str
    about: str
    judged: Sequence[Judged] = ()
    skipped: str = ""

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """The states that both find fine, that both refuse, that only they refuse, that only Seatrial refuses."""
        pairs = [(bool(one.theirs), bool(one.ours)) for one in self.judged]
        kinds = ((False, False), (True, True), (True, False), (False, True))
        both_fine, both_refuse, theirs, ours = (pairs.count(kind) for kind in kinds)
        return both_fine, both_refuse, theirs, ours


HEAD = ("judge", "what it judges", "states", "both fine", "both refuse", "only they refuse", "only we refuse")


def table(agreements: Iterable[Agreement]) -> str:
    """Return the table in Markdown, with the disagreements below it, one a line."""
    agreements = list(agreements)
    rows = [HEAD, ("---",) * len(HEAD), *(_row(one) for one in agreements)]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([*lines, "", *_disagreements(agreements)]).rstrip() + "\n"


def _row(one: Agreement) -> tuple[str, ...]:
    if one.skipped:
        return (one.judge, one.about, f"skipped: {one.skipped}", "", "", "", "")
    return (one.judge, one.about, str(len(one.judged)), *map(str, one.counts))


def _disagreements(agreements: Iterable[Agreement]) -> list[str]:
    return [
        f"{one.judge}: {state.state}: they say {_said(state.theirs)}; Seatrial says {_said(state.ours)}"
        for one in agreements
        for state in one.judged
        if state.differs
    ]


def _said(words: tuple[str, ...]) -> str:
    """Return the first of some objections, and the number of the others."""
    more = f" and {len(words) - 1} more" if words[1:] else ""
    return f'"{words[0]}"{more}' if words else "nothing"
