"""`--since` and `release.check`, as people and CI type them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seatrial.core.model import Profile
from seatrial.handbook.rule_examples import good_folder
from seatrial.validate.rules.release_intents import released
from support.repositories import commit, put, start
from support.repositories import git as say
from support.typed import seatrial

TASKS = ("validate", "validate-spec", "check-layout", "check-version", "fix", "lint")
INTENT = "bump: patch\nchangelog-type: bugfix\nchangelog: Pages are read once\n"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A good integration and one that is at fault, on a branch that has left origin/main."""
    root = start(tmp_path / "repo")
    good = good_folder(Profile.GUIDE)
    for name in ("good-service", "other"):
        texts = {path: data.decode().replace("good-service", name) for path, data in good.files.items()}
        put(root, {f"integrations/{name}/{path}": text for path, text in texts.items()})
    spec = root / "integrations/other/.port/spec.yaml"
    spec.write_text(spec.read_text().replace("exporter", "exportr"))
    commit(root)
    say(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    return root


def place(root: Path, path: str = "", name: str = "good-service") -> Path:
    return root / "integrations" / name / path


def append(path: Path, text: str = "\n\nPAGE = 50\n") -> None:
    path.write_text(path.read_text() + text)


@pytest.mark.parametrize("task", TASKS)
def test_where_nothing_changed_the_run_is_clean_and_says_so(fleet: Path, task: str) -> None:
    done = seatrial(fleet, task, "--since", "origin/main")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith('nothing changed since "origin/main"\n')
    assert len(done.stderr.splitlines()) == 2


def test_where_nothing_changed_a_program_gets_an_empty_report(fleet: Path) -> None:
    done = seatrial(fleet, "validate", "--since", "origin/main", "--format", "json")
    assert json.loads(done.stdout)["findings"] == []


def test_only_what_changed_is_judged(fleet: Path) -> None:
    append(place(fleet, "README.md"))
    done = seatrial(fleet, "validate", "--since", "origin/main")
    assert (done.returncode, done.stderr) == (0, "all well: 1 integration, no findings\n")


def test_a_name_and_a_revision_both_hold(fleet: Path) -> None:
    append(place(fleet, "README.md"))
    done = seatrial(fleet, "validate", "--since", "origin/main", "-i", "other")
    assert done.returncode == 0
    assert 'nothing changed since "origin/main"' in done.stderr


def test_the_revision_may_come_by_the_environment(fleet: Path) -> None:
    assert "nothing changed" in seatrial(fleet, "validate", SEATRIAL_SINCE="origin/main").stderr


@pytest.mark.parametrize("task", ["validate", "check-version"])
def test_a_change_without_a_release_fails_the_run(fleet: Path, task: str) -> None:
    append(place(fleet, "client.py"))
    done = seatrial(fleet, task, "--since", "origin/main")
    assert done.returncode == 1
    assert done.stdout.startswith(
        "integrations/good-service/pyproject.toml:3:11: error REL001 change-without-release: "
    )
    assert seatrial(fleet, task, "-i", "good-service").returncode == 0


@pytest.mark.parametrize("rev", ["nothing", "-x", "origin/other"])
def test_an_unknown_revision_is_wrong_use(fleet: Path, rev: str) -> None:
    done = seatrial(fleet, "validate", f"--since={rev}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f'seatrial: git knows no commit "{rev}"')


def test_without_a_repository_there_is_nothing_to_compare_with(fleet: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    (fleet / "integrations").rename(bare)
    done = seatrial(tmp_path, "validate", "--root", "bare", "--since", "main")
    assert done.returncode == 2
    assert "is in no git repository; type `git init` and commit" in done.stderr


def check(root: Path, *arguments: str) -> tuple[int, str, list[str]]:
    done = seatrial(root, "release.check", *arguments)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr.splitlines()


def test_a_pull_request_is_told_how_each_integration_is_released(fleet: Path) -> None:
    append(place(fleet, "client.py"))
    put(place(fleet), {".ocean-release/x.yaml": INTENT})
    append(place(fleet, "README.md", "other"))
    assert check(fleet) == (
        0, "", ["good-service: intent patch", "other: docs only", "all well: 2 integrations, no findings"],
    )  # fmt: skip


def test_a_version_by_hand_is_told_with_both_versions(fleet: Path) -> None:
    folder = released(good_folder(Profile.GUIDE), "0.1.1")
    for path in folder.paths():
        place(fleet, path).write_bytes(folder.read(path))
    assert check(fleet)[2][0] == "good-service: 0.1.0 -> 0.1.1 by hand"


def test_a_new_integration_is_told_with_its_version(fleet: Path) -> None:
    place(fleet).rename(place(fleet, name="newer"))
    assert check(fleet)[2][0] == "newer: new, 0.1.0"


def test_what_lacks_a_release_is_told_and_fails(fleet: Path) -> None:
    append(place(fleet, "client.py"))
    status, out, lines = check(fleet, "--since", "origin/main")
    assert status == 1
    assert "REL001" in out
    assert lines[0] == "good-service: no release"


def test_only_tests_changed_is_told_so(fleet: Path) -> None:
    append(place(fleet, "tests/test_client.py"))
    assert check(fleet)[2][0] == "good-service: nothing that is released"


def test_other_faults_are_left_to_the_other_tasks(fleet: Path) -> None:
    append(place(fleet, "README.md", "other"))
    assert check(fleet)[:2] == (0, "")


def test_without_a_remote_the_revision_must_be_named(fleet: Path) -> None:
    say(fleet, "update-ref", "-d", "refs/remotes/origin/main")
    assert check(fleet) == (2, "", [
        "seatrial: git knows neither origin/main nor origin/master; "
        "say what this change is compared with, with --since REV"
    ])  # fmt: skip
