"""The differences between the programs that build images: their argument lists, and the reading of their output."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seatrial.release.builders.host_access import goes_by_environment
from seatrial.release.plan.ports import Build

Arguments = Sequence[str]

LAYOUT = "image"
"""The folder in OCI layout that the steps of a job write, in the folder they run in."""


@dataclass(frozen=True)
class BuildJob:
    """A build in progress.

    `dockerfile` is the copy that is built from; its ignore file lies beside it, as Docker names it.
    `image` is the name, without a tag, of the image in the builder's storage until it is removed from there.
    `plain_http` says that the base images may be fetched without TLS.
    """

    order: Build
    dockerfile: Path
    image: str
    plain_http: bool

    @property
    def ignorefile(self) -> Path:
        """The file that lists what COPY does not see; empty where the order has none."""
        return self.dockerfile.with_name(f"{self.dockerfile.name}.dockerignore")


@dataclass(frozen=True)
class Probe:
    """A command that must succeed within `seconds` before a program is chosen; `lacking` says what it means if not."""

    arguments: Arguments
    lacking: str
    seconds: float = 20


@dataclass(frozen=True)
class BuilderProgram:
    """One program. All its functions are pure: values in, argument lists or text out.

    `version` and `unfit` read the output of `probes`; `unfit` says why the program cannot be used, empty if it
    can. `steps` make the layout; `cleanup` is run before and after them and may fail. A base image can be used
    if one of `base_checks` succeeds; the error of the last one counts. `digest` then prints the digest of its manifest.
    """

    name: str
    probes: Sequence[Probe]
    version: Callable[[Sequence[str]], str]
    unfit: Callable[[Sequence[str]], str]
    steps: Callable[[BuildJob], Iterable[Arguments]]
    cleanup: Callable[[BuildJob], Iterable[Arguments]]
    base_checks: Callable[[str, bool], Sequence[Arguments]]
    digest: Callable[[str], Arguments]


def build_args(args: Mapping[str, str]) -> list[str]:
    """Return the flags of build args; most values are in the environment, which lists of processes do not show."""
    return [
        f"--build-arg={name}" if goes_by_environment(name) else f"--build-arg={name}={value}"
        for name, value in args.items()
    ]


def pairs(flag: str, values: Iterable[tuple[str, str]]) -> list[str]:
    """Return a flag for each name and value, as one word, so that no value is read as another flag."""
    return [f"{flag}={name}={value}" for name, value in values]
