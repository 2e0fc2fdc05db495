"""A release against a real registry, with a real builder and a real git remote: whole, killed, and at the same time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support import built
from support.bases import own_storage, small_base
from support.bucket import s3_server, use_server
from support.paths import ROOT
from support.real_release import RealRelease, kill, real_release, remote_tags, wait_for
from support.release_workspace import bump, commit, git
from support.services import lacking, needs

pytestmark = pytest.mark.slow

ALPHA = {"alpha-service": "0.1.0"}


@pytest.fixture
def real(tmp_path: Path) -> RealRelease:
    """Everything for real releases of one integration."""
    needs("buildah")
    with real_release(tmp_path, "Alpha Service") as found:
        yield found


def test_a_release_publishes_image_spec_index_and_tag_and_a_second_one_does_nothing(
    real: RealRelease,
) -> None:
    dry = real.release("--dry-run")
    assert (dry.returncode, real.front.tag_puts, list(real.store.keys())) == (0, [], []), dry.stderr
    done = real.release()
    assert done.returncode == 0, done.stderr
    seen = real.published(ALPHA)
    assert seen["images"]["alpha-service", "latest"] == seen["images"]["alpha-service", "0.1.0"]
    assert seen["papers"] == {
        "alpha-service": ["application/vnd.cyclonedx+json", "application/vnd.in-toto+json"]
    }
    index = json.loads(real.store.get("index.json").data)  # type: ignore[union-attr]
    assert [(entry["type"], entry["version"]) for entry in index] == [("alpha-service", "0.1.0")]
    assert list(seen["tags"]) == ["refs/tags/alpha-service/0.1.0^{}"]
    requests = real.front.count("PUT") + real.front.count("POST")
    again = real.seatrial("release")
    assert again.returncode == 0
    assert "nothing to release" in again.stderr
    assert real.front.count("PUT") + real.front.count("POST") == requests
    assert real.published(ALPHA) == seen


def test_specs_and_index_go_to_a_bucket_and_a_killed_release_goes_on_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs("buildah")
    with s3_server(tmp_path / "s3.log") as url:
        use_server(monkeypatch, url)
        keys = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        with real_release(tmp_path, "Alpha Service", store="s3://bucket/specs", environ=keys) as real:
            killed_at(real, "spec begin")
            done = real.release()
            assert done.returncode == 0, done.stderr
            assert real.done_twice() == []
            seen = real.published(ALPHA)
            assert {"index.json", "alpha-service/spec.json", "alpha-service/0.1.0/spec.json"} <= set(
                seen["store"]
            )
            again = real.seatrial("release")
            assert (again.returncode, real.published(ALPHA)) == (0, seen)


def test_the_jobs_of_ci_publish_and_one_that_is_lost_keeps_no_other_from_the_index(tmp_path: Path) -> None:
    needs("buildah")
    with real_release(tmp_path, "Alpha Service", "Beta Service", "Gamma Service") as real:
        plan, receipts = str(tmp_path / "plan.json"), tmp_path / "receipts"
        planned = real.release("--plan", plan, "--matrix")
        jobs = json.loads(planned.stdout.splitlines()[-1])["include"]
        assert [job["only"] for job in jobs] == ["alpha-service", "beta-service", "gamma-service"]
        for job in jobs[:2]:
            done = real.seatrial("release", "--only", job["only"], "--plan", plan, "--force", "a test")
            assert done.returncode == 0, done.stderr
        assert real.store.get("index.json") is None
        (real.root / "dist/release/receipts").rename(receipts)
        finished = real.seatrial("release", "--finish", str(receipts), "--plan", plan)
        assert finished.returncode == 3
        assert "gamma-service 0.1.0: its receipt is missing" in finished.stderr
        index = json.loads(real.store.get("index.json").data)  # type: ignore[union-attr]
        assert [entry["type"] for entry in index] == ["alpha-service", "beta-service"]
        assert len(remote_tags(real.root)) == 2
        late = real.seatrial("release", "--only", "gamma-service", "--plan", plan, "--force", "a test")
        assert late.returncode == 0, late.stderr
        name = "gamma-service-0.1.0.json"
        (real.root / "dist/release/receipts" / name).rename(receipts / name)
        assert real.seatrial("release", "--finish", str(receipts), "--plan", plan).returncode == 0
        assert len(remote_tags(real.root)) == 3
        assert real.front.overwrites() == []


def test_plan_apply_and_finish_publish_as_one_release_does(tmp_path: Path) -> None:
    needs("buildah")
    with real_release(tmp_path, "Alpha Service", "Beta Service") as real:
        plan, receipts = str(tmp_path / "plan.json"), tmp_path / "receipts"
        assert real.seatrial("release.plan", "--force", "a test", "--output", plan).returncode == 0
        for name in ("alpha-service", "beta-service"):
            done = real.seatrial("release.apply", plan, "--only", name, "--force", "a test")
            assert done.returncode == 0, done.stderr
        assert real.store.get("index.json") is None
        (real.root / "dist/release/receipts").rename(receipts)
        finished = real.seatrial("release.finish", plan, str(receipts))
        assert finished.returncode == 0, finished.stderr
        index = json.loads(real.store.get("index.json").data)  # type: ignore[union-attr]
        assert [entry["type"] for entry in index] == ["alpha-service", "beta-service"]
        assert len(remote_tags(real.root)) == 2
        again = real.seatrial("release.apply", plan)
        assert (again.returncode, "nothing to release" in again.stderr) == (0, True), again.stderr
        assert real.front.overwrites() == []


def test_a_plan_may_be_applied_again_after_it_was_broken_off(real: RealRelease, tmp_path: Path) -> None:
    plan = str(tmp_path / "plan.json")
    assert real.release("--plan", plan).returncode == 0
    process = subprocess.Popen(
        real.command("release", "--apply", plan, "--force", "a test"),
        env=real.environ,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert wait_for(
        lambda: any((one["step"], one["event"]) == ("tag", "done") for one in real.journal()), process
    )
    kill(process)
    done = real.seatrial("release", "--apply", plan, "--force", "a test")
    assert done.returncode == 0, done.stderr
    assert real.done_twice() == []
    assert len(real.published(ALPHA)["papers"]["alpha-service"]) == 2


def test_ctrl_c_ends_the_builder_too_and_the_next_release_goes_on(real: RealRelease) -> None:
    dockerfile = real.root / "integrations/_infra/Dockerfile"
    calm = dockerfile.read_text()
    dockerfile.write_text("FROM localhost/small:1\nRUN sleep 60\n")
    commit(real.root, "slow")
    base = f"oci:{small_base(real.root.parent / 'small')}"
    copy = ["skopeo", "copy", "-q", base, "containers-storage:localhost/small:1"]
    subprocess.run(copy, env=real.environ, check=True)
    process = real.start()
    assert wait_for(lambda: _sleeping(), process)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert not _sleeping()
    dockerfile.write_text(calm)
    commit(real.root, "calm")
    assert real.release().returncode == 0


def _sleeping() -> bool:
    told = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return any(line.strip() in ("sleep 60", "/bin/sleep 60") for line in told.splitlines())


def test_a_dry_run_of_a_public_registry_needs_no_login(real: RealRelease) -> None:
    (Path(real.environ["HOME"]) / ".docker/config.json").unlink()
    assert real.release("--dry-run").returncode == 0
    refused = real.release()
    assert refused.returncode == 3
    assert f"docker login {real.front.host}" in refused.stderr
    assert real.front.tag_puts == []


EVERY = bool(os.environ.get("SEATRIAL_EVERY_KILL"))
"""Whether all moments are tried, which takes some minutes, and not a choice of them.

