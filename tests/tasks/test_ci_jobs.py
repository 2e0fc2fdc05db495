"""The jobs of the workflows that Seatrial writes, run step by step in fresh clones, as GitHub runs them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.bucket import s3_server, use_server
from support.ci_runner import Event, Runner, executable
from support.paths import ROOT
from support.real_release import RealRelease, real_release, remote_tags
from support.release_workspace import commit, git
from support.services import needs
from support.verbs import call

pytestmark = pytest.mark.slow

INSTALL = f"git+https://git.example.com/org/seatrial@{'a1' * 20}"
ENV = {"GITHUB_ACTION_PATH": "${{ action }}", "RUNNER_OS": "Linux"}
HOSTILE = "a;touch${IFS}owned`touch owned`$(touch owned)"
"""The name of a fork's branch."""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRelease]:
    """A repository with workflows as Seatrial writes them, a registry and a bucket."""
    needs("buildah")
    place = tmp_path_factory.mktemp("ci")
    with pytest.MonkeyPatch.context() as patch, s3_server(place / "s3.log") as url:
        use_server(patch, url)
        keys = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        with real_release(
            place, "Alpha Service", "Beta Service", store="s3://bucket/specs", environ=keys
        ) as made:
            call(
                "ci.workflow",
                root=str(made.root),
                service="github",
                install=INSTALL,
                without="lint,unit,schema",
            )
            commit(made.root, "workflows")
            made.push()
            yield made


