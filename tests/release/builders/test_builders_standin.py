"""Builds with programs that stand in for docker and buildah: what does not need an image."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.builders import runner
from seatrial.release.builders.containers import BUILDAH
from seatrial.release.builders.docker import DOCKER as BUILDX
from seatrial.release.builders.host_access import refusals
from seatrial.release.builders.runner import InstalledBuilder, redacted
from seatrial.release.registry.media import MANIFEST
from support import built
from support.bases import HERE
from support.builders_real import Order

DOCKER = f"""printf '%s\\n' "$@" > "$SAID"
for word; do case $word in --file=*) cat "${{word#--file=}}"; cat "${{word#--file=}}.dockerignore";; esac; done
mkdir -p image/blobs/sha256 image/ingest
echo '{{"manifests": [{{"mediaType": "{MANIFEST}", "digest": "sha256:1", "size": 1}}]}}' > image/index.json"""

Put = Callable[[str, str], None]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Puts a stand-in before all others on PATH."""
    places = tmp_path / "bin"
    places.mkdir()
    monkeypatch.setenv("PATH", f"{places}:{os.environ['PATH']}")

    def write(name: str, body: str) -> None:
        (places / name).write_text(f"#!/bin/sh\nSAID='{tmp_path}/said'\n{body}\n")
        (places / name).chmod(0o755)

    return write


def test_buildx_is_run_where_it_leaves_the_layout(put: Put, order: Order, tmp_path: Path) -> None:
    put("docker", DOCKER)
    made = order("FROM scratch\n", platforms=(HERE,))
    (made.context / ".dockerignore").write_text("ignored\n")
    InstalledBuilder(BUILDX, "1").build(made)
    assert built.entry(made.into) == {"mediaType": MANIFEST, "digest": "sha256:1", "size": 1}
    assert made.log.read_text() == "FROM scratch\nignored\n"
    assert f"--platform={HERE}" in (tmp_path / "said").read_text().splitlines()
    assert sorted(path.name for path in made.into.parent.iterdir()) == ["layout"]


def test_a_builder_that_succeeds_without_an_image_is_an_error(put: Put, order: Order) -> None:
    put("docker", "exit 0")
    with pytest.raises(ServiceError, match="left no image, though it ended well"):
        InstalledBuilder(BUILDX, "1").build(order("FROM scratch\n"))


def test_a_builder_that_ends_by_a_signal_is_reported(put: Put, order: Order) -> None:
    put("docker", "echo working; kill -KILL $$")
    with pytest.raises(
        ServiceError, match=r"docker was ended by SIGKILL: working; .*/build.log has all its output"
    ):
        InstalledBuilder(BUILDX, "1").build(order("FROM scratch\n"))


def test_a_builder_that_was_removed_is_reported(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ServiceError, match="docker is not on this machine"):
        InstalledBuilder(BUILDX, "1").build(order("FROM scratch\n"))


@pytest.mark.parametrize("name", ["Dockerfile", ".dockerignore"])
def test_a_link_out_of_the_context_is_not_followed(put: Put, order: Order, tmp_path: Path, name: str) -> None:
    put("docker", DOCKER)
    made = order("FROM scratch\n")
    (tmp_path / "secret").write_text("secret")
    (made.context / name).unlink(missing_ok=True)
    (made.context / name).symlink_to(tmp_path / "secret")
    with pytest.raises(ServiceError, match=f"^{name} is a link out of the repository"):
        InstalledBuilder(BUILDX, "1").build(made)
    assert not (tmp_path / "said").exists()


def test_a_link_within_the_context_is_followed(put: Put, order: Order) -> None:
    put("docker", DOCKER)
    made = order("")
    made.dockerfile.unlink()
    made.dockerfile.symlink_to("Dockerfile.Deb")
    (made.context / "Dockerfile.Deb").write_text("FROM linked\n")
    InstalledBuilder(BUILDX, "1").build(made)
    assert made.log.read_text() == "FROM linked\n"


@pytest.mark.parametrize("kind", ["missing", "folder", "loop"])
def test_a_dockerfile_that_cannot_be_read_is_reported(put: Put, order: Order, kind: str) -> None:
    put("docker", DOCKER)
    made = order("")
    made.dockerfile.unlink()
    if kind == "folder":
        made.dockerfile.mkdir()
    elif kind == "loop":
        made.dockerfile.symlink_to("Dockerfile")
    with pytest.raises(ServiceError, match=r"there is no file Dockerfile|^Dockerfile cannot be read: "):
        InstalledBuilder(BUILDX, "1").build(made)


def test_a_folder_that_cannot_be_written_is_reported(order: Order, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ServiceError, match="file cannot be written: "):
        InstalledBuilder(BUILDX, "1").build(order("FROM scratch\n", log=tmp_path / "file" / "log"))


def test_a_local_base_is_not_fetched(put: Put, tmp_path: Path) -> None:
    put("buildah", 'echo "$1" >> "$SAID"; test "$1" = inspect')
    InstalledBuilder(BUILDAH, "1").ensure_base("localhost/a")
    assert (tmp_path / "said").read_text() == "inspect\n"


