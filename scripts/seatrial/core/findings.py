"""Turning problems into findings with a path from the root and a fingerprint; the outcome of a run."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from seatrial.core.model import Finding, Fix, Integration, Problem, Severity, Waiver
from seatrial.core.printable import cut, visible

LONGEST = 10_000
"""Letters after which messages, evidence and titles of repairs are cut, as a file may hold names of any length.

An edit that inserts more is not offered.
"""


@dataclass(frozen=True)
class RuleFacts:
    """The description of a rule in a report; `severity` is None if the rule is off."""

    code: str
    name: str
    law: str
    reason: str
    severity: Severity | None


@dataclass(frozen=True)
class Outcome:
    """The findings of a run in order, the names of all integrations judged, and the suppressed findings, `hidden`.

    `unjudged` holds the names of integrations for which a part of the verdict is missing. `since` is the revision
    whose findings are marked as old, empty where none are marked; `errors`, `warnings`, `infos` and `advice` count
    the new findings only. `left_out` are findings that count, but are not shown.
    """

    findings: tuple[Finding, ...] = ()
    names: tuple[str, ...] = ()
    hidden: tuple[Finding, ...] = ()
    unjudged: tuple[str, ...] = ()
    since: str = ""
    left_out: tuple[Finding, ...] = ()

    def only_errors(self) -> Outcome:
        """Return the outcome with the other findings, and the old ones, left out."""
        shown = tuple(one for one in self.findings if one.severity is Severity.ERROR and not one.old)
        rest = tuple(one for one in self.findings if one.severity is not Severity.ERROR or one.old)
        return replace(self, findings=shown, left_out=(*self.left_out, *rest))

    @property
    def every(self) -> tuple[Finding, ...]:
        """All findings, those left out among them."""
        return (*self.findings, *self.left_out)

    def comparing(self, since: str, before: Iterable[Finding]) -> Outcome:
        """Return the outcome with the findings marked as old that were there `before`, and were as grave."""
        ranks = {one.fingerprint: one.severity.rank for one in before}
        marked = (
            replace(one, old=ranks.get(one.fingerprint, one.severity.rank + 1) <= one.severity.rank)
            for one in self.findings
        )
        return replace(self, findings=tuple(marked), since=since)

    @property
    def integrations(self) -> int:
        """The number of integrations judged."""
        return len(self.names)

    @property
    def suppressed(self) -> int:
        """The number of suppressed findings."""
        return len(self.hidden)

    @property
    def errors(self) -> int:
        """The number of findings that fail any run."""
        return self._counts[Severity.ERROR]

    @property
    def warnings(self) -> int:
        """The number of findings that fail only a strict run."""
        return self._counts[Severity.WARNING]

    @property
    def infos(self) -> int:
        """The number of findings that never fail a run."""
        return self._counts[Severity.INFO]

    @property
    def advice(self) -> int:
        """The number of findings that are shown only on request."""
        return self._counts[Severity.ADVICE]

    @property
    def gravest_first(self) -> tuple[Finding, ...]:
        """The findings by severity, old ones last, then in their own order."""
        return tuple(sorted(self.every, key=lambda finding: (finding.old, finding.severity.rank)))

    @property
    def old(self) -> int:
        """The number of findings that were there before the change."""
        return len(self.every) - self._counts.total()

    @cached_property
    def _counts(self) -> Counter[Severity]:
        return Counter(finding.severity for finding in self.every if not finding.old)


def stamped(
    integration: Integration, found: Iterable[tuple[str, str, Severity | None, Problem]]
) -> tuple[Finding, ...]:
    """Return findings, in order, from problems with the code, name and severity of their rules; None means off."""
    findings = [_finding(integration, code, name, weight, one) for code, name, weight, one in found if weight]
    return tuple(_numbered(sorted(findings, key=lambda finding: finding.sort_key)))


def waived(finding: Finding, waiver: Waiver) -> Finding:
    """Return a finding as a suppressed one, with the reason made safe to print and cut to LONGEST."""
    return replace(finding, waiver=replace(waiver, reason=visible(cut(waiver.reason, LONGEST))))


def _finding(integration: Integration, code: str, name: str, severity: Severity, problem: Problem) -> Finding:
    where = problem.where
    path = integration.below(where.path)
    evidence = f" ({visible(cut(problem.evidence, LONGEST))})" if problem.evidence else ""
    return Finding(
        code=code,
        name=name,
        severity=severity,
        integration=integration.name,
        path=path,
        line=where.line,
        column=where.column,
        message=visible(cut(problem.message, LONGEST)) + evidence,
        fix=_fix_from_root(integration, problem.fix),
        fingerprint=f"{code}\0{path}\0{problem.message}",
    )


def _fix_from_root(integration: Integration, fix: Fix | None) -> Fix | None:
    if fix is None:
        return None
    title = visible(cut(fix.title, LONGEST))
    if fix.edit is None or len(fix.edit.new) > LONGEST:
        return Fix(title)
    where = replace(fix.edit.where, path=integration.below(fix.edit.where.path))
    return replace(fix, title=title, edit=replace(fix.edit, where=where))


def _numbered(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Fingerprint each finding by its text and its number among equal ones, so that lines may move."""
    seen: Counter[str] = Counter()
    for finding in findings:
        seen[finding.fingerprint] += 1
        text = f"{finding.fingerprint}\0{seen[finding.fingerprint]}"
        digest = hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
        yield replace(finding, fingerprint=digest)
