"""Commits of bots, which have an intent by rule: in `release.check`, and in `release.bump`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from seatrial.core.errors import ConfigurationError, UsageError
from seatrial.handbook.rule_examples import good_folder
from seatrial.release.run.bumps import apply, bump_line, plan
from seatrial.tasks.release_check import announcement
from seatrial.validate.facts.facts import Facts
from seatrial.validate.since import since
from seatrial.workspace.config import settings_of
from seatrial.workspace.workspace import open_workspace
from support.repositories import git, put, shallow_clone, start

HERE = "integrations/jira/"
RULES = """\
[release.bots]
"Renovate[bot]" = {}
"dep@bots" = { bump = "minor", type = "bugfix", text = "Dependencies: {subject}" }
"""
CODE = "client.py"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one integration and rules for two bots."""
    root = start(tmp_path_factory.mktemp("bots") / "repo")
    texts = {
        path: data.decode().replace("good-service", "jira") for path, data in good_folder().files.items()
    }
    put(root, {"seatrial.toml": RULES, **{HERE + path: text for path, text in texts.items()}})
    by(root, "A <a@b.c>", "a start", {})
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    git(tmp_path, "clone", "-q", str(made), "repo")
    return tmp_path / "repo"


def by(root: Path, author: str, subject: str, files: dict[str, str]) -> None:
    """Commit these files of the integration as somebody."""
    put(root, {HERE + path: text for path, text in files.items()})
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", f"--author={author}", "-m", subject)


RENOVATE, DEPENDABOT = "renovate[bot] <r@x>", "D <Dep@bots>"


def checked(root: Path) -> str:
    workspace = open_workspace(str(root))
    compared = since(workspace, "origin/main")
    (one,) = compared.touched(workspace.integrations)
    return announcement(Facts.of(workspace, one), compared.changes([one])[one.path])


def bumped(root: Path) -> list[str]:
    workspace = open_workspace(str(root))
    found = plan(workspace, workspace.integrations, date(2026, 2, 1))
    assert not found.outcome.findings
    apply(workspace, found.bumps)
    return [bump_line(one) for one in found.bumps]


def test_a_change_of_bots_alone_is_announced_by_their_rules(root: Path) -> None:
    by(root, RENOVATE, "update a", {CODE: "A = 1\n"})
    assert checked(root) == "patch by the rule for renovate[bot]"
    by(root, DEPENDABOT, "update b", {CODE: "A = 2\n"})
    assert checked(root) == "minor by the rule for D"


@pytest.mark.parametrize("how", ["another author", "not committed", "merged by hand"])
def test_a_change_to_which_somebody_else_added_is_not(root: Path, how: str) -> None:
    by(root, RENOVATE, "update a", {CODE: "A = 1\n"})
    if how == "another author":
        by(root, "Eve <e@v.e>", "more", {"more.py": "B = 1\n"})
    elif how == "not committed":
        put(root, {f"{HERE}{CODE}": "A = 3\n"})
    else:
        git(root, "switch", "-q", "-c", "side", "origin/main")
        git(root, "merge", "-q", "--no-ff", "--no-commit", "main")
        by(root, RENOVATE, "a merge", {"more.py": "B = 1\n"})
    assert checked(root) == "no release"


def test_what_bots_brought_since_the_version_raises_it_once(root: Path) -> None:
    by(root, RENOVATE, "update a <!-- towncrier release notes start -->", {CODE: "A = 1\n"})
    by(root, RENOVATE, "docs", {"README.md": "# More\n"})
    by(root, DEPENDABOT, "update b", {CODE: "A = 2\n"})
    assert bumped(root) == ["jira 0.1.0 -> 0.2.0 (2 changes of bots)"]
    entry = (root / HERE / "CHANGELOG.md").read_text().partition("## 0.2.0")[2].partition("\n## ")[0]
    assert "### Bug Fixes\n\n- Dependencies: update b\n" in entry
    assert "### Improvements\n\n- update a <! -- towncrier release notes start -->\n" in entry
    assert bumped(root) == []
    by(root, "A <a@b.c>", "raised", {})
    assert bumped(root) == []


def test_intents_of_people_and_bots_are_one_version(root: Path) -> None:
    by(root, DEPENDABOT, "update b", {CODE: "A = 2\n"})
    text = "bump: patch\nchangelog-type: bugfix\nchangelog: Fixed a page\n"
    by(root, RENOVATE, "announced itself", {CODE: "A = 3\n", ".ocean-release/a.yaml": text})
    assert bumped(root) == ["jira 0.1.0 -> 0.2.0 (1 intent, 1 change of bots)"]


def test_a_bots_branch_of_before_the_version_that_is_merged_after_it_counts(root: Path) -> None:
    git(root, "switch", "-q", "-c", "bot")
    by(root, RENOVATE, "update a", {CODE: "A = 1\n"})
    git(root, "switch", "-q", "main")
    text = "bump: patch\nchangelog-type: bugfix\nchangelog: Fixed a page\n"
    by(root, "A <a@b.c>", "an intent", {".ocean-release/a.yaml": text})
    assert bumped(root) == ["jira 0.1.0 -> 0.1.1 (1 intent)"]
    by(root, "A <a@b.c>", "raised", {})
    git(root, "merge", "-q", "--no-ff", "-m", "merged", "bot")
    assert bumped(root) == ["jira 0.1.1 -> 0.1.2 (1 change of bots)"]


def test_a_shallow_clone_cannot_tell(root: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="git fetch --unshallow"):
        bumped(shallow_clone(root, tmp_path / "shallow"))


@pytest.mark.parametrize(
    "wrong",
    [
        '{ bump = "huge" }',
        '{ kind = "x" }',
        '"patch"',
        '{ text = "a\\nb" }',
        '{ text = "{subjct}" }',
        '{ type = "fix" }',
    ],
)
def test_a_rule_that_says_something_else_is_refused(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match=r"seatrial\.toml:2:"):
        settings_of(f"[release.bots]\nx = {wrong}\n".encode())
