"""The repository is the one of the nearest `.git`, and remotes are those that the person set."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError, UsageError
from seatrial.system import git
from seatrial.system.git import discovery as module
from seatrial.system.git.discovery import nearest_git_dir
from support.repositories import commit, put, start
from support.repositories import git as say


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, by the variables that every git obeys; GIT_CONFIG_GLOBAL is newer than the oldest."""
    for name in ("GIT_CONFIG_GLOBAL", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = start(tmp_path / "repo")
    commit(root, {"integrations/x/main.py": "1"})
    return root


def like_a_repository(folder: Path) -> None:
    """Put into a folder what git's own search takes for a repository."""
    other = start(folder.parent / "made")
    commit(other, {"theirs": "1"})
    shutil.copytree(other / ".git", folder, dirs_exist_ok=True)
    shutil.rmtree(other)


def test_a_folder_like_a_repository_is_none(repository: Path, tmp_path: Path) -> None:
    here = git.head(repository).commit
    for folder in (repository, repository / "integrations" / "x", tmp_path / "alone"):
        like_a_repository(folder)
    assert git.head(repository / "integrations" / "x").commit == here
    assert git.head(repository).commit == here
    assert git.ignored(tmp_path / "alone") is None
    with pytest.raises(UsageError, match="is in no git repository; type `git init` and commit"):
        git.head(tmp_path / "alone")


def test_the_persons_own_settings_are_read_outside_a_repository(tmp_path: Path, home: Path) -> None:
    put(home, {".gitconfig": "[user]\n\tname = Ada\n"})
    like_a_repository(tmp_path / "alone")
    say(tmp_path / "alone", "config", "--file", "config", "user.name", "Eve")
    assert git.setting(tmp_path / "alone", "user.name") == "Ada"


def empty(root: Path) -> None:
    (root / "integrations" / "x" / ".git").mkdir()


def linked(root: Path) -> None:
    (root / ".git").rename(root.parent / "elsewhere")
    (root / ".git").symlink_to(root.parent / "elsewhere")


def separate(root: Path) -> None:
    say(root, "init", "-q", f"--separate-git-dir={root.parent / 'elsewhere'}")


SHAPES: dict[str, Callable[[Path], object]] = {
    "a folder": lambda root: None,
    "a folder, and an empty one below": empty,
    "a link": linked,
    "a file": separate,
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_repository_may_be(repository: Path, shape: Callable[[Path], object]) -> None:
    here = git.head(repository).commit
    shape(repository)
    assert git.head(repository / "integrations" / "x").commit == here
    put(repository, {"integrations/x/new": ""})
    assert git.dirty(repository / "integrations" / "x") == ["new"]


def test_a_worktree_and_a_submodule_are_repositories_of_their_own(repository: Path, tmp_path: Path) -> None:
    say(repository, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    made = commit(tmp_path / "side", {"integrations/y/main.py": "1"})
    assert git.head(tmp_path / "side" / "integrations").commit == made
    say(repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repository), "sub")
    put(repository, {"sub/new": ""})
    assert git.head(repository / "sub").branch == "main"
    assert git.dirty(repository / "sub") == ["new"]


def test_a_shallow_worktree_knows_that_it_is_shallow(repository: Path, tmp_path: Path) -> None:
    say(repository, "branch", "side")
    commit(repository)
    say(tmp_path, "clone", "-q", "--depth=1", "--no-single-branch", f"file://{repository}", "clone")
    say(tmp_path / "clone", "worktree", "add", "-q", str(tmp_path / "tree"))
    assert git.merge_base(tmp_path / "tree", "origin/side") == say(repository, "rev-parse", "side")


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("gitdir: /nowhere\n", "is in no git repository|git: gitfile does not point to a valid repository"),
        ("something\n", "git: invalid gitfile format"),
    ],
)
def test_a_file_that_leads_nowhere_is_one_line(repository: Path, file: str, reason: str) -> None:
    put(repository, {"integrations/x/.git": file})
    with pytest.raises((UsageError, ServiceError), match=reason):
        git.head(repository / "integrations" / "x")
    assert git.ignored(repository / "integrations" / "x") is None


