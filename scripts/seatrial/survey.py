"""Judging many integrations of a workspace, on as many cores as are asked for."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from seatrial.check import Verdict, check
from seatrial.model import Finding, Integration
from seatrial.outcome import Outcome
from seatrial.rules import Rule
from seatrial.subjects.subjects import Subjects
from seatrial.workspace import Workspace

WORTH_A_PROCESS = 12
"""Fewer integrations than this a process are judged sooner than another process starts."""


@dataclass(frozen=True)
class Survey:
    """The outcome for all, and for each failure of a rule the integrations it happened on."""

    outcome: Outcome
    crashes: Mapping[str, Sequence[str]]


def survey(
    workspace: Workspace, integrations: Sequence[Integration], rules: Sequence[Rule], jobs: int
) -> Survey:
    """What these rules say of these integrations of a workspace; the same for any number of jobs."""
    verdicts = list(_verdicts(workspace, integrations, rules, jobs))
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


def _verdicts(
    workspace: Workspace, integrations: Sequence[Integration], rules: Sequence[Rule], jobs: int
) -> Iterator[Verdict]:
    processes = min(jobs, len(integrations) // WORTH_A_PROCESS)
    if processes < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from (_judge(workspace, integration, rules) for integration in integrations)
        return
    context = multiprocessing.get_context("fork")
    with context.Pool(processes, _inherit, (workspace, integrations, rules)) as pool:
        yield from pool.imap(_judge_inherited, range(len(integrations)), chunksize=2)


def _judge(workspace: Workspace, integration: Integration, rules: Sequence[Rule]) -> Verdict:
    return check(Subjects(integration, workspace.profile, workspace.fleet, workspace.settings), rules)


_inherited: list[tuple[Workspace, Sequence[Integration], Sequence[Rule]]] = []


def _inherit(workspace: Workspace, integrations: Sequence[Integration], rules: Sequence[Rule]) -> None:
    """Runs first in each worker; the parent alone answers Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _inherited[:] = [(workspace, integrations, rules)]


def _judge_inherited(index: int) -> Verdict:
    workspace, integrations, rules = _inherited[0]
    return _judge(workspace, integrations[index], rules)
