"""What podman and buildah have in common: both build with the same library, into the same storage."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.release.builders.builder import LAYOUT, Arguments, Job, pairs


def steps(program: str, job: Job) -> Iterator[Arguments]:
    """Each platform built and then written into the layout, where it is called by its number."""
    for number, platform in enumerate(job.order.platforms or ("",)):
        yield [
            program,
            "build",
            *_flags(job, platform),
            f"--tag={_tagged(job, number)}",
            str(job.order.context),
        ]
        yield [program, "push", "--quiet", "--", _tagged(job, number), f"oci:{LAYOUT}:{number}"]


def _flags(job: Job, platform: str) -> list[str]:
    """No layers are kept, as nobody could tell afterwards which of them are ours to remove."""
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
        *pairs("--build-arg", job.order.args.items()),
        *pairs("--label", job.order.labels.items()),
    ]


def leftovers(program: str, job: Job) -> Iterator[Arguments]:
    """The images, one by one, as an image that is not there ends the whole command."""
    for number in range(len(job.order.platforms) or 1):
        yield [program, "rmi", "--", _tagged(job, number)]


def pull(program: str, image: str, plain_http: bool) -> Arguments:
    """Fetch an image, by plain http where it may be."""
    return [program, "pull", "--quiet", *(["--tls-verify=false"] if plain_http else []), "--", image]


def _tagged(job: Job, number: int) -> str:
    return f"{job.image}:{number}"
