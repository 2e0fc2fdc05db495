"""What a run found, over all its integrations: the value that every report is made from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from seatrial.model import Finding, Severity


@dataclass(frozen=True)
class RuleFacts:
    """What a report says of a rule itself; `severity` is None where the rule is off."""

    code: str
    name: str
    law: str
    reason: str
    severity: Severity | None


@dataclass(frozen=True)
class Outcome:
    """The findings in order, the names of all integrations judged, and how many findings are suppressed.

    `unjudged` are the names of those for which some part of the verdict is missing.
    """

    findings: tuple[Finding, ...] = ()
    names: tuple[str, ...] = ()
    suppressed: int = 0
    unjudged: tuple[str, ...] = ()

    @property
    def integrations(self) -> int:
        """How many integrations were judged."""
        return len(self.names)

    @property
    def errors(self) -> int:
        """How many findings fail the run."""
        return self._counts[Severity.ERROR]

    @property
    def warnings(self) -> int:
        """How many findings fail a strict run only."""
        return self._counts[Severity.WARNING]

    @property
    def infos(self) -> int:
        """How many findings never fail a run."""
        return self._counts[Severity.INFO]

    @property
    def gravest_first(self) -> tuple[Finding, ...]:
        """The findings by severity, and in their own order within it."""
        return tuple(sorted(self.findings, key=lambda finding: finding.severity.rank))

    @cached_property
    def _counts(self) -> Counter[Severity]:
        return Counter(finding.severity for finding in self.findings)