@pytest.fixture(scope="module")
def runner(real: RealRelease) -> Runner:
    """A runner for its jobs, whose machine has no key of the bucket."""
    keys = {name: real.environ.pop(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    return Runner(real.root.parent / "github", real.root.parent / "origin.git", real.environ, keys)


def workflow(real: RealRelease, name: str) -> Path:
    return real.root / f".github/workflows/seatrial-{name}.yml"


def pull_request(real: RealRelease, is_fork: bool) -> Event:
    """A pull request that breaks the spec of alpha-service, merged as GitHub merges it to judge it."""
    root = real.root
    git(root, "switch", "-q", "--detach", "main")
    spec = root / "integrations/alpha-service/.port/spec.yaml"
    spec.write_text(spec.read_text().replace("title:", "titel:", 1))
    head = commit(root, "`touch owned` $(touch owned)")
    git(root, "switch", "-q", "main")
    git(root, "switch", "-q", "--detach")
    git(root, "merge", "-q", "--no-ff", "-m", "merge", head)
    sha = git(root, "rev-parse", "HEAD")
    git(root, "push", "-q", "origin", f"+{sha}:refs/pull/7/merge")
    git(root, "switch", "-q", "main")
    owner = "stranger/fleet" if is_fork else "org/fleet"
    told = {
        "number": 7,
        "head": {"ref": HOSTILE, "sha": head, "repo": {"full_name": owner}},
        "base": {"ref": "main", "repo": {"full_name": "org/fleet"}},
        "user": {"login": "stranger"},
    }
    return Event("pull_request", sha, "refs/pull/7/merge", {"pull_request": told}, is_fork)


def run_of(number: int, repository: str) -> dict[str, Any]:
    """A run as GitHub tells of it."""
    return {"id": number, "head_repository": {"full_name": repository}}


def test_a_pull_request_of_a_fork_is_checked_without_rights_and_commented_on_by_another_workflow(
    real: RealRelease, runner: Runner
) -> None:
    event = pull_request(real, is_fork=True)
    jobs = runner.run(workflow(real, "check"), event)
    log = "".join(job.log for job in jobs.values())
    results = {name: job.result for name, job in jobs.items()}
    assert results == {"plan": "success", "check": "failure", "report": "failure", "publish": "skipped"}, log
    assert json.loads(jobs["plan"].outputs["matrix"]) == {"include": [{"shard": 1, "name": "alpha-service"}]}
    assert "::error file=integrations/alpha-service/.port/spec.yaml" in jobs["report"].log
    assert "alpha-service" in jobs["report"].summary
    assert (runner.github["comments"], runner.github["sarifs"]) == ([], [])
    pull = event.payload["pull_request"]
    runner.know(pulls=[pull], runs={pull["head"]["sha"]: run_of(runner.runs, "stranger/fleet")})
    checked = runner.runs
    later = Event("schedule", git(real.root, "rev-parse", "main"), "refs/heads/main")
    assert runner.run(workflow(real, "comment"), later)["comment"].result == "success"
    (comment,) = runner.github["comments"]
    assert comment["pull"] == 7
    assert comment["body"].startswith("<!-- seatrial -->")
    assert "titel" in comment["body"]
    (sarif,) = runner.github["sarifs"]
    assert (sarif["ref"], sarif["commit_sha"]) == ("refs/pull/7/head", pull["head"]["sha"])
    again = runner.run(workflow(real, "comment"), later)["comment"]
    assert (again.result, len(runner.github["sarifs"])) == ("success", 1), again.log

    pull["head"]["repo"]["full_name"] = "org/fleet"
    runner.runs, event.is_fork = checked, False
    jobs.pop("publish")
    published = runner.run(workflow(real, "check"), event, after=jobs)["publish"]
    assert published.result == "success", published.log
    (comment,) = runner.github["comments"]
    assert f"<!-- run {checked} -->" in comment["body"]
    assert not list((real.root.parent / "github").rglob("owned"))


def test_a_report_that_was_tampered_with_is_posted_as_text_and_reaches_no_other_pull_request(
    real: RealRelease, runner: Runner
) -> None:
    handed = runner.artifacts(999) / "seatrial-report"
    (handed / "reports").mkdir(parents=True)
    (handed / "receipts").symlink_to("/")
    (handed / "plan.json").write_text('{"version": 1, "number": 8}')
    (handed / "reports/comment.md").write_text("<!-- seatrial -->\n[click](https://evil.example)")
    pull = {
        "number": 9,
        "head": {"sha": "f" * 40, "repo": {"full_name": "stranger/fleet"}},
        "base": {"repo": {"full_name": "org/fleet"}},
    }
    before = runner.github["comments"]
    runner.know(pulls=[pull], runs={"f" * 40: run_of(999, "stranger/fleet")})
    later = Event("schedule", git(real.root, "rev-parse", "main"), "refs/heads/main")
    job = runner.run(workflow(real, "comment"), later)["comment"]
    assert (job.result, runner.github["comments"]) == ("success", before), job.log


def test_a_push_releases_what_is_new(
    real: RealRelease, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(real.environ, "SEATRIAL_FORCE", "a test")
    monkeypatch.setitem(real.environ, "SEATRIAL_INTEGRATION", "alpha-service")
    push = Event("push", git(real.root, "rev-parse", "main"), "refs/heads/main")
    jobs = runner.run(workflow(real, "release"), push)
    log = "".join(job.log for job in jobs.values())
    assert [job.result for job in jobs.values()] == ["success"] * 3, log
    index = json.loads(real.store.get("index.json").data)  # type: ignore[union-attr]
    assert [entry["type"] for entry in index] == ["alpha-service"]
    assert list(remote_tags(real.root)) == ["refs/tags/alpha-service/0.1.0^{}"]
    assert dict(runner.used)["docker/login-action"]["registry"] == real.front.host


def test_intents_become_one_pull_request_that_is_renewed(real: RealRelease, runner: Runner) -> None:
    folder = real.root / "integrations/beta-service/.ocean-release"
    folder.mkdir()
    for bump, version in (("patch", "0.1.1"), ("minor", "0.2.0")):
        (folder / "one.yaml").write_text(f"bump: {bump}\nchangelog-type: bugfix\nchangelog: One\n")
        event = Event("schedule", commit(real.root, "an intent"), "refs/heads/main")
        real.push()
        job = runner.run(workflow(real, "bump"), event)["bump"]
        assert job.result == "success", job.log
        (opened,) = runner.github["opened"]
        assert f"beta-service 0.1.0 -> {version}" in opened["body"]
    changed = git(runner.origin, "diff", "--name-only", "main", "seatrial/bump").splitlines()
    assert {path.rpartition("/")[2] for path in changed} == {
        "one.yaml",
        "CHANGELOG.md",
        "pyproject.toml",
        "spec.yaml",
    }


ACTION = """\
jobs:
  check:
    steps:
      - uses: actions/checkout@v0
        with: {persist-credentials: false}
"""


def test_the_action_checks_a_repository_that_has_nothing_else(
    real: RealRelease, runner: Runner, tmp_path: Path
) -> None:
    action = tmp_path / "action"
    executable(
        action / "scripts/setup.sh",
        '#!/bin/sh\nmkdir -p $1/bin && cp "$STANDINS/seatrial.sh" $1/bin/seatrial\n',
    )
    told = yaml.safe_load((ROOT / "action.yml").read_text())
    inputs = {name: one["default"] for name, one in told["inputs"].items()}
    assert list(inputs) == ["run", "integrations"]
    inputs |= {"run": "validate --strict"}
    steps = [{**step, "env": step.get("env", {}) | ENV} for step in told["runs"]["steps"]]
    job = yaml.safe_load(ACTION)
    job["jobs"]["check"]["steps"] += steps
    (tmp_path / "action.yml").write_text(yaml.safe_dump(job, sort_keys=False))
    event = pull_request(real, is_fork=True)
    runner.more = {"inputs": inputs, "action": str(action)}
    found = runner.run(tmp_path / "action.yml", event)["check"]
    assert found.result == "failure"
    assert "::error file=integrations/alpha-service/.port/spec.yaml" in found.log
    assert "1 integration," in found.log