def test_a_base_that_is_not_local_is_fetched(put: Put, tmp_path: Path) -> None:
    put("buildah", 'echo "$@" >> "$SAID"; test "$1" = pull')
    InstalledBuilder(BUILDAH, "1").ensure_base("127.0.0.1:5000/a")
    assert (tmp_path / "said").read_text().splitlines()[
        1
    ] == "pull --quiet --tls-verify=false -- 127.0.0.1:5000/a"


def test_only_a_valid_digest_is_used(put: Put) -> None:
    digest = f"sha256:{'5' * 64}"
    put(
        "buildah",
        f'case "$5" in a) echo {digest};; b) echo "{digest} or so";; c) echo {digest}; exit 1;; '
        f"e) echo warning >&2; echo {digest};; esac",
    )
    builder = InstalledBuilder(BUILDAH, "1")
    assert [builder.digest(image) for image in "abcde"] == [digest, "", "", "", digest]


def test_the_reason_is_that_of_the_fetching(put: Put) -> None:
    put("buildah", 'echo "Error: initializing source docker://a: $1 failed" >&2; exit 125')
    with pytest.raises(ServiceError, match=r"^pull failed$"):
        InstalledBuilder(BUILDAH, "1").ensure_base("a")


SECRET = "hunter2-of-the-build-args"

TELLING = f"""printf '%s\\n' "$@" > "$SAID"
echo "STEP 1/1: RUN curl -H $TOKEN"
echo "Error: it said $TOKEN to {SECRET[:4]}" >&2
exit 1"""


def test_the_value_of_a_build_arg_is_neither_in_the_error_nor_in_the_log_nor_among_the_arguments(
    put: Put, order: Order, tmp_path: Path
) -> None:
    put("docker", TELLING)
    made = order("FROM scratch\n", args={"TOKEN": SECRET})
    with pytest.raises(ServiceError, match=r"it said \[hidden\] to hunt") as failed:
        InstalledBuilder(BUILDX, "1").build(made)
    assert SECRET not in str(failed.value)
    assert "RUN curl -H [hidden]" in made.log.read_text()
    assert SECRET not in made.log.read_text() + (tmp_path / "said").read_text()


VALUES = ["abcabc", "bcabcd", "cabX", "secret-of-many-letters"]
TEXT = b"cabX abcabcabcd abcabc\nabcabcabcabc secret-of-many-letterscabX secret-of-many-letter abc\xff"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 22, 23, 100])
def test_a_value_is_hidden_wherever_a_log_is_cut_into_parts(size: int) -> None:
    parts = [TEXT[at : at + size] for at in range(0, len(TEXT), size)]
    assert b"".join(redacted(parts, VALUES)) == (
        b"[hidden] [hidden] [hidden]\n[hidden] [hidden][hidden] secret-of-many-letter abc\xff"
    )


def test_without_values_a_log_stays_as_it_is() -> None:
    assert b"".join(redacted([b"abc", b"", b"def"], [])) == b"abcdef"
    assert list(redacted([], VALUES)) == [b""]


