"""A small workspace under git, with builders and services that tests can watch, count and kill."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seatrial.core.model import Profile
from seatrial.handbook.rule_examples import lock_of
from seatrial.release.plan.ports import Build
from seatrial.scaffold.answers import Answers
from seatrial.scaffold.skeleton import render

WHOLE = 'description = ""\noptional = false\npython-versions = ">=3.12"\ngroups = ["main"]\nfiles = []\n\n'
DOCKERFILE = "ARG BASE_IMAGE=scratch\nFROM ${BASE_IMAGE}\nARG BUILD_CONTEXT\nCOPY ${BUILD_CONTEXT} /app\n"


def git(root: Path, *arguments: str) -> str:
    """Run git as a person with a name."""
    person = {
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@b",
    }
    date = {"GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000"}
    done = subprocess.run(
        ["git", "-C", str(root), *arguments],
        env={**os.environ, **person, **date},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def add(root: Path, title: str) -> str:
    """An integration from the template; its name."""
    folder = render(Answers.of(title, profile=Profile.GUIDE, released="2026-01-31"))
    lock = lock_of(folder).replace("[metadata]", WHOLE + "[metadata]")
    folder = folder.having("poetry.lock", lock)
    name = title.lower().replace(" ", "-")
    for path in folder.paths():
        place = root / "integrations" / name / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(folder.read(path))
    return name


def workspace(root: Path, *titles: str) -> Path:
    """A committed workspace with these integrations and one Dockerfile for all."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "-q", "-b", "main")
    (root / ".gitignore").write_text("dist/\n")
    for title in titles or ("Alpha Service", "Beta Service"):
        add(root, title)
    shared = root / "integrations" / "_infra"
    shared.mkdir(parents=True)
    (shared / "Dockerfile").write_text(DOCKERFILE)
    commit(root, "first")
    return root


def commit(root: Path, message: str) -> str:
    """Commit all there is; the commit."""
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)
    return git(root, "rev-parse", "HEAD")


def bump(root: Path, name: str, old: str, new: str) -> None:
    """Raise a version by hand, wherever it is stated."""
    folder = root / "integrations" / name
    for path in ("pyproject.toml", ".port/spec.yaml"):
        text = (folder / path).read_text()
        assert old in text
        (folder / path).write_text(text.replace(old, new, 1))


def blob(layout: Path, data: bytes) -> dict[str, Any]:
    """Put bytes into a layout; what points to them, less the media type."""
    digest = hashlib.sha256(data).hexdigest()
    place = layout / "blobs" / "sha256" / digest
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return {"digest": f"sha256:{digest}", "size": len(data)}


def make_layout(layout: Path, content: bytes, labels: Mapping[str, str]) -> None:
    """The least image that holds this content."""
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Labels": dict(labels)},
        "rootfs": {"type": "layers", "diff_ids": []},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            **blob(layout, json.dumps(config, sort_keys=True).encode()),
        },
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **blob(layout, content)}],
    }
    top = {"mediaType": manifest["mediaType"], **blob(layout, json.dumps(manifest, sort_keys=True).encode())}
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [top]}))
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


@dataclass
class StandInBuilder:
    """A builder that puts names and hashes of the files into a layer; builds differ by `salt`."""

    salt: Callable[[], str] = lambda: ""
    name: str = "stand-in"
    version: str = "1"
    why: str = ""
    built: list[str] = field(default_factory=list)

    def ensure_base(self, image: str) -> None:
        """Every base image is at hand."""

    def refusal(self, context: Path, dockerfile: Path, args: Mapping[str, str]) -> str:
        """Every Dockerfile can be built."""
        return ""

    def digest(self, image: str) -> str:
        """What the image is called, as a digest."""
        return f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"

    def end(self) -> None:
        """Nothing runs."""

    def build(self, order: Build) -> None:
        self.built.append(order.args["BUILD_CONTEXT"])
        folder = order.context / order.args["BUILD_CONTEXT"]
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        told = [
            f"{path.relative_to(folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files
        ]
        order.log.write_text("built\n")
        beside = order.into.with_name("beside")
        make_layout(beside, "\n".join([*told, self.salt()]).encode(), order.labels)
        beside.rename(order.into)
