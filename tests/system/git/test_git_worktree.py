"""What git leaves out, what differs from a commit, and when it cannot tell."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.core.settings import PathPattern
from seatrial.system import git
from support.repositories import commit, put, start
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


def test_a_path_is_ignored_by_the_workspaces_own_rules_or_gits_nature(repository: Path) -> None:
    put(
        repository,
        {"integrations/x/a.log": "", "integrations/x/b": "", "integrations/x/[c]": "", "out/d": ""},
    )
    start(repository / "integrations" / "x")
    for path, expected in {
        "integrations/x/a.log": True,
        "integrations/x/b": False,
        "integrations/x/[c]": False,
        "out/d": True,
        ".git/config": True,
        "integrations/x/.git/config": True,
    }.items():
        assert git.ignores(repository, str(repository / path)) is expected, path
    assert not git.ignores(repository, "/etc/passwd")


def test_the_rules_of_a_repository_inside_count_too(repository: Path) -> None:
    put(repository, {"integrations/x/.gitignore": "*.secret\n", "integrations/x/a.secret": ""})
    start(repository / "integrations" / "x")
    (repository / "integrations" / "x" / ".gitignore").rename(repository / "integrations/x/.git/info/exclude")
    assert git.ignores(repository, str(repository / "integrations" / "x" / "a.secret"))


def test_what_git_does_not_track_is_told_ignored_or_not(repository: Path) -> None:
    put(repository, {"integrations/x/main.py": ""})
    commit(repository)
    put(repository, {"a.log": "", "new": "", "out/b": "", "integrations/y/main.py": "", "odd\nname": ""})
    assert git.untracked(repository) == ["a.log", "integrations/y", "new", "odd\nname", "out"]


def test_outside_a_repository_nothing_is_untracked_or_ignored(tmp_path: Path) -> None:
    put(tmp_path, {"a": ""})
    assert git.untracked(tmp_path) is None
    assert not git.ignores(tmp_path, str(tmp_path / "a"))


@pytest.fixture
def venv(repository: Path) -> Path:
    """An environment in an integration that git ignores."""
    put(repository, {".gitignore": ".venv/\n", "integrations/x/main.py": ""})
    commit(repository)
    put(repository, {"integrations/x/.venv/bin/mypy": "", "integrations/x/.venv/pyvenv.cfg": ""})
    return repository / "integrations" / "x" / ".venv"


def test_an_ignored_folder_is_private(repository: Path, venv: Path) -> None:
    assert git.is_private(repository, venv)
    assert git.is_private(venv.parent, venv)


def test_a_folder_that_ignores_itself_is_private(repository: Path, venv: Path) -> None:
    put(repository, {".gitignore": "", "integrations/x/.venv/.gitignore": "*\n"})
    assert git.is_private(repository, venv)


def relocate(venv: Path) -> None:
    venv.rename(venv.parents[3] / "elsewhere")
    venv.symlink_to(venv.parents[3] / "elsewhere")


def take_back(root: Path) -> None:
    """Commit the environment, then take it out of the index only, as `git rm --cached` does."""
    say(root, "add", "-f", "integrations/x/.venv")
    say(root, "commit", "-q", "-m", "x")
    say(root, "rm", "-r", "-q", "--cached", "integrations/x/.venv")


def imitate(root: Path) -> None:
    """Commit the environment, in an integration that is a repository to git's own search."""
    say(root, "add", "-f", "integrations/x/.venv")
    other = start(root.parent / f"{root.name}-other")
    commit(other)
    shutil.copytree(other / ".git", root / "integrations" / "x", dirs_exist_ok=True)
    say(root, "config", "-f", "integrations/x/config", "core.worktree", ".")
    put(root, {"integrations/x/.gitignore": ".venv/\n"})
    say(root, "add", "-A")
    say(root, "commit", "-q", "-m", "x")


def contain(root: Path) -> None:
    """Make the integration a repository of its own, which has the environment in its commit."""
    say(start(root / "integrations" / "x"), "add", "-f", ".")
    commit(root / "integrations" / "x")


NOT_PRIVATE: dict[str, Callable[[Path], object]] = {
    "is not ignored": lambda root: put(root, {".gitignore": ""}),
    "has a file that is not ignored": lambda root: put(root, {".gitignore": "*.cfg"}),
    "is tracked": lambda root: say(root, "add", "-f", "integrations/x/.venv"),
    "has one tracked file": lambda root: say(root, "add", "-f", "integrations/x/.venv/bin/mypy"),
    "is in the last commit": take_back,
    "is tracked, in a folder like a repository": imitate,
    "is in another repository": contain,
    "is in what may be another repository": lambda root: put(root, {"integrations/x/.git": "gitdir: ../y"}),
    "is a repository": lambda root: put(root, {"integrations/x/.venv/.git/HEAD": ""}),
    "is a link": lambda root: relocate(root / "integrations/x/.venv"),
    "has no commit around it": lambda root: say(root, "update-ref", "-d", "HEAD"),
    "has no repository around it": lambda root: shutil.rmtree(root / ".git"),
}


