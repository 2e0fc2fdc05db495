"""What git leaves out, what differs from a commit, and when it cannot tell."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.system import git
from support.repositories import commit, put
from support.repositories import git as say


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("*.log\nout/\n/all/\n")
    return tmp_path


def test_ignored_files_and_folders_are_told(repository: Path) -> None:
    (repository / "integrations" / "one" / "out").mkdir(parents=True)
    (repository / "integrations" / "one" / "out" / "x").touch()
    (repository / "integrations" / "one" / "a.log").touch()
    (repository / "integrations" / "one" / "b.txt").touch()
    assert git.ignored(repository) == {"integrations/one/out", "integrations/one/a.log"}
    assert git.ignored(repository / "integrations" / "one") == {"out", "a.log"}


def test_a_tracked_file_counts_although_a_rule_ignores_it(repository: Path) -> None:
    (repository / "kept.log").touch()
    subprocess.run(["git", "-C", str(repository), "add", "-f", "kept.log"], check=True)
    assert git.ignored(repository) == frozenset()


def test_names_with_newlines_and_odd_bytes_come_through(repository: Path) -> None:
    (repository / "a\nb.log").touch()
    assert git.ignored(repository) == {"a\nb.log"}


def test_outside_a_repository_nobody_can_tell(tmp_path: Path) -> None:
    assert git.ignored(tmp_path) is None


def test_a_folder_ignored_as_a_whole_is_judged_as_if_without_git(repository: Path) -> None:
    (repository / "all").mkdir()
    assert git.ignored(repository / "all") is None


def test_a_monitor_set_in_the_repository_is_not_run(repository: Path) -> None:
    hook = repository / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {repository}/ran\n")
    hook.chmod(0o755)
    subprocess.run(["git", "-C", str(repository), "config", "core.fsmonitor", str(hook)], check=True)
    assert git.ignored(repository) == frozenset()
    assert not (repository / "ran").exists()


def test_a_folder_with_a_tracked_file_is_tracked(repository: Path) -> None:
    (repository / ".venv").mkdir()
    (repository / ".venv" / "pyvenv.cfg").touch()
    assert not git.is_private(repository / ".venv")
    subprocess.run(["git", "-C", str(repository), "add", "-f", ".venv"], check=True)
    assert git.is_private(repository / ".venv")


def test_outside_a_repository_a_folder_counts_as_tracked(tmp_path: Path) -> None:
    assert git.is_private(tmp_path / ".venv")


def test_what_is_changed_new_moved_or_gone_differs_from_the_commit(repository: Path) -> None:
    base = commit(
        repository, {"kept": "1", "edited": "1", "gone": "1", "moved": "long enough to be found again"}
    )
    put(repository, {"edited": "2", "new/file": "1", "left.log": "1"})
    (repository / "gone").unlink()
    (repository / "moved").rename(repository / "elsewhere")
    say(repository, "add", "elsewhere")
    assert git.changed(repository, base) == ["edited", "elsewhere", "gone", "moved", "new/file"]


def test_a_later_commit_and_the_work_tree_both_count(repository: Path) -> None:
    base = commit(repository, {"one": "1", "two": "1"})
    commit(repository, {"one": "2"})
    put(repository, {"two": "2"})
    assert git.changed(repository, base) == ["one", "two"]


def test_a_file_that_is_as_it_was_again_does_not_differ(repository: Path) -> None:
    base = commit(repository, {"one": "1"})
    commit(repository, {"one": "2"})
    put(repository, {"one": "1"})
    assert git.changed(repository, base) == []


def test_paths_are_those_below_the_asked_folder(repository: Path) -> None:
    base = commit(repository, {"a/b": "1", "c": "1"})
    put(repository, {"a/b": "2", "a/new": "", "c": "2"})
    assert git.changed(repository / "a", base) == ["b", "new"]


def test_odd_names_and_odd_settings_change_nothing(repository: Path) -> None:
    base = commit(repository, {"a\nb": "1", ":(top)x": "1", "-o": "1"})
    for key in ("diff.orderFile", "diff.external", "diff.ignoreSubmodules"):
        say(repository, "config", key, "all")
    put(repository, {"a\nb": "2", ":(top)x": "2", "-o": "2", "\u00fc": ""})
    assert git.changed(repository, base) == ["-o", ":(top)x", "a\nb", "\u00fc"]


def test_a_tree_is_dirty_by_changed_staged_and_untracked_files_but_not_by_what_a_release_leaves(
    repository: Path,
) -> None:
    commit(repository, {"one": "1", "two": "1"})
    assert git.dirty(repository) == []
    put(repository, {"one": "2", "three": "", "dist/release/journal": "", "x.log": "", "dist.txt": ""})
    say(repository, "add", "one")
    assert git.dirty(repository) == ["dist.txt", "one", "three"]


def test_a_tree_without_a_commit_is_neither_clean_nor_dirty(repository: Path) -> None:
    with pytest.raises(UsageError, match="no commit yet; commit something first"):
        git.dirty(repository)
