"""Folding: a new framework in many integrations is one group intent, which the next version of each takes up."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import ConfigurationError, UsageError
from seatrial.core.model import MemoryFolder
from seatrial.documents.group_intents import FOLDER, GroupIntent, group_intents
from seatrial.fleet.core_bump import BumpRow, CoreBump, done_groups, entries, failed, planned
from seatrial.handbook.rule_examples import good_folder
from seatrial.release.plan.plan import plan as plan_of
from seatrial.release.plan.plan_files import plan_json, plan_of_json
from seatrial.release.plan.ports import Present
from seatrial.release.plan.state import Candidate, IndexSeen, State, VersionStatus
from seatrial.release.run.bumps import BumpPlan, apply, bump_line, plan
from seatrial.release.run.release_tables import plan_table, status_table
from seatrial.system.folder import DiskFolder
from seatrial.system.transaction import FileEdit, change_all, finish
from seatrial.tasks import fleet_bump_core
from seatrial.tasks.cli import Ended
from seatrial.tasks.fleet_bump_core import bump_core
from seatrial.tasks.release_check import announcement
from seatrial.validate.facts.facts import Facts
from seatrial.validate.rules import RULES
from seatrial.validate.run import check_all
from seatrial.validate.since import since
from seatrial.workspace.workspace import Workspace, open_workspace
from support.dying import Killed, dying
from support.repositories import commit, git, put, start

DAY, LATER = date(2026, 11, 28), date(2026, 12, 28)
NAMES = ("jira", "okta")
NO = UsageError("no")
INTENT = "bump: minor\nchangelog-type: feature\nchangelog: Shows pages\n"


def texts(name: str) -> dict[str, str]:
    files = good_folder().files.items()
    return {
        f"integrations/{name}/{path}": data.decode().replace("good-service", name) for path, data in files
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with two integrations; the commit is tagged `start`."""
    root = start(tmp_path_factory.mktemp("folding") / "repo")
    for name in NAMES:
        put(root, texts(name))
    commit(root, {"seatrial.toml": ""})
    git(root, "tag", "start")
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    git(tmp_path, "clone", "-q", str(made), "repo")
    return tmp_path / "repo"


def opened(root: Path) -> Workspace:
    return open_workspace(str(root))


def groups(root: Path) -> DiskFolder:
    return DiskFolder(root / FOLDER, root, None)


def fold(root: Path, version: str, *names: str, day: date = DAY) -> None:
    """As fleet.bump-core does without a lock, each integration by itself."""
    finish(root)
    workspace = opened(root)
    plans = [planned(workspace, one, version, day, fold=True) for one in workspace.integrations]
    todo = [one for one in plans if one.is_open and one.integration.name in (names or NAMES)]
    change_all(root, entries(todo, groups(root)))
    for bump in todo:
        change_all(root, bump.files)


def bumped(root: Path, day: date = LATER, fold_days: int | None = None) -> BumpPlan:
    made = plan(opened(root), opened(root).integrations, day, fold_days)
    apply(opened(root), made.bumps)
    return made


def text(root: Path, path: str) -> str:
    return (root / path).read_text()


def test_a_fold_changes_the_constraint_alone_and_is_one_intent_for_all(root: Path) -> None:
    fold(root, "0.48.14")
    changed = git(root, "status", "--porcelain", "-uall").split()[1::2]
    assert changed == [
        *(f"integrations/{name}/pyproject.toml" for name in NAMES),
        f"{FOLDER}/port-ocean-0.48.14.yaml",
    ]
    (group,) = group_intents(groups(root))
    assert group.versions == {"integrations/jira": "0.1.0", "integrations/okta": "0.1.0"}
    assert (group.since, group.text) == (DAY, "Bumped ocean version to ^0.48.14")


def test_folded_integrations_keep_their_version_and_the_next_one_tells_of_the_newest_framework(
    root: Path,
) -> None:
    fold(root, "0.48.14")
    fold(root, "0.48.15", day=LATER)
    put(root, {"integrations/jira/.ocean-release/a.yaml": INTENT})
    made = bumped(root)
    assert [bump_line(one) for one in made.bumps] == ["jira 0.1.0 -> 0.2.0 (1 intent, port-ocean 0.48.15)"]
    assert made.notes == ("folded since 2026-11-28: port-ocean 0.48.15, in 1 integration: okta",)
    changelog = text(root, "integrations/jira/CHANGELOG.md")
    assert "- Shows pages\n\n### Improvements\n\n- Bumped ocean version to ^0.48.15\n" in changelog
    assert "0.48.14" not in changelog
    assert bumped(root).bumps == ()


