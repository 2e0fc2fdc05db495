"""The argument lists of docker's buildx, 0.10 or later; BuildKit sets the times of files from 0.13 on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from seatrial.release.builders.builder import LAYOUT, Arguments, BuilderProgram, Job, Probe, pairs

_OUTPUT = f"--output=type=oci,dest={LAYOUT},tar=false,rewrite-timestamp=true"
_TOP_DIGEST = "--format={{with .Manifest}}{{.Digest}}{{end}}"
"""In words that begin otherwise than with `{{.Manifest`, for which buildx gives a text of its own."""

_DRIVER = re.compile(r"^Driver:\s*(\S+)", re.MULTILINE)


def _version(answers: Sequence[str]) -> str:
    """From `github.com/docker/buildx v0.17.1 257815a`."""
    return " ".join(answers[1].split()[1:2]).removeprefix("v")


def _unfit(answers: Sequence[str]) -> str:
    """The driver `docker` writes layouts only where images are kept by containerd."""
    driver = _DRIVER.search(answers[2])
    if driver and driver[1] == "docker" and "containerd" not in answers[3]:
        return "its buildx cannot write an image into a folder; type: docker buildx create --use"
    return ""


def _steps(job: Job) -> Iterator[Arguments]:
    """One command for all platforms; nothing is attached to the image, as Seatrial does that itself."""
    yield [
        *("docker", "buildx", "build", "--progress=plain", "--provenance=false", "--sbom=false"),
        f"--file={job.dockerfile}",
        _OUTPUT,
        f"--build-arg=SOURCE_DATE_EPOCH={job.order.timestamp}",
        *([f"--platform={','.join(job.order.platforms)}"] if job.order.platforms else []),
        *pairs("--build-arg", job.order.args.items()),
        *pairs("--label", job.order.labels.items()),
        str(job.order.context),
    ]


def _leftovers(job: Job) -> Iterator[Arguments]:
    """None: what buildx writes into a folder it does not keep, and its cache has bounds of its own."""
    yield from ()


def _at_hand(image: str, plain_http: bool) -> Sequence[Arguments]:
    """A local image comes first; docker itself takes registries on loopback for plain http."""
    return [
        ["docker", "image", "inspect", "--format={{.Id}}", "--", image],
        ["docker", "buildx", "imagetools", "inspect", "--raw", "--", image],
    ]


def _digest(image: str) -> Arguments:
    """As the registry has it, where BuildKit looks; one that is only local has none."""
    return ["docker", "buildx", "imagetools", "inspect", _TOP_DIGEST, "--", image]


TOOL = BuilderProgram(
    name="docker",
    questions=(
        Probe(("docker", "version", "--format={{.Server.Version}}"), "its daemon does not answer", 5),
        Probe(("docker", "buildx", "version"), "it lacks the plugin buildx"),
        Probe(("docker", "buildx", "inspect"), "its buildx has no builder"),
        Probe(("docker", "info", "--format={{json .DriverStatus}}"), "its daemon does not answer"),
    ),
    version=_version,
    unfit=_unfit,
    steps=_steps,
    leftovers=_leftovers,
    at_hand=_at_hand,
    digest=_digest,
)
