"""The argument lists of podman, 4.3 or later."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from seatrial.release.builders import containers
from seatrial.release.builders.builder import Arguments, BuilderProgram, Probe


def _version(answers: Sequence[str]) -> str:
    """From `podman version 4.3.1`."""
    return " ".join(answers[0].split()[2:3])


def _unfit(answers: Sequence[str]) -> str:
    """A remote one would write the image to a folder of the other machine."""
    return "it works on another machine, as with `podman machine`" if answers[1].strip() == "true" else ""


def _at_hand(image: str, plain_http: bool) -> Sequence[Arguments]:
    local = ["podman", "image", "exists", "--", image]
    return [local, containers.pull("podman", image, plain_http)]


def _digest(image: str) -> Arguments:
    return ["podman", "image", "inspect", "--format={{.Digest}}", "--", image]


TOOL = BuilderProgram(
    name="podman",
    questions=(
        Probe(("podman", "--version"), "it does not start"),
        Probe(("podman", "info", "--format={{.Host.ServiceIsRemote}}"), "it does not work"),
    ),
    version=_version,
    unfit=_unfit,
    steps=partial(containers.steps, "podman"),
    leftovers=partial(containers.leftovers, "podman"),
    at_hand=_at_hand,
    digest=_digest,
)