@pytest.mark.parametrize(("days", "raised"), [(None, []), (31, []), (30, [*NAMES]), (0, [*NAMES])])
def test_after_so_many_days_a_fold_is_released_by_itself(
    root: Path, days: int | None, raised: list[str]
) -> None:
    fold(root, "0.48.14")
    assert [one.name for one in bumped(root, fold_days=days).bumps] == raised
    put(root, {"seatrial.toml": "[release]\nfold-days = 30\n"})
    assert [one.name for one in bumped(root).bumps] == ([] if raised else [*NAMES])
    assert bumped(root, fold_days=0).bumps == ()


def test_a_group_intent_goes_when_all_that_it_names_have_a_newer_version(root: Path) -> None:
    fold(root, "0.48.14", "jira")
    fold(root, "0.48.15", "okta")
    assert done_groups(opened(root), groups(root)) == []
    put(root, {"integrations/jira/.ocean-release/a.yaml": INTENT})
    bumped(root)
    gone = done_groups(opened(root), groups(root))
    assert [(one.path, one.after) for one in gone] == [(f"{FOLDER}/port-ocean-0.48.14.yaml", None)]


def test_a_framework_that_was_taken_back_is_folded_no_more(root: Path) -> None:
    fold(root, "0.48.14")
    git(root, "checkout", "-q", "integrations/okta")
    assert [one.name for one in bumped(root, fold_days=0).bumps] == ["jira"]


def test_a_fold_killed_anywhere_is_completed_by_the_next(root: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    git(tmp_path, "clone", "-q", str(root), str(whole))
    with dying(10**9) as called:
        fold(whole, "0.48.14")
    wanted = git(whole, "diff") + text(whole, f"{FOLDER}/port-ocean-0.48.14.yaml")
    for at in range(1, len(called) + 1, 20):
        git(root, "checkout", "-q", ".")
        git(root, "clean", "-qfdx")
        with pytest.raises(Killed), dying(at):
            fold(root, "0.48.14")
        fold(root, "0.48.14")
        assert git(root, "diff") + text(root, f"{FOLDER}/port-ocean-0.48.14.yaml") == wanted, at


@pytest.mark.parametrize(
    ("more", "codes"),
    [
        ({}, []),
        ({"integrations/jira/client.py": "x = 1\n"}, ["REL001"]),
        ({f"{FOLDER}/port-ocean-0.48.14.yaml": None}, ["REL001"]),
        ({"integrations/jira/pyproject.toml": "[tool.mine]\nx = 1\n"}, ["REL001"]),
    ],
)
def test_a_pull_request_that_folds_needs_no_release_unless_it_brings_more(
    root: Path, more: dict[str, str | None], codes: list[str]
) -> None:
    fold(root, "0.48.14", "jira")
    for path, added in more.items():
        if added is None:
            (root / path).unlink()
        else:
            put(root, {path: ((text(root, path) + "\n") if (root / path).exists() else "") + added})
    workspace = opened(root)
    compared = since(workspace, "start")
    (one,) = compared.touched(workspace.integrations)
    changes = compared.changes([one])
    found = check_all(workspace, [one], RULES, 1, changes).outcome.findings
    assert [finding.code for finding in found if finding.code.startswith("REL")] == codes
    told = announcement(Facts.of(workspace, one), changes[one.path])
    assert told == ("no release" if codes else "folded since 2026-11-28: port-ocean 0.48.14")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"0.1.0"', "0.1", '"integrations" has no version in quotes for each path'),
        ('since: "2026-11-28"', "since: soon", '"since" is no day'),
        ("patch", "all", '"bump" is none of patch, minor, major'),
        ('"0.48.14"', "!x 1", "tag"),
    ],
)
def test_a_group_intent_that_cannot_be_read_is_named(old: str, new: str, reason: str) -> None:
    good = GroupIntent("0.48.14", DAY, "patch", "improvement", "Bumped", {"integrations/jira": "0.1.0"})
    assert group_intents(MemoryFolder({"a.yaml": good.written().encode()})) == (good,)
    wrong = MemoryFolder({"a.yaml": good.written().replace(old, new).encode()})
    with pytest.raises(ConfigurationError, match=f"{FOLDER}/a.yaml.*{reason}"):
        group_intents(wrong)


