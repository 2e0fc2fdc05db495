"""Base images that cannot be had are told before anything is built."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.builders.base_images import digests, missing_bases
from seatrial.release.plan.ports import Build
from seatrial.workspace.config import settings_of


class Shelf:
    """A builder that has some images at hand, and counts how often it is asked."""

    name, version, why = "shelf", "1", ""

    def __init__(self, *images: str, refuses: str = "") -> None:
        self._images, self._refuses = images, refuses
        self.asked: list[str] = []

    def ensure_base(self, image: str) -> None:
        self.asked.append(image)
        if image not in self._images:
            raise ServiceError("manifest unknown")

    def refusal(self, context: Path, dockerfile: Path, args: Mapping[str, str]) -> str:
        return self._refuses and f"{dockerfile.name}: {self._refuses}"

    def digest(self, image: str) -> str:
        return f"sha256:{image}"

    def build(self, order: Build) -> None:
        raise NotImplementedError


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(
        "\nARG RUNNER=nowhere/r:1\nFROM b AS one\nFROM $RUNNER\nCOPY --from=one / /\n"
    )
    (tmp_path / "other").write_text("FROM nowhere/r:1\n")
    return tmp_path


def test_a_dockerfile_that_the_builder_refuses_is_told_once_before_anything_is_built(context: Path) -> None:
    shelf = Shelf("b", "nowhere/r:1", refuses="line 2")
    wanted = [("Dockerfile", {}), ("Dockerfile", {"X": "y"}), ("other", {})]
    assert missing_bases(shelf, context, wanted) == ["Dockerfile: line 2", "other: line 2"]


def test_each_base_is_looked_for_once(context: Path) -> None:
    shelf = Shelf("b", "nowhere/r:1")
    assert (
        missing_bases(shelf, context, [("Dockerfile", {}), ("Dockerfile", {"X": "y"}), ("other", {})]) == []
    )
    assert shelf.asked == ["b", "nowhere/r:1"]


def test_the_line_names_the_arg_and_how_to_name_another(context: Path) -> None:
    assert missing_bases(Shelf("b"), context, [("Dockerfile", {}), ("Dockerfile", {})]) == [
        'base image "nowhere/r:1" (docker.io/nowhere/r:1, ARG RUNNER in Dockerfile:2) cannot be pulled: '
        "manifest unknown; name another with --build-arg RUNNER=..., or in [release.build-args] of seatrial.toml; "
        "with make: BUILD_ARG=RUNNER=..., several with commas"
    ]


def test_without_an_arg_the_line_names_the_place_of_from(context: Path) -> None:
    assert missing_bases(Shelf("b"), context, [("other", {})]) == [
        'base image "nowhere/r:1" (docker.io/nowhere/r:1, FROM in other:1) cannot be pulled: manifest unknown; '
        "change FROM in other:1"
    ]


def test_another_base_image_that_is_named_is_used_instead(context: Path) -> None:
    shelf = Shelf("b", "mine")
    assert missing_bases(shelf, context, [("Dockerfile", {"RUNNER": "mine"})]) == []


def test_an_arg_without_a_value_is_reported_without_asking_the_builder(context: Path) -> None:
    (context / "other").write_text("ARG BASE\nFROM $BASE\n")
    shelf = Shelf()
    assert missing_bases(shelf, context, [("other", {})]) == [
        "other:1: ARG BASE has no value; name another with --build-arg BASE=..., "
        "or in [release.build-args] of seatrial.toml; with make: BUILD_ARG=BASE=..., several with commas"
    ]
    assert shelf.asked == []


def order(context: Path, **stated: Any) -> Build:
    usual = {"platforms": (), "args": {}, "labels": {}, "timestamp": 0, "log": context}
    return Build(context=context, dockerfile=context / "Dockerfile", into=context, **{**usual, **stated})


def test_a_build_records_the_digests_of_its_base_images(context: Path) -> None:
    assert digests(Shelf(), order(context)) == {"b": "sha256:b", "nowhere/r:1": "sha256:nowhere/r:1"}
    assert digests(Shelf(), order(context, args={"RUNNER": "scratch"})) == {"b": "sha256:b"}


def test_several_platforms_have_no_digests(context: Path) -> None:
    assert digests(Shelf(), order(context, platforms=("linux/arm64",))) == {"b": "", "nowhere/r:1": ""}


def test_a_dockerfile_that_is_missing_or_a_link_out_is_reported(context: Path, tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="there is no file nothing"):
        missing_bases(Shelf(), context, [("nothing", {})])
    with pytest.raises(ServiceError, match="is a link out of the repository"):
        missing_bases(Shelf(), context, [("../../etc/passwd", {})])


def test_one_setting_names_the_base_of_builder_and_runner_and_build_args_go_first(context: Path) -> None:
    (context / "Dockerfile").write_text(
        "ARG BASE_BUILDER_PYTHON_IMAGE=python\nARG BASE_RUNNER_PYTHON_IMAGE=python\n"
        "FROM $BASE_BUILDER_PYTHON_IMAGE AS one\nFROM $BASE_RUNNER_PYTHON_IMAGE\nCOPY --from=one / /\n"
    )
    text = b'[release]\npython-image = "mine:1"\nbuild-args = {BASE_RUNNER_PYTHON_IMAGE = "other:1"}\n'
    args = settings_of(text).release.all_build_args
    assert missing_bases(Shelf("mine:1", "other:1"), context, [("Dockerfile", args)]) == []
    one, _ = missing_bases(Shelf("other:1"), context, [("Dockerfile", {})])
    assert one.endswith("; python-image below [release] names it for all")
