"""Running rules over an integration: problems in, findings out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from seatrial.core.findings import stamped
from seatrial.core.model import Finding, Problem, Severity
from seatrial.core.rules import Rule
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.suppressions import Suppressions
from seatrial.validate.rules import BY_CODE

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


def check(subjects: Facts, rules: Sequence[Rule]) -> Verdict:
    """What these rules say of an integration, less what it suppresses with a reason."""
    crashes: list[str] = []
    on = [rule for rule in rules if _severity(rule, subjects, None)]
    found = [one for rule in on for one in _run(rule, subjects, crashes)]
    suppressions = Suppressions.of(subjects.pyproject_document, known=BY_CODE)
    if suppressions is None:
        return Verdict(_stamped(subjects, found), crashes=tuple(crashes))
    kept = [(rule, problem) for rule, problem in found if rule.code not in suppressions.codes]
    caught = {rule.code for rule, _ in found}
    lasting = {rule.code for rule in on if "change" not in rule.needs}
    subjects.suppressions = suppressions.after(lasting, caught)
    about = [one for rule in on if "suppressions" in rule.needs for one in _run(rule, subjects, crashes)]
    return Verdict(_stamped(subjects, kept + about), len(found) - len(kept), tuple(crashes))


def _run(rule: Rule, subjects: Facts, crashes: list[str]) -> Iterator[tuple[Rule, Problem]]:
    """A rule's problems; a rule that fails is recorded, so that the others still speak."""
    try:
        problems = list(islice(rule.problems(subjects), MOST))
    except Exception as failure:
        crashes.append(f"{rule.code} {rule.name}: {type(failure).__name__}: {failure}")
        return
    yield from ((rule, problem) for problem in problems)


def _severity(rule: Rule, subjects: Facts, problem: Problem | None) -> Severity | None:
    """A repository's own word first, then the instance's, then the rule's in this profile."""
    if rule.code in subjects.settings.severities:
        return subjects.settings.severities[rule.code]
    own = problem.severity if problem else None
    return own or rule.severities[subjects.profile]


def _stamped(subjects: Facts, found: Iterable[tuple[Rule, Problem]]) -> tuple[Finding, ...]:
    weighed = (
        (rule.code, rule.name, _severity(rule, subjects, problem) or Severity.INFO, problem)
        for rule, problem in found
    )
    return stamped(subjects.integration, weighed)
