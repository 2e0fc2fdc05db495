"""From problems to findings: who found what, counted from the root, with a fingerprint.

What a run found, over all its integrations: the value that every report is made from.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from seatrial.core.model import Finding, Fix, Integration, Problem, Severity


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


def stamped(
    integration: Integration, found: Iterable[tuple[str, str, Severity, Problem]]
) -> tuple[Finding, ...]:
    """Problems with code, name and severity as the findings of an integration, in order."""
    findings = sorted((_finding(integration, *one) for one in found), key=lambda finding: finding.sort_key)
    return tuple(_numbered(findings))


def _finding(integration: Integration, code: str, name: str, severity: Severity, problem: Problem) -> Finding:
    where = problem.where
    path = integration.below(where.path)
    evidence = f" ({problem.evidence})" if problem.evidence else ""
    return Finding(
        code=code,
        name=name,
        severity=severity,
        integration=integration.name,
        path=path,
        line=where.line,
        column=where.column,
        message=problem.message + evidence,
        fix=_fix_from_root(integration, problem.fix),
        fingerprint=f"{code}\0{path}\0{problem.message}",
    )


def _fix_from_root(integration: Integration, fix: Fix | None) -> Fix | None:
    if fix is None or fix.edit is None:
        return fix
    where = replace(fix.edit.where, path=integration.below(fix.edit.where.path))
    return replace(fix, edit=replace(fix.edit, where=where))


def _numbered(findings: Iterable[Finding]) -> Iterator[Finding]:
    """With fingerprints of what was found and which of its like it is, so that lines may move."""
    seen: Counter[str] = Counter()
    for finding in findings:
        seen[finding.fingerprint] += 1
        text = f"{finding.fingerprint}\0{seen[finding.fingerprint]}"
        digest = hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
        yield replace(finding, fingerprint=digest)
