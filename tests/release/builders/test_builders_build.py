"""Real builds, by each builder that needs no daemon."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.builders.runner import InstalledBuilder
from seatrial.release.plan.ports import Build
from support import built
from support.builders_real import BASE, Order
from support.services import mounted

pytestmark = pytest.mark.slow

COPIED = "ARG BASE\nFROM $BASE\nARG BUILD_CONTEXT=.\nCOPY $BUILD_CONTEXT /app\n"
SLOW = "ARG BASE\nFROM $BASE\nRUN echo begun && exec sleep 60\n"


def test_an_image_is_left_in_the_layout_and_nothing_else_is(builder: InstalledBuilder, order: Order) -> None:
    made = order(COPIED + 'RUN echo "$NOTE"\n', labels={"one": '$HOME "x"'}, platforms=("linux/amd64",))
    (made.context / "a").write_text("a")
    builder.build(made)

    stated = built.config(made.into)
    assert stated["config"]["Labels"] == {"one": '$HOME "x"'}
    assert stated["created"] == "2023-11-14T22:13:20Z"
    assert {"app/a", "app/Dockerfile", "bin/busybox"} <= built.files(made.into)
    assert sorted(path.name for path in made.into.parent.iterdir()) == ["layout"]
    assert "COPY" in made.log.read_text()


def test_the_same_order_gives_the_same_digest(builder: InstalledBuilder, order: Order) -> None:
    made = order(COPIED + "RUN echo x > /made && mkdir /folder\n")
    digests = set()
    for when in (1_000_000_000, 1_600_000_000):
        (made.context / "a").write_text("a")
        os.utime(made.context / "a", (when, when))
        builder.build(made)
        digests.add(built.entry(made.into)["digest"])
    assert len(digests) == 1


def test_several_platforms_become_one_index(builder: InstalledBuilder, order: Order) -> None:
    made = order("FROM scratch\nCOPY Dockerfile /\n", platforms=("linux/amd64", "linux/arm64"))
    builder.build(made)
    listed = built.manifest(made.into)["manifests"]
    assert [one["platform"]["architecture"] for one in listed] == ["amd64", "arm64"]
    assert all(built.blob(made.into, one["digest"]).is_file() for one in listed)


def test_stages_that_go_on_from_stages_leave_no_image(builder: InstalledBuilder, order: Order) -> None:
    made = order(
        "ARG BASE\nFROM $BASE AS one\nRUN echo 1 > /one\nFROM one AS two\nRUN echo 2 > /two\n"
        "FROM $BASE\nCOPY --from=two /one /two /\n"
    )
    builder.build(made)
    assert {"one", "two"} <= built.files(made.into)


@pytest.mark.parametrize(
    ("ignorefiles", "seen"),
    [
        ({}, {"a", "b"}),
        ({".dockerignore": "a\n"}, {"b"}),
        ({".dockerignore": "a\n", "Dockerfile.dockerignore": "b\n"}, {"a"}),
    ],
)
def test_the_ignore_file_is_the_one_that_docker_would_take(
    builder: InstalledBuilder, order: Order, ignorefiles: dict[str, str], seen: set[str]
) -> None:
    made = order("FROM scratch\nCOPY a* b* /\n")
    for name, text in {"a": "", "b": "", **ignorefiles}.items():
        (made.context / name).write_text(text)
    made.dockerfile.write_text("FROM scratch\nCOPY . /\n")
    builder.build(made)
    assert built.files(made.into) & {"a", "b"} == seen


def test_a_folder_with_a_hostile_name_is_a_folder(builder: InstalledBuilder, order: Order) -> None:
    made = order(
        COPIED.replace("COPY $BUILD", "COPY ./$BUILD"),
        args={"BASE": BASE, "BUILD_CONTEXT": "integrations/-x y"},
    )
    (made.context / "integrations" / "-x y").mkdir(parents=True)
    (made.context / "integrations" / "-x y" / "a").touch()
    made.dockerfile.write_text(
        'ARG BASE\nFROM $BASE\nARG BUILD_CONTEXT\nCOPY ["./${BUILD_CONTEXT}", "/app"]\n'
    )
    builder.build(made)
    assert "app/a" in built.files(made.into)


def test_a_step_that_fails_is_reported_with_its_last_output(builder: InstalledBuilder, order: Order) -> None:
    made = order(COPIED + "RUN echo first && printf 'the %s' reason && exit 7\n")
    with pytest.raises(ServiceError) as failure:
        builder.build(made)
    step = "failed to solve: process" if builder.name == "docker" else "building at STEP"
    assert str(failure.value).startswith(f"{builder.name} could not build the image: {step} ")
    assert 'after "the reason"' in str(failure.value)
    assert str(failure.value).endswith(f"; {made.log} has all its output")
    assert "first" in made.log.read_text()
    assert list(made.into.parent.iterdir()) == []


def test_a_build_that_fails_leaves_what_was_built_before(builder: InstalledBuilder, order: Order) -> None:
    builder.build(order("FROM scratch\nCOPY Dockerfile /\n"))
    made = order("FROM scratch\nCOPY nothing-such /\n")
    with pytest.raises(ServiceError, match="nothing-such"):
        builder.build(made)
    assert built.files(made.into) == {"Dockerfile"}


def test_several_may_build_at_once(builder: InstalledBuilder, order: Order) -> None:
    made = order(COPIED + "ARG NUMBER\nRUN echo $NUMBER > /number\n")
    orders = [
        replace(made, into=made.into.with_name(str(number)), args={"BASE": BASE, "NUMBER": str(number)})
        for number in range(3)
    ]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(builder.build, orders))
    assert len({built.entry(one.into)["digest"] for one in orders}) == 3


def test_a_build_ends_on_request_and_no_other_begins(builder: InstalledBuilder, order: Order) -> None:
    made = order(SLOW)
    failure = _interrupted(builder, made, builder.end)
    assert any(words in failure for words in ("could not build", "was ended by", "the run was ended"))
    with pytest.raises(ServiceError, match="was stopped, as the run was ended"):
        builder.build(made)
    assert not made.into.exists()
    _clear()


def test_a_killed_builder_is_reported_and_the_next_build_is_complete(
    builder: InstalledBuilder, order: Order
) -> None:
    made = order(SLOW)
    failure = _interrupted(builder, made, lambda: _kill(made))
    assert failure.startswith(f"{builder.name} was ended by SIGKILL: ")
    assert not made.into.exists()
    _clear()
    builder.build(order(COPIED))
    assert made.into.is_dir()


def test_a_full_disk_is_reported(builder: InstalledBuilder, order: Order, small_disk: Path) -> None:
    made = order(COPIED, into=small_disk / "layout")
    with pytest.raises(ServiceError, match="no space left on device"):
        builder.build(made)
    assert list(small_disk.iterdir()) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of half a megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted(disk, "-t", "tmpfs", "-o", "size=512k", "tmpfs"):
        yield disk


def _interrupted(builder: InstalledBuilder, made: Build, interrupt: Callable[[], None]) -> str:
    """What is raised where something happens in the midst of a RUN."""
    raised: list[ServiceError] = []

    def build() -> None:
        try:
            builder.build(made)
        except ServiceError as failure:
            raised.append(failure)

    thread = threading.Thread(target=build)
    thread.start()
    for _ in range(200):
        if made.log.exists() and "\nbegun" in made.log.read_text():
            break
        time.sleep(0.05)
    interrupt()
    thread.join(20)
    assert not thread.is_alive()
    return str(raised[0])


def _kill(made: Build) -> None:
    """Kill the builder of this order and its children, which are one group, by its process id."""
    folder = str(made.into.parent)
    for entry in Path("/proc").iterdir():
        if (
            entry.name.isdigit()
            and folder.encode() in _command(entry)
            and os.getpgid(int(entry.name)) == int(entry.name)
        ):
            os.killpg(int(entry.name), signal.SIGKILL)


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def _clear() -> None:
    """A builder that was killed cannot take its containers away; podman does not when it is told to end either."""
    subprocess.run(["buildah", "rm", "--all"], check=True, capture_output=True)


def test_a_link_of_the_commit_copies_nothing_of_this_machine(
    builder: InstalledBuilder, order: Order, tmp_path: Path
) -> None:
    """Copied by its name, with its folder, and through a linked folder on the way."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("canary-of-this-machine")
    made = order("ARG BASE\nFROM $BASE\nCOPY . /all/\n")
    (made.context / "file").symlink_to(tmp_path / "outside/secret")
    (made.context / "folder").symlink_to(tmp_path / "outside")
    builder.build(made)
    for line in ("COPY file /x", "ADD folder/secret /x"):
        made.dockerfile.write_text(f"ARG BASE\nFROM $BASE\n{line}\n")
        with suppress(ServiceError):
            builder.build(made)
        blobs = [path.read_bytes() for path in made.into.rglob("*") if path.is_file()]
        packed = b"".join(gzip.decompress(one) if one[:2] == b"\x1f\x8b" else one for one in blobs)
        assert b"canary-of-this-machine" not in packed, line
