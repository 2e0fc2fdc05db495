"""The format of code scanners: SARIF 2.1.0, as GitHub code scanning and editors read it.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from seatrial import __version__
from seatrial.core.findings import Outcome, RuleFacts
from seatrial.core.model import REPLACE, Edit, Finding, Severity
from seatrial.core.printable import plain
from seatrial.report import Options
from seatrial.report.json import dumps
from seatrial.report.text import held, said

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
BASE = "SRCROOT"

_LEVELS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
    Severity.ADVICE: "note",
}
_NEVER_A_BYTE = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")


def render(outcome: Outcome, options: Options) -> str:
    """Return one run with a result for each finding; it describes all given rules, and all that have a finding."""
    rules = _described(outcome, options.rules)
    places = {code: index for index, code in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "Seatrial",
                "version": __version__,
                "rules": [_rule(facts) for facts in rules.values()],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {BASE: {"description": {"text": "The root of the workspace."}}},
        "results": [
            _result(finding, places[finding.code], outcome.since)
            for finding in (*outcome.findings, *outcome.hidden)
        ],
    }
    return dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _described(outcome: Outcome, given: Mapping[str, RuleFacts]) -> dict[str, RuleFacts]:
    told = (*outcome.hidden, *outcome.findings)
    found = {one.code: RuleFacts(one.code, one.name, "", "", one.severity) for one in told}
    return dict(sorted((found | dict(given)).items()))


def _rule(facts: RuleFacts) -> dict[str, Any]:
    level = {"level": _LEVELS[facts.severity]} if facts.severity else {"enabled": False}
    rule = {"id": facts.code, "name": facts.name, "defaultConfiguration": level}
    if not facts.law:
        return rule
    words = {"shortDescription": {"text": facts.law}, "fullDescription": {"text": facts.reason or facts.law}}
    help_text = "\n\n".join(part for part in (facts.law, facts.reason) if part)
    return rule | words | {"help": {"text": help_text, "markdown": help_text}}


def _result(finding: Finding, rule_index: int, since: str) -> dict[str, Any]:
    """Return a result, with its baseline state if the findings were compared with those of a revision."""
    region = {"startLine": finding.line, "startColumn": finding.column}
    place = {"artifactLocation": _artifact(finding.path), "region": region}
    result = {
        "ruleId": finding.code,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": _unlinked(said(finding))},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"seatrial/v1": finding.fingerprint},
        "properties": {"integration": plain(finding.integration)},
    }
    state = {"baselineState": "unchanged" if finding.old else "new"} if since else {}
    return result | (state if finding.waiver is None else {}) | _suppressions(finding) | _fixes(finding)


def _suppressions(finding: Finding) -> dict[str, Any]:
    if finding.waiver is None:
        return {}
    suppression = {"kind": "external", "status": "accepted", "justification": _unlinked(held(finding))}
    return {"suppressions": [suppression]}


def _fixes(finding: Finding) -> dict[str, Any]:
    """Return the repair, if its edit is safe and replaces text in the finding's own file."""
    edit = finding.fix.edit if finding.fix and finding.fix.safe else None
    if finding.fix is None or edit is None or edit.act != REPLACE or edit.where.path != finding.path:
        return {}
    change = {"artifactLocation": _artifact(finding.path), "replacements": [_replacement(edit)]}
    description = {"text": _unlinked(plain(finding.fix.title))}
    return {"fixes": [{"description": description, "artifactChanges": [change]}]}


def _replacement(edit: Edit) -> dict[str, Any]:
    """Return the edit as in SARIF: a region ends behind its last character, a line end belongs to its line."""
    line, column = edit.where.line, edit.where.column
    breaks, last = edit.old.count("\n"), edit.old.rpartition("\n")[2]
    region = {
        "startLine": line,
        "startColumn": column,
        "endLine": line + breaks,
        "endColumn": len(last) + (1 if breaks else column),
    }
    return {"deletedRegion": region, "insertedContent": {"text": edit.new}}


def _artifact(path: str) -> dict[str, str]:
    """Return a file's path as a relative URI that keeps bytes that are not UTF-8."""
    name = _NEVER_A_BYTE.sub("\N{REPLACEMENT CHARACTER}", path or ".")
    return {"uri": quote(name.encode("utf-8", "surrogateescape"), safe="/"), "uriBaseId": BASE}


def _unlinked(shown: str) -> str:
    """Escape `[text](target)`, which SARIF takes for a link."""
    return shown.replace("](", "] (")
