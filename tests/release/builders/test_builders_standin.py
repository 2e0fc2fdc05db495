"""Builds with programs that stand in for docker and buildah: what does not need an image."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.builders.containers import BUILDAH
from seatrial.release.builders.docker import DOCKER as BUILDX
from seatrial.release.builders.runner import InstalledBuilder
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
    monkeypatch.setenv("SAID", str(tmp_path / "said"))

    def write(name: str, body: str) -> None:
        (places / name).write_text(f"#!/bin/sh\n{body}\n")
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
