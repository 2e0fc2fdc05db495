"""The commit is published and checked, whatever happens to the work tree meanwhile."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.release.plan.plan_files import plan_json
from seatrial.release.run.export import as_repository, exported
from seatrial.release.run.release_context import parse_args
from seatrial.system import git as real_git
from seatrial.workspace.committed import workspace_at, workspace_in
from seatrial.workspace.workspace import open_workspace
from support.commit_release import CommitRelease
from support.release_workspace import add, commit, git, workspace

CANARY = "canary-of-the-work-tree"
ALPHA = "integrations/alpha-service"
WRITTEN = (
    f"{ALPHA}/.port/spec.yaml", f"{ALPHA}/.port/examples/one.json", f"{ALPHA}/pyproject.toml",
    f"{ALPHA}/poetry.lock", f"{ALPHA}/README.md", f"{ALPHA}/main.py", "integrations/_infra/Dockerfile",
)  # fmt: skip


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed workspace with one integration that has an example, to be copied."""
    root = workspace(tmp_path_factory.mktemp("sound") / "repo", "Alpha Service")
    shutil.rmtree(root / f"{ALPHA}/.port/examples")
    (root / f"{ALPHA}/.port/examples").mkdir()
    (root / f"{ALPHA}/.port/examples/one.json").write_text('{"one": 1}\n')
    (root / "seatrial.toml").write_text("")
    commit(root, "an example")
    return root


@pytest.fixture
def repo(sound: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(sound, tmp_path / "repo", symlinks=True))


def spoil(root: Path, word: str) -> None:
    """Have every file of the work tree say something else."""
    for path in WRITTEN:
        (root / path).write_text(f"title: {word}\ntype: {word}\nversion: 9.9.9\n")
    (root / f"{ALPHA}/.port/examples/{word}.json").write_text(f'"{word}"')
    (root / f"{ALPHA}/.port/examples/.env").write_text(word)
    (root / "seatrial.toml").write_text(f'[release]\nimage = "{word}.example.com/{{type}}"\n')


def must_be_whole(release: CommitRelease) -> None:
    spec = json.loads(release.store.objects["alpha-service/0.1.0/spec.json"])
    assert (spec["type"], spec["version"]) == ("alpha-service", "0.1.0")
    assert release.store.objects["alpha-service/0.1.0/examples/one.json"] == b'{"one": 1}\n'
    assert release.images.tags["alpha-service", "latest"] == release.images.tags["alpha-service", "0.1.0"]
    assert release.checked
    assert CANARY.encode() not in release.everything()


def test_a_work_tree_that_changes_at_every_step_is_not_published(repo: Path) -> None:
    release = CommitRelease(repo)
    head = git(repo, "rev-parse", "HEAD")
    moments: list[str] = []

    def change(name: str) -> None:
        moments.append(name)
        spoil(repo, f"{CANARY}-{len(moments)}")
        if name == "build":
            commit(repo, "another commit")

    assert release.run(change) == []
    must_be_whole(release)
    assert {"planned", "build", "find", "put_blob", "put_manifest", "create", "put"} <= set(moments)
    assert json.loads(release.store.objects["alpha-service/0.1.0/receipt.json"])["commit"] == head
    assert git(repo, "rev-parse", "alpha-service/0.1.0^{commit}") == head


@pytest.mark.parametrize("flag", ["--skip-worktree", "--assume-unchanged"])
def test_changes_that_git_was_told_to_overlook_are_not_published(repo: Path, flag: str) -> None:
    git(repo, "update-index", flag, *WRITTEN, "seatrial.toml")
    (repo / ".git/info").mkdir(exist_ok=True)
    (repo / ".git/info/exclude").write_text("canary*\n.env\n")
    spoil(repo, CANARY)
    assert git(repo, "status", "--short") == ""
    release = CommitRelease(repo)
    assert release.run() == []
    must_be_whole(release)


def test_an_integration_that_was_taken_out_of_the_work_tree_unseen_is_still_released(repo: Path) -> None:
    for path in git(repo, "ls-files", ALPHA).splitlines():
        git(repo, "update-index", "--skip-worktree", path)
        (repo / path).unlink()
    release = CommitRelease(repo)
    assert release.run() == []
    must_be_whole(release)


def test_failed_checks_on_the_commit_hold_it_whatever_the_work_tree_has(repo: Path) -> None:
    release = CommitRelease(repo, errors=1)
    (held,) = release.run()
    assert "validate 1 error" in held.reason
    assert release.images.tags == {}
    assert not [key for key in release.store.objects if not key.startswith(".seatrial")]


def test_the_value_of_a_build_arg_is_in_nothing_that_a_release_writes(repo: Path) -> None:
    release = CommitRelease(repo, local=True, build_args=(f"TOKEN={CANARY}",))
    assert release.run() == []
    written = [path for path in (repo / "dist").rglob("*") if path.is_file()]
    assert {"journal.jsonl", "receipt.json", "alpha-service-0.1.0.log"} <= {path.name for path in written}
    told = [plan_json(release.made[0]).encode(), *(path.read_bytes() for path in written)]
    assert any(b'"TOKEN":"[hidden]"' in text for text in told)
    assert not [text for text in told if CANARY.encode() in text]


