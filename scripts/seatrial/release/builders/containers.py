"""The argument lists of podman, 4.3 or later, and buildah, 1.28 or later: one library and one image storage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from seatrial.release.builders.builder import (
    LAYOUT,
    Arguments,
    BuilderProgram,
    BuildJob,
    Probe,
    build_args,
    pairs,
)


def _steps(program: str, job: BuildJob) -> Iterator[Arguments]:
    """Build each platform and write it into the layout, where its name is its number."""
    for number, platform in enumerate(job.order.platforms or ("",)):
        yield [
            program,
            "build",
            *_flags(job, platform),
            f"--tag={_tagged(job, number)}",
            str(job.order.context),
        ]
        yield [program, "push", "--quiet", "--", _tagged(job, number), f"oci:{LAYOUT}:{number}"]


def _flags(job: BuildJob, platform: str) -> list[str]:
    """Return the flags of a build. Layers are not cached, as ours could not be told from others to remove them."""
    return [
        f"--file={job.dockerfile}",
        f"--ignorefile={job.ignorefile}",
        "--format=oci",
        "--layers=false",
        "--force-rm",
        "--identity-label=false",
        "--pull=false",
        f"--timestamp={job.order.timestamp}",
        *(["--tls-verify=false"] if job.plain_http else []),
        *([f"--platform={platform}"] if platform else []),
        *build_args(job.order.args),
        *pairs("--label", job.order.labels.items()),
    ]


def _cleanup(program: str, job: BuildJob) -> Iterator[Arguments]:
    """Remove the images one by one, since a missing image ends the whole command."""
    for number in range(len(job.order.platforms) or 1):
        yield [program, "rmi", "--", _tagged(job, number)]


def _tagged(job: BuildJob, number: int) -> str:
    return f"{job.image}:{number}"


def _base_checks(local: Arguments, image: str, plain_http: bool) -> Sequence[Arguments]:
    """Look for a local image, and else fetch it, by plain http where that is allowed."""
    plain = ["--tls-verify=false"] if plain_http else []
    return [[*local, "--", image], [local[0], "pull", "--quiet", *plain, "--", image]]


def _digest(arguments: Arguments, image: str) -> Arguments:
    return [*arguments, "--", image]


def _version(outputs: Sequence[str]) -> str:
    """Read it from `podman version 4.3.1` or `buildah version 1.28.2 (image-spec …)`."""
    return " ".join(outputs[0].split()[2:3])


def _is_remote(outputs: Sequence[str]) -> str:
    """Reject a remote podman, which would write the image to a folder of the other machine."""
    return "it works on another machine, as with `podman machine`" if outputs[1].strip() == "true" else ""


PODMAN = BuilderProgram(
    name="podman",
    probes=(
        Probe(("podman", "--version"), "it does not start"),
        Probe(("podman", "info", "--format={{.Host.ServiceIsRemote}}"), "it does not work"),
    ),
    version=_version,
    unfit=_is_remote,
    steps=partial(_steps, "podman"),
    cleanup=partial(_cleanup, "podman"),
    base_checks=partial(_base_checks, ["podman", "image", "exists"]),
    digest=partial(_digest, ["podman", "image", "inspect", "--format={{.Digest}}"]),
)

BUILDAH = BuilderProgram(
    name="buildah",
    probes=(
        Probe(("buildah", "--version"), "it does not start"),
        Probe(("buildah", "info"), "it cannot use its storage"),
    ),
    version=_version,
    unfit=lambda outputs: "",
    steps=partial(_steps, "buildah"),
    cleanup=partial(_cleanup, "buildah"),
    base_checks=partial(_base_checks, ["buildah", "inspect", "--type=image", "--format={{.FromImageID}}"]),
    digest=partial(_digest, ["buildah", "inspect", "--type=image", "--format={{.FromImageDigest}}"]),
)
