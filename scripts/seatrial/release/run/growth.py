"""The growth of an image against the version before, which Ocean's own workflow limits as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seatrial.core.errors import ServiceError
from seatrial.core.version import Version
from seatrial.release.plan import index, store_keys
from seatrial.release.plan.plan import Part
from seatrial.release.plan.ports import Built, Images, Present, Store, Unknown
from seatrial.release.plan.state import Candidate
from seatrial.release.registry.oci_layout import LayoutImages, digest_in
from seatrial.release.registry.sizes import sizes
from seatrial.release.run.release_context import ReleaseContext

MEGABYTE = 1_000_000


def version_before(store: Store, type: str, version: str) -> str:
    """Return the latest of the published versions below this one, without the yanked ones; empty for none."""
    this, keys = Version.parse(version), frozenset(store.keys(store_keys.of_type(type)))
    below = (one for one in index.published(type, keys) if one < this)
    found = index.latest(one for one in below if not index.is_yanked(type, one.text, keys))
    return found.text if found else ""


def sizes_of_version(images: Images, image: str, version: str) -> Mapping[str, int]:
    """Return the bytes of each platform of a published version; none where its image is gone or is none that we read.

    Raises ServiceError where the registry gives no answer.
    """
    answer = images.find([(image, version)])[image, version]
    if isinstance(answer, Unknown):
        raise ServiceError(answer.reason)
    try:
        return sizes(images, image, answer.digest) if isinstance(answer, Present) else {}
    except ValueError:
        return {}


@dataclass(frozen=True)
class Before:
    """The version before one, empty for none, and the bytes of each platform of it; none where nobody tells them."""

    version: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)


class VersionsBefore:
    """The versions before those of a release, each looked up once, however many threads ask."""

    def __init__(self, context: ReleaseContext) -> None:
        self._context = context
        self._known: dict[tuple[str, str], Before] = {}

    def of(self, candidate: Candidate) -> Before:
        """Return the version before a candidate's. Raises ServiceError where a service gives no answer."""
        key = (candidate.type, candidate.version)
        if key not in self._known:
            store, images = self._context.store, self._context.images
            version = version_before(store, *key)
            old = sizes_of_version(images, candidate.image, version) if version else {}
            self._known[key] = Before(version, old)
        return self._known[key]


def growth(now: int, before: int) -> float:
    """Return by how many percent a size has grown."""
    return (now - before) * 100 / before if before else 0.0


def must_not_grow(context: ReleaseContext, versions: VersionsBefore, part: Part, image: Built) -> None:
    """Raise ServiceError for an image that is larger than that of the version before by more than is allowed.

    It is compared platform by platform, before any of it is sent. Raises ServiceError where the registry fails, too.
    """
    most = context.max_growth
    if most is None:
        return
    before = versions.of(part.candidate)
    if not before.sizes:
        return
    for platform, now in _built_sizes(image).items():
        by = growth(now, before.sizes.get(platform, 0))
        if by > most:
            raise ServiceError(
                f"its image for {platform} has {megabytes(now)}, {by:.1f} % more than the "
                f"{megabytes(before.sizes[platform])} of {before.version}, and max-growth below [release] is "
                f"{most:g} %; nothing of it was published: make it smaller, or release it all the same with "
                '--force "REASON"'
            )


def _built_sizes(image: Built) -> Mapping[str, int]:
    layout = image.layout
    try:
        return sizes(LayoutImages(layout.parent), layout.name, digest_in(layout))
    except ValueError as wrong:
        raise ServiceError(f"{layout}: its manifest {wrong}; build it anew") from wrong


def megabytes(size: int) -> str:
    """Return a size for people."""
    return f"{size / MEGABYTE:.1f} MB"
