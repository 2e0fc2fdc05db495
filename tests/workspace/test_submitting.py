"""`submit` from a clone with a fork and an upstream, both bare repositories, and a stand-in for GitHub's `gh`."""

from __future__ import annotations

import io
import json
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from seatrial.core.errors import EXIT_SERVICE, ServiceError, UsageError
from seatrial.core.findings import Outcome
from seatrial.core.model import Profile
from seatrial.handbook.rule_examples import good_folder
from seatrial.release.run import checks
from seatrial.tasks import check_sections
from seatrial.tasks.cli import Ended
from seatrial.tasks.section_names import SECTIONS
from seatrial.tasks.submit import submit
from support.repositories import commit, put, start
from support.repositories import git as say

GH = """#!{python}
import json, pathlib, sys
log = pathlib.Path({log!r})
log.write_text(log.read_text() + json.dumps([sys.argv[1:], sys.stdin.read(), str(pathlib.Path.cwd())]) + "\\n")
if {broken!r}: sys.exit("gh: not logged in")
if sys.argv[2] == "list": print({listed!r})
if sys.argv[2] == "create": print("https://github.com/up/repo/pull/7")
"""
TEMPLATE = "# Description\n\nWhat -\n\n- [ ] New Integration (adds one)\n- [ ] Bug fix\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clone of a fork; its upstream has one integration and a template; a second one is new in the work tree."""
    home = tmp_path / "home"
    home.mkdir()
    source = start(tmp_path / "source")
    good = good_folder(Profile.GUIDE)
    texts = {path: data.decode() for path, data in good.files.items()}
    put(source, {f"integrations/good-service/{path}": text for path, text in texts.items()})
    commit(source, {".github/PULL_REQUEST_TEMPLATE.md": TEMPLATE, "README.md": "# Here\n"})
    for name in ("upstream", "fork"):
        say(tmp_path, "clone", "-q", "--bare", str(source), str(tmp_path / f"{name}.git"))
    config = "".join(
        f'[url "{tmp_path}/{name}.git"]\n\tinsteadOf = https://github.com/{owner}/repo\n'
        for name, owner in (("upstream", "up"), ("fork", "me"))
    )
    (home / ".gitconfig").write_text(f"{config}[user]\n\tname = Me\n\temail = me@x.y\n")
    monkeypatch.setenv("HOME", str(home))
    for variable in ("GIT_CONFIG_GLOBAL", "XDG_CONFIG_HOME", "GIT_AUTHOR_EMAIL", "EMAIL"):
        monkeypatch.delenv(variable, raising=False)
    clone = tmp_path / "clone"
    say(tmp_path, "clone", "-q", "https://github.com/me/repo", str(clone))
    say(clone, "remote", "add", "upstream", "https://github.com/up/repo")
    other = {
        f"integrations/other/{path}": text.replace("good-service", "other") for path, text in texts.items()
    }
    put(clone, {**other, "README.md": "# Mine\n"})
    monkeypatch.chdir(clone)
    monkeypatch.setattr(checks, "_linted", lambda *given: (Outcome(), {}))
    return SimpleNamespace(root=clone, tmp=tmp_path, log=tmp_path / "log")


@pytest.fixture
def gh(place: SimpleNamespace, monkeypatch: pytest.MonkeyPatch):
    """Put a stand-in for `gh` on PATH; return a function that says what it was asked."""

    def install(listed: object = (), broken: bool = False):
        place.log.write_text("")
        program = place.tmp / "bin" / "gh"
        program.parent.mkdir(exist_ok=True)
        text = GH.format(python=sys.executable, log=str(place.log), listed=json.dumps(listed), broken=broken)
        program.write_text(text)
        program.chmod(stat.S_IRWXU)
        monkeypatch.setenv("PATH", f"{program.parent}:{Path('/usr/bin')}:/bin")
        return lambda: [json.loads(line) for line in place.log.read_text().splitlines()]

    return install


def submitted(name: str = "other", **given: object) -> None:
    keys = ("root", "title", "upstream", "fork", "branch", "jobs", "sandbox")
    submit(
        **{
            "integration": [name],
            **dict.fromkeys(keys),
            "draft": False,
            "yes": True,
            "dry_run": False,
            "without": "mapping,unit,schema,release",
            **given,
        }
    )


def branches(place: SimpleNamespace, name: str) -> dict[str, str]:
    rows = say(
        place.tmp / f"{name}.git", "for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads"
    )
    return dict(row.split() for row in rows.splitlines())


def test_a_new_integration_becomes_a_pull_request(place, gh, capsys) -> None:
    asked = gh()
    before = branches(place, "upstream")
    submitted()
    head = say(place.root, "rev-parse", "HEAD")
    assert branches(place, "fork")["integration/other"] == head
    assert branches(place, "upstream") == before
    assert branches(place, "fork")["main"] == before["main"]
    changed = say(place.root, "show", "--name-only", "--format=", "HEAD").splitlines()
    assert changed and all(path.startswith("integrations/other/") for path in changed)
    assert say(place.root, "status", "--porcelain") == " M README.md"
    (_, _, _), (opened, text, where) = asked()
    assert (
        opened[:2] == ["pr", "create"] and "me:integration/other" in opened and "github.com/up/repo" in opened
    )
    assert "- [x] New Integration" in text and "Bug fix" not in text and "| spec | passed" in text
    assert not Path(where).is_relative_to(place.root)
    assert "opened: https://github.com/up/repo/pull/7" in capsys.readouterr().err


