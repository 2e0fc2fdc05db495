"""Running rules over integrations: problems in, findings out, on as many cores as requested."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from typing import TypeVar

from seatrial.core.errors import ServiceError, UsageError
from seatrial.core.findings import Outcome, stamped, waived
from seatrial.core.model import Finding, Integration, LineRange, Location, Problem, Question, Severity, Told
from seatrial.core.printable import one_line
from seatrial.core.rules import Rule
from seatrial.system import forks, machine
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.release_change import Change
from seatrial.validate.rule_failures import OwnRuleFailure, own_problems
from seatrial.validate.rules import BY_CODE
from seatrial.validate.verdict_cache import QUESTIONS, Case, Kept, VerdictCache
from seatrial.workspace.workspace import Workspace

T = TypeVar("T")

MOST = 200
"""Most problems of one rule in one integration; the next run reports the others."""

ALL = 1_000_000
"""More problems of a rule in one integration than any has; a limit would make findings behind it look new."""

WORTH_A_PROCESS = 12
"""Least number of integrations for each process; fewer are checked before another process has started."""


@dataclass(frozen=True)
class Verdict:
    """The findings for one integration.

    `hidden` are the findings that it suppresses, in `pyproject.toml` or its file of exemptions;
    `crashes` names the rules that failed on it, which is a fault of the rule. `is_sure` tells that another run gives
    it again: no rule failed, no expression was ended for want of time, and none was run that reads the clock.
    """

    findings: tuple[Finding, ...]
    hidden: tuple[Finding, ...] = ()
    crashes: tuple[str, ...] = ()
    is_sure: bool = field(default=True, compare=False)


def check(facts: Facts, rules: Sequence[Rule], most: int = MOST, advice: bool = False) -> Verdict:
    """Run these rules over an integration, without the findings that it suppresses with a reason.

    Of each rule, at most `most` problems are reported. Findings of severity advice are left out without `advice`.
    """
    crashes: list[str] = []
    unwanted = (None,) if advice else (None, Severity.ADVICE)
    on = [rule for rule in rules if _severity(rule, facts, None) not in unwanted]
    found = [one for rule in on for one in _run(rule, facts, crashes, most)]
    suppressions = facts.stated_suppressions
    if suppressions is None:
        shown = _stamped(facts, _without_echoes(facts, found), unwanted)
        return Verdict(shown, (), tuple(crashes), _is_sure(facts, crashes))
    kept = [(rule, problem) for rule, problem in found if rule.code not in suppressions.codes]
    hidden = [(rule, problem) for rule, problem in found if rule.code in suppressions.codes]
    caught = {rule.code for rule, _ in found}
    always = {rule.code for rule in on if "change" not in rule.needs and not crashes}
    known = facts.settings.own.known(one.code for one in suppressions.all)
    facts.suppressions = suppressions.after(BY_CODE.keys() | known, always, caught)
    about = [one for rule in on if "suppressions" in rule.needs for one in _run(rule, facts, crashes, most)]
    shown = _stamped(facts, _without_echoes(facts, kept + about), unwanted)
    held = (waived(one, suppressions.waivers[one.code]) for one in _stamped(facts, hidden, unwanted))
    return Verdict(shown, tuple(held), tuple(crashes), _is_sure(facts, crashes))


def _is_sure(facts: Facts, crashes: Sequence[str]) -> bool:
    """Return whether nothing failed and, where examples were tried, all expressions ended and give this again."""
    tried = vars(facts).get("tried")
    return not crashes and (tried is None or not (tried.is_cut or tried.reads_clock))


def _without_echoes(facts: Facts, found: Sequence[tuple[Rule, Problem]]) -> list[tuple[Rule, Problem]]:
    """Leave out the problems that rest on lines with a fault of their own.

    That is an error, or a warning where they rest on one line. What is told of a line itself is one for what is told
    elsewhere and rests on it.
    """
    own = [(one.where, _severity(rule, facts, one)) for rule, one in found if one.rests_on is None]
    first = [(rule, one) for rule, one in found if not (one.rests_on and _is_echo(one.rests_on, own))]
    inner = [
        (one.where, _severity(rule, facts, one))
        for rule, one in first
        if one.rests_on and one.rests_on.contains(one.where)
    ]

    def is_told(one: Problem) -> bool:
        lines = one.rests_on
        return lines is not None and not lines.contains(one.where) and _is_echo(lines, inner)

    return [(rule, one) for rule, one in first if not is_told(one)]


def _is_echo(lines: LineRange, faults: Iterable[tuple[Location, Severity | None]]) -> bool:
    """Return whether one of these faults is in the lines, and grave enough."""
    grave = (Severity.ERROR, Severity.WARNING)[: 2 if lines.first == lines.last else 1]
    return any(severity in grave and lines.contains(where) for where, severity in faults)


def _run(rule: Rule, facts: Facts, crashes: list[str], most: int) -> list[tuple[Rule, Problem]]:
    """The rule's problems; a failure of the rule is recorded, so that the others still run."""
    try:
        if rule.origin:
            return [(rule, problem) for problem in own_problems(rule, facts, most)]
        return [(rule, problem) for problem in islice(rule.problems(facts), most)]
    except (ServiceError, UsageError) as failure:
        crashes += [text for text in [one_line(str(failure))] if text not in crashes]
        return []
    except OwnRuleFailure as failure:
        crashes.append(str(failure))
        return []
    except Exception as failure:
        crashes.append(f"{rule.code} {rule.name}: {type(failure).__name__}: {one_line(str(failure))}")
        return []


