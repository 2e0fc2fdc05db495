"""The argument lists of the three builders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seatrial.release.builders.builder import BuilderProgram, BuildJob
from seatrial.release.builders.containers import BUILDAH, PODMAN
from seatrial.release.builders.docker import DOCKER
from seatrial.release.builders.host_access import environment
from seatrial.release.plan.ports import Build

FILE = "--file=/made/x/Dockerfile"


def job(plain_http: bool = False, **order: Any) -> BuildJob:
    stated: dict[str, Any] = {
        "context": Path("/repo"),
        "dockerfile": Path("/repo/integrations/a/Dockerfile"),
        "args": {},
        "labels": {},
        "platforms": (),
        "timestamp": 17,
        "into": Path("/out/layout"),
        "log": Path("/out/log"),
    }
    return BuildJob(
        Build(**{**stated, **order}), Path("/made/x/Dockerfile"), "localhost/seatrial-1", plain_http
    )


def lists(found: Any) -> list[list[str]]:
    return [list(one) for one in found]


both = pytest.mark.parametrize("tool", [PODMAN, BUILDAH], ids=lambda tool: tool.name)
every = pytest.mark.parametrize("tool", [DOCKER, PODMAN, BUILDAH], ids=lambda tool: tool.name)


@both
def test_podman_and_buildah_build_and_write_the_image_into_the_layout(tool: BuilderProgram) -> None:
    assert lists(tool.steps(job())) == [
        [
            *(tool.name, "build", FILE, "--ignorefile=/made/x/Dockerfile.dockerignore", "--format=oci"),
            *("--layers=false", "--force-rm", "--identity-label=false", "--pull=false", "--timestamp=17"),
            *("--tag=localhost/seatrial-1:0", "/repo"),
        ],
        [tool.name, "push", "--quiet", "--", "localhost/seatrial-1:0", "oci:image:0"],
    ]
    assert lists(tool.cleanup(job())) == [[tool.name, "rmi", "--", "localhost/seatrial-1:0"]]


@both
def test_each_platform_is_built_separately(tool: BuilderProgram) -> None:
    order = job(platforms=("linux/amd64", "linux/arm/v7"))
    built, _, other, pushed = lists(tool.steps(order))
    assert "--platform=linux/amd64" in built
    assert "--platform=linux/arm/v7" in other
    assert pushed[-2:] == ["localhost/seatrial-1:1", "oci:image:1"]
    assert [one[-1] for one in tool.cleanup(order)] == ["localhost/seatrial-1:0", "localhost/seatrial-1:1"]


@both
def test_plain_http_is_used_only_where_it_is_allowed(tool: BuilderProgram) -> None:
    assert "--tls-verify=false" in lists(tool.steps(job(plain_http=True)))[0]
    assert "--tls-verify=false" not in lists(tool.steps(job()))[0]
    assert "--tls-verify=false" in tool.base_checks("127.0.0.1:5000/a", True)[-1]
    assert "--tls-verify=false" not in tool.base_checks("ghcr.io/a", False)[-1]


def test_buildx_writes_all_platforms_into_the_layout_with_nothing_attached() -> None:
    order = job(platforms=("linux/amd64", "linux/arm64"))
    assert lists(DOCKER.steps(order)) == [
        [
            *("docker", "buildx", "build", "--progress=plain", "--provenance=false", "--sbom=false", FILE),
            "--output=type=oci,dest=image,tar=false,rewrite-timestamp=true",
            *("--build-arg=SOURCE_DATE_EPOCH=17", "--platform=linux/amd64,linux/arm64", "/repo"),
        ]
    ]
    assert lists(DOCKER.cleanup(order)) == []


@every
def test_values_of_build_args_go_by_the_environment_and_never_stand_in_a_list_of_processes(
    tool: BuilderProgram,
) -> None:
    args = {"BUILD_CONTEXT": "integrations/-x", "EMPTY": "", "MANY": "a b,c=d\n--privileged"}
    built = lists(tool.steps(job(args=args, labels={"l": '--squash "$HOME"'})))[0]
    assert [word for word in built if word.startswith("--build-arg=") and "EPOCH" not in word] == [
        "--build-arg=BUILD_CONTEXT",
        "--build-arg=EMPTY",
        "--build-arg=MANY",
    ]
    assert environment({}, args) == args
    assert '--label=l=--squash "$HOME"' in built
    assert [word for word in built if not word.startswith("--")][-1] == "/repo"


@every
@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "LD_PRELOAD", "HTTPS_PROXY", "DOCKER_HOST", "BASH_ENV", "GODEBUG"]
)
def test_a_build_arg_never_steers_the_builder(tool: BuilderProgram, name: str) -> None:
    built = lists(tool.steps(job(args={name: "a b\n--x"})))[0]
    assert f"--build-arg={name}=a b\n--x" in built
    assert environment({}, {name: "x"}) == {}


def test_a_builder_gets_of_our_environment_what_it_needs_and_no_secret() -> None:
    needed = {
        "PATH": "/bin",
        "HOME": "/root",
        "DOCKER_HOST": "unix:///x",
        "STORAGE_DRIVER": "vfs",
        "https_proxy": "x",
    }
    secret = {
        "AWS_SECRET_ACCESS_KEY": "s", "GITHUB_TOKEN": "s", "DOCKER_PASSWORD": "s", "SEATRIAL_KEY_PASSWORD": "s",
        "SSH_AUTH_SOCK": "s", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "s", "UV_INDEX_PASSWORD": "s", "LD_PRELOAD": "s",
    }  # fmt: skip
    assert environment(needed | secret, {}) == needed
    by_ssh = {"CONTAINER_HOST": "ssh://core@host/run/podman.sock", "SSH_AUTH_SOCK": "s"}
    assert environment(by_ssh, {}) == by_ssh


@every
def test_an_image_is_never_taken_for_a_flag(tool: BuilderProgram) -> None:
    assert [one[-2:] for one in lists(tool.base_checks("-x", False))] == [["--", "-x"]] * 2
    assert list(tool.digest("-x"))[-2:] == ["--", "-x"]


@every
def test_nothing_is_sent_to_a_registry(tool: BuilderProgram) -> None:
    words = [word for one in tool.steps(job()) for word in one]
    assert not [word for word in words if "docker://" in word or word == "--push" or "type=registry" in word]


@pytest.mark.parametrize(
    ("tool", "answers", "version"),
    [
        (
            BUILDAH,
            ["buildah version 1.28.2 (image-spec 1.1.0-rc2, runtime-spec 1.0.2-dev)\n", ""],
            "1.28.2",
        ),
        (PODMAN, ["podman version 4.3.1\n", "false\n"], "4.3.1"),
        (DOCKER, ["28.2.2\n", "github.com/docker/buildx v0.17.1 257815a\n", "", ""], "0.17.1"),
        (BUILDAH, ["", ""], ""),
    ],
)
def test_the_version_is_read_from_the_answer(tool: BuilderProgram, answers: list[str], version: str) -> None:
    assert tool.version(answers) == version


@pytest.mark.parametrize(
    ("driver", "storage", "fits"),
    [
        ("docker-container", "[]", True),
        ("kubernetes", "[]", True),
        ("docker", '[["Backing Filesystem","extfs"]]', False),
        ("docker", '[["driver-type","io.containerd.snapshotter.v1"]]', True),
    ],
)
def test_buildx_is_used_where_its_driver_can_write_a_layout(driver: str, storage: str, fits: bool) -> None:
    answers = ["28", "buildx", f"Name:   x\nDriver: {driver}\nNodes:\n", storage]
    assert bool(DOCKER.unfit(answers)) is not fits


def test_a_remote_podman_is_rejected() -> None:
    assert "another machine" in PODMAN.unfit(["", "true\n"])
    assert PODMAN.unfit(["", "false\n"]) == ""
