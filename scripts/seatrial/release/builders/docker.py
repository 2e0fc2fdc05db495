"""The argument lists of docker's buildx, 0.10 or later; BuildKit sets the times of files from 0.13 on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from seatrial.release.builders.builder import (
    LAYOUT,
    Arguments,
    BuilderProgram,
    BuildJob,
    Probe,
    build_args,
    pairs,
)

_OUTPUT = f"--output=type=oci,dest={LAYOUT},tar=false,rewrite-timestamp=true"
_TOP_DIGEST = "--format={{with .Manifest}}{{.Digest}}{{end}}"
"""Does not begin with `{{.Manifest`, for which buildx prints a text of its own."""

_DRIVER = re.compile(r"^Driver:\s*(\S+)", re.MULTILINE)


def _version(answers: Sequence[str]) -> str:
    """Read it from `github.com/docker/buildx v0.17.1 257815a`."""
    return " ".join(answers[1].split()[1:2]).removeprefix("v")


def _unfit(answers: Sequence[str]) -> str:
    """Reject the driver `docker` without containerd's image store, as it cannot write layouts."""
    driver = _DRIVER.search(answers[2])
    if driver and driver[1] == "docker" and "containerd" not in answers[3]:
        return "its buildx cannot write an image into a folder; type: docker buildx create --use"
    return ""


def _steps(job: BuildJob) -> Iterator[Arguments]:
    """Yield one command for all platforms; Seatrial attaches attestations itself, so the command attaches none."""
    yield [
        *("docker", "buildx", "build", "--progress=plain", "--provenance=false", "--sbom=false"),
        f"--file={job.dockerfile}",
        _OUTPUT,
        f"--build-arg=SOURCE_DATE_EPOCH={job.order.timestamp}",
        *([f"--platform={','.join(job.order.platforms)}"] if job.order.platforms else []),
        *build_args(job.order.args),
        *pairs("--label", job.order.labels.items()),
        str(job.order.context),
    ]


def _cleanup(job: BuildJob) -> Iterator[Arguments]:
    """Yield nothing: buildx does not keep an image that it writes into a folder, and its cache is bounded."""
    yield from ()


def _base_checks(image: str, plain_http: bool) -> Sequence[Arguments]:
    """Look for a local image first; docker itself uses plain http for registries on loopback."""
    return [
        ["docker", "image", "inspect", "--format={{.Id}}", "--", image],
        ["docker", "buildx", "imagetools", "inspect", "--raw", "--", image],
    ]


def _digest(image: str) -> Arguments:
    """Ask the registry, which BuildKit uses too; an image that is only local has no digest there."""
    return ["docker", "buildx", "imagetools", "inspect", _TOP_DIGEST, "--", image]


DOCKER = BuilderProgram(
    name="docker",
    probes=(
        Probe(("docker", "version", "--format={{.Server.Version}}"), "its daemon does not answer", 5),
        Probe(("docker", "buildx", "version"), "it lacks the plugin buildx"),
        Probe(("docker", "buildx", "inspect"), "its buildx has no builder"),
        Probe(("docker", "info", "--format={{json .DriverStatus}}"), "its daemon does not answer"),
    ),
    version=_version,
    unfit=_unfit,
    steps=_steps,
    cleanup=_cleanup,
    base_checks=_base_checks,
    digest=_digest,
)
