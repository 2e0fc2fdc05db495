"""Real builders: buildah and podman with a storage of their own, docker where its daemon is; and a small base image."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.builders.available import choose
from seatrial.release.builders.runner import InstalledBuilder
from seatrial.release.plan.ports import Build
from support.bases import own_storage, small_base
from support.services import lacking, needs

BASE = "localhost/small:1"

Order = Callable[..., Build]


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The storage is where the environment says, for this module; it is gone afterwards."""
    folder = tmp_path_factory.mktemp("storage")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own_storage(folder).items():
            patch.setenv(name, value)
        layout = small_base(folder / "small")
        copied = [needs("skopeo"), "copy", "--quiet", f"oci:{layout}", f"containers-storage:{BASE}"]
        done = subprocess.run(copied, check=False, capture_output=True, text=True)
        if done.returncode:
            lacking("a storage for images", f"see what skopeo says: {done.stderr.strip()}")
        yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def daemon(storage: Path) -> Iterator[None]:
    """The daemon of docker with the base image; skips where it does not answer, which it need not in CI either."""
    try:
        choose("docker")
    except ServiceError as fault:
        pytest.skip(f"the daemon of docker is missing, which CI does without as well; {fault}")
    archive = storage / "small.tar"
    subprocess.run(
        ["skopeo", "copy", "--quiet", f"oci:{storage / 'small'}", f"docker-archive:{archive}:{BASE}"],
        check=True,
    )
    subprocess.run(["docker", "load", "--quiet", "--input", str(archive)], check=True, capture_output=True)
    yield
    subprocess.run(["docker", "image", "rm", BASE], check=True, capture_output=True)


@pytest.fixture(params=["buildah", "podman", "docker"])
def builder(request: pytest.FixtureRequest, storage: Path) -> Iterator[InstalledBuilder]:
    """A real builder, which must leave its storage as it found it."""
    if request.param == "docker":
        request.getfixturevalue("daemon")
    else:
        needs(request.param)
    before = stored(request.param)
    yield choose(request.param)
    assert stored(request.param) == before


@pytest.fixture
def order(tmp_path: Path) -> Order:
    """An order to build `Dockerfile`, given as text, in the folder `context`."""
    (tmp_path / "context").mkdir()

    def make(dockerfile: str, **stated: Any) -> Build:
        context = tmp_path / "context"
        (context / "Dockerfile").write_text(dockerfile)
        usual: dict[str, Any] = {
            "context": context,
            "dockerfile": context / "Dockerfile",
            "args": {"BASE": BASE},
            "labels": {},
            "platforms": (),
            "timestamp": 1_700_000_000,
            "into": tmp_path / "out" / "layout",
            "log": tmp_path / "logs" / "build.log",
        }
        return Build(**{**usual, **stated})

    return make


def stored(program: str) -> str:
    """The images and containers of a builder; buildah sees those of podman as well."""
    asked = (
        [["docker", "image", "ls", "--all", "--quiet", "--no-trunc"], ["docker", "ps", "--all", "--quiet"]]
        if program == "docker"
        else [
            ["buildah", "images", "--all", "--quiet", "--no-trunc"],
            ["buildah", "containers", "--all", "--quiet"],
        ]
    )
    return "".join(subprocess.run(one, check=True, capture_output=True, text=True).stdout for one in asked)
