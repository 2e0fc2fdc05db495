"""The table of agreement with Ocean's own judges, and the detection of what changed upstream."""

from __future__ import annotations

import sys
from pathlib import Path

from support.paths import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

from agreement import Agreement, Judged, table
from drift import spread
from upstream import Known, changes, hashes, judges_in, newer_framework, release_of

JUDGE = "scripts/validate_changelog.py"
WORKFLOW = ".github/workflows/gate.yml"


def test_the_table_counts_each_kind_of_agreement() -> None:
    states = [
        Judged("fine", (), ()),
        Judged("refused", ("bad",), ("CHG103 error: bad",)),
        Judged("theirs", ("bad", "worse"), ()),
        Judged("ours", (), ("CHG105 error: blanks",)),
    ]
    lines = table([Agreement("checker", "form", states)]).splitlines()
    assert lines[2:] == [
        "| checker | form | 4 | 1 | 1 | 1 | 1 |",
        "",
        'checker: theirs: they say "bad" and 1 more; Seatrial says nothing',
        'checker: ours: they say nothing; Seatrial says "CHG105 error: blanks"',
    ]


def test_disagreements_with_a_reason_are_counted_and_not_listed() -> None:
    states = [Judged(name, ("bad",), (), "an old form") for name in ("one", "two")]
    made = Agreement("checker", "form", states)
    assert table([made]).splitlines()[4:] == ["checker: 2 differ on purpose: an old form"]
    assert not made.unexplained


def test_a_judge_that_cannot_be_asked_is_shown_with_the_reason() -> None:
    line = table([Agreement("checker", "form", skipped="no file")]).splitlines()[2]
    assert line == "| checker | form | skipped: no file |  |  |  |  |"


def test_each_judge_that_changed_came_or_went_is_named() -> None:
    known = Known("2026-08-20", hashes({JUDGE: b"1", "scripts/ci/gone.py": b"1", "scripts/ci/same.py": b"1"}))
    files = {JUDGE: b"2", "scripts/ci/same.py": b"1", WORKFLOW: b"on: [pull_request]"}
    assert list(changes(known, files)) == [
        f"{WORKFLOW}: a workflow that judges pull requests that is new since 2026-08-20",
        "scripts/ci/gone.py: this judge is gone since 2026-08-20",
        f"{JUDGE}: this judge has changed since 2026-08-20",
    ]


def test_only_workflows_for_pull_requests_are_judges(tmp_path: Path) -> None:
    texts = {
        "gate.yml": "on:\n  pull_request:\n",
        "short.yaml": "on: [push, pull_request]\n",
        "listed.yml": "on:\n  - pull_request\n",
        "nightly.yml": "on:\n  schedule:\n    - cron: pull_request\n",
        "comments.yml": "on:\n  pull_request_review_comment:\n",
    }
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for name, text in texts.items():
        (folder / name).write_text(text)
    assert {Path(path).name for path in judges_in(tmp_path)} == {"gate.yml", "short.yaml", "listed.yml"}


def test_a_framework_newer_than_the_table_of_versions_is_named() -> None:
    newer = release_of('[tool.poetry]\nversion = "0.52.0"\n')
    assert list(newer_framework(newer, (0, 51, 1))) == [
        "port-ocean 0.52.0 is newer than 0.51.1, the newest in core/framework.py"
    ]
    assert not list(newer_framework((0, 51, 1), (0, 51, 1)))


def test_the_states_are_spread_over_the_whole_history() -> None:
    pairs = [(str(number), "one") for number in range(100)]
    assert [int(commit) for commit, _ in spread(pairs, 4)] == [0, 25, 50, 75]
    assert spread(pairs, 0) == []
    assert len(spread(pairs, 500)) == 100
