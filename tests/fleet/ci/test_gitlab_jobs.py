"""The jobs of the file for GitLab, run script by script in fresh clones, as GitLab's runner runs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.ci_runner import SEATRIAL, executable
from support.release_workspace import commit, git, workspace
from support.verbs import call

pytestmark = pytest.mark.slow

SETTINGS = '[release]\nimage = "127.0.0.1:9/org/{type}"\nbuilder = "layers"\n'
MERGE_REQUEST = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_MERGE_REQUEST_IID": "7",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "feature",
    "CI_MERGE_REQUEST_PROJECT_ID": "1",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "1",
}
PUSH = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"}
SCHEDULE = {**PUSH, "CI_PIPELINE_SOURCE": "schedule", "SEATRIAL_BUMP_TOKEN": "glpat-canary"}


@dataclass
class Pipelines:
    """A repository, the bare one that runners clone, and what their jobs hand on, below `place`."""

    place: Path

    @property
    def root(self) -> Path:
        return self.place / "repo"

    @property
    def told(self) -> dict[str, Any]:
        loaded: dict[str, Any] = yaml.safe_load((self.root / ".gitlab/seatrial.yml").read_text())
        return loaded

    def _job(self, name: str) -> dict[str, Any]:
        own = self.told[name]
        base = self._job(own["extends"]) if "extends" in own else {}
        return {**base, **own, "variables": {**base.get("variables", {}), **own.get("variables", {})}}

    def run(self, name: str, branch: str, pipeline: dict[str, str], index: int = 0) -> tuple[int, str]:
        """Run a job of a pipeline on a branch; its status and all that it printed."""
        job = self._job(name)
        folder = self.place / f"builds/{name}-{index}"
        shutil.rmtree(folder, ignore_errors=True)
        variables = {key: str(value) for key, value in job["variables"].items()}
        environ = {"PATH": f"{self.place}/bin:{os.environ['PATH']}", "HOME": str(self.place), **variables}
        environ |= {"CI": "true", "GITLAB_CI": "true", "CI_SERVER_HOST": "127.0.0.1:9", **pipeline}
        environ |= {"CI_PROJECT_PATH": "org/fleet", "CI_NODE_INDEX": str(index)}
        self._check_out(folder, git(self.root, "rev-parse", branch), environ["GIT_DEPTH"])
        script = "\n".join([*job["before_script"], *job["script"]])
        bash = ["bash", "-eo", "pipefail", "-c", script]
        run = subprocess.run(bash, cwd=folder, env=environ, text=True, capture_output=True, check=False)
        for path in job.get("artifacts", {}).get("paths", []):
            if (folder / path).exists():
                _copy(folder / path, self.place / "artifacts" / path)
        return run.returncode, run.stdout + run.stderr

    def _check_out(self, folder: Path, commit: str, depth: str) -> None:
        folder.mkdir(parents=True)
        git(folder, "init", "-q")
        git(folder, "remote", "add", "origin", f"file://{self.place}/origin.git")
        narrow = ["--depth", depth] if int(depth) else []
        git(folder, "fetch", "-q", *narrow, "origin", f"+{commit}:refs/pipelines/1")
        git(folder, "checkout", "-q", "-f", commit)
        if (self.place / "artifacts").is_dir():
            _copy(self.place / "artifacts", folder)

    def push(self) -> None:
        git(self.root, "push", "-q", "--all", f"{self.place}/origin.git")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copy(source, target)


@pytest.fixture(scope="module")
def pipelines(tmp_path_factory: pytest.TempPathFactory) -> Pipelines:
    """A repository with the file that Seatrial writes, a branch that breaks a spec, and an intent on main."""
    made = Pipelines(tmp_path_factory.mktemp("gitlab"))
    workspace(made.root, "Alpha Service", "Beta Service")
    (made.root / "seatrial.toml").write_text(SETTINGS)
    pinned = {"install": "seatrial==1.0.0", "without": "lint,unit,schema"}
    call("ci.workflow", root=str(made.root), service="gitlab", **pinned)
    commit(made.root, "a pipeline")
    git(made.root, "init", "-q", "--bare", "-b", "main", str(made.place / "origin.git"))
    git(made.root, "switch", "-q", "-c", "feature")
    spec = made.root / "integrations/alpha-service/.port/spec.yaml"
    spec.write_text(spec.read_text().replace("title:", "titel:", 1))
    commit(made.root, "a slip")
    git(made.root, "switch", "-q", "main")
    made.push()
    executable(made.place / "bin/seatrial", SEATRIAL)
    executable(made.place / "bin/pip", "#!/bin/sh\nexit 0\n")
    return made


def test_a_merge_request_is_planned_checked_and_reported(pipelines: Pipelines) -> None:
    status, log = pipelines.run("seatrial-plan", "feature", MERGE_REQUEST)
    assert status == 0, log
    checks = [pipelines.run("seatrial-check", "feature", MERGE_REQUEST, index) for index in (1, 2)]
    assert [one for one, _ in checks] == [1, 0], checks
    assert "the plan has no job 2" in checks[1][1]
    status, log = pipelines.run("seatrial-report", "feature", MERGE_REQUEST)
    assert status == 1, log
    issues = json.loads((pipelines.place / "artifacts/dist/ci/reports/gitlab.json").read_text())
    assert {issue["location"]["path"] for issue in issues} >= {"integrations/alpha-service/.port/spec.yaml"}


def test_a_job_that_left_nothing_fails_the_report(pipelines: Pipelines) -> None:
    shutil.rmtree(pipelines.place / "artifacts", ignore_errors=True)
    assert pipelines.run("seatrial-plan", "feature", MERGE_REQUEST)[0] == 0
    status, log = pipelines.run("seatrial-report", "feature", MERGE_REQUEST)
    assert (status, "alpha-service was not judged: the receipt of job 1 is missing" in log) == (3, True), log


def test_a_release_of_a_branch_gets_as_far_as_its_registry(pipelines: Pipelines) -> None:
    status, log = pipelines.run("seatrial-release", "main", PUSH)
    assert status == 3, log
    assert "127.0.0.1:9" in log


def test_one_branch_has_what_the_intents_ask_for_and_the_token_is_not_shown(pipelines: Pipelines) -> None:
    root = pipelines.root
    intent = {"message": "One", "bump": "patch", "type": "bugfix", "integration": ["beta-service"]}
    call("release.intent", root=str(root), **intent)
    commit(root, "an intent")
    pipelines.push()
    origin, told = pipelines.place / "origin.git", pipelines.place / "told"
    git(origin, "config", "receive.advertisePushOptions", "true")
    executable(
        origin / "hooks/post-receive", f'#!/bin/sh\necho "$GIT_PUSH_OPTION_0 $GIT_PUSH_OPTION_1" >>{told}\n'
    )
    (pipelines.place / ".gitconfig").write_text(
        f'[url "file://{origin}"]\ninsteadOf = "https://127.0.0.1:9/org/fleet.git"\n'
    )
    tips = []
    for text in ("", "Two"):  # the second time on top of what is there, as nothing is forced
        if text:
            call("release.intent", root=str(root), **{**intent, "message": text})
            commit(root, text)
            pipelines.push()
        status, log = pipelines.run("seatrial-bump", "main", SCHEDULE)
        assert status == 0, log
        assert "beta-service 0.1.0 -> 0.1.1" in log and "glpat-canary" not in log
        tips.append(git(origin, "rev-parse", "seatrial/bump"))
    assert told.read_text().split() == ["merge_request.create", "merge_request.target=main"] * 2
    assert "canary" not in (pipelines.place / "builds/seatrial-bump-0/.git/config").read_text()
    assert git(origin, "merge-base", *tips) == tips[0] != tips[1]