@pytest.mark.parametrize("text", [f"MY-NAME={CANARY}", f"={CANARY}", CANARY])
def test_the_value_of_a_wrong_build_arg_is_not_repeated(text: str) -> None:
    with pytest.raises(UsageError, match="a build arg is NAME=VALUE") as refused:
        parse_args([text])
    assert CANARY not in str(refused.value)


LINKED: dict[str, Callable[[Path], None]] = {
    "to an ignored file of another integration": lambda root: (
        root / f"{ALPHA}/.port/examples/x.json"
    ).symlink_to("../../../beta-service/.env"),
    "to a committed file": lambda root: (root / f"{ALPHA}/.port/examples/x.json").symlink_to("one.json"),
    "out of the repository": lambda root: (root / f"{ALPHA}/.port/examples/x.json").symlink_to(
        "/etc/hostname"
    ),
    "a folder": lambda root: (root / f"{ALPHA}/.port/more").symlink_to("../../beta-service"),
}


@pytest.mark.parametrize("link", LINKED.values(), ids=LINKED.keys())
def test_links_in_what_is_published_hold_the_release(repo: Path, link: Callable[[Path], None]) -> None:
    add(repo, "Beta Service")
    (repo / "integrations/beta-service/.env").write_text(CANARY)
    link(repo)
    commit(repo, "a link")
    release = CommitRelease(repo)
    (held,) = release.run()
    assert held.subject == "alpha-service 0.1.0"
    assert ".port/" in held.reason
    assert "is a link, and only files are published" in held.reason
    assert CANARY.encode() not in release.everything()
    assert [tag for _, tag in release.images.tags] == ["0.1.0", "latest"]
    assert not [key for key in release.store.objects if key.startswith("alpha-service/")]


def test_a_whole_port_folder_that_is_a_link_is_not_followed(repo: Path) -> None:
    (repo / f"{ALPHA}/.port").rename(repo.parent / "port")
    (repo / f"{ALPHA}/.port").symlink_to(repo.parent / "port")
    commit(repo, "a link")
    release = CommitRelease(repo)
    (held,) = release.run()
    assert release.images.tags == {}
    assert "it states no type and no version" in held.reason


@pytest.mark.parametrize(
    "place", ["dist/release/builds/a", "dist/images/alpha-service/index.json", "dist/registry/x"]
)
def test_a_commit_with_files_where_releases_keep_theirs_is_refused(repo: Path, place: str) -> None:
    (repo / place).parent.mkdir(parents=True)
    (repo / place).write_text("{}")
    git(repo, "add", "-f", place)
    commit(repo, "dist")
    with pytest.raises(
        UsageError, match="which only releases write to; take them out with `git rm -r --cached"
    ):
        CommitRelease(repo).run()


def test_lint_takes_the_export_for_a_checkout_and_builds_do_not_see_that(repo: Path) -> None:
    (repo / ".gitignore").write_text("dist/\n*.log\n")
    (repo / f"{ALPHA}/kept.log").write_text("tracked though ignored\n")
    git(repo, "add", "-f", f"{ALPHA}/kept.log")
    commit(repo, "a log")
    with CommitRelease(repo).context() as context, exported(context, "HEAD") as files:
        with as_repository(context, files()):
            (files() / f"{ALPHA}/other.log").write_text("")
            assert real_git.untracked(files()) == [f"{ALPHA}/other.log"]
            assert not real_git.ignores(files(), str(files() / f"{ALPHA}/kept.log"))
            assert real_git.ignores(files(), str(files() / f"{ALPHA}/other.log"))
            assert not real_git.ignores(files(), str(files() / f"{ALPHA}/main.py"))
        assert not (files() / ".git").exists()
    assert [path.name for path in (repo / "dist/release/contexts").iterdir()] == ["0.lock"]


def test_the_workspace_of_a_commit_and_of_its_export_are_as_that_on_the_disk(
    repo: Path, tmp_path: Path
) -> None:
    (repo / f"{ALPHA}/Makefile").unlink(missing_ok=True)
    (repo / f"{ALPHA}/Makefile").symlink_to("../_infra/Dockerfile")
    commit(repo, "a link")
    disk = open_workspace(str(repo))
    committed = workspace_at(disk, "HEAD")
    real_git.export(repo, "HEAD", tmp_path / "export")
    for found in (committed, workspace_in(committed, tmp_path / "export")):
        assert (found.profile, found.settings) == (disk.profile, disk.settings)
        assert [one.path for one in found.integrations] == [one.path for one in disk.integrations]
        for one, other in zip(found.integrations, disk.integrations, strict=True):
            assert list(one.paths()) == list(other.paths())
            assert list(one.irregular()) == list(other.irregular()) == ["Makefile"]
            assert [one.entry(path) for path in one.paths()] == [other.entry(path) for path in other.paths()]
            assert [one.read(path) for path in one.paths()] == [other.read(path) for path in other.paths()]