def _severity(rule: Rule, facts: Facts, problem: Problem | None) -> Severity | None:
    return rule.weight(facts.settings.severities, facts.profile, problem)


def _stamped(
    facts: Facts, found: Iterable[tuple[Rule, Problem]], unwanted: Collection[Severity | None]
) -> tuple[Finding, ...]:
    weighed = ((rule.code, rule.name, _severity(rule, facts, problem), problem) for rule, problem in found)
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
    cache: VerdictCache | None = None,
    asking: Sequence[Question] = (),
) -> Checked:
    """Run these rules over these integrations of a workspace, with the same outcome for any number of jobs.

    `changes` holds the changes in the integrations by path; without it the rules about a change are silent.
    Findings of severity advice are left out without `advice`. Of each rule, at most `most` problems are reported
    of an integration. Verdicts on integrations without a change are taken from a cache, and added to it, and so are
    the answers to these questions.
    """
    with machine.seldom_collected():
        run = _Run(workspace, integrations, rules, changes or {}, advice, most)
        verdicts = run.cached(cache, jobs, asking) if cache else run.verdicts(jobs)
    crashes: dict[str, list[str]] = {}
    for integration, verdict in zip(integrations, verdicts, strict=True):
        for crash in verdict.crashes:
            crashes.setdefault(crash, []).append(integration.name)
    findings = (finding for verdict in verdicts for finding in verdict.findings)
    outcome = Outcome(
        findings=tuple(sorted(findings, key=attrgetter("sort_key"))),
        names=tuple(integration.name for integration in integrations),
        hidden=tuple(
            sorted((one for verdict in verdicts for one in verdict.hidden), key=attrgetter("sort_key"))
        ),
    )
    return Checked(outcome, crashes)


@dataclass(frozen=True)
class _Judged:
    """A verdict, the questions that were asked for it, and what was told and read for it."""

    verdict: Verdict
    asked: frozenset[Question]
    told: Sequence[Told]


@dataclass(frozen=True)
class _Run:
    """The integrations to check, the rules, whether advice is wanted, and the most problems of a rule."""

    workspace: Workspace
    integrations: Sequence[Integration]
    rules: Sequence[Rule]
    changes: Mapping[str, Change]
    advice: bool
    most: int

    def check(self, index: int) -> Verdict:
        """Return the verdict on the integration of this number."""
        integration = self.integrations[index]
        facts = Facts.of(self.workspace, integration, self.changes.get(integration.path))
        with integration.holding():
            return check(facts, self.rules, self.most, self.advice)

    def verdicts(self, jobs: int) -> Sequence[Verdict]:
        """Return the verdicts on all integrations."""
        return _each(self.check, range(len(self.integrations)), jobs)

    def cached(self, cache: VerdictCache, jobs: int, asking: Sequence[Question]) -> Sequence[Verdict]:
        """Return the same with the verdicts that are kept, and keep the others, with the answers to questions."""
        case = Case(self.workspace, self.rules, self.advice, self.most)
        plain = [one for one in self.integrations if one.path not in self.changes]
        kept = cache.known(case, plain)
        known = {path: Verdict(one.findings, one.hidden) for path, one in kept.items()}
        missing = [index for index, one in enumerate(self.integrations) if one.path not in known]
        if missing:
            self.workspace.fleet.prepare()
        judged = {
            self.integrations[index].path: one
            for index, one in zip(missing, _each(self._judge, missing, jobs), strict=True)
        }
        self._learn(judged)
        for name, *arguments in asking:
            self.workspace.fleet.each(QUESTIONS[name], *arguments)
        new = {
            path: Kept(one.verdict.findings, one.verdict.hidden, one.asked)
            for path, one in judged.items()
            if path not in self.changes and one.verdict.is_sure and all(q[0] in QUESTIONS for q in one.asked)
        }
        cache.keep(case, new)
        return [known.get(one.path) or judged[one.path].verdict for one in self.integrations]

    def _judge(self, index: int) -> _Judged:
        integration, fleet = self.integrations[index], self.workspace.fleet
        fleet.asked, fleet.news = set(), []
        verdict = self.check(index)
        own = Told((), integration.path, None, frozenset(integration.reads), integration.seen)
        return _Judged(verdict, frozenset(fleet.asked), (own, *fleet.news))

    def _learn(self, judged: Mapping[str, _Judged]) -> None:
        """Take over what other processes have learnt of the fleet."""
        by_path = {one.path: one for one in self.workspace.fleet.integrations}
        for told in (told for one in judged.values() for told in one.told):
            if told.question:
                self.workspace.fleet.tell(told.question, told.path, told.answer)
            by_path[told.path].saw(told)


def _each(work: Callable[[int], T], numbers: Sequence[int], jobs: int) -> Sequence[T]:
    """Return `work` of each number, by as many processes as are worth it."""
    processes = min(jobs, len(numbers) // WORTH_A_PROCESS)
    if processes < 2 or not forks.can_spread():
        return [work(number) for number in numbers]
    return forks.spread(lambda place: work(numbers[place]), len(numbers), processes)
