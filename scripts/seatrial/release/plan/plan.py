"""The plan of a release, a pure function of the state, and its CI matrix."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import PurePosixPath
from typing import Any

from seatrial.core.names import shown
from seatrial.core.printable import argument
from seatrial.core.version import Version
from seatrial.release.plan.index import latest
from seatrial.release.plan.ports import Absent, Present, Unknown
from seatrial.release.plan.state import Candidate, Checks, IndexSeen, State, VersionStatus
from seatrial.release.plan.store_keys import receipt


class Step(enum.Enum):
    """A step of a release of one integration, in this order. With TAG its image counts as published."""

    BUILD = "build"
    PUSH = "push"
    ATTACH = "attach"
    TAG = "tag"
    SPEC = "spec"
    INDEX = "index"
    LATEST = "latest"
    MARK = "git-tag"


NO_RECEIPT = "the store has none, so nobody says which image was published"
"""The words for a version without a receipt, by whatever task it is looked at."""

IMAGE_STEPS = (Step.BUILD, Step.PUSH, Step.ATTACH, Step.TAG)
"""The steps that publish a missing image."""

POINTER_STEPS = (Step.INDEX, Step.LATEST, Step.MARK)
"""The steps done once for all integrations, after all images."""


class Hold(enum.Enum):
    """A reason to hold an integration back: a fault to be fixed, a service that gave no answer, or a person's wish."""

    FAULT = "fault"
    SERVICE = "service"
    WISH = "wish"


@dataclass(frozen=True)
class Part:
    """The steps of the plan for one integration, or why there are none.

    `found` is the digest of the version in the registry, empty for none. `adopts` says that this image was not
    published by Seatrial, and is taken for the version's all the same.
    """

    candidate: Candidate
    steps: tuple[Step, ...] = ()
    found: str = ""
    hold: Hold | None = None
    reason: str = ""
    checks: Checks | None = None
    adopts: bool = False

    @property
    def waits(self) -> bool:
        """True if it is held back only until its release intents are applied."""
        return bool(self.candidate.intents) and self.reason == _waiting(self.candidate)

    @property
    def is_checked(self) -> bool:
        """True if the integration must pass the checks first, as something of the commit is to be published."""
        return self.builds or self.adopts

    @property
    def handle(self) -> str:
        """The name by which --only chooses it, without a comma: the folder's, or else the type."""
        return self.candidate.type if "," in self.candidate.name else self.candidate.name

    @property
    def builds(self) -> bool:
        """True if its image is to be built and published."""
        return Step.BUILD in self.steps

    @property
    def title(self) -> str:
        """The type and the version, for messages."""
        return f"{self.candidate.type or self.candidate.name} {self.candidate.version}".rstrip()


@dataclass(frozen=True)
class Failure:
    """A part that was not finished, and why, in a line."""

    subject: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """The parts that have steps or are held back, and how many integrations need nothing.

    `force` is the reason given for a release in spite of failed checks, empty for none. `unpushed` says why the commit
    is not on the release branch, where that was allowed. `folded` are the names of published integrations that have a
    newer framework and no version for it, by the words for that.
    """

    commit: str
    committed: int
    shared: str
    index: IndexSeen
    parts: tuple[Part, ...]
    published: int
    force: str = ""
    unpushed: str = ""
    folded: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def todo(self) -> tuple[Part, ...]:
        """The parts with steps."""
        return tuple(part for part in self.parts if part.steps)

    @property
    def held(self) -> tuple[Part, ...]:
        """The parts that are held back."""
        return tuple(part for part in self.parts if part.hold)


def plan(state: State, checks: Mapping[str, Checks], force: str = "", adopt: bool = False) -> Plan:
    """Return what to do, given the check results of the integrations to be built, by path.

    With `adopt`, an image that the registry has although Seatrial did not publish it is taken for the version's.
    """
    parts = [
        _part(candidate, state, checks.get(candidate.path), force, adopt) for candidate in state.candidates
    ]
    shown = tuple(part for part in parts if part.steps or part.hold)
    rest = [part.candidate for part in parts if part not in shown]
    return Plan(
        state.commit,
        state.committed,
        state.shared,
        state.index,
        shown,
        len(rest),
        force,
        folded={words: [one.name for one in rest if one.folded == words] for words in _folded(rest)},
    )


def _folded(candidates: Sequence[Candidate]) -> Sequence[str]:
    return sorted({one.folded for one in candidates if one.folded})


