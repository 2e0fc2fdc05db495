"""The verbs of a run in CI, called in turn as its jobs do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from seatrial.core.errors import EXIT_FINDINGS, EXIT_SERVICE, UsageError
from seatrial.tasks.cli import Ended
from support.release_workspace import commit, git, workspace
from support.verbs import call

ALPHA, BETA = "integrations/alpha-service", "integrations/beta-service"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed workspace with two integrations, one with a comma in its name, to be copied."""
    root = workspace(tmp_path_factory.mktemp("jobs") / "repo")
    (root / BETA).rename(root / "integrations/beta,service")
    (root / ".gitignore").unlink()
    commit(root, "a comma")
    return root


@pytest.fixture
def repo(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "repo"))


def status(name: str, root: Path, **more: str | list[str]) -> int:
    try:
        call(name, root=str(root), **more)
    except Ended as end:
        return end.code
    return 0


def broken(root: Path) -> str:
    spec = root / ALPHA / ".port/spec.yaml"
    spec.write_text(spec.read_text().replace("title:", "titel:", 1))
    return commit(root, "a fault")


def test_each_job_judges_its_own_and_the_whole_has_the_findings_of_all(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken(repo)
    monkeypatch.setattr("seatrial.fleet.ci.matrix.EACH", 1)
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    assert status("ci.matrix", repo, verb="validate") == 0
    jobs = json.loads(capsys.readouterr().out)["include"]
    assert sorted(job["name"] for job in jobs) == ["alpha-service", "beta,service"]
    assert f"matrix={json.dumps({'include': jobs})}\nany=true\njobs=2\n" == (tmp_path / "outputs").read_text()
    ends = {job["name"]: status("ci.shard", repo, number=str(job["shard"])) for job in jobs}
    assert ends == {"alpha-service": EXIT_FINDINGS, "beta,service": 0}
    assert status("ci.collect", repo, format="json") == EXIT_FINDINGS
    whole = json.loads(capsys.readouterr().out)
    call_alone(repo, capsys, whole)
    (repo / f"dist/ci/receipts/shard-{jobs[0]['shard']}.json").unlink()
    assert status("ci.collect", repo) == EXIT_SERVICE
    assert f"{jobs[0]['name']} was not judged" in capsys.readouterr().err
    assert git(repo, "status", "--short") == ""


def call_alone(repo: Path, capsys: pytest.CaptureFixture[str], whole: dict[str, object]) -> None:
    """The findings are those of one run over all."""
    capsys.readouterr()
    assert status("validate", repo, format="json") == EXIT_FINDINGS
    alone = json.loads(capsys.readouterr().out)
    for one in alone["findings"]:
        one["fix"] = one["fix"] and one["fix"] | {"safe": False}
    assert (whole["findings"], whole["summary"]) == (alone["findings"], alone["summary"])


def test_only_what_changed_is_in_the_matrix_and_old_findings_fail_nothing(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    broken(repo)
    (repo / ALPHA / "README.md").write_text("# More\n")
    commit(repo, "a change")
    assert status("ci.matrix", repo, since="HEAD~1", verb="validate") == 0
    assert [job["name"] for job in json.loads(capsys.readouterr().out)["include"]] == ["alpha-service"]
    assert (status("ci.shard", repo, number="1"), status("ci.collect", repo, format="text")) == (0, 0)
    assert all(line.endswith("[old]") for line in capsys.readouterr().out.splitlines())
    assert status("ci.matrix", repo, since="HEAD") == 0
    assert json.loads(capsys.readouterr().out) == {"include": [{"shard": 0, "name": "nothing to check"}]}
    assert (
        status("ci.shard", repo, number="0"),
        status("ci.collect", repo, receipts=str(repo / "docs")),
    ) == (0, 2)


def test_a_job_at_another_commit_is_refused(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status("ci.matrix", repo, verb="validate", integration=["alpha-service"]) == 0
    broken(repo)
    assert status("ci.shard", repo, number="1") == UsageError.exit_code
    assert not (repo / "dist/ci/receipts").exists()


@pytest.mark.parametrize("more", [{"verb": "releese"}, {"most": "0"}, {"most": "257"}, {"most": "x"}])
def test_wrong_words_are_refused(repo: Path, more: dict[str, str]) -> None:
    assert status("ci.matrix", repo, **more) == UsageError.exit_code


def test_damaged_costs_are_told_and_not_taken(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repo / "costs.json").write_text('{"version": 1, "costs": [{"path": "a", "seconds": "many"}]}')
    assert status("ci.matrix", repo, costs=str(repo / "costs.json")) == 0
    assert "no costs are taken from" in capsys.readouterr().err