def test_a_plan_tells_of_what_is_folded_and_does_nothing_about_it() -> None:
    words = "folded since 2026-11-28: port-ocean 0.48.14"
    one = Candidate("jira", "integrations/jira", "jira", "1.2.3", "i/jira", "t1", "Dockerfile", folded=words)
    image = Present("sha256:" + "1" * 64)
    out = VersionStatus(image, image, spec=True, receipt=True, type_spec=True, git_tag="c1")
    state = State("c1", 0, "s1", IndexSeen("i1", {"jira": "1.2.3"}), (one,), {one.path: out})
    made = plan_of(state, {})
    assert (made.parts, made.published, made.folded) == ((), 1, {words: ["jira"]})
    assert plan_table(made) == f"1 published already\n{words}, in 1 integration: jira\n"
    assert f"do nothing; {words}" in status_table(state, made)
    assert plan_of_json(plan_json(made), "p") == made
    held = plan_of(replace(state, statuses={one.path: replace(out, spec=False)}), {})
    assert [part.candidate.folded for part in plan_of_json(plan_json(held), "p").parts] == [words]


def raise_core(root: Path, version: str, fold: bool = False, no_fold: bool = False) -> None:
    bump_core(version, [], None, str(root), None, True, False, "1", fold, no_fold)


def test_the_task_folds_as_asked_or_as_the_settings_say(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raise_core(root, "0.48.14", fold=True)
    assert (
        "okta  port-ocean 0.48.12 -> 0.48.14, folded into 0.1.0, without its lock" in capsys.readouterr().out
    )
    put(root, {"seatrial.toml": "[release]\nfold-days = 30\n"})
    raise_core(root, "0.48.15")
    assert len(group_intents(groups(root))) == 2
    raise_core(root, "0.48.16", no_fold=True)
    assert not (root / FOLDER).exists()
    assert "removed .fleet-release/port-ocean-0.48.15.yaml" in capsys.readouterr().err
    with pytest.raises(UsageError, match="exclude each other"):
        raise_core(root, "0.48.17", fold=True, no_fold=True)


@pytest.mark.parametrize("odd", ["link", "pipe", "folder"])
def test_a_group_intent_that_is_no_plain_file_is_named_and_nothing_is_written(root: Path, odd: str) -> None:
    place = root / FOLDER / "port-ocean-0.48.14.yaml"
    place.parent.mkdir()
    if odd == "link":
        place.symlink_to("/etc/hostname")
    elif odd == "pipe":
        os.mkfifo(place)
    else:
        place.mkdir()
    with pytest.raises(ConfigurationError, match=r"^\.fleet-release/port-ocean-0\.48\.14\.yaml: "):
        fold(root, "0.48.14")
    assert git(root, "status", "--porcelain", "integrations") == ""


def test_the_group_intent_names_only_those_that_were_written(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(workspace: Workspace, one: CoreBump, *rest: Any) -> BumpRow:
        if one.integration.name == "okta":
            return failed(one.integration, NO)
        return written(workspace, one, *rest)

    written = fleet_bump_core._written
    monkeypatch.setattr(fleet_bump_core, "_written", refuse)
    with pytest.raises(Ended):
        raise_core(root, "0.48.14", fold=True)
    (group,) = group_intents(groups(root))
    assert group.versions == {"integrations/jira": "0.1.0"}
    monkeypatch.setattr(
        fleet_bump_core, "_written", lambda workspace, one, *rest: failed(one.integration, UsageError("no"))
    )
    with pytest.raises(Ended):
        raise_core(root, "0.48.15", fold=True)
    assert group_intents(groups(root)) == (group,)


def test_the_group_intent_is_written_once_however_many_are_folded(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths: list[str] = []
    change = fleet_bump_core.change_all

    def noted(place: Path, edits: Sequence[FileEdit]) -> None:
        paths.extend(one.path for one in edits)
        change(place, edits)

    monkeypatch.setattr(fleet_bump_core, "change_all", noted)
    raise_core(root, "0.48.14", fold=True)
    assert paths == [
        f"{FOLDER}/port-ocean-0.48.14.yaml",
        *(f"integrations/{name}/pyproject.toml" for name in NAMES),
    ]
