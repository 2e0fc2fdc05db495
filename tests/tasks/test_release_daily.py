"""The verbs of a release as they are used every day: a part alone, plans in the tree, and what the end says."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seatrial.core.errors import EXIT_FINDINGS, EXIT_SERVICE, EXIT_USAGE, ServiceError, UsageError
from seatrial.release.run.release_context import ReleaseContext, parse_args
from seatrial.tasks.cli import Ended
from support.commit_release import CommitRelease
from support.release_workspace import commit, git, workspace
from support.verbs import call

BETA = "integrations/beta-service"
INTENT = f"{BETA}/.ocean-release/one.yaml"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed workspace with two integrations, to be copied."""
    return workspace(tmp_path_factory.mktemp("daily") / "repo")


@pytest.fixture
def repo(sound: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(sound, tmp_path / "repo"))


@pytest.fixture
def release(repo: Path) -> Iterator[CommitRelease]:
    """Releases of this checkout to `dist/`, by a builder that stands in, with checks that pass."""
    made = CommitRelease(repo, local=True)
    with made.context():
        yield made


def with_intent(root: Path) -> None:
    """Have beta-service held back, since its intent waits to be applied."""
    (root / INTENT).parent.mkdir()
    (root / INTENT).write_text("bump: patch\nchangelog-type: bugfix\nchangelog: One\n")
    commit(root, "an intent")


