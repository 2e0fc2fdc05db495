"""Where we are, what a name means, and what a commit holds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.system import git
from support.repositories import DAY, commit, start
from support.repositories import git as say


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return start(tmp_path / "repo")


def test_the_head_is_told_with_branch_and_time(repository: Path) -> None:
    made = commit(repository)
    assert git.head(repository) == git.Head(made, DAY, "main", True)


def test_a_detached_head_has_no_branch_but_may_be_on_one(repository: Path) -> None:
    commit(repository)
    say(repository, "checkout", "-q", "--detach")
    assert (git.head(repository).branch, git.head(repository).on_branch) == ("", True)
    commit(repository)
    assert (git.head(repository).branch, git.head(repository).on_branch) == ("", False)


def test_a_commit_of_a_remote_branch_alone_is_on_a_branch(repository: Path) -> None:
    made = commit(repository)
    say(repository, "checkout", "-q", "--detach")
    say(repository, "update-ref", "refs/remotes/origin/main", made)
    say(repository, "branch", "-D", "main")
    assert git.head(repository).on_branch


def test_no_repository_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is in no git repository; type `git init` and commit"):
        git.head(tmp_path)


def test_no_commit_is_one_line_that_says_what_to_do(repository: Path) -> None:
    with pytest.raises(UsageError, match="no commit yet; commit something first"):
        git.head(repository)


def test_no_git_is_one_line_that_says_what_to_do(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(repository)
    monkeypatch.setenv("PATH", str(repository))
    with pytest.raises(UsageError, match="git is not on this machine; install it"):
        git.head(repository)
    assert git.ignored(repository) is None


def test_a_repository_of_somebody_else_is_one_line_that_says_what_to_do(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(repository)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(
        UsageError, match=r"belongs to another user; type `git config --global --add safe\.directory"
    ):
        git.head(repository)


@pytest.mark.parametrize("variable", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"])
def test_what_a_hook_says_of_another_repository_is_not_heard(
    repository: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    made = commit(repository, {"a": "1"})
    monkeypatch.setenv(variable, "/nowhere")
    assert git.head(repository).commit == made
    assert git.dirty(repository) == []


@pytest.mark.parametrize("rev", ["main", "HEAD", "v1", "refs/heads/main", "HEAD~0", "main^{commit}"])
def test_a_name_is_resolved_to_its_commit(repository: Path, rev: str) -> None:
    made = commit(repository)
    say(repository, "tag", "-a", "-m", "x", "v1")
    assert git.resolve(repository, rev) == made


@pytest.mark.parametrize(
    "rev", ["", "nothing", "--output=x", "-h", "main\0", "a\0b", "HEAD:", "..", "@{upstream}"]
)
def test_what_is_no_commit_is_one_line_with_a_hint(repository: Path, rev: str) -> None:
    commit(repository)
    assert git.find(repository, rev) is None
    with pytest.raises(UsageError, match=r"^git knows no commit .*; name a branch, a tag or a commit"):
        git.resolve(repository, rev)


def test_an_unknown_branch_of_a_remote_comes_with_what_to_fetch(repository: Path) -> None:
    commit(repository)
    say(repository, "remote", "add", "origin", "file:///nowhere")
    hint = "fetch it first: `git fetch origin main:refs/remotes/origin/main`"
    with pytest.raises(UsageError, match=hint):
        git.resolve(repository, "origin/main")


def test_ids_of_many_paths_come_in_one_answer(repository: Path) -> None:
    made = commit(repository, {"a/b/c": "1", "a/d": "2", "odd\nname": "3", "[x]": "4"})
    found = git.trees(repository, made, ["a", "a/b", "a/d", "odd\nname", "[x]", "absent", "a/b/absent", ""])
    assert set(found) == {"a", "a/b", "a/d", "odd\nname", "[x]", ""}
    assert found["a"] == say(repository, "rev-parse", "HEAD:a")
    assert found[""] == say(repository, "rev-parse", "HEAD^{tree}")


def test_ids_are_those_below_the_asked_folder_at_that_commit(repository: Path) -> None:
    before = commit(repository, {"sub/a": "1"})
    commit(repository, {"sub/a": "2"})
    found = git.trees(repository / "sub", before, ["a", "", "sub"])
    assert found == {
        "a": say(repository, "rev-parse", f"{before}:sub/a"),
        "": say(repository, "rev-parse", f"{before}:sub"),
    }
    (repository / "new").mkdir()
    assert git.trees(repository / "new", before, ["a", ""]) == {}


def test_names_that_are_no_text_come_through(repository: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    (repository / name).write_text("1")
    assert set(git.trees(repository, commit(repository), [name])) == {name}
