"""The growth of an image against the version before, which Ocean's own workflow limits as well."""

from __future__ import annotations

from collections.abc import Mapping

from seatrial.core.errors import ServiceError
from seatrial.core.version import Version
from seatrial.release.plan import index, store_keys
from seatrial.release.plan.plan import Part
from seatrial.release.plan.ports import Images, Present, Store, Unknown
from seatrial.release.registry.oci_layout import LayoutImages, digest_in
from seatrial.release.registry.sizes import sizes
from seatrial.release.run.build import Built
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


def growth(now: int, before: int) -> float:
    """Return by how many percent a size has grown."""
    return (now - before) * 100 / before if before else 0.0


def must_not_grow(context: ReleaseContext, part: Part, image: Built) -> None:
    """Raise ServiceError for an image that is larger than that of the version before by more than is allowed.

    It is compared platform by platform, before any of it is sent. Raises ServiceError where the registry fails, too.
    """
    most, candidate = context.max_growth, part.candidate
    if most is None:
        return
    before = version_before(context.store, candidate.type, candidate.version)
    old = sizes_of_version(context.images, candidate.image, before) if before else {}
    if not old:
        return
    for platform, now in _built_sizes(image).items():
        by = growth(now, old.get(platform, 0))
        if by > most:
            raise ServiceError(
                f"its image for {platform} has {megabytes(now)}, {by:.1f} % more than the "
                f"{megabytes(old[platform])} of {before}, and max-growth below [release] is {most:g} %; nothing of "
                'it was published: make it smaller, or release it all the same with --force "REASON"'
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
