from __future__ import annotations

import json
from dataclasses import replace

import pytest

from seatrial.core.findings import Outcome
from seatrial.core.model import Fix
from seatrial.core.printable import encodable
from seatrial.report import render
from support.outcomes import CLEAN, FINDING, HIDDEN, HOSTILE, INFO, OUTCOME, SPEC, hostile


def test_a_finding_has_the_keys_of_the_contract() -> None:
    assert json.loads(render("json", Outcome((FINDING,), ("jira",), (HIDDEN,)))) == {
        "version": 1,
        "findings": [
            {
                "code": "SPC103",
                "name": "unknown-key",
                "severity": "error",
                "integration": "jira",
                "path": SPEC,
                "line": 4,
                "column": 3,
                "message": '"tilte" is not a key of the spec',
                "fix": {"title": 'write "title"', "safe": True},
                "fingerprint": "8c5e1f",
                "old": False,
            }
        ],
        "suppressed": [
            {
                "code": "LAY001",
                "name": "missing-readme",
                "severity": "warning",
                "integration": "jira",
                "path": HIDDEN.path,
                "line": 4,
                "column": 3,
                "message": "nothing maps to the property",
                "fix": None,
                "fingerprint": "5ab3c0",
                "old": False,
                "reason": "it is being written",
                "until": "2026-12-31",
            }
        ],
        "summary": {"integrations": 1, "errors": 1, "warnings": 0, "suppressed": 1, "old": 0},
    }


def test_a_fix_is_safe_only_with_an_edit_and_null_where_there_is_none() -> None:
    findings = (replace(FINDING, fix=Fix("do it")), INFO)
    fixes = [one["fix"] for one in json.loads(render("json", Outcome(findings)))["findings"]]
    assert fixes == [{"title": "do it", "safe": False}, None]


def test_an_outcome_without_findings_still_has_its_summary() -> None:
    said = json.loads(render("json", CLEAN))
    assert said["findings"] == []
    assert said["summary"] == {"integrations": 2, "errors": 0, "warnings": 0, "suppressed": 0, "old": 0}


def test_severities_and_order_are_kept() -> None:
    said = json.loads(render("json", OUTCOME))["findings"]
    assert [(one["code"], one["severity"]) for one in said] == [("SPC103", "error"), ("RES201", "warning")]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_read_back_is_what_was_found(text: str) -> None:
    said = json.loads(render("json", hostile(text)))["findings"][0]
    assert {said[key] for key in ("code", "name", "integration", "path", "message", "fingerprint")} == {
        encodable(text)
    }
    assert said["fix"]["title"] == encodable(text)


def test_the_text_is_ascii_without_a_control_character_but_line_ends() -> None:
    text = render("json", hostile("".join(HOSTILE.values())))
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
