"""Findings and outcomes to report, hostile ones among them, and GitHub's reading of a log."""

from __future__ import annotations

import re
from dataclasses import replace

from seatrial.core.findings import Outcome, RuleFacts
from seatrial.core.model import Edit, Finding, Fix, Location, Severity, Waiver

SPEC = "integrations/jira/.port/spec.yaml"

FINDING = Finding(
    code="SPC103",
    name="unknown-key",
    severity=Severity.ERROR,
    integration="jira",
    path=SPEC,
    line=4,
    column=3,
    message='"tilte" is not a key of the spec',
    fix=Fix('write "title"', Edit(Location(".port/spec.yaml", 4, 3), "tilte", "title")),
    fingerprint="8c5e1f",
)

WARNING = replace(
    FINDING,
    code="RES201",
    name="unmapped-property",
    severity=Severity.WARNING,
    path="integrations/jira/.port/resources/blueprints.json",
    message="nothing maps to the property",
    fix=None,
    fingerprint="02bb7d",
)

INFO = replace(WARNING, severity=Severity.INFO, code="CHG104", name="old-heading", fingerprint="77a0c3")

HIDDEN = replace(
    WARNING,
    code="LAY001",
    name="missing-readme",
    waiver=Waiver("it is being written", "2026-12-31"),
    fingerprint="5ab3c0",
)

OUTCOME = Outcome((FINDING, WARNING), names=("aws", "jira"), hidden=(HIDDEN,))

CLEAN = Outcome(names=("aws", "jira"))

RULES = {
    "SPC103": RuleFacts(
        "SPC103", "unknown-key", "A spec has known keys only.", "Port ignores others.", Severity.ERROR
    ),
    "LAY001": RuleFacts("LAY001", "missing-readme", "A folder has a README.", "", None),
}

HOSTILE = {
    "line end": "a\nb\r\nc\u2028d\x85e",
    "command": "::error file=x,line=1::pwned",
    "command after white space": "\u3000\u00a0 ::add-mask::pwned",
    "old command": "##[error]pwned",
    "old command later on": "x ###[add-path]/tmp ##vso[task.setvariable variable=a]b",
    "command after a line end": "x\n::stop-commands::t\r##[debug]y",
    "property": "x,line=99,title=y::z%0A%25",
    "end of CDATA": "]]> & <!-- --> &amp; <![CDATA[",
    "NUL": "a\x00b",
    "terminal": "\x1b[31mred\x1b]8;;http://x\x07\x9b2J\x7f",
    "script": "<script>alert(1)</script>",
    "markdown": "| a | `b` | [c](http://d) @team #12 **e** www.f.gh \\",
    "direction": "\u202etxt.exe\u2066\u200f\u061c",
    "invisible": "ti\u200btle\ufeff\U000e0041",
    "emoji": "👩\u200d🚀 Ünï 日本",
    "undecodable": "caf\udce9 \ud800 \udfff \ufffe\uffff",
    "template": "{0} {{x}} %s ${{ secrets.X }} $(id)",
    "empty": "",
    "long": "x" * 1_000_000,
}


def hostile(text: str) -> Outcome:
    """An outcome with this text wherever content can stand."""
    fix = Fix(text, Edit(Location(text, 1, 1), text, text))
    error = Finding(text, text, Severity.ERROR, text, text, 1, 1, text, fix, text)
    kinds = [replace(error, severity=severity) for severity in Severity]
    return Outcome(tuple(kinds), names=(text, "jira"), hidden=(replace(error, waiver=Waiver(text, text)),))


def many(count: int, *severities: Severity) -> Outcome:
    """So many findings of each severity, sorted by line."""
    found = [
        replace(FINDING, severity=severity, line=line, fingerprint=f"{line}-{severity.value}")
        for line in range(1, count + 1)
        for severity in severities or Severity
    ]
    return Outcome(tuple(found), names=("jira",))


def workflow_commands(log: str) -> list[str]:
    """The names of the commands that GitHub's runner sees in a log.

    It takes `::name ...::` where a line begins with it, and `##[name ...]` anywhere in a line.
    Source: ActionCommand in the runner.
    """
    names = []
    for line in re.split(r"\r\n|[\r\n]", log):
        match = re.match(r"\s*::(.*?)::", line) or re.search(r"##\[(.*?)\]", line)
        if match:
            names.append(match[1].split(" ")[0])
    return names