test_release_killed.py tries every call in memory; here are a builder, a registry and git as they are.
"""

KILLS = ["build begin", "build done", "push begin", "push done", "attach done", "tag begin", "tag done", "spec begin",
         "spec done", "index begin", "index done", "latest begin", "latest done", "git-tag begin"]  # fmt: skip


def killed_at(real: RealRelease, word: str) -> None:
    """Kill a release as soon as its journal has this step begun or done."""
    step, event = word.split()
    process = real.start()
    reached = wait_for(
        lambda: any((one["step"], one["event"]) == (step, event) for one in real.journal()), process
    )
    kill(process)
    assert reached, word


@pytest.mark.parametrize("word", KILLS if EVERY else KILLS[1::6])
def test_killed_at_a_step_it_goes_on_and_does_no_finished_step_again(tmp_path: Path, word: str) -> None:
    needs("buildah")
    with real_release(tmp_path, "Alpha Service") as real:
        killed_at(real, word)
        done = real.release()
        assert done.returncode == 0, done.stderr
        assert real.done_twice() == []
        assert real.front.overwrites() == []
        seen = real.published(ALPHA)
        assert len(seen["papers"]["alpha-service"]) == 2
        assert "nothing to release" in real.seatrial("release").stderr
        assert real.published(ALPHA) == seen


@pytest.mark.parametrize("share", [n / 25 for n in range(1, 25)] if EVERY else [0.6])
def test_killed_within_a_step_at_any_request_it_goes_on(tmp_path: Path, share: float) -> None:
    needs("buildah")
    with real_release(tmp_path / "calm", "Alpha Service") as calm:
        assert calm.release().returncode == 0
        requests = len(calm.front.requests)
    with real_release(tmp_path / "killed", "Alpha Service") as real:
        process = real.start()
        assert wait_for(lambda: len(real.front.requests) >= int(share * requests), process)
        kill(process)
        done = real.release()
        assert done.returncode == 0, done.stderr
        assert real.done_twice() == []
        assert real.front.overwrites() == []
        assert "nothing to release" in real.seatrial("release").stderr


def test_two_releases_at_once_publish_each_version_once(tmp_path: Path) -> None:
    needs("buildah")
    with real_release(tmp_path, "Alpha Service", "Beta Service") as real:
        other = tmp_path / "other"
        git(real.root, "clone", "-q", str(tmp_path / "origin.git"), str(other))
        first = real.start()
        second = RealRelease(other, real.front, real.store_url, real.environ)
        also = second.start()
        first.wait(120)
        also.wait(120)
        assert real.front.overwrites() == []
        assert real.release().returncode == 0
        assert second.seatrial("release").returncode == 0
        seen = real.published({"alpha-service": "0.1.0", "beta-service": "0.1.0"})
        assert {key: value for key, value in seen["images"].items() if key[1] == "latest"} == {
            (name, "latest"): seen["images"][name, "0.1.0"] for name, _ in seen["images"]
        }


def test_a_new_version_replaces_the_latest_and_leaves_the_old_one(real: RealRelease) -> None:
    assert real.release().returncode == 0
    before = real.published(ALPHA)["images"]["alpha-service", "0.1.0"]
    bump(real.root, "alpha-service", "0.1.0", "0.2.0")
    commit(real.root, "0.2.0")
    done = real.release()
    assert done.returncode == 0, done.stderr
    seen = real.published({"alpha-service": "0.2.0"})
    assert seen["images"]["alpha-service", "latest"] == seen["images"]["alpha-service", "0.2.0"] != before
    assert real.published(ALPHA)["images"]["alpha-service", "0.1.0"] == before
    assert real.front.overwrites() == []


def test_a_fresh_clone_publishes_its_example_into_dist(tmp_path: Path) -> None:
    """The shared Dockerfile of this very repository, on a base image of the tests."""
    needs("buildah")
    needs("skopeo")
    here = ROOT
    if not (here / ".git").exists():
        lacking("the git repository of this checkout", "git clone it")
    git(tmp_path, "clone", "-q", str(here), str(tmp_path / "clone"))
    storage = tmp_path / "storage"
    storage.mkdir()
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(here / "scripts"),
        **own_storage(storage),
    }
    base = f"oci:{small_base(tmp_path / 'small')}"
    subprocess.run(
        ["skopeo", "copy", "-q", base, "containers-storage:localhost/small:1"], env=environ, check=True
    )
    bases = [f"--build-arg=BASE_{which}_PYTHON_IMAGE=localhost/small:1" for which in ("BUILDER", "RUNNER")]
    command = [
        sys.executable,
        "-m",
        "seatrial",
        "release",
        "--builder",
        "buildah",
        "--force",
        "a test",
        *bases,
    ]
    done = subprocess.run(
        command, cwd=tmp_path / "clone", env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    dist = tmp_path / "clone/dist"
    index = json.loads((dist / "registry/index.json").read_text())
    assert [entry["type"] for entry in index] == ["pilot-log"]
    seen = subprocess.run(
        ["skopeo", "inspect", f"oci:{dist}/images/pilot-log:{index[0]['version']}"],
        capture_output=True,
        check=True,
    )
    assert json.loads(seen.stdout)["Labels"]["org.opencontainers.image.title"] == "pilot-log"
    made = provenance(dist / "images/pilot-log")
    assert made["externalParameters"]["force"] == "a test"
    (started_from,) = [one for one in made["resolvedDependencies"] if one["name"] == "base image"]
    assert f"sha256:{started_from['digest']['sha256']}" == built.entry(tmp_path / "small")["digest"]
    assert git(tmp_path / "clone", "status", "--short") == ""


def provenance(layout: Path) -> Any:
    """The definition of the build in the one statement that lies in a layout."""
    texts = [path.read_bytes() for path in (layout / "blobs/sha256").iterdir()]
    (statement,) = [text for text in texts if text.startswith(b'{"_type"')]
    return json.loads(statement)["predicate"]["buildDefinition"]
