"""The end of a release: what came out, for people, for programs and for GitHub Actions; and the limit of growth."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import ServiceError
from seatrial.core.model import Profile
from seatrial.core.settings import ReleaseSettings
from seatrial.release.plan.index import Habits
from seatrial.release.plan.plan import Part
from seatrial.release.plan.plan_files import Attached
from seatrial.release.plan.ports import Manifest, Unknown
from seatrial.release.plan.state import Candidate
from seatrial.release.registry import media
from seatrial.release.registry.sizes import sizes
from seatrial.release.run.growth import VersionsBefore, growth, sizes_of_version
from seatrial.release.run.release_context import ReleaseContext, open_services
from seatrial.release.run.release_result import Published, ReleaseResult, Size
from seatrial.release.run.result_tables import result_lines, step_summary
from seatrial.tasks.cli import Ended
from seatrial.workspace.workspace import open_workspace
from support.commit_release import CommitRelease
from support.images_made import digest_of
from support.memory_images import MemoryImages
from support.memory_store import MemoryStore
from support.release_workspace import bump, commit, workspace
from support.verbs import call

LIMITED = "[release]\nmax-growth = 7\n"


@dataclass(frozen=True)
class FirstRelease:
    """A checkout whose first version is released, and what its release wrote: streams, files of GitHub Actions."""

    root: Path
    out: str
    err: str
    summary: str
    outputs: str


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> FirstRelease:
    """Release a workspace whose images may not grow by more than 7 %; to be copied."""
    folder = tmp_path_factory.mktemp("results")
    root = workspace(folder / "repo", "Alpha Service")
    (root / "seatrial.toml").write_text(LIMITED)
    commit(root, "a limit")
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, CommitRelease(root, local=True).context():
        for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
            patch.setenv(name, str(folder / name))
        with redirect_stdout(out), redirect_stderr(err):
            call("release", root=str(root), format="json")
    files = [(folder / name).read_text() for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")]
    return FirstRelease(root, out.getvalue(), err.getvalue(), *files)


@pytest.fixture
def release(first: FirstRelease, tmp_path: Path) -> Iterator[CommitRelease]:
    """Further releases of a copy to `dist/`, by a builder that stands in, with checks that pass."""
    made = CommitRelease(Path(shutil.copytree(first.root, tmp_path / "repo")), local=True)
    with made.context():
        yield made


def raised(release: CommitRelease, content: str) -> None:
    """Raise the version, of which the image has this content as well."""
    bump(release.root, "alpha-service", "0.1.0", "0.2.0")
    commit(release.root, "second")
    release.builder.salt = lambda: content


def test_the_end_says_what_came_out_to_people_to_programs_and_to_github(first: FirstRelease) -> None:
    value = json.loads(first.out)
    (one,) = value["released"]
    receipt = json.loads((first.root / "dist/registry/alpha-service/0.1.0/receipt.json").read_text())
    assert (one["digest"], one["image"]) == (receipt["digest"], "dist/images/alpha-service")
    assert one["attached"]["sbom"]["digest"] == receipt["attached"][0]["digest"]
    assert one["spec"] == "dist/registry/alpha-service/0.1.0/spec.json"
    assert value["index"] == "dist/registry/index.json"
    assert (one["indexed"], one["git-tag"], one["signed"]) == ("0.1.0", "alpha-service/0.1.0", False)
    (platform,) = one["platforms"]
    assert (platform["platform"], platform["before"]) == ("linux/amd64", None)
    assert platform["bytes"] > 300
    assert f"image       dist/images/alpha-service:0.1.0@{receipt['digest']}, the latest" in first.err
    assert one["pull"] in first.err
    assert receipt["digest"] in first.summary.replace("&#58;", ":")
    outputs = dict(line.split("=", 1) for line in first.outputs.splitlines())
    assert json.loads(outputs["released"])[0]["digest"] == receipt["digest"]


def test_an_image_that_grew_too_much_is_not_published_unless_it_is_forced_by_hand(
    release: CommitRelease, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    raised(release, "x" * 5000)
    before = sorted((release.root / "dist/images").rglob("*"))
    plan = str(tmp_path / "plan.json")
    call("release.plan", root=str(release.root), output=plan, force="a model is in it")
    with pytest.raises(Ended):
        call("release.apply", root=str(release.root), plan=plan, format="json")
    (failed,) = failures_in(capsys)
    assert "is held back: " not in failed
    assert "more than the 0.0 MB of 0.1.0, and max-growth below [release] is 7 %" in failed
    assert sorted((release.root / "dist/images").rglob("*")) == before
    call("release.apply", root=str(release.root), plan=plan, force="a model is in it", format="json")
    told = capsys.readouterr().out
    (one,) = json.loads(told)["released"]
    (platform,) = one["platforms"]
    assert (one["before"], platform["bytes"]) == ("0.1.0", platform["before"] + 5000)
    assert platform["growth"] == round(500_000 / platform["before"], 2)
    assert len(release.builder.built) == 1


def failures_in(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [one["reason"] for one in json.loads(capsys.readouterr().out)["failed"]]


def test_no_answer_about_the_version_before_is_no_permission() -> None:
    images = MemoryImages()
    assert sizes_of_version(images, "jira", "0.1.0") == {}
    images.answers["jira", "0.1.0"] = Unknown("the registry is down")
    with pytest.raises(ServiceError, match="the registry is down"):
        sizes_of_version(images, "jira", "0.1.0")


def test_the_limit_and_the_legacy_spec_are_those_of_ocean_in_its_profile(first: FirstRelease) -> None:
    found = open_workspace(str(first.root))
    for profile, expected in (
        (Profile.OCEAN, (7.0, Habits(True, True, True))),
        (Profile.GUIDE, (None, Habits())),
    ):
        context = ReleaseContext(
            replace(found, profile=profile), ReleaseSettings(), MemoryImages(), MemoryStore()
        )
        assert (context.max_growth, context.habits) == expected
    assert not growth(107, 100) > 7.0


def an_image(images: MemoryImages, size: int, architecture: str) -> Manifest:
    config = json.dumps({"os": "linux", "architecture": architecture}).encode()
    images.blobs["jira", digest_of(config)] = config
    layer = {
        "mediaType": "application/vnd.oci.image.layer.v1.tar",
        "digest": digest_of(b"layer"),
        "size": size,
    }
    value = {
        "mediaType": media.MANIFEST,
        "config": {"mediaType": "application/json", "digest": digest_of(config), "size": len(config)},
        "layers": [layer, layer],
    }
    made = Manifest(json.dumps(value).encode(), media.MANIFEST)
    images.put_manifest("jira", made, architecture)
    return made


def test_each_platform_of_an_index_has_its_size_and_attestations_have_none() -> None:
    images = MemoryImages()
    stated = [
        {
            "mediaType": media.MANIFEST,
            "digest": an_image(images, size, architecture).digest,
            "size": 1,
            "platform": {"os": system, "architecture": architecture},
        }
        for system, architecture, size in (
            ("linux", "arm64", 50),
            ("linux", "amd64", 70),
            ("unknown", "unknown", 9),
        )
    ]
    index = Manifest(json.dumps({"mediaType": media.INDEX, "manifests": stated}).encode(), media.INDEX)
    images.put_manifest("jira", index, "1.0.0")
    assert sizes(images, "jira", "arm64") == {"linux/arm64": 90}
    assert sizes(images, "jira", "1.0.0") == {"linux/amd64": 110, "linux/arm64": 90}


def published(**changed: Any) -> Published:
    one = Published(
        type="jira",
        version="1.2.3",
        image="ghcr.io/org/jira",
        digest="sha256:1",
        sizes=(Size("linux/amd64", 121_000_000, 110_000_000),),
        before="1.2.2",
        attached=(Attached("sbom", "application/json", "sha256:2"),),
        spec="s3://bucket/jira/1.2.3/spec.json",
        indexed="1.2.3",
        git_tag="jira/1.2.3",
        pull="docker pull ghcr.io/org/jira@sha256:1",
    )
    return replace(one, **changed)


def test_people_read_where_everything_is() -> None:
    assert list(result_lines(ReleaseResult((published(),), "s3://bucket/index.json"))) == [
        "released jira 1.2.3",
        "jira 1.2.3",
        "  image       ghcr.io/org/jira:1.2.3@sha256:1, the latest",
        "  linux/amd64 121.0 MB, +10.0 % to 1.2.2",
        "  sbom        sha256:2, attached to the image",
        "  spec        s3://bucket/jira/1.2.3/spec.json",
        "  git tag     jira/1.2.3",
        "  get it by   docker pull ghcr.io/org/jira@sha256:1",
        "index s3://bucket/index.json",
    ]


def test_a_lower_version_says_that_latest_stays_and_a_part_says_who_writes_the_index() -> None:
    lower = list(result_lines(ReleaseResult((published(indexed="2.0.0"),), "index.json")))
    assert "  latest      stays at 2.0.0" in lower
    part = list(result_lines(ReleaseResult((published(indexed=None),), "index.json")))
    assert part[-1] == "index index.json, which `seatrial release.finish` writes"


def test_a_foreign_reason_is_no_markup_in_the_summary() -> None:
    held = Part(
        Candidate("jira", "integrations/jira", "jira", "1.2.3"),
        reason="a|b <img src=x> @everyone ](http://x)",
    )
    text = step_summary(ReleaseResult((), "index.json", held=(held,)))
    assert not any(
        mark in text.split("|---|\n")[1].replace("<code>", "").replace("</code>", "") for mark in "<[@"
    )


def test_a_release_builds_from_the_python_image_of_the_settings(first: FirstRelease) -> None:
    found = open_workspace(str(first.root))
    stated = replace(found.settings, release=ReleaseSettings(python_image="mine:1"))
    context = open_services(replace(found, settings=stated), build_args=["BASE_RUNNER_PYTHON_IMAGE=other:1"])
    assert context.settings.build_args == {
        "BASE_BUILDER_PYTHON_IMAGE": "mine:1",
        "BASE_RUNNER_PYTHON_IMAGE": "other:1",
    }


def test_versions_are_yanked_by_what_they_were_built_with_and_taken_back(
    release: CommitRelease, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTOR", "anna")
    root, marks = str(release.root), release.root / "dist/registry/alpha-service/0.1.0"
    call("release.yank", root=root, built_with="port-ocean<99", reason="CVE", dry_run=True)
    assert "would yank alpha-service 0.1.0" in capsys.readouterr().err
    assert not (marks / "yanked.json").exists()
    call("release.yank", root=root, built_with="port-ocean<99", reason="CVE")
    assert json.loads((marks / "yanked.json").read_text())["by"] == "anna@CI"
    assert json.loads((release.root / "dist/registry/index.json").read_text()) == []
    call("release.unyank", root=root, type="alpha-service", version="0.1.0", reason="a false alarm")
    assert json.loads((release.root / "dist/registry/index.json").read_text())[0]["version"] == "0.1.0"
    with pytest.raises(Ended, match="leave out the version"):
        call("release.yank", root=root, type="a", version="1.0.0", built_with="a<1", reason="x")


def test_the_version_before_is_looked_up_once(first: FirstRelease) -> None:
    asked: list[str] = []
    with CommitRelease(first.root, local=True).context(asked.append) as context:
        versions = VersionsBefore(context)
        candidate = Candidate("alpha-service", "", "alpha-service", "0.2.0", "alpha-service")
        found = versions.of(candidate)
        assert (found.version, len(found.sizes), "find" in asked) == ("0.1.0", 1, True)
        asked.clear()
        assert (versions.of(candidate), asked) == (found, [])
