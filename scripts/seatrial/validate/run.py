"""Judging many integrations of a workspace, on as many cores as are asked for."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from seatrial.core.findings import Outcome
from seatrial.core.model import Finding, Integration
from seatrial.core.rules import Rule
from seatrial.validate.check import Verdict, check
from seatrial.validate.facts.change import Change
from seatrial.validate.facts.facts import Facts
from seatrial.workspace.workspace import Workspace

WORTH_A_PROCESS = 12
"""Fewer integrations than this a process are judged sooner than another process starts."""


@dataclass(frozen=True)
class Survey:
    """The outcome for all, and for each failure of a rule the integrations it happened on."""

    outcome: Outcome
    crashes: Mapping[str, Sequence[str]]


def survey(
    workspace: Workspace,
    integrations: Sequence[Integration],
    rules: Sequence[Rule],
    jobs: int,
    changes: Mapping[str, Change] | None = None,
) -> Survey:
    """What these rules say of these integrations of a workspace; the same for any number of jobs.

    `changes` are what has changed in them, by their paths; without, the rules about a change are silent.
    """
    verdicts = list(_verdicts(_Case(workspace, integrations, rules, changes or {}), jobs))
    findings = sorted(chain.from_iterable(verdict.findings for verdict in verdicts), key=_in_order)
    crashes: dict[str, list[str]] = {}
    for integration, verdict in zip(integrations, verdicts, strict=True):
        for crash in verdict.crashes:
            crashes.setdefault(crash, []).append(integration.name)
    outcome = Outcome(
        findings=tuple(findings),
        names=tuple(integration.name for integration in integrations),
        suppressed=sum(verdict.suppressed for verdict in verdicts),
    )
    return Survey(outcome, crashes)


def _in_order(finding: Finding) -> tuple[str, int, int, str, str]:
    return finding.sort_key


@dataclass(frozen=True)
class _Case:
    """What is judged, and by what."""

    workspace: Workspace
    integrations: Sequence[Integration]
    rules: Sequence[Rule]
    changes: Mapping[str, Change]

    def judge(self, index: int) -> Verdict:
        integration, workspace = self.integrations[index], self.workspace
        change = self.changes.get(integration.path)
        subjects = Facts(integration, workspace.profile, workspace.fleet, workspace.settings, change)
        return check(subjects, self.rules)


def _verdicts(case: _Case, jobs: int) -> Iterator[Verdict]:
    count = len(case.integrations)
    processes = min(jobs, count // WORTH_A_PROCESS)
    if processes < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(case.judge, range(count))
        return
    context = multiprocessing.get_context("fork")
    with context.Pool(processes, _inherit, (case,)) as pool:
        yield from pool.imap(_judge_inherited, range(count), chunksize=2)


_inherited: list[_Case] = []


def _inherit(case: _Case) -> None:
    """Runs first in each worker; the parent alone answers Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _inherited[:] = [case]


def _judge_inherited(index: int) -> Verdict:
    return _inherited[0].judge(index)
