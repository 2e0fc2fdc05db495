"""The format for programs: the findings as data, unchanged."""

from __future__ import annotations

import json
import re
from typing import Any

from seatrial.core.findings import Outcome
from seatrial.core.model import Finding
from seatrial.core.printable import encodable
from seatrial.report import Options

VERSION = 1
"""The version of the format, raised if a key changes its meaning or is removed, but not for a new key."""

_MARKER = re.compile(r"(##\w*)\[")


def render(outcome: Outcome, options: Options) -> str:
    """Return `{"version", "findings", "suppressed", "summary"}`; lines and columns, in code points, count from 1."""
    counts = {
        "integrations": outcome.integrations,
        "errors": outcome.errors,
        "warnings": outcome.warnings,
        "suppressed": outcome.suppressed,
        "old": outcome.old,
    }
    findings = [finding_record(finding) for finding in outcome.findings]
    hidden = [_suppressed(finding) for finding in outcome.hidden]
    document = {"version": VERSION, "findings": findings, "suppressed": hidden, "summary": counts}
    return dumps({**document, **options.more})


def dumps(value: Any) -> str:
    """Write JSON in ASCII, so that nothing in it can act on a terminal or a CI log in any locale."""
    text = json.dumps(_encodable(value), indent=2)
    return _MARKER.sub(r"\1\\u005b", text) + "\n"


def finding_record(finding: Finding) -> dict[str, Any]:
    """Return a finding as a JSON object."""
    fix = {"title": finding.fix.title, "safe": finding.fix.safe} if finding.fix else None
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "integration": finding.integration,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "message": finding.message,
        "fix": fix,
        "fingerprint": finding.fingerprint,
        "old": finding.old,
    }


def _suppressed(finding: Finding) -> dict[str, Any]:
    """Return a suppressed finding with the reason and the last day of its suppression, None if it does not end."""
    waiver = finding.waiver
    words = {"reason": waiver.reason, "until": waiver.until or None} if waiver else {}
    return {**finding_record(finding), **words}


def _encodable(value: Any) -> Any:
    """Escape lone surrogates, which JSON's grammar allows and most of its readers do not."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {_encodable(key): _encodable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(one) for one in value]
    return value
