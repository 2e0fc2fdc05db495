"""What git leaves out, and when it cannot tell."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from seatrial import git


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
    assert not git.tracks(repository / ".venv")
    subprocess.run(["git", "-C", str(repository), "add", "-f", ".venv"], check=True)
    assert git.tracks(repository / ".venv")


def test_outside_a_repository_a_folder_counts_as_tracked(tmp_path: Path) -> None:
    assert git.tracks(tmp_path / ".venv")
