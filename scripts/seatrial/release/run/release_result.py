"""The result of a release: what was published where, how large it is, and how to get it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from seatrial.core.errors import SeatrialError
from seatrial.core.version import Version
from seatrial.release.attest import signing
from seatrial.release.plan import index, store_keys
from seatrial.release.plan.plan import Failure, Part, Plan, Step
from seatrial.release.plan.plan_files import Attached, Done
from seatrial.release.plan.ports import AT_ONCE
from seatrial.release.registry.sizes import sizes
from seatrial.release.run.growth import Before, VersionsBefore
from seatrial.release.run.release_context import ReleaseContext
from seatrial.release.run.snapshot import index_seen


@dataclass(frozen=True)
class Size:
    """The bytes that a machine of this platform pulls, and those of the version before; None where unknown."""

    platform: str
    bytes: int
    before: int | None


@dataclass(frozen=True)
class Published:
    """A published version. `spec` is the address of its spec, empty where it has none, and `indexed` the version
    that the index names, None where this part of the release does not write it.

    `before` is the version that the sizes are compared with, empty for none. Without sizes, the registry did not
    tell them.
    """

    type: str
    version: str
    image: str
    digest: str
    sizes: tuple[Size, ...]
    before: str
    attached: tuple[Attached, ...]
    spec: str
    indexed: str | None
    git_tag: str
    pull: str

    @property
    def reference(self) -> str:
        """The image by tag and digest."""
        return f"{self.image}:{self.version}@{self.digest}"

    @property
    def title(self) -> str:
        """The type and the version."""
        return f"{self.type} {self.version}"

    @property
    def is_signed(self) -> bool:
        """True if its provenance is signed."""
        return any(one.media_type in signing.SIGNED for one in self.attached)


@dataclass(frozen=True)
class ReleaseResult:
    """The versions that were published, the address of the index, what is held back, and what failed."""

    published: tuple[Published, ...]
    index: str
    held: tuple[Part, ...] = ()
    failed: tuple[Failure, ...] = ()


def result(
    context: ReleaseContext,
    made: Plan,
    done: Sequence[Done],
    failed: Sequence[Failure],
    whole: bool,
    versions: VersionsBefore,
) -> ReleaseResult:
    """Return the result of a release that is over; reading it changes nothing, and never fails.

    Only the whole release writes the index, not a part of it in CI.
    """
    lost = {failure.subject for failure in failed}
    sound = [one for one in done if one.part.title not in lost]
    indexed = _indexed(context) if whole and sound else None
    with ThreadPoolExecutor(AT_ONCE) as pool:
        published = tuple(pool.map(lambda one: _published(context, versions, one, indexed), sound))
    return ReleaseResult(
        published, context.stored_at(store_keys.INDEX), made.held if whole else (), tuple(failed)
    )


def _indexed(context: ReleaseContext) -> Mapping[str, str] | None:
    try:
        return index_seen(context).versions
    except SeatrialError:
        return None


def _published(
    context: ReleaseContext, versions: VersionsBefore, done: Done, indexed: Mapping[str, str] | None
) -> Published:
    candidate, receipt = done.part.candidate, done.receipt
    image = context.image_at(candidate.image)
    digest = receipt.digest if receipt else done.part.found
    before, found = _sizes(context, versions, done, digest)
    has_spec = index.counts(Version.parse(candidate.version))
    marked = receipt is not None and (done.part.builds or Step.MARK in done.part.steps) and not context.place
    return Published(
        type=candidate.type,
        version=candidate.version,
        image=image,
        digest=digest,
        sizes=found,
        before=before,
        attached=receipt.attached if receipt else (),
        spec=context.stored_at(store_keys.spec(candidate.type, candidate.version)) if has_spec else "",
        indexed=None if indexed is None else indexed.get(candidate.type, ""),
        git_tag=context.settings.git_tag(candidate.type, candidate.version) if marked else "",
        pull=_pull(context, image, candidate.version, digest, receipt.builder if receipt else ""),
    )


def _sizes(
    context: ReleaseContext, versions: VersionsBefore, done: Done, digest: str
) -> tuple[str, tuple[Size, ...]]:
    """Return the version before and the sizes of the image; what the services do not tell is left out."""
    candidate = done.part.candidate
    try:
        now = sizes(context.images, candidate.image, digest)
    except (SeatrialError, ValueError):
        return "", ()
    try:
        before = versions.of(candidate)
    except SeatrialError:
        before = Before()
    found = tuple(Size(platform, size, before.sizes.get(platform)) for platform, size in now.items())
    return before.version, found


def _pull(context: ReleaseContext, image: str, version: str, digest: str, builder: str) -> str:
    """Return the command that pulls the image by digest, or that loads it from its folder."""
    if context.settings.image:
        return shlex.join(["docker", "pull", f"{image}@{digest}"])
    folder = os.path.relpath(context.root / image)
    place = f"oci:{context.root / image if folder.startswith('..') else folder}:{version}"
    program = builder.partition(" ")[0]
    if program in ("podman", "buildah"):
        return shlex.join([program, "pull", place])
    return shlex.join(["skopeo", "copy", place, f"docker-daemon:{image.rpartition('/')[2]}:{version}"])
