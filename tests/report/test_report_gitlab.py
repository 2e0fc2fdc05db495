from __future__ import annotations

import json
from dataclasses import replace

from seatrial.core.findings import Outcome
from seatrial.report import render
from support.outcomes import FINDING, INFO, OUTCOME, SPEC


def test_a_finding_is_an_issue_with_the_keys_gitlab_reads() -> None:
    assert json.loads(render("gitlab", Outcome((FINDING,)))) == [
        {
            "description": '"tilte" is not a key of the spec; write "title"',
            "check_name": "SPC103 unknown-key",
            "fingerprint": "8c5e1f",
            "severity": "critical",
            "location": {"path": SPEC, "lines": {"begin": 4}},
        }
    ]


def test_severities_are_told_in_gitlab_s_words() -> None:
    issues = json.loads(render("gitlab", replace(OUTCOME, findings=(*OUTCOME.findings, INFO))))
    assert [issue["severity"] for issue in issues] == ["critical", "minor", "info", "info"]
    assert issues[-1]["description"].endswith("(suppressed until 2026-12-31: it is being written)")


def test_no_findings_are_an_empty_list() -> None:
    assert render("gitlab", Outcome()) == "[]\n"