def test_a_log_of_any_length_is_read_in_parts(
    put: Put, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("docker", 'for number in 1 2 3 4 5 6 7 8 9; do echo "a line $TOKEN$TOKEN of it"; done; exit 1')
    monkeypatch.setattr(runner, "_LOG_PART", 16)
    monkeypatch.setattr(runner, "_LOG_TAIL", 40)
    made = order("FROM scratch\n", args={"TOKEN": SECRET})
    monkeypatch.setattr(Path, "read_bytes", None)
    with pytest.raises(ServiceError, match=r"a line \[hidden\]\[hidden\] of it") as failed:
        InstalledBuilder(BUILDX, "1").build(made)
    assert SECRET[-8:] not in str(failed.value)
    assert made.log.read_text() == "a line [hidden][hidden] of it\n" * 9


def test_a_log_that_cannot_be_written_again_is_removed(
    put: Put, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **more: object) -> None:
        raise ServiceError("the disk is full")

    put("docker", TELLING)
    monkeypatch.setattr(runner, "replace_file", full)
    made = order("FROM scratch\n", args={"TOKEN": SECRET})
    with pytest.raises(ServiceError, match="the disk is full"):
        InstalledBuilder(BUILDX, "1").build(made)
    assert not made.log.exists()


def test_a_builder_starts_without_the_secrets_of_our_environment(
    put: Put, order: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    put("docker", f'env > "$SAID"; {DOCKER.partition(chr(10))[2]}')
    InstalledBuilder(BUILDX, "1").build(order("FROM scratch\n"))
    told = (tmp_path / "said").read_text()
    assert SECRET not in told
    assert "PATH=" in told


def test_the_log_is_not_written_through_a_link(put: Put, order: Order, tmp_path: Path) -> None:
    put("docker", DOCKER)
    made = order("FROM scratch\n")
    outside = tmp_path / "canary"
    outside.write_text("canary")
    made.log.parent.mkdir(parents=True)
    made.log.symlink_to(outside)
    InstalledBuilder(BUILDX, "1").build(made)
    assert (outside.read_text(), made.log.is_symlink()) == ("canary", False)


REFUSED = {
    "# syntax=evil.example.com/frontend:1\nFROM scratch\n": 'line 1: "evil.example.com/frontend:1" is a program',
    "# SYNTAX = x/y\nFROM scratch\n": 'line 1: "x/y" is a program',
    "// syntax=x/y\nFROM scratch\n": "is a program",
    '{"syntax": "x/y"}\n': "JSON",
    "FROM scratch\nRUN --mount=type=secret,id=aws,target=/x cat /x\n": "line 2: --mount=type=secret asks",
    "FROM scratch\nRUN --mount=target=/x,type=ssh cat /x\n": "--mount=type=ssh asks",
    "FROM scratch\nRUN --mo\"unt\"=ty'pe'=ssh cat /x\n": "--mount=type=ssh asks",
    "FROM scratch\nRUN --network=none \\\n  --mount=type=ssh cat\n": "--mount=type=ssh asks",
    "ARG T=secret\nFROM scratch\nRUN --mount=type=$T,id=a cat\n": "is not a mount",
    "FROM scratch\nRUN --network=host cat\n": "--network=host gives",
    "FROM scratch\nRUN --security=insecure cat\n": "--security=insecure gives",
    "FROM scratch\nRUN --mount=type=cache,id=../../etc,target=/x cat\n": "lead out of the build",
    "FROM scratch\nRUN --mount=type=bind,bind-propagation=rshared,target=/x cat\n": "lead out of the build",
    "FROM scratch as a\nFROM scratch\nRUN --mount=from=a,source=/l,target=/x,rw cat\n": "lead out to this machine",
    "FROM scratch\nCOPY --from=oci:/var/lib/x /x /x\n": "files of this machine",
    "FROM dir:/srv/image\n": "files of this machine",
    "FROM dir:image\n": "files of this machine",
    "FROM scratch\nRUN <<EOF\n--mount=type=ssh\nEOF\n": "line 3: --mount=type=ssh asks",
    'FROM "oci":/srv/image\n': "files of this machine",
    "ARG X=oci:/layout\nFROM ${X}${TARGETVARIANT}\n": "line 1: ARG names files of this machine",
    "ARG X=ir:/layout\nFROM d${X}\n": "line 1: ARG names files of this machine",
    "ARG X=dir:/x\nFROM scratch\nCOPY --from=$X /x /x\n": "files of this machine",
    "FROM scratch\nARG X=dir:/x\nCOPY --from=$X /x /x\n": "--from depends on a variable",
    "FROM scratch\nONBUILD RUN --network=host cat\n": "--network=host gives",
    "FROM scratch\nRUN\v--network=host cat\n": "--network=host gives",
    "FROM scratch\nRUN \u00a0--network=host cat\n": "--network=host gives",
    'FROM scratch\nRUN echo "x <<EOF y"\nRUN --network=host cat\n': "line 3: --network=host gives",
    "# escape=`\nFROM scratch\nRUN echo x \\\nRUN --network=host cat\n": "another escape character",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_dockerfile_that_asks_for_something_of_this_machine_is_refused_before_the_builder_starts(
    put: Put, order: Order, tmp_path: Path, text: str
) -> None:
    put("buildah", 'echo "$1" >> "$SAID"; exit 1')
    with pytest.raises(ServiceError) as refused:
        InstalledBuilder(BUILDAH, "1.28.2").build(order(text))
    assert REFUSED[text] in str(refused.value)
    assert not (tmp_path / "said").exists()


ADMITTED = [
    "# syntax=docker/dockerfile:1.7\nFROM scratch\n",
    "# syntax=docker.io/docker/dockerfile@sha256:12\nFROM scratch\n",
    "FROM scratch\n# syntax=x/y\n",
    "FROM scratch\nRUN --mount=type=cache,target=/var/cache/pip pip install x\n",
    "FROM scratch\nRUN --mount=type=bind,target=/src --mount=type=tmpfs,target=/tmp make --network=host\n",
    "FROM python:3.12 AS oci\nCOPY --from=oci /a /b\nCOPY --chown=a:b . /app\n",
    "FROM scratch\nRUN <<EOF\n--mount=type=cache,target=/x\nEOF\n",
]


@pytest.mark.parametrize("text", ADMITTED)
def test_an_ordinary_dockerfile_is_not_refused(text: str) -> None:
    assert list(refusals(text, "buildah", "1.28.2")) == []


def test_a_mount_from_another_image_is_for_builders_without_the_known_fault() -> None:
    text = "FROM scratch\nRUN --mount=from=ghcr.io/astral-sh/uv,source=/uv,target=/bin/uv uv sync\n"
    assert list(refusals(text, "docker", "0.10.0")) == []
    assert list(refusals(text, "buildah", "1.38.1")) == list(refusals(text, "podman", "5.3.2")) == []
    assert list(refusals(text, "buildah", "1.9.0")) != []
