"""Old findings, which were there before the change, in each format: shown, and no failure."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest

from seatrial.core.findings import Outcome
from seatrial.core.model import Severity
from seatrial.report import render
from seatrial.report.text import summary
from support.outcomes import FINDING

NEW = replace(FINDING, line=7, fingerprint="new")
OUTCOME = Outcome((FINDING, NEW), names=("jira",)).comparing("origin/main", [FINDING])
CLEAN = Outcome((FINDING,), names=("jira",)).comparing("origin/main", [FINDING])


def test_only_new_findings_are_counted() -> None:
    assert (OUTCOME.errors, OUTCOME.old, CLEAN.errors, CLEAN.old) == (1, 1, 0, 1)
    assert OUTCOME.gravest_first[0].line == 7


def test_a_finding_that_was_less_grave_before_is_new_and_one_that_was_graver_is_old() -> None:
    warning = replace(FINDING, severity=Severity.WARNING)
    assert Outcome((FINDING,)).comparing("main", [warning]).errors == 1
    assert Outcome((warning,)).comparing("main", [FINDING]).old == 1


def test_the_summary_tells_of_old_findings() -> None:
    assert summary(OUTCOME).startswith("1 integration, 1 error, 1 old finding that origin/main has as well; ")
    assert summary(CLEAN).endswith(
        "1 integration, no new findings, 1 old finding that origin/main has as well"
    )


def test_the_summary_counts_several_old_findings_in_the_plural() -> None:
    found = Outcome((FINDING, NEW), names=("jira",)).comparing("main", [FINDING, NEW])
    assert summary(found).endswith("no new findings, 2 old findings that main has as well")


def test_text_marks_them_at_the_end_of_the_line() -> None:
    old, new = render("text", OUTCOME).splitlines()
    assert (old.endswith(" [old]"), new.endswith(" [old]")) == (True, False)


def test_json_has_them_as_a_key_and_a_count() -> None:
    report = json.loads(render("json", OUTCOME))
    assert [one["old"] for one in report["findings"]] == [True, False]
    assert (report["summary"]["old"], report["summary"]["errors"]) == (1, 1)


def test_github_annotates_new_ones_only() -> None:
    annotated = [line for line in render("github", OUTCOME).splitlines() if line.startswith("::error")]
    assert len(annotated) == 1 and "line=7" in annotated[0]


def test_sarif_states_what_is_new_only_where_it_was_compared() -> None:
    (run,) = json.loads(render("sarif", OUTCOME))["runs"]
    assert [one["baselineState"] for one in run["results"]] == ["unchanged", "new"]
    (run,) = json.loads(render("sarif", Outcome((FINDING,), names=("jira",))))["runs"]
    assert "baselineState" not in run["results"][0]


@pytest.mark.parametrize(("outcome", "failures"), [(OUTCOME, 1), (CLEAN, 0)])
def test_junit_fails_new_ones_only(outcome: Outcome, failures: int) -> None:
    assert len(list(fromstring(render("junit", outcome)).iter("failure"))) == failures


def test_gitlab_makes_them_infos() -> None:
    assert [one["severity"] for one in json.loads(render("gitlab", OUTCOME))] == ["info", "critical"]
