"""Tests of the merge base in shallow clones as CI makes them, compared with that of a whole clone."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from seatrial.core.errors import SeatrialError, ServiceError, UsageError
from seatrial.system import git

pytestmark = pytest.mark.slow

AS = ("-c", "user.name=Test", "-c", "user.email=test@localhost", "-c", "init.defaultBranch=main")


def ask(root: Path, *arguments: str) -> str:
    ran = subprocess.run(
        ["git", *AS, "-C", str(root), *arguments], capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


def commits(root: Path, *names: str) -> str:
    for name in names:
        (root / name).write_text(name)
        ask(root, "add", "--", name)
        ask(root, "commit", "-q", "-m", name)
    return ask(root, "rev-parse", "HEAD")


def empty_commits(root: Path, count: int, said: str) -> None:
    for number in range(count):
        ask(root, "commit", "-q", "--allow-empty", "-m", f"{said} {number}")


def made(root: Path) -> Path:
    root.mkdir(parents=True)
    ask(root, "init", "-q")
    return root


def cloned(source: Path, to: Path, *options: str) -> Path:
    subprocess.run(["git", "clone", "-q", *options, f"file://{source}", str(to)], check=True)
    return to


@pytest.fixture
def forked(tmp_path: Path) -> Path:
    """A repository in which branch "topic" left "main" at the tag "fork", and both went on."""
    root = made(tmp_path / "server")
    commits(root, "one", "two")
    ask(root, "tag", "fork")
    commits(root, "three", "four")
    ask(root, "checkout", "-q", "-b", "topic", "fork")
    commits(root, "mine", "mine too")
    return root


def as_ci_does(source: Path, to: Path, branch: str = "topic", base: str = "main") -> Path:
    """Clone one commit of a branch, detached, and one of the branch that it is to be merged into."""
    clone = cloned(source, to, "--depth=1", "--branch", branch)
    ask(clone, "checkout", "-q", "--detach")
    ask(clone, "fetch", "-q", "--depth=1", "origin", f"{base}:refs/remotes/origin/{base}")
    return clone


def test_a_clone_of_one_commit_finds_the_same_base_as_a_whole_one(forked: Path, tmp_path: Path) -> None:
    clone = as_ci_does(forked, tmp_path / "clone")
    assert git.merge_base(clone, "origin/main") == ask(forked, "rev-parse", "fork")


def test_the_base_is_found_far_behind_the_first_deepening(tmp_path: Path) -> None:
    root = made(tmp_path / "server")
    fork = commits(root, "one")
    ask(root, "checkout", "-q", "-b", "topic")
    empty_commits(root, 40, "topic")
    ask(root, "checkout", "-q", "main")
    empty_commits(root, 200, "main")
    clone = as_ci_does(root, tmp_path / "clone")
    assert git.merge_base(clone, "origin/main") == fork


def test_a_base_in_the_clone_needs_no_remote(forked: Path, tmp_path: Path) -> None:
    clone = cloned(
        forked, tmp_path / "clone", "--depth=3", "--no-tags", "--no-single-branch", "--branch", "topic"
    )
    fork = ask(forked, "rev-parse", "fork")
    assert (clone / ".git" / "shallow").exists()
    forked.rename(tmp_path / "away")
    assert git.merge_base(clone, "origin/main") == fork


def test_an_older_base_in_the_clone_does_not_hide_a_newer_one_outside_it(tmp_path: Path) -> None:
    root = made(tmp_path / "server")
    commits(root, "old")
    ask(root, "checkout", "-q", "-b", "topic")
    commits(root, "mine")
    ask(root, "checkout", "-q", "main")
    newer = commits(root, "new")
    empty_commits(root, 3, "main")
    ask(root, "checkout", "-q", "topic")
    ask(root, "merge", "-q", "--no-ff", "-m", "merged", newer)
    empty_commits(root, 3, "topic")
    clone = as_ci_does(root, tmp_path / "clone")
    assert git.merge_base(clone, "origin/main") == newer


@pytest.mark.parametrize("seed", range(4))
def test_a_shallow_clone_of_any_history_agrees_with_the_whole_one(tmp_path: Path, seed: int) -> None:
    root = made(tmp_path / "server")
    _grow(root, random.Random(seed))
    bases = ask(root, "merge-base", "--all", "main", "topic").split()
    for depth in (1, 2, 4):
        clone = cloned(
            root, tmp_path / f"clone{depth}", f"--depth={depth}", "--no-single-branch", "--branch", "topic"
        )
        assert git.merge_base(clone, "origin/main") in bases


def _grow(root: Path, rng: random.Random) -> None:
    """Two branches that commit, and merge one another, by turns."""
    commits(root, "one", "two")
    ask(root, "branch", "topic")
    for number in range(16):
        branch, other = rng.sample(["main", "topic"], 2)
        ask(root, "checkout", "-q", branch)
        if rng.random() < 0.3:
            ask(root, "merge", "-q", "--no-ff", "-m", str(number), rng.choice([other, f"{other}~1"]))
        else:
            commits(root, f"{branch}{number}")


def test_deepening_moves_no_branch_and_touches_no_file(forked: Path, tmp_path: Path) -> None:
    clone = as_ci_does(forked, tmp_path / "clone")
    (clone / "mine").write_text("not committed")
    ask(forked, "checkout", "-q", "main")
    commits(forked, "five")
    before = [ask(clone, *asked) for asked in _STATE]
    git.merge_base(clone, "origin/main")
    assert [ask(clone, *asked) for asked in _STATE] == before


_STATE = (
    ("for-each-ref",),
    ("rev-parse", "HEAD"),
    ("status", "--porcelain", "--branch"),
    ("config", "--list"),
)


@pytest.mark.parametrize("fetched", ["topic", "*"])
def test_a_server_that_refuses_single_commits_is_asked_for_its_branches(
    forked: Path, tmp_path: Path, fetched: str
) -> None:
    clone = _old_way(as_ci_does(forked, tmp_path / "clone"), fetched)
    assert git.merge_base(clone, "origin/main") == ask(forked, "rev-parse", "fork")


def _old_way(clone: Path, fetched: str) -> Path:
    """Use the first protocol, in which a server sends only commits that its branches and tags name."""
    ask(clone, "config", "protocol.version", "0")
    ask(clone, "config", "remote.origin.fetch", f"+refs/heads/{fetched}:refs/remotes/origin/{fetched}")
    return clone


def test_only_the_needed_part_of_a_long_history_is_fetched(tmp_path: Path) -> None:
    root = made(tmp_path / "server")
    empty_commits(root, 100, "old")
    fork = commits(root, "one")
    ask(root, "checkout", "-q", "-b", "topic")
    commits(root, "mine")
    clone = as_ci_does(root, tmp_path / "clone")
    assert git.merge_base(clone, "origin/main") == fork
    assert int(ask(clone, "rev-list", "--count", "--all")) < 50


def test_a_default_branch_of_another_name_works(forked: Path, tmp_path: Path) -> None:
    ask(forked, "branch", "-m", "main", "trunk")
    clone = as_ci_does(forked, tmp_path / "clone", base="trunk")
    assert git.merge_base(clone, "origin/trunk") == ask(forked, "rev-parse", "fork")


def test_a_remote_of_another_name_is_used(forked: Path, tmp_path: Path) -> None:
    clone = as_ci_does(forked, tmp_path / "clone")
    ask(clone, "remote", "rename", "origin", "upstream")
    assert git.merge_base(clone, "upstream/main") == ask(forked, "rev-parse", "fork")


def test_a_second_work_tree_of_a_shallow_clone_is_deepened_too(forked: Path, tmp_path: Path) -> None:
    clone = as_ci_does(forked, tmp_path / "clone")
    ask(clone, "worktree", "add", "-q", "--detach", str(tmp_path / "second"))
    assert git.merge_base(tmp_path / "second", "origin/main") == ask(forked, "rev-parse", "fork")


def test_a_folder_inside_a_shallow_clone_is_enough(forked: Path, tmp_path: Path) -> None:
    clone = as_ci_does(forked, tmp_path / "clone")
    inside = clone / "inside"
    inside.mkdir()
    assert git.merge_base(inside, "origin/main") == ask(forked, "rev-parse", "fork")


def one_line(wrong: pytest.ExceptionInfo[SeatrialError]) -> str:
    said = str(wrong.value)
    assert said.isprintable()
    return said


def test_a_shallow_clone_without_its_remote_says_what_to_type(forked: Path, tmp_path: Path) -> None:
    clone = as_ci_does(forked, tmp_path / "clone")
    forked.rename(tmp_path / "away")
    with pytest.raises(ServiceError) as wrong:
        git.merge_base(clone, "origin/main")
    assert "shallow" in one_line(wrong)
    assert "`git fetch --unshallow origin`" in one_line(wrong)


def test_a_shallow_clone_that_knows_no_remote_says_so(forked: Path, tmp_path: Path) -> None:
    clone = as_ci_does(forked, tmp_path / "clone")
    main = ask(clone, "rev-parse", "origin/main")
    ask(clone, "remote", "remove", "origin")
    with pytest.raises(ServiceError) as wrong:
        git.merge_base(clone, main)
    assert "shallow" in one_line(wrong)
    assert "no remote" in one_line(wrong)


def test_a_branch_that_was_not_fetched_says_how_to_fetch_it(forked: Path, tmp_path: Path) -> None:
    clone = cloned(forked, tmp_path / "clone", "--depth=1", "--branch", "topic")
    with pytest.raises(UsageError) as wrong:
        git.merge_base(clone, "origin/main")
    assert '"origin/main"' in one_line(wrong)
    assert "`git fetch origin main" in one_line(wrong)


def test_shallow_histories_without_a_common_commit_say_so(tmp_path: Path) -> None:
    root = made(tmp_path / "server")
    commits(root, "one", "two")
    ask(root, "checkout", "-q", "--orphan", "topic")
    commits(root, "other", "another")
    clone = as_ci_does(root, tmp_path / "clone")
    with pytest.raises(UsageError, match="no history in common"):
        git.merge_base(clone, "origin/main")


@pytest.mark.parametrize(
    "rev", ["--all", "-h", "--upload-pack=touch ran", "--output=ran", "", "two\nlines", "main..topic", "\0"]
)
def test_an_invalid_revision_is_refused_and_runs_nothing(forked: Path, tmp_path: Path, rev: str) -> None:
    clone = as_ci_does(forked, tmp_path / "clone")
    before = sorted(path.name for path in clone.iterdir())
    with pytest.raises(UsageError) as wrong:
        git.merge_base(clone, rev)
    assert "git knows no commit" in str(wrong.value)
    assert sorted(path.name for path in clone.iterdir()) == before


def test_changes_and_the_earlier_state_are_found_after_deepening(forked: Path, tmp_path: Path) -> None:
    clone = as_ci_does(forked, tmp_path / "clone")
    base = git.merge_base(clone, "origin/main")
    (clone / "new").touch()
    (clone / "two").unlink()
    assert git.changed(clone, base) == ["mine", "mine too", "new", "two"]
    assert _files(clone, base) == ["one", "two"]


def _files(root: Path, commit: str) -> Sequence[str]:
    folder = git.folder_at(root, commit, "")
    return [path for path in folder.paths() if folder.read(path) == path.encode()]