def test_a_part_ends_by_itself_and_what_is_held_elsewhere_is_a_line(
    repo: Path, release: CommitRelease, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_intent(repo)
    plan = str(tmp_path / "plan.json")
    call("release.plan", root=str(repo), output=plan)
    call("release.apply", root=str(repo), plan=plan, only="alpha-service")
    said = capsys.readouterr().err
    assert "released alpha-service 0.1.0" in said
    assert "beta-service 0.1.0, of another part of the plan, is held back" in said
    with pytest.raises(Ended) as ended:
        call("release.finish", root=str(repo), plan=plan, receipts=str(repo / "dist/release/receipts"))
    assert ended.value.code == EXIT_FINDINGS
    index = json.loads((repo / "dist/registry/index.json").read_text())
    assert [one["type"] for one in index] == ["alpha-service"]


def test_plan_and_receipts_in_the_tree_do_not_make_it_uncommitted(repo: Path, release: CommitRelease) -> None:
    call("release.plan", root=str(repo), output=str(repo / "plan.json"))
    call("release.apply", root=str(repo), plan=str(repo / "plan.json"), only="alpha-service,beta-service")
    shutil.copytree(repo / "dist/release/receipts", repo / "receipts")
    call("release.finish", root=str(repo), plan=str(repo / "plan.json"), receipts=str(repo / "receipts"))
    assert git(repo, "tag").split() == ["alpha-service/0.1.0", "beta-service/0.1.0"]
    call("release", root=str(repo))


def test_the_plan_is_where_apply_and_finish_look_for_it(
    repo: Path, release: CommitRelease, capsys: pytest.CaptureFixture[str]
) -> None:
    call("release.plan", root=str(repo), matrix=True)
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((repo / "dist/release/matrix.json").read_text())
    call("release.apply", root=str(repo), only="alpha-service")
    call("release.apply", root=str(repo), only="beta-service")
    call("release.finish", root=str(repo))
    assert len(json.loads((repo / "dist/registry/index.json").read_text())) == 2


def test_what_a_release_writes_is_ignored_where_the_repository_does_not(
    repo: Path, release: CommitRelease
) -> None:
    (repo / ".gitignore").unlink()
    commit(repo, "nothing is ignored")
    call("release", root=str(repo))
    assert (repo / "dist/release/journal.jsonl").exists()
    assert git(repo, "status", "--short") == ""


def test_the_work_of_a_person_still_makes_the_tree_uncommitted(repo: Path, release: CommitRelease) -> None:
    (repo / "plan.json").write_text('{"plan": 1}')
    with pytest.raises(Ended):
        call("release", root=str(repo))


def test_the_reason_in_a_plan_does_not_replace_that_of_the_person(
    repo: Path, release: CommitRelease, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release.errors = 1
    plan = str(tmp_path / "plan.json")
    call("release.plan", root=str(repo), output=plan, force="in a hurry")
    with pytest.raises(Ended) as ended:
        call("release.apply", root=str(repo), plan=plan)
    assert "in a hurry" in capsys.readouterr().err
    assert "validate 1 error" in ended.value.message
    assert not (repo / "dist/images/alpha-service").exists()
    call("release.apply", root=str(repo), plan=plan, force="the same, by me")
    assert (repo / "dist/images/alpha-service").exists()


def test_the_status_says_what_a_release_then_does(
    repo: Path, release: CommitRelease, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = repo / "integrations/alpha-service/.port/spec.yaml"
    spec.write_text(spec.read_text().replace("title:", "titel:", 1))
    examples = repo / "integrations/beta-service/.port/examples"
    shutil.rmtree(examples)
    examples.symlink_to("..")
    commit(repo, "faults")
    call("release.status", root=str(repo))
    _, alpha, beta = capsys.readouterr().out.splitlines()
    assert re.search(r" hold it: validate \d+ errors?; fix it, or release it all the same", alpha)
    assert "examples is a link, and only files are published" in beta
    call("release.status", root=str(repo), format="json")
    rows = json.loads(capsys.readouterr().out)["integrations"]
    assert [row["held"].split()[0] for row in rows] == ["validate", f"{BETA}/.port/examples"]


@pytest.fixture
def pushed(repo: Path, release: CommitRelease, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout with a remote to which tags go, whose release branch has the commit."""
    git(repo, "init", "-q", "--bare", "-b", "main", str(repo.parent / "origin.git"))
    git(repo, "remote", "add", "origin", str(repo.parent / "origin.git"))
    git(repo, "push", "-q", "origin", "main")
    monkeypatch.setattr(ReleaseContext, "pushes_tags", True)
    return repo


def ahead(root: Path) -> None:
    (root / "more").write_text("")
    commit(root, "not pushed")


def aside(root: Path) -> None:
    git(root, "switch", "-q", "-c", "feature")
    ahead(root)
    git(root, "push", "-q", "origin", "feature")


@pytest.mark.parametrize("moved", [ahead, aside])
def test_a_commit_that_the_release_branch_does_not_have_is_refused(
    pushed: Path, moved: Callable[[Path], None]
) -> None:
    moved(pushed)
    for flags in ({}, {"dry_run": True}):
        with pytest.raises(Ended) as ended:
            call("release", root=str(pushed), **flags)
        assert ended.value.code == EXIT_USAGE
        assert "is not on the branch main of origin" in ended.value.message
        assert "`git push origin HEAD:main`" in ended.value.message
        assert "--allow-unpushed" in ended.value.message
    with pytest.raises(Ended):
        call("release.plan", root=str(pushed))
    assert git(pushed, "ls-remote", "--tags", "origin") == ""


def test_allowing_it_is_recorded_in_the_plan_and_asked_of_who_applies_it(pushed: Path) -> None:
    ahead(pushed)
    call("release.plan", root=str(pushed), allow_unpushed=True)
    plan = json.loads((pushed / "dist/release/plan.json").read_text())
    assert "is not on the branch main of origin" in plan["unpushed"]
    with pytest.raises(Ended):
        call("release.apply", root=str(pushed))
    call("release.apply", root=str(pushed), allow_unpushed=True)
    assert "refs/tags/alpha-service/0.1.0" in git(pushed, "ls-remote", "--tags", "origin")


def test_a_commit_behind_the_release_branch_and_one_of_another_named_branch_are_released(
    pushed: Path,
) -> None:
    git(pushed, "checkout", "-q", "-b", "work")
    ahead(pushed)
    git(pushed, "push", "-q", "origin", "work:main")
    git(pushed, "checkout", "-q", "main")
    git(pushed, "update-ref", "-d", "refs/remotes/origin/main")
    call("release.plan", root=str(pushed))
    (pushed / "seatrial.toml").write_text('[release]\nbranch = "release/1.x"\n')
    commit(pushed, "settings")
    git(pushed, "push", "-q", "origin", "HEAD:release/1.x")
    call("release.plan", root=str(pushed))
    assert "unpushed" not in json.loads((pushed / "dist/release/plan.json").read_text())


def test_a_shallow_clone_of_a_moved_branch_is_deepened(pushed: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(pushed, "clone", "-q", "--depth=1", f"file://{pushed.parent}/origin.git", str(clone))
    git(clone, "checkout", "-q", "-b", "here")
    ahead(pushed)
    git(pushed, "push", "-q", "origin", "main")
    git(clone, "update-ref", "-d", "refs/remotes/origin/main")
    call("release.plan", root=str(clone))
    assert (clone / "dist/release/plan.json").exists()


def test_a_dry_run_names_every_base_image_that_is_missing(
    repo: Path, release: CommitRelease, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nowhere(image: str) -> None:
        raise ServiceError("manifest unknown")

    (repo / "integrations/_infra/Dockerfile").write_text(
        "ARG ONE=one.test/a:1\nARG TWO=python:3\nFROM $ONE AS a\nFROM $TWO\nCOPY --from=a / /\n"
    )
    commit(repo, "bases")
    monkeypatch.setattr(release.builder, "ensure_base", nowhere)
    monkeypatch.setattr("seatrial.tasks.release.choose_builder", lambda *wanted: release.builder)
    with pytest.raises(Ended) as ended:
        call("release", root=str(repo), dry_run=True)
    assert ended.value.code == EXIT_SERVICE
    assert "alpha-service  0.1.0    build push" in capsys.readouterr().out
    assert 'base image "one.test/a:1" (ARG ONE in' in ended.value.message
    assert 'base image "python:3" (docker.io/library/python:3, ARG TWO in' in ended.value.message
    assert "BUILD_ARG=TWO=..., several with commas" in ended.value.message


def test_without_the_right_to_push_nothing_is_built_and_the_reason_is_told_once(
    repo: Path, release: CommitRelease, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(self: object, name: str) -> None:
        raise ServiceError("type: docker login registry.test")

    monkeypatch.setattr("seatrial.release.registry.oci_layout.LayoutImages.ensure_writable", refuse)
    with pytest.raises(Ended) as ended:
        call("release", root=str(repo))
    assert ended.value.code == EXIT_SERVICE
    assert release.builder.built == []
    said = capsys.readouterr().err
    assert "seatrial: alpha-service 0.1.0, beta-service 0.1.0: type: docker login registry.test\n" in said


def test_a_folder_with_a_comma_in_its_name_is_one_job_of_the_matrix(
    repo: Path, release: CommitRelease, capsys: pytest.CaptureFixture[str]
) -> None:
    (repo / BETA).rename(repo / "integrations/beta,alpha-service")
    commit(repo, "a comma")
    call("release.plan", root=str(repo), matrix=True)
    jobs = json.loads(capsys.readouterr().out)["include"]
    assert sorted(job["only"] for job in jobs) == ["alpha-service", "beta-service"]
    call("release.apply", root=str(repo), only="beta-service")
    assert [path.name for path in (repo / "dist/release/receipts").iterdir()] == ["beta-service-0.1.0.json"]


def test_a_build_arg_without_a_value_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "s3cret=of=mine")
    assert parse_args(["TOKEN", "EMPTY="]) == {"TOKEN": "s3cret=of=mine", "EMPTY": ""}
    monkeypatch.delenv("TOKEN")
    with pytest.raises(
        UsageError, match="number 1 has no =, and there is no variable of that name"
    ) as refused:
        parse_args(["TOKEN"])
    assert "TOKEN" not in str(refused.value)
