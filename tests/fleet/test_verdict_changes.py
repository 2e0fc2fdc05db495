"""Two verdicts compared: new, gone, told otherwise, and who passes no more."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.core.findings import Outcome
from seatrial.fleet.verdict_changes import ToldFinding, compare, read_report, told, with_causes
from seatrial.report import render
from support.outcomes import HIDDEN, OUTCOME

ONE = ToldFinding("f1", "jira", "SPC103", "unknown-key", "error", "i/jira/spec.yaml", 4, '"tilte" is unknown')
NAMES = ["aws", "jira"]


def test_the_same_verdict_is_no_change_whatever_the_lines() -> None:
    assert compare([ONE], [replace(ONE, line=9)], NAMES, NAMES).is_empty


def test_a_new_error_breaks_and_a_gone_one_mends() -> None:
    changes = compare([], [ONE], NAMES, NAMES)
    assert (changes.new, changes.broken, changes.names) == ((ONE,), ("jira",), ["jira"])
    changes = compare([ONE], [], NAMES, NAMES)
    assert (changes.gone, changes.mended) == ((ONE,), ("jira",))


def test_another_severity_or_wording_is_a_change_of_the_same_finding() -> None:
    softer = replace(ONE, severity="warning")
    assert compare([ONE], [softer], NAMES, NAMES).changed == ((ONE, softer),)
    reworded = replace(ONE, fingerprint="f2", message='the key "tilte" is not known')
    changes = compare([ONE], [reworded], NAMES, NAMES)
    assert (changes.changed, changes.new, changes.gone) == (((ONE, reworded),), (), ())


def test_where_the_number_differs_nothing_is_taken_for_reworded() -> None:
    others = [replace(ONE, fingerprint=name, message=name) for name in ("f2", "f3")]
    changes = compare([ONE], others, NAMES, NAMES)
    assert (len(changes.new), len(changes.gone), changes.changed) == (2, 1, ())


def test_integrations_that_came_and_left_are_told_and_neither_break_nor_mend() -> None:
    changes = compare([ONE], [replace(ONE, integration="new")], NAMES, ["aws", "new"])
    assert (changes.came, changes.left, changes.broken, changes.mended) == (("new",), ("jira",), (), ())


def test_a_report_is_read_as_the_run_that_wrote_it(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(render("json", OUTCOME))
    assert read_report(path) == told(OUTCOME)
    assert [one.severity for one in told(OUTCOME)] == ["error", "warning", "suppressed"]


def test_a_finding_that_is_suppressed_now_is_changed_and_not_gone() -> None:
    before = told(Outcome((replace(HIDDEN, waiver=None),)))
    changes = compare(before, told(Outcome(hidden=(HIDDEN,))), NAMES, NAMES)
    assert [(one.severity, other.severity) for one, other in changes.changed] == [("warning", "suppressed")]


@pytest.mark.parametrize(
    "text", ["", "[]", "3", '{"findings": 3}', '{"findings": [{"code": 1}]}', "[" * 100_000]
)
def test_a_file_that_is_no_report_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(UsageError, match="it is not a report"):
        read_report(path)
    with pytest.raises(UsageError, match="no such file"):
        read_report(tmp_path / "other")


def test_a_report_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seatrial.fleet.verdict_changes.MOST_BYTES", 1)
    path = tmp_path / "report.json"
    path.write_text(render("json", OUTCOME))
    with pytest.raises(UsageError, match="it is larger than 1 bytes"):
        read_report(path)


def test_changes_are_written_for_programs() -> None:
    assert json.loads(json.dumps(compare([], [ONE], NAMES, NAMES).as_json()))["new"][0]["code"] == "SPC103"


def test_the_cause_of_a_change_is_the_one_input_that_makes_it_alone() -> None:
    other, third = replace(ONE, fingerprint="f2", path="b"), replace(ONE, fingerprint="f3", path="c")
    softer = replace(third, severity="warning")
    changes = compare([ONE, third], [other, softer], NAMES, NAMES)
    swapped = {"settings": [ONE, softer], "framework": [third], "files": [other, third, ONE]}
    assert with_causes(changes, swapped).causes == {"f1": "framework", "f2": "files", "f3": "settings"}
    assert set(with_causes(changes, {}).causes.values()) == {"several"}
    assert with_causes(changes, {"x": [other], "files": [other]}).causes["f2"] == "several"
    assert with_causes(changes, swapped).as_json()["new"][0]["cause"] == "files"
