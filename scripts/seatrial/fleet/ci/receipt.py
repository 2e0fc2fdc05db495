"""The receipt of one job: the commit and the plan, the verdict on each of its integrations, and its findings."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.core.days import day_of
from seatrial.core.errors import EXIT_FINDINGS, Unreadable
from seatrial.core.findings import LONGEST, waived
from seatrial.core.model import Finding, Fix, Severity, Waiver
from seatrial.documents import records
from seatrial.fleet.ci.job_plan import MOST_PLANNED, JobPlan
from seatrial.fleet.ci.matrix import MOST, Shard
from seatrial.report.json import dumps, finding_record

VERSION = 1

MOST_FINDINGS = 50_000
MOST_REASONS = 200

LONGEST_SHOWN = 11 * LONGEST
"""The longest message: each character may be escaped, as `\\U000e0001`, and the evidence is appended."""

_CODE = re.compile(r"[A-Z]{3}\d{3}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_FINGERPRINT = re.compile(r"[0-9a-f]{32}")


class JobVerdict(enum.Enum):
    """The verdict on an integration; `UNKNOWN` if a tool or a service failed, so that a part of it is missing."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class JobReceipt:
    """The result of a job: the verdict on each of its integrations by path, and the findings in them.

    `plan` is the digest of the plan. `hidden` are the suppressed findings. `reasons` say why a verdict is missing or
    failed without a finding. `seconds` is the duration of the run.
    """

    plan: str
    commit: str
    shard: int
    verdicts: Mapping[str, JobVerdict]
    findings: tuple[Finding, ...] = ()
    hidden: tuple[Finding, ...] = ()
    reasons: tuple[str, ...] = ()
    seconds: float = 0

    def as_json(self) -> str:
        """Return the text of its file."""
        return dumps(
            {
                "version": VERSION,
                "plan": self.plan,
                "commit": self.commit,
                "shard": self.shard,
                "judged": [{"path": path, "verdict": one.value} for path, one in self.verdicts.items()],
                "findings": [_record(one) for one in self.findings],
                "suppressed": [_record(one) for one in self.hidden],
                "reasons": list(self.reasons),
                "seconds": round(self.seconds, 3),
            }
        )


def _record(finding: Finding) -> dict[str, Any]:
    """Return a finding as in reports, but with its repair as a string, and empty strings if it is not suppressed."""
    return {
        **finding_record(finding),
        "fix": finding.fix.title if finding.fix else "",
        "reason": finding.waiver.reason if finding.waiver else "",
        "until": finding.waiver.until if finding.waiver else "",
    }


def receipt_of_run(
    plan: JobPlan,
    shard: Shard,
    commit: str,
    report: Mapping[str, Any],
    status: int,
    seconds: float,
    strict: bool = False,
) -> JobReceipt:
    """Return the receipt of a run from its report in JSON and its exit status. Raises Unreadable.

    After a run that failed because of a tool or a service, no integration has passed, as any of them may be concerned.
    """
    found = tuple(_finding(one) for one in records.items(report, "findings", MOST_FINDINGS))
    checks = [one for one in report.get("checks", ()) if one["state"] in ("failed", "unknown")]
    failing = {Severity.ERROR, *((Severity.WARNING,) if strict else ())}
    failed = {one.integration for one in found if one.severity in failing and not one.old}
    failed |= {name for one in checks if one["state"] == "failed" for name in one["integrations"]}
    otherwise = {0: JobVerdict.PASSED, EXIT_FINDINGS: JobVerdict.PASSED}.get(status, JobVerdict.UNKNOWN)
    verdicts = {path: JobVerdict.FAILED if plan.names[path] in failed else otherwise for path in shard.paths}
    if status == EXIT_FINDINGS and JobVerdict.FAILED not in verdicts.values():
        verdicts = dict.fromkeys(verdicts, JobVerdict.FAILED)
    reasons = [f"{one['name']}: {reason}" for one in checks for reason in one["reasons"]]
    return JobReceipt(
        plan.id,
        commit,
        shard.number,
        verdicts,
        found,
        tuple(_suppressed(one) for one in records.items(report, "suppressed", MOST_FINDINGS)),
        tuple(reason[:LONGEST] for reason in reasons[:MOST_REASONS]),
        seconds,
    )


def receipt_of_json(data: bytes) -> JobReceipt:
    """Read the file of a receipt, whoever wrote it. Raises Unreadable."""
    record = records.loads(data)
    records.version(record, VERSION)
    judged = records.items(record, "judged", MOST_PLANNED)
    states = {one.value: one for one in JobVerdict}
    verdicts = {
        records.path(records.text(one, "path")): states[records.choice(one, "verdict", states)]
        for one in judged
    }
    if len(verdicts) < len(judged):
        raise Unreadable("it judges an integration twice")
    return JobReceipt(
        records.text(record, "plan", 64),
        records.commit(record),
        records.number(record, "shard", MOST),
        verdicts,
        tuple(_finding(one) for one in records.items(record, "findings", MOST_FINDINGS)),
        tuple(_suppressed(one) for one in records.items(record, "suppressed", MOST_FINDINGS)),
        records.texts(record, "reasons", MOST_REASONS, LONGEST),
        records.amount(record, "seconds", 1e6),
    )


def _finding(record: Mapping[str, Any]) -> Finding:
    """Return a finding from a record; its texts are made safe only where they are shown. Raises Unreadable."""
    severities = {one.value: one for one in Severity}
    fix = record.get("fix")
    title = fix["title"] if isinstance(fix, dict) and isinstance(fix.get("title"), str) else fix or ""
    return Finding(
        code=_formed(record, "code", _CODE),
        name=_formed(record, "name", _NAME),
        severity=severities[records.choice(record, "severity", severities)],
        integration=records.text(record, "integration"),
        path=records.path(records.text(record, "path")),
        line=max(records.number(record, "line"), 1),
        column=max(records.number(record, "column"), 1),
        message=records.text(record, "message", LONGEST_SHOWN),
        fix=Fix(records.text({"fix": title}, "fix", LONGEST_SHOWN)) if title else None,
        fingerprint=_formed(record, "fingerprint", _FINGERPRINT),
        old=records.flag(record, "old"),
    )


def _suppressed(record: Mapping[str, Any]) -> Finding:
    """Return a finding with the reason and the last day of its suppression. Raises Unreadable."""
    until = record.get("until") or ""
    if until and day_of(until) is None:
        raise Unreadable('"until" is not a day')
    return waived(_finding(record), Waiver(records.text(record, "reason", LONGEST_SHOWN), until))


def _formed(record: Mapping[str, Any], key: str, form: re.Pattern[str]) -> str:
    value = records.text(record, key)
    if not form.fullmatch(value):
        raise Unreadable(f'"{key}" has another form than that of a {key}')
    return value


def must_be_of(receipt: JobReceipt, plan: JobPlan) -> None:
    """Raise Unreadable for findings in integrations that the receipt does not judge."""
    names = {plan.names[path] for path in receipt.verdicts if path in plan.names}
    for one in (*receipt.findings, *receipt.hidden):
        if one.integration not in names:
            raise Unreadable("it has findings in an integration that it does not judge")