def _part(candidate: Candidate, state: State, checks: Checks | None, force: str, adopt: bool) -> Part:
    status = state.statuses.get(candidate.path)
    if candidate.fault or status is None:
        return Part(candidate, hold=Hold.FAULT, reason=candidate.fault)
    steps = steps_of(candidate, status, state.index)
    unknown = _unknown(status)
    if candidate.on_hold and (steps or unknown):
        return Part(candidate, hold=Hold.WISH, reason=candidate.on_hold)
    if unknown:
        return Part(candidate, hold=Hold.SERVICE, reason=unknown.reason)
    found = status.image.digest if isinstance(status.image, Present) else ""
    adopts = _is_unvouched(status, steps)
    fault = "" if adopts and adopt else foreign(candidate, status, steps) or _lost(candidate, status)
    if Step.BUILD in steps:
        fault = _absent_fault(candidate, status, state.commit, force)
    if Step.BUILD in steps or adopts:
        fault = fault or _unfit(candidate, checks, force)
    if fault:
        return Part(candidate, hold=Hold.FAULT, reason=fault, checks=checks)
    return Part(candidate, steps, found, checks=checks, adopts=adopts)


def _unknown(status: VersionStatus) -> Unknown | None:
    return next((one for one in (status.image, status.latest) if isinstance(one, Unknown)), None)


def foreign(candidate: Candidate, status: VersionStatus, steps: Sequence[Step]) -> str:
    """Return why the image behind a version's tag is not taken for ours; empty where it is, or nothing is left to do.

    A receipt in the store with the image's digest vouches for it, and so does a published spec without a receipt,
    as there is of versions from before Seatrial.
    """
    if not isinstance(status.image, Present) or not steps:
        return ""
    name = f"foreign: {candidate.image}:{candidate.version} is {status.image.digest}"
    if status.recorded not in ("", status.image.digest):
        return (
            f"{name}, but its receipt names {status.recorded}: somebody moved the tag; "
            "find out who, and put it back to that digest, or raise the version"
        )
    if _is_unvouched(status, steps):
        return (
            f"{name}, and no receipt says that Seatrial published it; raise the version, or if the image is "
            f"yours, publish its spec with `seatrial release -i {argument(candidate.name)} --adopt`"
        )
    return ""


def _lost(candidate: Candidate, status: VersionStatus) -> str:
    """Return what to do about a receipt that is gone; empty where it is there, or there never was one."""
    if not status.is_lost:
        return ""
    return (
        f"its receipt is gone: {NO_RECEIPT}; find out who removed it, and put it back as "
        f"{receipt(candidate.type, candidate.version)}, from a copy of the store, or from "
        f"receipts/{candidate.type}-{candidate.version}.json of the release's own files, or raise the version"
    )


def _is_unvouched(status: VersionStatus, steps: Sequence[Step]) -> bool:
    return isinstance(status.image, Present) and not status.receipt and Step.SPEC in steps


def _absent_fault(candidate: Candidate, status: VersionStatus, commit: str, force: str) -> str:
    """Return why a missing image is not built, other than for what is in the folder; empty where it is."""
    if not candidate.dockerfile:
        return (
            "there is no Dockerfile for it; write one into its folder, or name one for all "
            "with `dockerfile` below [release]"
        )
    if status.local_tag not in ("", commit) and not status.git_tag:
        return (
            f"a git tag of this version is in this checkout only, at {status.local_tag[:12]} instead of "
            f"{commit[:12]}; delete it with `git tag -d`, or raise the version"
        )
    if not force and (status.git_tag or status.spec):
        seen = f"git tag at {status.git_tag[:12]}" if status.git_tag else "its spec is in the store"
        return (
            f"it was published before ({seen}), but the image is gone or elsewhere; raise the version, "
            'look at `image` below [release], or publish it anew with --force "REASON"'
        )
    return ""


def _waiting(candidate: Candidate) -> str:
    return f"{candidate.intents[0]} waits to be applied; run `seatrial release.bump` first"


def _unfit(candidate: Candidate, checks: Checks | None, force: str) -> str:
    """Return why the folder is not published as it is; empty where it is."""
    if candidate.intents:
        return _waiting(candidate)
    if candidate.links:
        return f"{candidate.links[0]} is a link, and only files are published; replace it with a file"
    if checks and not checks.passed and not force:
        return f'{checks}; fix it, or release it all the same with --force "REASON"'
    return ""


def steps_of(candidate: Candidate, status: VersionStatus, index: IndexSeen) -> tuple[Step, ...]:
    """Return the steps that a version lacks, in the order in which they are done."""
    return tuple(_steps(candidate, status, index))


def _steps(candidate: Candidate, status: VersionStatus, index: IndexSeen) -> Iterator[Step]:
    absent = isinstance(status.image, Absent)
    if absent:
        yield from IMAGE_STEPS
    version = Version.parse(candidate.version)
    if latest([version]) is not None:
        yield from _spec_steps(candidate, version, status, index)
    if status.is_tagged and not status.git_tag and (absent or status.receipt):
        yield Step.MARK


