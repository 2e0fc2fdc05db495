"""The table of agreement between Seatrial's rules and the judges of others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Judged:
    """A state, such as `jira at 1a2b3c4d5e`, what the judge objects to, and what Seatrial finds.

    `reason` says why the two differ on purpose; empty where nobody knows.
    """

    state: str
    theirs: tuple[str, ...]
    ours: tuple[str, ...]
    reason: str = ""

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

    @property
    def unexplained(self) -> Sequence[Judged]:
        """The disagreements that have no reason."""
        return [one for one in self.judged if one.differs and not one.reason]

    @property
    def reasons(self) -> Counter[str]:
        """How many disagreements have each reason."""
        return Counter(one.reason for one in self.judged if one.differs and one.reason)


HEAD = ("judge", "what it judges", "states", "both fine", "both refuse", "only they refuse", "only we refuse")


def table(agreements: Iterable[Agreement]) -> str:
    """Return the table in Markdown and below it the disagreements, one a line; those with a reason are counted."""
    agreements = list(agreements)
    rows = [HEAD, ("---",) * len(HEAD), *(_row(one) for one in agreements)]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([*lines, "", *_disagreements(agreements)]).rstrip() + "\n"


def _row(one: Agreement) -> tuple[str, ...]:
    if one.skipped:
        return (one.judge, one.about, f"skipped: {one.skipped}", "", "", "", "")
    return (one.judge, one.about, str(len(one.judged)), *map(str, one.counts))


def _disagreements(agreements: Iterable[Agreement]) -> Iterator[str]:
    for one in agreements:
        for reason, count in one.reasons.most_common():
            yield f"{one.judge}: {count} differ on purpose: {reason}"
        for state in one.unexplained:
            theirs, ours = _said(state.theirs), _said(state.ours)
            yield f"{one.judge}: {state.state}: they say {theirs}; Seatrial says {ours}"


def _said(words: tuple[str, ...]) -> str:
    """Return the first of some objections, and the number of the others."""
    more = f" and {len(words) - 1} more" if words[1:] else ""
    return f'"{words[0]}"{more}' if words else "nothing"
