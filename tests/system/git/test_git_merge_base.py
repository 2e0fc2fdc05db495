"""The merge base, where not all of the history is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError, UsageError
from seatrial.system import git
from support.repositories import commit, shallow_clone, start
from support.repositories import git as say


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A branch of 60 commits that left main before its last 10; the commit between is tagged `fork`."""
    root = start(tmp_path / "source")
    commit(root, {"a": "0"})
    grow(root, 5)
    say(root, "tag", "fork")
    say(root, "checkout", "-q", "-b", "feature")
    grow(root, 60)
    say(root, "checkout", "-q", "main")
    grow(root, 10)
    return root


def grow(root: Path, count: int) -> None:
    """So many empty commits, made at once."""
    parent, tree = say(root, "rev-parse", "HEAD"), say(root, "rev-parse", "HEAD^{tree}")
    branch = say(root, "branch", "--show-current")
    for number in range(count):
        parent = say(root, "commit-tree", "-p", parent, "-m", f"{branch} {number}", tree)
    say(root, "reset", "-q", "--hard", parent)


def fork(source: Path) -> str:
    return say(source, "rev-parse", "fork")


def count(root: Path) -> int:
    return int(say(root, "rev-list", "--count", "--all"))


def test_in_a_whole_clone_it_is_where_the_branch_left(source: Path) -> None:
    say(source, "checkout", "-q", "feature")
    assert git.merge_base(source, "main") == fork(source)


def test_a_shallow_clone_is_deepened_as_far_as_it_takes(source: Path, tmp_path: Path) -> None:
    clone = shallow_clone(source, tmp_path / "clone", "--branch=feature", "--no-single-branch", "--no-tags")
    assert git.merge_base(clone, "origin/main") == fork(source)
    assert git.tags(clone) == {}


def test_only_as_much_is_fetched_as_it_takes(tmp_path: Path) -> None:
    root = start(tmp_path / "source")
    commit(root, {"a": "0"})
    grow(root, 400)
    say(root, "checkout", "-q", "-b", "feature")
    grow(root, 2)
    clone = shallow_clone(root, tmp_path / "clone", "--branch=feature", "--no-single-branch")
    assert git.merge_base(clone, "origin/main") == say(root, "rev-parse", "main")
    assert 3 <= count(clone) < 100


def test_a_detached_head_with_commits_that_the_remote_has_not_is_deepened_too(
    source: Path, tmp_path: Path
) -> None:
    clone = shallow_clone(source, tmp_path / "clone", "--branch=feature")
    say(clone, "fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main")
    say(clone, "checkout", "-q", "--detach")
    commit(clone, {"b": "1"})
    assert git.merge_base(clone, "origin/main") == fork(source)


def test_a_remote_that_gives_no_single_commits_is_asked_for_its_branches(
    source: Path, tmp_path: Path
) -> None:
    clone = shallow_clone(source, tmp_path / "clone", "--branch=feature", "--no-single-branch")
    say(clone, "config", "protocol.version", "0")
    assert git.merge_base(clone, "origin/main") == fork(source)


def test_a_base_in_sight_is_not_taken_while_a_newer_one_may_be_out_of_sight(tmp_path: Path) -> None:
    root = start(tmp_path / "source")
    old = commit(root, {"a": "0"})
    say(root, "checkout", "-q", "-b", "side")
    side = commit(root, {"s": "1"})
    say(root, "checkout", "-q", "main")
    grow(root, 5)
    newer = say(root, "rev-parse", "HEAD")
    tree = say(root, "rev-parse", "HEAD^{tree}")
    say(
        root,
        "update-ref",
        "refs/heads/feature",
        say(root, "commit-tree", "-p", newer, "-p", side, "-m", "f", tree),
    )
    say(
        root,
        "update-ref",
        "refs/heads/other",
        say(root, "commit-tree", "-p", newer, "-p", side, "-m", "o", tree),
    )
    clone = tmp_path / "clone"
    say(
        root,
        "clone",
        "-q",
        "--depth=3",
        "--no-single-branch",
        "--branch=feature",
        f"file://{root}",
        str(clone),
    )
    say(root, "checkout", "-q", "feature")
    assert git.merge_base(clone, "origin/other") in say(root, "merge-base", "--all", "HEAD", "other").split()
    assert git.merge_base(clone, "origin/main") == newer
    assert old != newer


def test_an_unknown_revision_is_told_with_what_to_fetch(source: Path, tmp_path: Path) -> None:
    clone = shallow_clone(source, tmp_path / "clone", "--branch=feature")
    with pytest.raises(UsageError, match="`git fetch origin main:refs/remotes/origin/main`"):
        git.merge_base(clone, "origin/main")


def test_a_shallow_clone_without_a_remote_says_so(source: Path, tmp_path: Path) -> None:
    clone = shallow_clone(source, tmp_path / "clone", "--branch=feature", "--no-single-branch")
    say(clone, "branch", "-q", "main", "origin/main")
    say(clone, "remote", "remove", "origin")
    with pytest.raises(
        ServiceError, match='the clone is shallow, and has no remote to look for the merge base with "main"'
    ):
        git.merge_base(clone, "main")


def test_a_remote_that_is_gone_says_so_and_what_to_type(source: Path, tmp_path: Path) -> None:
    clone = shallow_clone(source, tmp_path / "clone", "--branch=feature", "--no-single-branch")
    say(clone, "remote", "set-url", "origin", "file:///nowhere")
    with pytest.raises(ServiceError) as failed:
        git.merge_base(clone, "origin/main")
    text = str(failed.value)
    assert text.startswith(
        'the merge base with "origin/main" is not in this shallow clone, and deepening it failed: '
    )
    assert text.endswith("type `git fetch --unshallow origin` first")


@pytest.mark.parametrize("depth", [None, 1])
def test_histories_with_nothing_in_common_are_told(tmp_path: Path, depth: int | None) -> None:
    root = start(tmp_path / "source")
    commit(root, {"a": "0"})
    say(root, "checkout", "-q", "--orphan", "other")
    commit(root, {"b": "0"})
    clone = shallow_clone(root, tmp_path / "clone", "--branch=main", "--no-single-branch") if depth else root
    with pytest.raises(
        UsageError, match="have no history in common; name a revision that this branch started from"
    ):
        git.merge_base(clone, "origin/other" if depth else "main")


def test_the_remotes_default_branch_is_known_where_git_was_told(source: Path, tmp_path: Path) -> None:
    say(source, "branch", "-m", "main", "trunk")
    say(tmp_path, "clone", "-q", str(source), str(tmp_path / "clone"))
    assert git.default_branch(tmp_path / "clone", "origin") == "origin/trunk"
    assert git.default_branch(source, "origin") is None


def test_a_merge_that_ci_checked_out_tells_its_base_without_a_remote(source: Path, tmp_path: Path) -> None:
    say(source, "merge", "-q", "--no-ff", "-m", "as GitHub merges a pull request", "feature")
    clone = tmp_path / "clone"
    say(source, "clone", "-q", "--depth=2", f"file://{source}", str(clone))
    say(clone, "remote", "remove", "origin")
    assert git.merge_base(clone, "HEAD^1") == say(source, "rev-parse", "HEAD^1")
