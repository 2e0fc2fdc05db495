"""Running rules over an integration: problems in, findings out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from seatrial.model import Finding, Fix, Integration, Location, Problem, Severity
from seatrial.rules import BY_CODE, Rule
from seatrial.subjects import Subjects
from seatrial.subjects.suppressions import Suppressions

MOST = 200
"""A rule is stopped after this many problems in one integration; the next run shows the rest."""


@dataclass(frozen=True)
class Verdict:
    """What the rules say of one integration.

    `suppressed` counts the findings that its `[tool.seatrial] ignore` holds back;
    `crashes` names the rules that failed on it, which is never the integration's fault.
    """

    findings: tuple[Finding, ...]
    suppressed: int = 0
    crashes: tuple[str, ...] = ()


def check(subjects: Subjects, rules: Sequence[Rule]) -> Verdict:
    """What these rules say of an integration, less what it suppresses with a reason."""
    crashes: list[str] = []
    on = [rule for rule in rules if _severity(rule, subjects, None)]
    found = [one for rule in on for one in _run(rule, subjects, crashes)]
    suppressions = Suppressions.of(subjects.pyproject_document, known=BY_CODE)
    if suppressions is None:
        return Verdict(_stamped(subjects, found), crashes=tuple(crashes))
    kept = [(rule, problem) for rule, problem in found if rule.code not in suppressions.codes]
    caught = {rule.code for rule, _ in found}
    subjects.suppressions = suppressions.after({rule.code for rule in on}, caught)
    about = [one for rule in on if "suppressions" in rule.subjects for one in _run(rule, subjects, crashes)]
    return Verdict(_stamped(subjects, kept + about), len(found) - len(kept), tuple(crashes))


def _run(rule: Rule, subjects: Subjects, crashes: list[str]) -> Iterator[tuple[Rule, Problem]]:
    """A rule's problems; a rule that fails is recorded, so that the others still speak."""
    try:
        problems = list(islice(rule.problems(subjects), MOST))
    except Exception as failure:
        crashes.append(f"{rule.code} {rule.name}: {type(failure).__name__}: {failure}")
        return
    yield from ((rule, problem) for problem in problems)


def _severity(rule: Rule, subjects: Subjects, problem: Problem | None) -> Severity | None:
    """A repository's own word first, then the instance's, then the rule's in this profile."""
    if rule.code in subjects.settings.severities:
        return subjects.settings.severities[rule.code]
    own = problem.severity if problem else None
    return own or rule.severities[subjects.profile]


def _stamped(subjects: Subjects, found: Iterable[tuple[Rule, Problem]]) -> tuple[Finding, ...]:
    weighed = (
        (rule.code, rule.name, _severity(rule, subjects, problem) or Severity.INFO, problem)
        for rule, problem in found
    )
    return stamped(subjects.integration, weighed)


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
