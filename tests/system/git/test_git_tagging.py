"""Tags here and at a remote: set once, never moved, never asked about."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError, UsageError
from seatrial.system import git
from seatrial.system.git.command import last_words
from support.repositories import commit, start
from support.repositories import git as say

NOBODY = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return start(tmp_path / "repo")


@pytest.fixture
def remote(tmp_path: Path, repository: Path) -> Path:
    """A bare repository that is the origin."""
    say(tmp_path, "init", "-q", "--bare", str(tmp_path / "remote.git"))
    say(repository, "remote", "add", "origin", f"file://{tmp_path / 'remote.git'}")
    return tmp_path / "remote.git"


def test_tags_of_either_form_lead_to_their_commits(repository: Path) -> None:
    made = commit(repository)
    say(repository, "tag", "light")
    say(repository, "tag", "-a", "-m", "x", "heavy/1.0.0")
    say(repository, "tag", "-a", "-m", "x", "nested", "heavy/1.0.0")
    assert git.tags(repository) == {"light": made, "heavy/1.0.0": made, "nested": made}


def test_without_tags_there_are_none(repository: Path) -> None:
    commit(repository)
    assert git.tags(repository) == {}


@pytest.mark.parametrize("wanted", ["jira/1.0.0", "jira", "*", "jira/*", "", "-l", "a\nb", "jira/2.0.0"])
def test_tags_are_looked_up_by_their_whole_names(repository: Path, wanted: str) -> None:
    made = commit(repository)
    say(repository, "tag", "-a", "-m", "x", "jira/1.0.0")
    assert git.tags_called(repository, [wanted]) == ({wanted: made} if wanted == "jira/1.0.0" else {})


def test_a_tag_is_annotated_and_its_message_is_kept_to_the_letter(repository: Path) -> None:
    before = commit(repository)
    commit(repository)
    git.make_tag(repository, "jira/1.0.0", before, "jira 1.0.0\n\n# not a comment\n")
    assert git.tags(repository) == {"jira/1.0.0": before}
    assert say(repository, "cat-file", "tag", "jira/1.0.0").endswith("jira 1.0.0\n\n# not a comment")


def test_a_tag_is_set_where_git_knows_no_name(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = commit(repository)
    for name in NOBODY:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    git.make_tag(repository, "v1", made, "x")
    assert "tagger Seatrial <seatrial@localhost>" in say(repository, "cat-file", "tag", "v1")


def test_a_tag_carries_the_name_that_git_is_told(repository: Path) -> None:
    made = commit(repository)
    say(repository, "config", "user.name", "Ada")
    say(repository, "config", "user.email", "ada@example.com")
    git.make_tag(repository, "v1", made, "x")
    assert "<ada@example.com>" in say(repository, "cat-file", "tag", "v1")


def test_a_signing_program_is_not_asked(repository: Path) -> None:
    made = commit(repository)
    say(repository, "config", "tag.gpgSign", "true")
    say(repository, "config", "gpg.program", "/bin/false")
    git.make_tag(repository, "v1", made, "x")
    assert git.tags(repository) == {"v1": made}


def test_a_tag_that_is_there_stays_and_is_never_moved(repository: Path) -> None:
    before, after = commit(repository), commit(repository)
    git.make_tag(repository, "v1", before, "x")
    kept = say(repository, "rev-parse", "v1")
    git.make_tag(repository, "v1", before, "again")
    with pytest.raises(
        ServiceError, match=f'the git tag "v1" is at {before[:12]}, not at {after[:12]}; it was not moved'
    ):
        git.make_tag(repository, "v1", after, "x")
    assert say(repository, "rev-parse", "v1") == kept


@pytest.mark.parametrize("name", ["-d", "a b", "a..b", "", "a\nb", "v1.lock", "a/"])
def test_what_git_takes_for_no_name_is_refused(repository: Path, name: str) -> None:
    made = commit(repository)
    with pytest.raises(UsageError, match='is not a valid name for a git tag; mend "tag" under'):
        git.make_tag(repository, name, made, "x")


def test_a_pushed_tag_is_at_the_remote(repository: Path, remote: Path) -> None:
    made = commit(repository)
    git.make_tag(repository, "jira/1.0.0", made, "x")
    assert git.remote_tags(repository, "origin") == {}
    git.push_tag(repository, "origin", "jira/1.0.0")
    git.push_tag(repository, "origin", "jira/1.0.0")
    assert git.remote_tags(repository, "origin") == {"jira/1.0.0": made}
    assert say(remote, "rev-parse", "refs/tags/jira/1.0.0^{}") == made


def test_a_tag_that_another_run_pushed_from_the_same_commit_is_fine(repository: Path, remote: Path) -> None:
    made = commit(repository)
    git.make_tag(repository, "v1", made, "x")
    git.push_tag(repository, "origin", "v1")
    say(repository, "tag", "-d", "v1")
    git.make_tag(repository, "v1", made, "another message")
    git.push_tag(repository, "origin", "v1")
    assert git.remote_tags(repository, "origin") == {"v1": made}


def test_a_tag_at_another_commit_of_the_remote_is_not_moved(repository: Path, remote: Path) -> None:
    before, after = commit(repository), commit(repository)
    git.make_tag(repository, "v1", before, "x")
    git.push_tag(repository, "origin", "v1")
    say(repository, "tag", "-d", "v1")
    git.make_tag(repository, "v1", after, "x")
    with pytest.raises(ServiceError, match=f'"v1" is at {before[:12]} at origin, not at {after[:12]}'):
        git.push_tag(repository, "origin", "v1")
    assert git.remote_tags(repository, "origin") == {"v1": before}


def test_a_refusal_comes_in_the_remotes_own_words(repository: Path, remote: Path) -> None:
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho first >&2\necho no tags on Fridays >&2\nexit 1\n")
    hook.chmod(0o755)
    git.make_tag(repository, "v1", commit(repository), "x")
    with pytest.raises(ServiceError, match=r"^git push with origin: no tags on Fridays$"):
        git.push_tag(repository, "origin", "v1")


def test_a_hook_of_the_checkout_is_not_run(repository: Path, remote: Path) -> None:
    hook = repository / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {repository}/ran\nexit 1\n")
    hook.chmod(0o755)
    git.make_tag(repository, "v1", commit(repository), "x")
    git.push_tag(repository, "origin", "v1")
    assert not (repository / "ran").exists()


@pytest.mark.parametrize("remote_name", ["upstream", "--upload-pack=touch ran", "-x", ""])
def test_an_unknown_remote_is_wrong_use(repository: Path, remote_name: str) -> None:
    commit(repository)
    with pytest.raises(UsageError, match=r"git knows no remote .*; `git remote -v` shows them"):
        git.remote_tags(repository, remote_name)


@pytest.mark.parametrize(
    "address", ["file:///nowhere/at/all", "http://ada:secret@127.0.0.1:9/x.git", "ext::sh -c id"]
)
def test_a_remote_that_does_not_answer_is_one_line_without_credentials(
    repository: Path, address: str
) -> None:
    commit(repository)
    say(repository, "remote", "add", "origin", address)
    with pytest.raises(ServiceError) as failed:
        git.remote_tags(repository, "origin")
    assert str(failed.value).startswith("git ls-remote with origin: ")
    assert "secret" not in str(failed.value)
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://github.com/org/repo.git", "https://github.com/org/repo.git"),
        ("https://x-access-token:ghs_1@github.com/org/repo", "https://github.com/org/repo"),
        ("https://ghp_1@github.com/org/repo?private_token=2#3", "https://github.com/org/repo"),
        ("ssh://git@github.com/org/repo", "ssh://git@github.com/org/repo"),
        ("ssh://git:secret@github.com:22/org/repo", "ssh://git@github.com:22/org/repo"),
        ("git@github.com:org/repo.git", "git@github.com:org/repo.git"),
        ("ftp://a:b@host/x", "ftp://host/x"),
        ("/srv/git/repo", "/srv/git/repo"),
    ],
)
def test_the_origin_is_told_without_what_logs_in(repository: Path, address: str, shown: str) -> None:
    say(repository, "config", "remote.origin.url", address)
    assert git.origin(repository, "origin") == shown


def test_without_a_remote_there_is_no_origin(repository: Path) -> None:
    assert git.origin(repository, "origin") is None
    assert git.origin(repository, "--all") is None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("fatal: one\n", "one"),
        ("remote: \nremote: error: denied\nerror: failed to push some refs\n", "denied"),
        (
            "hint: a\nfatal: unable to access 'https://a:b@h/': refused\n",
            "unable to access 'https://h/': refused",
        ),
        ("something else\n\n", "something else"),
        ("", "it failed and did not say why"),
    ],
)
def test_the_last_words_are_those_that_say_why(said: str, words: str) -> None:
    assert last_words(said) == words
