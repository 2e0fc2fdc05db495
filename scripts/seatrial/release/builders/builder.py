"""What the programs that build images differ in: the argument lists they take and what they answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from seatrial.release.plan.ports import Build

Arguments = Sequence[str]

LAYOUT = "image"
"""The folder in OCI layout that the steps of a job leave in the folder they run in."""


@dataclass(frozen=True)
class Job:
    """A build on its way.

    `dockerfile` is the copy that is built from; its ignore file lies beside it, as Docker names it.
    `image` is the name that the builder may give it, without a tag, until it has left its storage.
    `plain_http` says that the base images may be asked for without TLS.
    """

    order: Build
    dockerfile: Path
    image: str
    plain_http: bool

    @property
    def ignorefile(self) -> Path:
        """What COPY does not see; empty where the order names none."""
        return self.dockerfile.with_name(f"{self.dockerfile.name}.dockerignore")


@dataclass(frozen=True)
class Probe:
    """What a program is asked before it is chosen, within `seconds`, and what it lacks where that fails."""

    arguments: Arguments
    lacking: str
    seconds: float = 20


@dataclass(frozen=True)
class BuilderProgram:
    """One program. All its functions are pure: values in, argument lists or words out.

    `version` and `unfit` read the answers to `questions`; `unfit` says why it will not do, empty where it
    will. `steps` make the layout, `leftovers` are run before and after them and may fail. A base image is at
    hand once one of `at_hand` ends well; the last of these is the one whose words count. `digest` then prints
    the digest of its manifest.
    """

    name: str
    questions: Sequence[Probe]
    version: Callable[[Sequence[str]], str]
    unfit: Callable[[Sequence[str]], str]
    steps: Callable[[Job], Iterable[Arguments]]
    leftovers: Callable[[Job], Iterable[Arguments]]
    at_hand: Callable[[str, bool], Sequence[Arguments]]
    digest: Callable[[str], Arguments]


def pairs(flag: str, values: Iterable[tuple[str, str]]) -> list[str]:
    """A flag once for each name and value, each as one word, so that nothing in them is taken for another flag."""
    return [f"{flag}={name}={value}" for name, value in values]
