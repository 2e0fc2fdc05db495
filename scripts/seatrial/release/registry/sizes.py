"""The size of an image: the bytes that a machine of each platform pulls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any

from seatrial.release.plan.ports import Images, Manifest
from seatrial.release.registry import media

MAX_PLATFORMS = 32
"""Manifests of an index that are read; builders write a few."""

_NOT_AN_IMAGE = "unknown/unknown"
"""The platform under which docker keeps attestations in an index."""


def sizes(images: Images, name: str, reference: str) -> Mapping[str, int]:
    """Return the bytes of config and layers, compressed as they are stored, of each platform of an image.

    Raises ServiceError where the registry fails, ValueError for a manifest that is malformed.
    """
    found = platforms_of(images, name, images.manifest(name, reference))
    return {platform: _size(manifest) for platform, manifest in sorted(found, key=itemgetter(0))}


def _size(manifest: Manifest) -> int:
    return sum({one.digest: one.size for one in media.children(manifest)}.values())


def platforms_of(images: Images, name: str, manifest: Manifest) -> Iterator[tuple[str, Manifest]]:
    """Yield each platform of an image, such as `linux/arm64/v8`, and its manifest. Raises as `sizes`."""
    if manifest.media_type not in media.INDEXES:
        config = media.children(manifest)[0]
        yield _platform({"platform": media.json_object(images.blob(name, config.digest))}), manifest
        return
    stated = media.json_object(manifest.data).get("manifests")
    platforms = [_platform(one) for one in stated] if isinstance(stated, list) else []
    for child, platform in list(zip(media.children(manifest), platforms, strict=True))[:MAX_PLATFORMS]:
        if child.media_type in media.MANIFESTS and platform != _NOT_AN_IMAGE:
            yield platform, images.manifest(name, child.digest)


def _platform(entry: Any) -> str:
    """Return the platform of an index's entry, such as `linux/arm64/v8`; empty where it states none."""
    stated = entry.get("platform") if isinstance(entry, dict) else None
    words = [stated.get(key) for key in ("os", "architecture", "variant")] if isinstance(stated, dict) else []
    return "/".join(word[:40] for word in words if isinstance(word, str) and word)
