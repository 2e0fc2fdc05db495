"""Which builder is used, with programs that stand in for the real ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError, UsageError
from seatrial.release.builders import available
from seatrial.release.builders.available import choose

DOCKER = """case "$*" in
version*) echo 28.2.2;;
"buildx version") echo "github.com/docker/buildx v0.17.1 2578";;
"buildx inspect") echo "Driver: docker-container";;
info*) echo "[]";;
esac"""
PODMAN = 'case "$*" in --version) echo "podman version 4.3.1";; info*) echo false;; esac'
BUILDAH = 'case "$*" in --version) echo "buildah version 1.28.2 (x)";; esac'
BROKEN = "echo 'Cannot connect to the daemon' >&2; exit 1"

Put = Callable[[str, str], None]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Puts a stand-in on a PATH that holds nothing else."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def write(name: str, body: str) -> None:
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)

    return write


@pytest.mark.parametrize(
    ("programs", "chosen", "version"),
    [
        ({"docker": DOCKER, "podman": PODMAN, "buildah": BUILDAH}, "docker", "0.17.1"),
        ({"docker": BROKEN, "podman": PODMAN, "buildah": BUILDAH}, "podman", "4.3.1"),
        ({"docker": BROKEN, "podman": BROKEN, "buildah": BUILDAH}, "buildah", "1.28.2"),
        ({"buildah": BUILDAH}, "buildah", "1.28.2"),
        ({"docker": DOCKER.replace("docker-container", "docker"), "podman": PODMAN}, "podman", "4.3.1"),
        ({"podman": PODMAN.replace("false", "true"), "buildah": BUILDAH}, "buildah", "1.28.2"),
    ],
)
def test_the_first_that_works_is_chosen(
    put: Put, programs: dict[str, str], chosen: str, version: str
) -> None:
    for name, body in programs.items():
        put(name, body)
    found = choose()
    assert (found.name, found.version) == (chosen, version)


def test_the_configured_builder_is_chosen_though_another_works(put: Put) -> None:
    put("docker", DOCKER)
    put("buildah", BUILDAH)
    assert choose("buildah").name == "buildah"


def test_without_a_program_layers_is_chosen_and_one_line_says_why_and_what_to_install(put: Put) -> None:
    put("docker", BROKEN)
    found = choose()
    assert found.name == "layers"
    assert found.why == (
        "no builder of images works here (docker: its daemon does not answer (Cannot connect to the daemon); "
        "podman: it is not on this machine; buildah: it is not on this machine); install docker with buildx, "
        "podman or buildah, such as with: apt-get install buildah"
    )


def test_a_configured_builder_that_does_not_work_is_not_replaced(put: Put) -> None:
    put("podman", PODMAN)
    with pytest.raises(ServiceError, match="the builder buildah cannot be used: it is not on this machine"):
        choose("buildah")


def test_an_unknown_builder_is_wrong_usage(put: Put) -> None:
    with pytest.raises(UsageError, match='not "buildha"; did you mean "buildah"'):
        choose("buildha")


def test_a_daemon_that_hangs_is_not_waited_for(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    put("docker", "exec /bin/sleep 30")
    put("buildah", BUILDAH)
    probe = available.PROGRAMS["docker"].probes[0]
    assert probe.seconds <= 5
    impatient = replace(available.PROGRAMS["docker"], probes=[replace(probe, seconds=0.2)])
    monkeypatch.setitem(available.PROGRAMS, "docker", impatient)  # type: ignore[attr-defined]
    begun = time.monotonic()
    assert choose().name == "buildah"
    assert time.monotonic() - begun < 5