@pytest.mark.parametrize("change", NOT_PRIVATE.values(), ids=NOT_PRIVATE)
def test_a_folder_is_not_private_that(repository: Path, venv: Path, change: Callable[[Path], object]) -> None:
    change(repository)
    assert not git.is_private(repository, venv)


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


def pointer(data: bytes) -> str:
    """What git-lfs has git keep of a file."""
    digest = hashlib.sha256(data).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(data)}\n"


@pytest.fixture
def filtered(repository: Path) -> str:
    """A commit with files under filters, checked out as those filters do, and with traps for filters since."""
    put(
        repository,
        {".gitattributes": "*.bin filter=lfs\n*.key filter=crypt\n*.no filter=unknown\n", "c": "1"},
    )
    put(repository, {"a.bin": pointer(b"the data"), "b.key": "secret", "n.no": "1"})
    say(repository, "config", "filter.crypt.clean", "tr a-z A-Z")
    base = commit(repository)
    put(repository, {"a.bin": "the data"})
    for name in ("lfs", "crypt"):
        for key in ("clean", "smudge", "process"):
            say(repository, "config", f"filter.{name}.{key}", f"touch {repository}/ran.log; cat")
        say(repository, "config", f"filter.{name}.required", "true")
    return base


def test_files_as_their_filters_leave_them_do_not_differ(repository: Path, filtered: str) -> None:
    assert say(repository, "cat-file", "blob", f"{filtered}:b.key") == "SECRET"
    assert git.changed(repository, filtered) == []
    assert git.dirty(repository) == []
    assert not (repository / "ran.log").exists()


def test_an_edit_under_a_filter_differs(repository: Path, filtered: str) -> None:
    put(repository, {"a.bin": "The data", "b.key": "secret2", "n.no": "2", "c": "2", "d.bin": "new"})
    assert git.changed(repository, filtered) == ["a.bin", "b.key", "c", "d.bin", "n.no"]
    assert not (repository / "ran.log").exists()


def test_a_later_commit_under_a_filter_differs(repository: Path, filtered: str) -> None:
    for name in ("lfs", "crypt"):
        say(repository, "config", "--remove-section", f"filter.{name}")
    commit(repository, {"a.bin": pointer(b"other data"), "b.key": "KEY"})
    say(repository, "config", "filter.lfs.clean", "cat")
    put(repository, {"a.bin": "other data"})
    assert git.changed(repository, filtered) == ["a.bin", "b.key"]
    assert git.dirty(repository) == []


def test_a_pointer_that_nothing_filters_is_a_file_like_others(repository: Path) -> None:
    base = commit(repository, {"a.bin": pointer(b"the data")})
    say(repository, "config", "filter.lfs.clean", "cat")
    put(repository, {"a.bin": "the data"})
    assert git.changed(repository, base) == ["a.bin"]


@pytest.mark.parametrize("attributes", ["* text=auto\n", "* text eol=crlf\n"])
def test_lines_that_git_ends_otherwise_in_the_work_tree_do_not_differ(
    repository: Path, attributes: str
) -> None:
    base = commit(repository, {".gitattributes": attributes, "a.txt": "1\n2\n"})
    say(repository, "config", "core.autocrlf", "true")
    (repository / "a.txt").write_bytes(b"1\r\n2\r\n")
    os.utime(repository / "a.txt", (1, 1))
    assert git.changed(repository, base) == []


@pytest.mark.parametrize(
    ("pattern", "there"),
    [
        ("libs/web/**", True),
        ("libs/", True),
        ("lib/", False),
        ("libs/*", False),
        ("**/client.py", True),
        ("libs/**/client.py", True),
        ("lib?/w*/deep/client.py", True),
        ("client.py", False),
        ("libs/web", False),
        ("out/**", False),
        ("*", True),
    ],
)
def test_a_pattern_of_a_setting_fits_files_as_git_names_them(
    repository: Path, pattern: str, there: bool
) -> None:
    paths = ["libs/web/deep/client.py", "new.txt", ".gitignore"]
    put(repository, dict.fromkeys(paths[:2], "") | {"out/client.log": ""})
    listed = git.present_files(repository)
    assert listed is not None
    assert {*paths} <= {*listed}
    assert "out/client.log" not in listed
    assert any(map(PathPattern.from_root(pattern).matches, listed)) is there