def test_a_second_run_adds_a_commit_and_brings_the_request_up_to_date(place, gh) -> None:
    gh()
    submitted()
    put(place.root, {"integrations/other/notes.md": "More.\n"})
    asked = gh([{"number": 7, "url": "u", "headRepositoryOwner": {"login": "me"}}])
    submitted()
    assert branches(place, "fork")["integration/other"] == say(place.root, "rev-parse", "HEAD")
    assert [one[0][:3] for one in asked()] == [["pr", "list", "--repo"], ["api", "--hostname", "github.com"]]


def test_a_third_run_without_changes_commits_and_pushes_nothing(place, gh) -> None:
    gh()
    submitted()
    head, fork = say(place.root, "rev-parse", "HEAD"), branches(place, "fork")
    submitted()
    assert (say(place.root, "rev-parse", "HEAD"), branches(place, "fork")) == (head, fork)


def test_a_dry_run_changes_nothing(place, gh, capsys) -> None:
    asked = gh()
    before = say(place.root, "status", "--porcelain", "--branch")
    submitted(yes=False, dry_run=True)
    assert say(place.root, "status", "--porcelain", "--branch") == before
    assert list(branches(place, "fork")) == ["main"] and asked() == []
    assert "1. make the branch integration/other" in capsys.readouterr().err


@pytest.mark.parametrize("broken", [True, False])
def test_without_a_working_gh_the_page_to_open_is_printed(
    place, gh, monkeypatch, capsys, broken: bool
) -> None:
    gh(broken=True)
    if not broken:
        (place.tmp / "bin/gh").unlink()
    submitted()
    assert (
        "https://github.com/up/repo/compare/main...me:integration%2Fother?expand=1&title="
        in capsys.readouterr().out
    )
    assert "integration/other" in branches(place, "fork")


def test_a_failing_check_stops_it_before_anything_is_done(place, gh, capsys) -> None:
    gh()
    (place.root / "integrations/other/.port/spec.yaml").unlink()
    with pytest.raises(Ended):
        submitted()
    assert list(branches(place, "fork")) == ["main"]
    assert say(place.root, "rev-parse", "--abbrev-ref", "HEAD") == "main"
    assert "--draft" in capsys.readouterr().err


def test_a_draft_goes_on_and_tells_of_it(place, gh) -> None:
    asked = gh()
    (place.root / "integrations/other/.port/spec.yaml").unlink()
    submitted(draft=True)
    assert "--draft" in asked()[1][0] and "| layout | FAILED" in asked()[1][1]


def test_it_is_judged_by_the_sections_of_check(place, gh, monkeypatch, capsys) -> None:
    asked = gh()
    ran: list[str] = []

    def failing(own, *given) -> list[object]:
        ran.append(own.doing)
        raise ServiceError("no environment")

    monkeypatch.setattr(check_sections, "run_own_code", failing)
    with pytest.raises(Ended) as ended:
        submitted(without="mapping,release")
    assert (ended.value.code, len(ran), asked()) == (EXIT_SERVICE, 2, [])
    submitted(without="mapping,release,unit", draft=True)
    rows = [line.split(" | ")[:2] for line in asked()[1][1].splitlines() if line.startswith("| ")][1:]
    assert [name.lstrip("| ") for name, _ in rows] == list(SECTIONS)
    verdicts = {name.lstrip("| "): said.partition(":")[0] for name, said in rows}
    assert {verdicts[name] for name in ("mapping", "release", "unit")} == {"not run"}
    assert (verdicts["spec"], verdicts["schema"]) == ("passed", "FAILED")


@pytest.mark.parametrize(("answers", "pushed"), [(["n"], False), (["y", "n"], True)])
def test_each_effect_outside_is_asked_for(place, gh, monkeypatch, answers, pushed) -> None:
    asked = gh()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    given = iter(answers)
    monkeypatch.setattr("builtins.input", lambda prompt: next(given))
    with pytest.raises(Ended):
        submitted(yes=False)
    assert ("integration/other" in branches(place, "fork"), asked()) == (pushed, [])


def test_nobody_is_asked_where_there_is_no_terminal(place, gh, monkeypatch) -> None:
    gh()
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(UsageError, match="--yes"):
        submitted(yes=False)


def test_a_branch_with_commits_of_others_is_not_touched(place, gh) -> None:
    gh()
    say(place.root, "checkout", "-q", "-b", "shared")
    commit(place.root, {"integrations/other/x.md": "theirs\n"})
    with pytest.raises(UsageError, match=r"holds commits of a@b\.c"):
        submitted()
    assert list(branches(place, "fork")) == ["main"]


def test_a_fork_that_went_on_is_not_overwritten(place, gh, capsys) -> None:
    gh()
    submitted()
    second = place.tmp / "second"
    say(place.tmp, "clone", "-q", "-b", "integration/other", str(place.tmp / "fork.git"), str(second))
    theirs = commit(second, {"integrations/other/x.md": "theirs\n"})
    say(second, "push", "-q")
    put(place.root, {"integrations/other/y.md": "mine\n"})
    with pytest.raises(Exception, match="git push"):
        submitted()
    assert branches(place, "fork")["integration/other"] == theirs


def test_what_is_staged_elsewhere_stays_staged(place, gh) -> None:
    gh()
    say(place.root, "add", "README.md")
    submitted()
    assert say(place.root, "status", "--porcelain") == "M  README.md"


def test_no_hook_of_the_clone_runs(place, gh) -> None:
    gh()
    for name in (
        "pre-commit",
        "commit-msg",
        "post-commit",
        "pre-push",
        "post-checkout",
        "reference-transaction",
    ):
        hook = place.root / ".git/hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {place.tmp}/ran-{name}\n")
        hook.chmod(stat.S_IRWXU)
    submitted()
    assert not list(place.tmp.glob("ran-*"))


def test_nothing_to_submit_is_said(place, gh) -> None:
    gh()
    with pytest.raises(UsageError, match="there is nothing to submit"):
        submitted("good-service")
