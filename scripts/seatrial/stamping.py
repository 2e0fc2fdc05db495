"""From problems to findings: who found what, counted from the root, with a fingerprint."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from seatrial.model import Finding, Fix, Integration, Location, Problem, Severity


def stamped(
    integration: Integration, found: Iterable[tuple[str, str, Severity, Problem]]
) -> tuple[Finding, ...]:
    """Problems with code, name and severity as the findings of an integration, in order."""
    findings = sorted((_finding(integration, *one) for one in found), key=lambda finding: finding.sort_key)
    return tuple(_numbered(findings))


def _finding(integration: Integration, code: str, name: str, severity: Severity, problem: Problem) -> Finding:
    where = problem.where
    path = _from_root(integration, where)
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


def _from_root(integration: Integration, where: Location) -> str:
    return f"{integration.path}/{where.path}" if integration.path else where.path


def _fix_from_root(integration: Integration, fix: Fix | None) -> Fix | None:
    if fix is None or fix.edit is None:
        return fix
    where = replace(fix.edit.where, path=_from_root(integration, fix.edit.where))
    return replace(fix, edit=replace(fix.edit, where=where))


def _numbered(findings: Iterable[Finding]) -> Iterator[Finding]:
    """With fingerprints of what was found and which of its like it is, so that lines may move."""
    seen: Counter[str] = Counter()
    for finding in findings:
        seen[finding.fingerprint] += 1
        text = f"{finding.fingerprint}\0{seen[finding.fingerprint]}"
        digest = hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
        yield replace(finding, fingerprint=digest)
