"""The receipts of all jobs, collected into one outcome, with what is missing or contradictory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter

from seatrial.core.errors import Unreadable
from seatrial.core.findings import Outcome
from seatrial.core.model import Finding
from seatrial.core.printable import shown
from seatrial.fleet.ci.job_plan import JobPlan
from seatrial.fleet.ci.receipt import JobReceipt, JobVerdict, must_be_of

SHOWN_COMMIT = 12
"""The number of digits of a commit in a message."""


@dataclass(frozen=True)
class Collection:
    """The outcome of a whole run, and the verdict on each integration by path.

    `faults` name what is missing, damaged or contradictory, so that the outcome is not known; `reasons` are those of
    the receipts.
    """

    outcome: Outcome
    verdicts: Mapping[str, JobVerdict]
    faults: tuple[str, ...]
    reasons: tuple[str, ...]
    receipts: tuple[JobReceipt, ...]

    @property
    def is_known(self) -> bool:
        """Whether every planned integration has exactly one verdict, and none is unknown."""
        return not self.faults and JobVerdict.UNKNOWN not in self.verdicts.values()


def collect(plan: JobPlan, files: Mapping[str, JobReceipt | str]) -> Collection:
    """Collect the files of a plan's jobs by name, each a receipt or the reason why it cannot be read."""
    faults: list[str] = []
    counted: list[JobReceipt] = []
    for name, found in files.items():
        fault = found if isinstance(found, str) else _fault(plan, found)
        if fault:
            faults.append(f"{shown(name)}: {fault}")
        elif isinstance(found, JobReceipt):
            counted.append(found)
    verdicts: dict[str, JobVerdict] = {}
    taken: dict[str, JobReceipt] = {}
    for one in counted:
        for path, verdict in one.verdicts.items():
            if verdicts.setdefault(path, verdict) is not verdict:
                faults.append(
                    f"{_named(plan, path)} was judged twice: {verdicts[path].value} and {verdict.value}"
                )
            taken.setdefault(path, one)
    faults += _missing(plan, verdicts)
    unjudged = {path for path in plan.names if verdicts.get(path, JobVerdict.UNKNOWN) is JobVerdict.UNKNOWN}
    return Collection(
        _outcome(plan, taken, unjudged),
        verdicts,
        tuple(faults),
        tuple(dict.fromkeys(reason for one in counted for reason in one.reasons)),
        tuple(counted),
    )


def _fault(plan: JobPlan, receipt: JobReceipt) -> str:
    """Return why a receipt does not count; empty if it does."""
    shard = plan.shard(receipt.shard)
    if receipt.commit != plan.commit:
        other, wanted = (text[:SHOWN_COMMIT] or "none" for text in (receipt.commit, plan.commit))
        return f"{_names(plan, receipt)} judged at another commit: {other}, and the plan is for {wanted}"
    if receipt.plan != plan.id:
        return f"{_names(plan, receipt)} judged by another plan; remove what earlier runs left"
    if shard is None or not set(receipt.verdicts) <= set(shard.paths):
        return f"{_names(plan, receipt)} judged by job {receipt.shard}, for which the plan does not have it"
    try:
        must_be_of(receipt, plan)
    except Unreadable as refused:
        return str(refused)
    return ""


def _names(plan: JobPlan, receipt: JobReceipt) -> str:
    names = [_named(plan, path) for path in receipt.verdicts]
    if not names:
        return "nothing was"
    return f"{names[0]} was" if not names[1:] else f"{names[0]} and {len(names) - 1} more were"


def _named(plan: JobPlan, path: str) -> str:
    return shown(plan.names.get(path, path or "."))


def _missing(plan: JobPlan, verdicts: Mapping[str, JobVerdict]) -> list[str]:
    """Return a line for each planned integration that nobody judged."""
    return [
        f"{_named(plan, path)} was not judged: the receipt of job {one.number} is missing"
        for one in plan.shards
        for path in one.paths
        if path not in verdicts
    ]


def _outcome(plan: JobPlan, taken: Mapping[str, JobReceipt], unjudged: set[str]) -> Outcome:
    """Return the findings in each integration, from the receipt that counts for it, in the usual order."""
    return Outcome(
        _in(plan, {path: one.findings for path, one in taken.items()}),
        tuple(plan.names[path] for path in sorted(plan.names)),
        _in(plan, {path: one.hidden for path, one in taken.items()}),
        tuple(sorted(plan.names[path] for path in unjudged)),
        plan.since if plan.with_new else "",
    )


def _in(plan: JobPlan, findings: Mapping[str, Iterable[Finding]]) -> tuple[Finding, ...]:
    """Return those findings of each path that are in its own integration, in the usual order."""
    found = {
        one: None for path, some in findings.items() for one in some if one.integration == plan.names[path]
    }
    return tuple(sorted(found, key=attrgetter("sort_key")))
