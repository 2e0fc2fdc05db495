"""Running rules over integrations: problems in, findings out, on as many cores as requested."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter

from seatrial.core.findings import Outcome, stamped
from seatrial.core.model import Finding, Integration, Problem, Severity
from seatrial.core.printable import one_line
from seatrial.core.rules import Rule
from seatrial.system import forks, memory
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.package import Suppressions
from seatrial.validate.facts.release import Change
from seatrial.validate.rules import BY_CODE
from seatrial.workspace.workspace import Workspace

MOST = 200
"""Most problems of one rule in one integration; the next run reports the others."""

WORTH_A_PROCESS = 12
"""Least number of integrations for each process; fewer are checked before another process has started."""


@dataclass(frozen=True)
class Verdict:
    """The findings for one integration.

    `hidden` are the findings that its `[tool.seatrial] ignore` suppresses;
    `crashes` names the rules that failed on it, which is a fault of the rule.
    """

    findings: tuple[Finding, ...]
    hidden: tuple[Finding, ...] = ()
    crashes: tuple[str, ...] = ()

    @property
    def suppressed(self) -> int:
        """The number of suppressed findings."""
        return len(self.hidden)


def check(facts: Facts, rules: Sequence[Rule], most: int = MOST, advice: bool = False) -> Verdict:
    """Run these rules over an integration, without the findings that it suppresses with a reason.

    Of each rule, at most `most` problems are reported. Findings of severity advice are left out without `advice`.
    """
    crashes: list[str] = []
    unwanted = (None,) if advice else (None, Severity.ADVICE)
    on = [rule for rule in rules if _severity(rule, facts, None) not in unwanted]
    found = [one for rule in on for one in _run(rule, facts, crashes, most)]
    suppressions = Suppressions.of(facts.pyproject_document, known=BY_CODE)
    if suppressions is None:
        return Verdict(_stamped(facts, found, unwanted), crashes=tuple(crashes))
    kept = [(rule, problem) for rule, problem in found if rule.code not in suppressions.codes]
    hidden = [(rule, problem) for rule, problem in found if rule.code in suppressions.codes]
    caught = {rule.code for rule, _ in found}
    always = {rule.code for rule in on if "change" not in rule.needs}
    facts.suppressions = suppressions.after(always, caught)
    about = [one for rule in on if "suppressions" in rule.needs for one in _run(rule, facts, crashes, most)]
    kept_findings = _stamped(facts, kept + about, unwanted)
    return Verdict(kept_findings, _stamped(facts, hidden, unwanted), tuple(crashes))


def _run(rule: Rule, facts: Facts, crashes: list[str], most: int) -> list[tuple[Rule, Problem]]:
    """The rule's problems; a failure of the rule is recorded, so that the others still run."""
    try:
        return [(rule, problem) for problem in islice(rule.problems(facts), most)]
    except Exception as failure:
        crashes.append(f"{rule.code} {rule.name}: {type(failure).__name__}: {one_line(str(failure))}")
        return []


def _severity(rule: Rule, facts: Facts, problem: Problem | None) -> Severity | None:
    """The severity that the repository sets, else the problem's own, else the rule's in this profile."""
    if rule.code in facts.settings.severities:
        return facts.settings.severities[rule.code]
    own = problem.severity if problem else None
    return own or rule.severities[facts.profile]


def _stamped(
    facts: Facts, found: Iterable[tuple[Rule, Problem]], unwanted: Collection[Severity | None]
) -> tuple[Finding, ...]:
    weighed = (
        (rule.code, rule.name, _severity(rule, facts, problem) or Severity.INFO, problem)
        for rule, problem in found
    )
    return stamped(facts.integration, (one for one in weighed if one[2] not in unwanted))


@dataclass(frozen=True)
class Checked:
    """The outcome for all integrations, and for each failure of a rule the integrations on which it failed."""

    outcome: Outcome
    crashes: Mapping[str, Sequence[str]]


def check_all(
    workspace: Workspace,
    integrations: Sequence[Integration],
    rules: Sequence[Rule],
    jobs: int,
    changes: Mapping[str, Change] | None = None,
    advice: bool = False,
    most: int = MOST,
) -> Checked:
    """Run these rules over these integrations of a workspace, with the same outcome for any number of jobs.

    `changes` holds the changes in the integrations by path; without it the rules about a change are silent.
    Findings of severity advice are left out without `advice`. Of each rule, at most `most` problems are reported
    of an integration.
    """
    with memory.seldom_collected():
        verdicts = _verdicts(_Case(workspace, integrations, rules, changes or {}, advice, most), jobs)
    crashes: dict[str, list[str]] = {}
    for integration, verdict in zip(integrations, verdicts, strict=True):
        for crash in verdict.crashes:
            crashes.setdefault(crash, []).append(integration.name)
    findings = (finding for verdict in verdicts for finding in verdict.findings)
    outcome = Outcome(
        findings=tuple(sorted(findings, key=attrgetter("sort_key"))),
        names=tuple(integration.name for integration in integrations),
        suppressed=sum(verdict.suppressed for verdict in verdicts),
    )
    return Checked(outcome, crashes)


@dataclass(frozen=True)
class _Case:
    """The integrations to check, the rules, whether advice is wanted, and the most problems of a rule."""

    workspace: Workspace
    integrations: Sequence[Integration]
    rules: Sequence[Rule]
    changes: Mapping[str, Change]
    advice: bool
    most: int

    def check(self, index: int) -> Verdict:
        integration = self.integrations[index]
        change = self.changes.get(integration.path)
        return check(Facts.of(self.workspace, integration, change), self.rules, self.most, self.advice)


def _verdicts(case: _Case, jobs: int) -> Sequence[Verdict]:
    count = len(case.integrations)
    processes = min(jobs, count // WORTH_A_PROCESS)
    if processes < 2 or not forks.can_spread():
        return [case.check(index) for index in range(count)]
    return forks.spread(case.check, count, processes)
