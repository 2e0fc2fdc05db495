"""The format of GitLab's code quality reports.

Source: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from typing import Any

from seatrial.core.findings import Outcome
from seatrial.core.model import Finding, Severity
from seatrial.core.printable import plain
from seatrial.report import Options
from seatrial.report.json import dumps
from seatrial.report.text import held, said

_SEVERITIES = {
    Severity.ERROR: "critical",
    Severity.WARNING: "minor",
    Severity.INFO: "info",
    Severity.ADVICE: "info",
}


def render(outcome: Outcome, options: Options) -> str:
    """Return a list with an object for each finding; old and suppressed ones do not fail a run, and so are infos."""
    return dumps([_issue(finding) for finding in (*outcome.findings, *outcome.hidden)])


def _issue(finding: Finding) -> dict[str, Any]:
    shown = f"{said(finding)} ({held(finding)})" if finding.waiver else said(finding)
    is_soft = finding.old or finding.waiver
    return {
        "description": shown,
        "check_name": plain(f"{finding.code} {finding.name}"),
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[Severity.INFO if is_soft else finding.severity],
        "location": {"path": plain(finding.path) or ".", "lines": {"begin": finding.line}},
    }
