"""`release.bump --pull-request`: one pull request on one branch, renewed without force."""

from __future__ import annotations

import io
import json
import shutil
import stat
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from test_submitting import GH

from seatrial.core.errors import EXIT_SERVICE, SeatrialError, UsageError
from seatrial.handbook.rule_examples import good_folder
from seatrial.tasks.cli import Ended
from seatrial.tasks.pull_requests import merge_request_options
from seatrial.tasks.release_bump import bump
from seatrial.workspace.forge import PullRequest, RepositoryPlace
from support.repositories import commit, put, start
from support.repositories import git as say

INTENT = "bump: {}\nchangelog-type: bugfix\nchangelog: Fixed {}\n"
FIRST, SECOND = "integrations/jira/.ocean-release/a.yaml", "integrations/jira/.ocean-release/b.yaml"
LISTED = [{"number": 7, "url": "https://github.com/up/repo/pull/7", "headRepositoryOwner": {"login": "up"}}]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one integration that has an intent, and a clone of it."""
    folder = tmp_path_factory.mktemp("made")
    source = start(folder / "source")
    texts = {
        path: data.decode().replace("good-service", "jira") for path, data in good_folder().files.items()
    }
    put(source, {f"integrations/jira/{path}": text for path, text in texts.items()})
    commit(source, {FIRST: INTENT.format("patch", "a page"), "README.md": "# Here\n"})
    say(folder, "clone", "-q", "--bare", str(source), "up.git")
    say(folder, "clone", "-q", "up.git", "clone")
    say(folder / "clone", "remote", "set-url", "origin", "https://github.com/up/repo")
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A copy of both, and a stand-in for `gh`."""
    for name in ("up.git", "clone"):
        shutil.copytree(made / name, tmp_path / name)
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.gitconfig").write_text(
        f'[url "{tmp_path}/up.git"]\n\tinsteadOf = https://github.com/up/repo\n'
        "[user]\n\tname = Me\n\temail = me@x.y\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for variable in ("GIT_CONFIG_GLOBAL", "XDG_CONFIG_HOME", "GIT_AUTHOR_EMAIL", "EMAIL"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.chdir(tmp_path / "clone")
    found = SimpleNamespace(root=tmp_path / "clone", tmp=tmp_path, log=tmp_path / "log")
    gh(found, [])
    return found


def gh(place: SimpleNamespace, listed: Any, broken: bool = False) -> None:
    """Have a program `gh` answer, and forget what it was asked."""
    program = place.tmp / "bin" / "gh"
    words = {"python": sys.executable, "log": str(place.log), "listed": json.dumps(listed), "broken": broken}
    program.write_text(GH.format(**words))
    program.chmod(stat.S_IRWXU)
    place.log.write_text("")


def asked(place: SimpleNamespace) -> list[list[str]]:
    return [json.loads(line)[0][:3] for line in place.log.read_text().splitlines()]


def run(**given: Any) -> None:
    usual = {"root": None, "date": "2026-02-01", "commit": False, "dry_run": False, "format": None}
    bump([], **{**usual, "pull_request": True, "yes": True, **given})


def head(place: SimpleNamespace, branch: str = "seatrial/bump") -> str:
    return say(place.tmp / "up.git", "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")


def brought(place: SimpleNamespace) -> list[str]:
    return say(place.tmp / "up.git", "diff", "--name-only", "main...seatrial/bump").splitlines()


BROUGHT = [
    FIRST,
    "integrations/jira/.port/spec.yaml",
    "integrations/jira/CHANGELOG.md",
    "integrations/jira/pyproject.toml",
]


def merge_to_main(place: SimpleNamespace, files: dict[str, str]) -> None:
    """Somebody merges something, and this clone pulls it."""
    other = place.tmp / "other"
    if not other.exists():
        say(place.tmp, "clone", "-q", str(place.tmp / "up.git"), str(other))
    say(other, "pull", "-q", "origin", "main")
    commit(other, files)
    say(other, "push", "-q", "origin", "HEAD:main")
    say(place.root, "pull", "-q", "--ff-only")