def _spec_steps(
    candidate: Candidate, version: Version, status: VersionStatus, index: IndexSeen
) -> Iterator[Step]:
    """Yield the steps that the spec, the index and the pointers of an indexed version lack.

    The index is looked at with each new spec, even where it has a higher version: that one may be yanked at the
    same time.
    """
    indexed = index.versions.get(candidate.type, "")
    if not status.spec:
        yield Step.SPEC
    if not status.spec or _index_is_wrong(version, status, indexed):
        yield from (Step.INDEX, Step.LATEST)
    elif indexed and _latest_is_wrong(version, status, indexed):
        yield Step.LATEST


def _index_is_wrong(version: Version, status: VersionStatus, indexed: str) -> bool:
    """Return whether the index names this version although it was yanked, or does not although it should."""
    if status.yanked:
        return indexed == version.text
    return indexed != version.text and latest([version, *_versions(indexed)]) == version


def _latest_is_wrong(version: Version, status: VersionStatus, indexed: str) -> bool:
    """Return whether `latest` does not lead to the version that it must lead to, or leads here although yanked."""
    leads_here = status.latest == status.image
    if indexed == version.text and not status.type_spec:
        return True
    if version.text == (status.latest_beta or indexed):
        return not leads_here
    return status.yanked and leads_here


def _versions(text: str) -> Sequence[Version]:
    """Return the version that the index names; nothing where it is not valid."""
    try:
        return [Version.parse(text)]
    except ValueError:
        return []


def changes(
    made: Plan, parts: Sequence[Part], now: State, ours: Mapping[tuple[str, str], str], alone: bool = True
) -> Iterator[str]:
    """Yield what has changed since the plan was made, other than by the plan itself for these parts.

    `ours` maps type and version to the digest of what was published under this plan. Where others may apply parts
    of the plan at the same time, it is not `alone`: then the index may change, since it is merged when it is written.
    """
    if made.commit != now.commit:
        yield f"the commit is {now.commit[:12]}, not {made.commit[:12]}"
    if made.committed != now.committed:
        yield "it states another time of the commit"
    if made.shared != now.shared:
        yield "the shared Dockerfile, seatrial.toml or the build args have changed"
    if alone:
        yield from _index_changes(made, now.index)
    candidates = {one.path: one for one in now.candidates}
    for part in parts:
        yield from _part_changes(part, candidates.get(part.candidate.path), now, ours)


def _index_changes(made: Plan, index: IndexSeen) -> Iterator[str]:
    if index.sha256 == made.index.sha256:
        return
    expected = {part.candidate.type: part.candidate.version for part in made.todo if Step.INDEX in part.steps}
    for name in sorted({*index.versions, *made.index.versions}):
        now, before = index.versions.get(name, ""), made.index.versions.get(name, "")
        if now not in (before, expected.get(name, before)):
            yield f'the index has version "{now}" of {name}, not "{before}"'


def _part_changes(
    part: Part, now: Candidate | None, state: State, ours: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    was = part.candidate
    name = PurePosixPath(was.path).name or was.name
    if now is None or (now.type, now.version, now.tree) != (was.type, was.version, was.tree):
        yield f"{name} has changed"
        return
    if now.intents != was.intents:
        yield f"the release intents of {name} have changed"
    elif now != was:
        yield from (f"{what} of {name} {verb}" for what, verb in _differences(was, now))
    image = state.statuses[now.path].image if now.path in state.statuses else Absent()
    if isinstance(image, Unknown):
        yield image.reason
    elif isinstance(image, Present) and image.digest not in (part.found, ours.get((was.type, was.version))):
        yield f"{part.title} was published meanwhile ({image.digest})"
    elif isinstance(image, Absent) and part.found:
        yield f"the image of {part.title} is gone"


def _differences(was: Candidate, now: Candidate) -> Iterator[tuple[str, str]]:
    """Yield the other parts of a candidate that a plan states in another way than settings and commit do."""
    for one in fields(Candidate):
        planned, present = getattr(was, one.name), getattr(now, one.name)
        if planned != present:
            yield f"the {one.name}", f'is "{shown(str(present))}", not "{shown(str(planned))}"'


MOST = 256
"""Most jobs that GitHub Actions starts from one matrix."""


def matrix(plan: Plan, most: int = MOST) -> dict[str, Any]:
    """Return the CI jobs of the parts whose images are to be built, each one integration, or a few of very many.

    `only` is what a job passes to `release.apply --only`.
    """
    parts = [part for part in plan.parts if part.builds]
    size = -(-len(parts) // most) or 1
    return {"include": [_job(parts[start : start + size]) for start in range(0, len(parts), size)]}


def _job(parts: Sequence[Part]) -> dict[str, str]:
    others = f" and {len(parts) - 1} more" if parts[1:] else ""
    return {"name": f"{parts[0].title}{others}", "only": ",".join(part.handle for part in parts)}
