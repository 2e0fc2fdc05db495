"""The argument lists of buildah, 1.28 or later."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from seatrial.release.builders import containers
from seatrial.release.builders.builder import Arguments, BuilderProgram, Probe


def _version(answers: Sequence[str]) -> str:
    """From `buildah version 1.28.2 (image-spec …)`."""
    return " ".join(answers[0].split()[2:3])


def _unfit(answers: Sequence[str]) -> str:
    return ""


def _at_hand(image: str, plain_http: bool) -> Sequence[Arguments]:
    local = ["buildah", "inspect", "--type=image", "--format={{.FromImageID}}", "--", image]
    return [local, containers.pull("buildah", image, plain_http)]


def _digest(image: str) -> Arguments:
    return ["buildah", "inspect", "--type=image", "--format={{.FromImageDigest}}", "--", image]


TOOL = BuilderProgram(
    name="buildah",
    questions=(
        Probe(("buildah", "--version"), "it does not start"),
        Probe(("buildah", "info"), "it cannot use its storage"),
    ),
    version=_version,
    unfit=_unfit,
    steps=partial(containers.steps, "buildah"),
    leftovers=partial(containers.leftovers, "buildah"),
    at_hand=_at_hand,
    digest=_digest,
)