def test_the_bump_goes_to_a_branch_and_a_pull_request_and_nothing_changes_here(
    place: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    main = head(place, "main")
    run()
    assert brought(place) == BROUGHT
    assert (head(place, "main"), say(place.root, "rev-parse", "HEAD")) == (main, main)
    assert say(place.root, "status", "--porcelain", "--branch") == "## main...origin/main"
    assert 'version = "0.1.1"' in say(
        place.tmp / "up.git", "show", "seatrial/bump:integrations/jira/pyproject.toml"
    )
    assert asked(place) == [["pr", "list", "--repo"], ["pr", "create", "--repo"]]
    assert "opened: https://github.com/up/repo/pull/7" in capsys.readouterr().err
    before = head(place)
    merge_to_main(place, {"README.md": "# There\n"})
    run()
    assert head(place) == before
    assert "has all of it already" in capsys.readouterr().err


def test_it_is_renewed_by_a_commit_on_top_and_never_by_force(place: SimpleNamespace) -> None:
    run()
    first = head(place)
    merge_to_main(place, {SECOND: INTENT.format("minor", "two pages"), "README.md": "# There\n"})
    gh(place, LISTED)
    run()
    second = head(place)
    parents = say(place.tmp / "up.git", "log", "-1", "--format=%P", second)
    assert parents == f"{first} {head(place, 'main')}"
    assert brought(place) == [FIRST, SECOND, *BROUGHT[1:]]
    assert 'version = "0.2.0"' in say(
        place.tmp / "up.git", "show", "seatrial/bump:integrations/jira/pyproject.toml"
    )
    assert say(place.tmp / "up.git", "show", "seatrial/bump:README.md") == "# There"
    assert asked(place) == [["pr", "list", "--repo"], ["api", "--hostname", "github.com"]]


def test_a_branch_whose_request_was_merged_begins_anew(place: SimpleNamespace) -> None:
    run()
    say(place.root, "pull", "-q", "--ff-only", "origin", "seatrial/bump")
    say(place.root, "push", "-q", "origin", "HEAD:main")
    merge_to_main(place, {SECOND: INTENT.format("minor", "two pages")})
    run()
    assert brought(place) == [SECOND, *BROUGHT[1:]]
    assert say(place.tmp / "up.git", "log", "-1", "--format=%P", "seatrial/bump") == head(place, "main")


def test_commits_of_others_on_the_branch_are_not_touched(place: SimpleNamespace) -> None:
    run()
    other = place.tmp / "other"
    say(place.tmp, "clone", "-q", "-b", "seatrial/bump", str(place.tmp / "up.git"), str(other))
    theirs = commit(other, {"integrations/jira/CHANGELOG.md": "theirs\n"})
    say(other, "push", "-q")
    with pytest.raises(UsageError, match=r"holds commits of a@b\.c, and you are me@x\.y"):
        run()
    assert head(place) == theirs


NAMES = {
    "main": "main is a main branch",
    "a:refs/heads/main": "not a valid name",
    "-f": "not a valid name",
    "+x y": "not a valid name",
}


def test_nothing_is_pushed_to_a_main_branch_or_to_what_is_no_branch(place: SimpleNamespace) -> None:
    before = say(place.tmp / "up.git", "for-each-ref")
    for branch, words in NAMES.items():
        with pytest.raises(UsageError, match=words):
            run(branch=branch)
    assert say(place.tmp / "up.git", "for-each-ref") == before


def test_a_release_branch_of_the_settings_is_the_target_and_no_less_protected(place: SimpleNamespace) -> None:
    merge_to_main(place, {"seatrial.toml": '[release]\nbranch = "stable"\n'})
    say(place.root, "switch", "-q", "-c", "stable")
    say(place.root, "push", "-q", "origin", "stable")
    for branch in ("main", "stable"):
        with pytest.raises(UsageError, match="is a main branch"):
            run(branch=branch)
    run()
    assert "stable" in json.loads(place.log.read_text().splitlines()[1])[0]


def test_a_checkout_that_is_not_the_target_is_refused(place: SimpleNamespace) -> None:
    say(place.root, "commit", "-q", "--allow-empty", "-m", "mine")
    with pytest.raises(UsageError, match="git pull --ff-only origin main"):
        run()
    say(place.root, "reset", "-q", "--hard", "HEAD~")
    put(place.root, {FIRST: INTENT.format("patch", "my page")})
    with pytest.raises(UsageError, match="which --pull-request would take along"):
        run()
    assert head(place) == ""


def test_a_dry_run_shows_all_and_does_nothing(
    place: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    run(yes=False, dry_run=True)
    said = capsys.readouterr()
    assert "would push seatrial/bump to the remote origin, without force" in said.err
    assert "- jira 0.1.0 -> 0.1.1 (1 intent)" in said.out
    assert (head(place), asked(place)) == ("", [])


def test_each_effect_outside_is_agreed_to(place: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    answers = iter(["n", "y", "n"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(answers))
    for pushed in (False, True):
        with pytest.raises(Ended):
            run(yes=False)
        assert (bool(head(place)), asked(place)) == (pushed, [])


def test_nobody_to_ask_and_two_ways_at_once_are_refused(
    place: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(UsageError, match="--yes"):
        run(yes=False)
    with pytest.raises(UsageError, match="give one of them"):
        run(commit=True)
    with pytest.raises(UsageError, match="type --pull-request as well"):
        run(pull_request=False, branch="x")


def test_without_gh_the_page_is_printed_and_a_run_without_a_person_fails(
    place: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    gh(place, [], broken=True)
    with pytest.raises(Ended) as ended:
        run()
    assert ended.value.code == EXIT_SERVICE
    assert "https://github.com/up/repo/compare/main...seatrial%2Fbump?expand=1" in capsys.readouterr().out


def test_a_push_after_somebody_else_s_is_refused_and_not_forced(
    place: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seatrial.tasks import release_bump

    run()
    theirs = say(place.tmp / "up.git", "commit-tree", "-m", "theirs", "main^{tree}")
    merge_to_main(place, {SECOND: INTENT.format("minor", "two pages")})
    real = release_bump.must_be_renewable

    def slow(state: Any) -> None:
        real(state)
        say(place.tmp / "up.git", "update-ref", "refs/heads/seatrial/bump", theirs)

    monkeypatch.setattr(release_bump, "must_be_renewable", slow)
    with pytest.raises(SeatrialError, match="git push"):
        run()
    assert head(place) == theirs


@pytest.mark.parametrize(
    ("address", "environment", "asks"),
    [
        ("https://gitlab.com/org/fleet.git", {}, True),
        ("https://git.example.com/org/fleet.git", {"CI_SERVER_HOST": "git.example.com"}, True),
        ("https://git.example.com/org/fleet.git", {}, False),
        ("https://github.com/org/fleet", {"CI_SERVER_HOST": "git.example.com"}, False),
    ],
)
def test_gitlab_is_asked_for_the_merge_request_by_the_push(
    address: str, environment: dict[str, str], asks: bool
) -> None:
    place = RepositoryPlace.of(address)
    assert place
    request = PullRequest(place, place, "main", "seatrial/bump", "Raise\nversions", "text")
    told = merge_request_options(request, environment)
    assert bool(told) is asks and "\n" not in "".join(told)
    assert merge_request_options(None, environment) == ()
