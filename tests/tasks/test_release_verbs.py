"""The parts of a release as tasks of their own, and the former flags that stand for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_release_wrong import published, seatrial, write

from support.release_workspace import workspace

pytestmark = pytest.mark.slow


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A workspace with one integration, all of it committed."""
    return workspace(tmp_path / "repo", "Alpha Service")


FORCED = ("--force", "a test")
MATRIX = {"include": [{"name": "alpha-service 0.1.0", "only": "alpha-service"}]}


def test_a_plan_is_shown_as_a_table_or_as_json_and_nothing_is_published(repo: Path) -> None:
    shown = seatrial(repo, "release.plan", *FORCED)
    assert shown.returncode == 0, shown.stderr
    assert "alpha-service  0.1.0    build push attach tag spec index latest git-tag" in shown.stdout
    read = seatrial(repo, "release.plan", *FORCED, "--format", "json")
    assert json.loads(read.stdout)["parts"][0]["type"] == "alpha-service"
    assert published(repo) == []


def test_a_plan_in_a_file_is_that_of_the_former_flag_and_needs_no_builder(repo: Path, tmp_path: Path) -> None:
    ours, former = tmp_path / "ours.json", tmp_path / "former.json"
    done = seatrial(repo, "release.plan", *FORCED, "--output", str(ours), "--matrix")
    assert (done.returncode, json.loads(done.stdout)) == (0, MATRIX)
    assert f"`seatrial release.apply {ours}` does what it says" in done.stderr
    old = seatrial(repo, "release", *FORCED, "--plan", str(former), "--matrix")
    assert (old.returncode, json.loads(old.stdout)) == (0, MATRIX)
    assert ours.read_text() == former.read_text()
    assert published(repo) == []


def test_a_plan_that_is_held_back_ends_with_the_status_of_what_holds_it(repo: Path) -> None:
    done = seatrial(repo, "release.plan")
    assert done.returncode == 1
    assert "alpha-service 0.1.0 is held back" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["release.plan", "--format", "yaml"], "text or json"),
        (["release.apply"], "there is no plan in"),
        (["release.apply", "none.json"], "none.json cannot be read"),
        (["release.apply", "README"], "README is not a plan"),
        (["release.apply", "README", "--builder", "kaniko"], "docker, podman, buildah"),
        (["release.finish"], "there is no plan in"),
        (["release.finish", "README"], "seatrial release.finish plan.json receipts"),
        (["release.finish", "README", "receipts"], "README is not a plan"),
    ],
)
def test_wrong_usage_is_one_line(repo: Path, arguments: list[str], words: str) -> None:
    write("README", "not a plan")(repo)
    done = seatrial(repo, *arguments)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert words in done.stderr
    assert published(repo) == []


def test_only_names_an_integration_of_the_plan(repo: Path, tmp_path: Path) -> None:
    plan = str(tmp_path / "plan.json")
    seatrial(repo, "release.plan", *FORCED, "--output", plan)
    done = seatrial(repo, "release.apply", plan, "--only", "beta-service")
    assert done.returncode == 2
    assert 'the plan does nothing for "beta-service"; it has alpha-service' in done.stderr


@pytest.mark.parametrize(
    ("flags", "command"),
    [
        (["--plan", "a plan.json"], "seatrial release.plan --output 'a plan.json'"),
        (["--matrix"], "seatrial release.plan --matrix"),
        (["--apply", "README"], "seatrial release.apply README"),
        (
            ["--only", "alpha-service", "--plan", "README"],
            "seatrial release.apply README --only alpha-service",
        ),
        (["--finish", "receipts", "--plan", "README"], "seatrial release.finish README receipts"),
    ],
)
def test_a_former_flag_names_the_new_form_once_on_standard_error(
    repo: Path, flags: list[str], command: str
) -> None:
    write("README", "not a plan")(repo)
    done = seatrial(repo, "release", *FORCED, *flags)
    named = [line for line in done.stderr.splitlines() if line.endswith(f"instead type: {command}")]
    assert len(named) == 1, done.stderr
    assert "instead type" not in done.stdout


def test_a_release_without_former_flags_names_no_new_form(repo: Path) -> None:
    assert "instead type" not in seatrial(repo, "release", "--dry-run").stderr
