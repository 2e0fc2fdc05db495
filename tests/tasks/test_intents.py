"""release.intent and release.bump as people type them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seatrial.core.model import Profile
from seatrial.handbook.rule_examples import good_folder
from seatrial.release.plan.bump import Bump
from seatrial.release.run.bumps import commit_message
from seatrial.tasks.cli import Ended
from support.release_workspace import commit, git
from support.verbs import call

Say = Callable[..., str]


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of two integrations, in whose root somebody stands."""
    for name in ("jira", "okta"):
        folder = good_folder()
        for path in folder.paths():
            place = tmp_path / "integrations" / name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(folder.read(path).replace(b"good-service", name.encode()))
    monkeypatch.chdir(tmp_path)
    for name in ("ROOT", "INTEGRATION", "BUMP", "TYPE", "MESSAGE", "DATE", "DRY_RUN", "FORMAT"):
        monkeypatch.delenv(f"SEATRIAL_{name}", raising=False)
    return tmp_path


def wish(name: str = "jira", part: str = "patch") -> None:
    call("release.intent", integration=[name], bump=part, type="bugfix", message="Fixed a page")


def text(root: Path, path: str) -> str:
    return (root / "integrations" / path).read_text()


def test_an_intent_is_written_and_its_path_printed(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wish()
    path = capsys.readouterr().out.strip()
    assert path.startswith("integrations/jira/.ocean-release/")
    assert (fleet / path).is_file()


def test_the_integration_is_the_one_of_the_current_folder(
    fleet: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(fleet / "integrations/okta/tests")
    call("release.intent", bump="patch", type="doc", message="x")
    assert capsys.readouterr().out.startswith("integrations/okta/")


def test_nothing_is_written_where_no_integration_is_named(fleet: Path) -> None:
    with pytest.raises(Ended, match="name it, such as --integration jira") as end:
        call("release.intent", bump="patch", type="doc", message="x")
    assert end.value.code == 2


def test_several_integrations_may_be_named(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wish("jira,okta")
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize(
    "wrong", [{"bump": "pach"}, {"type": "fix"}, {"message": ""}, {"integration": ["jra"]}]
)
def test_a_wrong_word_is_one_line_with_the_allowed_ones(fleet: Path, wrong: dict[str, object]) -> None:
    asked = {"integration": ["jira"], "bump": "patch", "type": "doc", "message": "x"} | wrong
    with pytest.raises(Ended) as end:
        call("release.intent", **asked)
    assert end.value.code == 2
    assert len(str(end.value.message).splitlines()) == 1


def test_values_from_make_count_as_typed(
    fleet: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"INTEGRATION": "jira", "BUMP": "minor", "TYPE": "doc", "MESSAGE": "$(x) `y`"}.items():
        monkeypatch.setenv(f"SEATRIAL_{name}", value)
    call("release.intent")
    written = (fleet / capsys.readouterr().out.strip()).read_text()
    assert written == "bump: minor\nchangelog-type: doc\nchangelog: $(x) `y`\n"


def test_a_bump_prints_a_line_for_each_integration(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wish()
    wish(part="minor")
    wish("okta")
    capsys.readouterr()
    call("release.bump", date="2026-02-01")
    assert capsys.readouterr().out == "jira 0.1.0 -> 0.2.0 (2 intents)\nokta 0.1.0 -> 0.1.1 (1 intent)\n"
    assert 'version = "0.2.0"' in text(fleet, "jira/pyproject.toml")
    assert "## 0.2.0 (2026-02-01)\n" in text(fleet, "jira/CHANGELOG.md")


def test_without_intents_there_is_nothing_to_bump(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call("release.bump")
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "nothing to bump: no release intents\n")


def test_the_entry_has_todays_date_in_utc(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wish()
    call("release.bump")
    assert f"## 0.1.1 ({datetime.now(UTC).date()})" in text(fleet, "jira/CHANGELOG.md")


@pytest.mark.parametrize("day", ["today", "2026-2-1", "20260201", "2026-02-30", "2026-W01-1"])
def test_a_date_has_one_format(fleet: Path, day: str) -> None:
    wish()
    with pytest.raises(Ended, match="a date is written YYYY-MM-DD") as end:
        call("release.bump", date=day)
    assert end.value.code == 2
    assert "0.1.1" not in text(fleet, "jira/CHANGELOG.md")


def test_a_dry_run_shows_a_diff_that_git_can_apply(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wish()
    capsys.readouterr()
    call("release.bump", date="2026-02-01", dry_run=True)
    told = capsys.readouterr()
    assert told.err == "would bump jira 0.1.0 -> 0.1.1 (1 intent)\n"
    assert 'version = "0.1.0"' in text(fleet, "jira/pyproject.toml")
    subprocess.run(["git", "apply"], input=told.out, text=True, cwd=fleet, check=True)
    by_git = {path: path.read_bytes() for path in fleet.rglob("*") if path.is_file()}
    subprocess.run(["git", "apply", "-R"], input=told.out, text=True, cwd=fleet, check=True)
    call("release.bump", date="2026-02-01")
    assert {path: path.read_bytes() for path in fleet.rglob("*") if path.is_file()} == by_git


def test_blocking_faults_are_delivered_as_findings_and_nothing_changes(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wish()
    wish("okta")
    place = next((fleet / "integrations/okta/.ocean-release").iterdir())
    place.write_text(place.read_text().replace("patch", "pacth"))
    capsys.readouterr()
    with pytest.raises(Ended) as end:
        call("release.bump")
    told = capsys.readouterr()
    assert end.value.code == 1
    assert told.out.startswith(f"{place.relative_to(fleet)}:1:7: error REL102 invalid-bump: ")
    assert "nothing was changed" in told.err
    assert 'version = "0.1.0"' in text(fleet, "jira/pyproject.toml")


def test_a_bump_that_broke_off_is_finished_first_and_not_made_twice(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wish()
    real, renamed = os.replace, []

    def replace(source: str, to: str, **folders: int) -> None:
        renamed.append(to)
        if len(renamed) == 3:
            raise KeyboardInterrupt
        real(source, to, **folders)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", replace)
        with pytest.raises(Ended, match="interrupted"):
            call("release.bump")
    with pytest.raises(Ended, match="finish it first"):
        call("release.bump", dry_run=True)
    capsys.readouterr()
    call("release.bump")
    told = capsys.readouterr()
    assert (
        told.err
        == "an earlier bump had broken off; it is finished now\nnothing to bump: no release intents\n"
    )
    assert 'version = "0.1.1"' in text(fleet, "jira/pyproject.toml")
    assert "version: 0.1.1" in text(fleet, "jira/.port/spec.yaml")


@pytest.fixture
def committed(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository under git, all of it committed, with an intent of each integration."""
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{name}_NAME", "A")
        monkeypatch.setenv(f"{name}_EMAIL", "a@b")
    git(fleet, "init", "-q", "-b", "main")
    wish("jira,okta", "minor")
    commit(fleet, "all of it")
    return fleet


def test_a_bump_commits_what_it_changes_and_nothing_else(
    committed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (committed / "integrations/okta/client.py").write_text("# not mine to commit\n")
    (committed / "staged").write_text("x")
    git(committed, "add", "staged")
    call("release.bump", commit=True, date="2026-03-01")
    assert "committed " in capsys.readouterr().err
    assert git(committed, "log", "-1", "--format=%B").splitlines() == [
        "release: bump jira 0.2.0 and 1 more",
        "",
        "jira 0.1.0 -> 0.2.0 (1 intent)",
        "okta 0.1.0 -> 0.2.0 (1 intent)",
    ]
    changed = git(committed, "show", "--format=", "--name-status").splitlines()
    assert sorted({line.split("/", 2)[2].partition("/")[0] for line in changed}) == [
        ".ocean-release", ".port", "CHANGELOG.md", "pyproject.toml",
    ]  # fmt: skip
    assert git(committed, "status", "--short").split() == ["M", "integrations/okta/client.py", "A", "staged"]
    call("release.bump", commit=True)
    assert "nothing to bump" in capsys.readouterr().err
    assert git(committed, "rev-list", "--count", "HEAD") == "2"


def test_a_bump_does_not_commit_what_somebody_else_wrote_into_its_files(committed: Path) -> None:
    place = committed / "integrations/okta/pyproject.toml"
    place.write_text(place.read_text() + "# mine\n")
    with pytest.raises(Ended) as ended:
        call("release.bump", commit=True)
    assert "integrations/okta/pyproject.toml has changes that are not committed" in ended.value.message
    assert text(committed, "jira/pyproject.toml").count('version = "0.1.0"') == 1
    call("release.bump", dry_run=True, commit=True)
    assert git(committed, "rev-list", "--count", "HEAD") == "1"


def test_the_commit_in_oceans_repository_has_the_mark_of_its_own_job() -> None:
    bumps = [Bump("jira", "integrations/jira", "1.0.0", "1.0.1", 2, ())]
    assert commit_message(bumps, Profile.OCEAN).splitlines() == [
        "chore: apply ocean releases [ocean-release]",
        "",
        "jira 1.0.0 -> 1.0.1 (2 intents)",
    ]


@pytest.mark.parametrize(("level", "status"), [("", 0), ("1", 2)])
def test_a_branch_in_the_environment_is_for_submit_unless_make_was_told_it(
    fleet: Path, monkeypatch: pytest.MonkeyPatch, level: str, status: int
) -> None:
    wish()
    monkeypatch.setenv("SEATRIAL_BRANCH", "feature")
    monkeypatch.setenv("MAKELEVEL", level)
    if status:
        with pytest.raises(Ended) as ended:
            call("release.bump", dry_run=True)
        assert ended.value.code == status
    else:
        call("release.bump", dry_run=True)
    with pytest.raises(Ended):
        call("release.bump", dry_run=True, branch="typed")