def test_outside_the_work_tree_that_settings_state_git_tells_nothing(
    repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    say(repository, "config", "core.worktree", str(tmp_path / "elsewhere"))
    with pytest.raises(ServiceError, match="this operation must be run in a work tree"):
        git.head(repository)
    assert git.ignored(repository) is None


@pytest.mark.parametrize("below", [".git", ".git/refs"])
def test_inside_a_repositorys_own_folder_git_tells_nothing(repository: Path, below: str) -> None:
    assert git.ignored(repository / below) is None


def test_the_search_ends_where_git_would_end_it(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = repository / "integrations" / "x"
    found = repository / ".git"
    assert nearest_git_dir(deep, {}) == found
    assert nearest_git_dir(deep, {"GIT_CEILING_DIRECTORIES": f"{repository}"}) is None
    assert (
        nearest_git_dir(deep, {"GIT_CEILING_DIRECTORIES": f"relative{os.pathsep}{repository.parent}"})
        == found
    )
    assert nearest_git_dir(repository, {"GIT_CEILING_DIRECTORIES": f"{repository}"}) == found
    monkeypatch.setattr(module, "_is_beside", lambda folder, start: False)
    assert nearest_git_dir(deep, {}) is None
    assert nearest_git_dir(deep, {"GIT_DISCOVERY_ACROSS_FILESYSTEM": "1"}) == found


def test_a_git_that_is_too_old_is_one_line(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, {"bin/git": "#!/bin/sh\nprintf '%s\\n' --path-format=absolute /a /a/index /a/shallow\n"})
    (tmp_path / "bin" / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ServiceError, match=r"^git: this git is older than 2\.31; install a newer one$"):
        git.head(repository)
    assert git.ignored(repository) is None


@pytest.mark.parametrize("name", ["-x", "--upload-pack=touch ran", "--exec=touch ran"])
def test_a_branch_that_is_named_like_an_option_is_a_branch(repository: Path, name: str) -> None:
    here = git.head(repository).commit
    say(repository, "update-ref", f"refs/heads/{name.replace(' ', '')}", here)
    say(repository, "symbolic-ref", "HEAD", f"refs/heads/{name.replace(' ', '')}")
    assert git.head(repository).branch == name.replace(" ", "")
    assert git.merge_base(repository, "main") == here


def test_history_is_as_it_was_committed(repository: Path) -> None:
    first = git.head(repository).commit
    second = commit(repository)
    (repository / ".git" / "info").mkdir(exist_ok=True)
    put(repository, {".git/info/grafts": f"{second}\n"})
    say(repository, "replace", second, say(repository, "commit-tree", "-m", "x", f"{second}^{{tree}}"))
    assert git.is_ancestor(repository, first, "HEAD")


INSIDE = {
    "a path": "./integrations/x",
    "a path from above": "../repo/integrations/x",
    "an absolute path": "{root}/integrations/x",
    "a URL": "file://{root}/integrations/x",
    "an encoded URL": "FILE://{root}/integr%61tions/x",
    "the top": "./",
    "a path through a link": "../link/x",
}


@pytest.mark.parametrize("remote", INSIDE.values(), ids=INSIDE)
def test_a_folder_of_the_work_tree_is_no_remote(repository: Path, tmp_path: Path, remote: str) -> None:
    (tmp_path / "link").symlink_to(repository / "integrations")
    like_a_repository(repository / "integrations" / "x")
    put(repository, {"integrations/x/hooks/pre-receive": f"#!/bin/sh\ntouch {tmp_path}/ran\n"})
    (repository / "integrations" / "x" / "hooks" / "pre-receive").chmod(0o755)
    git.make_tag(repository, "v1", "HEAD", "x")
    with pytest.raises(UsageError, match="is a folder of this repository; name one outside of it"):
        git.push_tag(repository, remote.format(root=repository), "v1")
    assert not (tmp_path / "ran").exists()


@pytest.fixture
def remote(repository: Path, tmp_path: Path) -> Path:
    say(tmp_path, "init", "-q", "--bare", str(tmp_path / "remote.git"))
    say(repository, "remote", "add", "origin", "../remote.git")
    git.make_tag(repository, "v1", "HEAD", "x")
    return tmp_path / "remote.git"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("core.sshCommand", "touch ran"),
        ("credential.helper", "!touch ran"),
        ("credential.https://example.com.helper", "!touch ran"),
        ("remote.origin.receivepack", "touch ran; git-receive-pack"),
        ("url.https://example.com/.pushInsteadOf", "file:"),
        ("http.proxy", "http://example.com"),
    ],
)
def test_settings_of_a_committed_file_decide_about_no_remote(
    repository: Path, remote: Path, key: str, value: str
) -> None:
    say(repository, "config", "--file", "settings", key, value)
    say(repository, "config", "include.path", "../settings")
    with pytest.raises(
        UsageError, match=r"from .*/repo/settings, which is a file of the work tree; set it with"
    ):
        git.push_tag(repository, "origin", "v1")
    assert not (repository / "ran").exists()


def test_other_settings_may_be_in_a_committed_file(repository: Path, remote: Path) -> None:
    put(repository, {"settings": "[alias]\n\tst = status\n[diff]\n\texternal = touch ran\n"})
    say(repository, "config", "include.path", "../settings")
    git.push_tag(repository, "origin", "v1")
    assert set(git.remote_tags(repository, "origin")) == {"v1"}
    assert not (repository / "ran").exists()


@pytest.mark.parametrize("file", ["home/.gitconfig", "repo/.git/config"])
def test_the_persons_settings_decide_about_remotes(
    repository: Path, remote: Path, home: Path, tmp_path: Path, file: str
) -> None:
    say(repository, "config", "remote.origin.url", "ssh://git@example.com/x.git")
    with (tmp_path / file).open("a") as settings:
        settings.write(f'[core]\n\tsshCommand = "touch {tmp_path}/ran; false"\n')
    with pytest.raises(ServiceError):
        git.remote_tags(repository, "origin")
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("environ", [{}, {"GIT_ALLOW_PROTOCOL": "ext:file"}], ids=str)
def test_an_address_that_is_a_program_is_not_run(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environ: Mapping[str, str]
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    say(repository, "config", "protocol.ext.allow", "always")
    for remote in (f"ext::touch {tmp_path}/ran", "named", "rewritten"):
        say(repository, "config", "remote.named.url", f"ext::touch {tmp_path}/ran")
        say(repository, "config", "remote.rewritten.url", "other:x")
        say(repository, "config", f"url.ext::touch {tmp_path}/ran .insteadOf", "other:")
        with pytest.raises(ServiceError, match=r"transport 'ext' not allowed"):
            git.remote_tags(repository, remote)
    assert not (tmp_path / "ran").exists()
