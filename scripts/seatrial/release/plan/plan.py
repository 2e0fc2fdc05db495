"""What a release would do: a pure function of the state, sealed so that it cannot be applied to another.

A plan as the matrix of a CI engine: one job an integration, or a few where there are very many.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from seatrial.core.version import Version
from seatrial.release.plan.index import latest
from seatrial.release.plan.ports import Absent, Present, Unknown
from seatrial.release.plan.state import Candidate, Checks, IndexSeen, Standing, State


class Step(enum.Enum):
    """One thing to do for an integration, in this order. With TAG its image counts as published."""

    BUILD = "build"
    PUSH = "push"
    ATTACH = "attach"
    TAG = "tag"
    SPEC = "spec"
    INDEX = "index"
    LATEST = "latest"
    MARK = "git-tag"


IMAGE_STEPS = (Step.BUILD, Step.PUSH, Step.ATTACH, Step.TAG)
"""What publishes an image that is not there."""

POINTER_STEPS = (Step.INDEX, Step.LATEST, Step.MARK)
"""What is done once for all, after all images."""


class Hold(enum.Enum):
    """What holds an integration back: a fault that its people mend, or a service that gave no answer."""

    FAULT = "fault"
    SERVICE = "service"


@dataclass(frozen=True)
class Part:
    """What the plan does for one integration, or why it does nothing.

    `found` is the digest that the version has in the registry, empty for none.
    """

    candidate: Candidate
    steps: tuple[Step, ...] = ()
    found: str = ""
    hold: Hold | None = None
    reason: str = ""
    checks: Checks | None = None

    @property
    def builds(self) -> bool:
        """Whether its image is to be published."""
        return Step.BUILD in self.steps

    @property
    def title(self) -> str:
        """The type and the version, for the person."""
        return f"{self.candidate.type or self.candidate.name} {self.candidate.version}".rstrip()


@dataclass(frozen=True)
class Plan:
    """The parts with something to do or something that holds them, and how many have neither.

    `force` is the reason a person gave for going on in spite of checks that failed, empty for none.
    """

    commit: str
    committed: int
    shared: str
    index: IndexSeen
    parts: tuple[Part, ...]
    published: int
    force: str = ""

    @property
    def todo(self) -> tuple[Part, ...]:
        """The parts with steps."""
        return tuple(part for part in self.parts if part.steps)

    @property
    def held(self) -> tuple[Part, ...]:
        """The parts that something holds back."""
        return tuple(part for part in self.parts if part.hold)


def plan(state: State, checks: Mapping[str, Checks], force: str = "") -> Plan:
    """What to do, given what the checks say of those to be built, by path; where they say nothing, nothing holds."""
    parts = [_part(candidate, state, checks.get(candidate.path), force) for candidate in state.candidates]
    shown = tuple(part for part in parts if part.steps or part.hold)
    return Plan(
        state.commit, state.committed, state.shared, state.index, shown, len(parts) - len(shown), force
    )


def _part(candidate: Candidate, state: State, checks: Checks | None, force: str) -> Part:
    standing = state.standings.get(candidate.path)
    if candidate.fault or standing is None:
        return Part(candidate, hold=Hold.FAULT, reason=candidate.fault)
    unknown = _unknown(standing)
    if unknown:
        return Part(candidate, hold=Hold.SERVICE, reason=unknown.reason)
    steps = steps_of(candidate, standing, state.index)
    found = standing.image.digest if isinstance(standing.image, Present) else ""
    fault = _fault(candidate, standing, checks, force) if Step.BUILD in steps else ""
    if fault:
        return Part(candidate, hold=Hold.FAULT, reason=fault, checks=checks)
    return Part(candidate, steps, found, checks=checks)


def _unknown(standing: Standing) -> Unknown | None:
    return next((one for one in (standing.image, standing.latest) if isinstance(one, Unknown)), None)


def _fault(candidate: Candidate, standing: Standing, checks: Checks | None, force: str) -> str:
    """Why an image that is not there is not built all the same; empty where it is."""
    if not candidate.dockerfile:
        return (
            "there is no Dockerfile for it; write one into its folder, or name one for all "
            "with `dockerfile` below [release]"
        )
    if candidate.intents:
        return f"{candidate.intents[0]} waits to be applied; run `seatrial release.bump` first"
    if force:
        return ""
    if standing.git_tag or standing.spec:
        seen = f"git tag at {standing.git_tag[:12]}" if standing.git_tag else "its spec is in the store"
        return (
            f"it was published before ({seen}), but the image is gone or elsewhere; raise the version, "
            'look at `image` below [release], or publish it anew with --force "REASON"'
        )
    if checks and not checks.passed:
        return f'{checks}; mend it, or release it all the same with --force "REASON"'
    return ""


def steps_of(candidate: Candidate, standing: Standing, index: IndexSeen) -> tuple[Step, ...]:
    """What is missing of a version, in the order in which it is done."""
    return tuple(_steps(candidate, standing, index))


def _steps(candidate: Candidate, standing: Standing, index: IndexSeen) -> Iterator[Step]:
    absent = isinstance(standing.image, Absent)
    if absent:
        yield from IMAGE_STEPS
    version = Version.parse(candidate.version)
    if latest([version]) is not None:
        yield from _spec_steps(candidate, version, standing, index)
    if not standing.git_tag and (absent or standing.receipt):
        yield Step.MARK


def _spec_steps(
    candidate: Candidate, version: Version, standing: Standing, index: IndexSeen
) -> Iterator[Step]:
    """What the spec, the index and the pointers lack, of a version that counts there.

    With each new spec the index is looked at, even where a higher version stands in it: that one may be yanked
    at the same time.
    """
    indexed = index.versions.get(candidate.type, "")
    if not standing.spec:
        yield Step.SPEC
    if not standing.spec or _is_misplaced(version, standing, indexed):
        yield from (Step.INDEX, Step.LATEST)
    elif indexed and _is_mispointed(version, standing, indexed):
        yield Step.LATEST


def _is_misplaced(version: Version, standing: Standing, indexed: str) -> bool:
    """Whether the index names a version that was yanked, or not one that it should."""
    if standing.yanked:
        return indexed == version.text
    return indexed != version.text and latest([version, *_versions(indexed)]) == version


def _is_mispointed(version: Version, standing: Standing, indexed: str) -> bool:
    """Whether `latest` does not lead to the version that the index names, or leads to one that it does not."""
    leads_here = standing.latest == standing.image
    if indexed == version.text:
        return not leads_here or not standing.type_spec
    return standing.yanked and leads_here


def _versions(text: str) -> Sequence[Version]:
    """The version that the index names; none where it is not one."""
    try:
        return [Version.parse(text)]
    except ValueError:
        return []


def moved(
    made: Plan, parts: Sequence[Part], now: State, ours: Mapping[tuple[str, str], str], alone: bool = True
) -> Iterator[str]:
    """What is no longer as the plan was made for, beyond what the plan itself has done to these parts since.

    `ours` maps type and version to the digest of what was published under this plan. Where others may work at
    the same time, it is not `alone`: then the index may move, for it is merged and never just written.
    """
    if made.commit != now.commit:
        yield f"the commit is {now.commit[:12]}, not {made.commit[:12]}"
    if made.shared != now.shared:
        yield "the shared Dockerfile, seatrial.toml or the build args have changed"
    if alone:
        yield from _moved_index(made, now.index)
    candidates = {one.path: one for one in now.candidates}
    for part in parts:
        yield from _moved_part(part, candidates.get(part.candidate.path), now, ours)


def _moved_index(made: Plan, index: IndexSeen) -> Iterator[str]:
    if index.sha256 == made.index.sha256:
        return
    expected = {part.candidate.type: part.candidate.version for part in made.todo if Step.INDEX in part.steps}
    for name in sorted({*index.versions, *made.index.versions}):
        now, before = index.versions.get(name, ""), made.index.versions.get(name, "")
        if now not in (before, expected.get(name, before)):
            yield f'the index has version "{now}" of {name}, not "{before}"'


def _moved_part(
    part: Part, now: Candidate | None, state: State, ours: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    was = part.candidate
    name = PurePosixPath(was.path).name or was.name
    if now is None or (now.type, now.version, now.tree) != (was.type, was.version, was.tree):
        yield f"{name} has changed"
        return
    if now.intents != was.intents:
        yield f"the release intents of {name} have changed"
    image = state.standings[now.path].image if now.path in state.standings else Absent()
    if isinstance(image, Unknown):
        yield image.reason
    elif isinstance(image, Present) and image.digest not in (part.found, ours.get((was.type, was.version))):
        yield f"{part.title} was published meanwhile ({image.digest})"
    elif isinstance(image, Absent) and part.found:
        yield f"the image of {part.title} is gone"


MOST = 256
"""GitHub Actions starts no more jobs than this from one matrix."""


def matrix(plan: Plan, most: int = MOST) -> dict[str, Any]:
    """The jobs of those parts whose images are to be built: `only` is what a job hands to `release --only`."""
    parts = [part for part in plan.parts if part.builds]
    size = -(-len(parts) // most) or 1
    return {"include": [_job(parts[start : start + size]) for start in range(0, len(parts), size)]}


def _job(parts: Sequence[Part]) -> dict[str, str]:
    others = f" and {len(parts) - 1} more" if parts[1:] else ""
    return {"name": f"{parts[0].title}{others}", "only": ",".join(part.candidate.name for part in parts)}
