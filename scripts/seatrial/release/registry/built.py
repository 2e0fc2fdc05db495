"""An image that a builder left in a folder of OCI layout, and how it is sent: by digests, children first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.release.plan.ports import Descriptor, Images, Manifest, Present, Unknown
from seatrial.release.registry import media
from seatrial.release.registry.layout import LayoutFolder

AT_ONCE = 4
"""So many blobs of an image are sent at the same time."""

MAX_DEPTH = 3
"""An index in an index is the most that builders write."""

Part = tuple[str, Path | Manifest]
"""A digest, and the blob's file or the manifest that it belongs to."""


def walk(layout: Path) -> tuple[Manifest, Sequence[Part]]:
    """The image's own manifest, and all parts of the image, each once and after all that it names.

    Raises ServiceError where the folder is no layout with one image, or something of it is missing or damaged.
    """
    folder = LayoutFolder(layout, layout)
    entries = {one.digest: one for one in folder.entries()}
    if len(entries) != 1:
        raise ServiceError(f"{layout} holds {len(entries)} images where one is wanted; build it anew")
    (entry,) = entries.values()
    return folder.manifest(entry), list(dict(_parts(folder, entry, MAX_DEPTH)).items())


def _parts(folder: LayoutFolder, entry: Descriptor, depth: int) -> Iterator[Part]:
    if entry.media_type not in media.INDEXES | media.MANIFESTS:
        yield entry.digest, _file(folder, entry)
        return
    if not depth:
        raise ServiceError(f"{folder.path} has an index in an index in an index; build it anew")
    manifest = folder.manifest(entry)
    try:
        named = media.children(manifest)
    except ValueError as wrong:
        raise ServiceError(f"{folder.path}: {entry.digest} {wrong}; build it anew") from wrong
    for child in named:
        yield from _parts(folder, child, depth - 1)
    yield entry.digest, manifest


def _file(folder: LayoutFolder, entry: Descriptor) -> Path:
    path = folder.place(entry.digest)
    if not folder.has(entry.digest) or path.stat().st_size != entry.size:
        raise ServiceError(
            f"{path} is missing or has not the {entry.size} bytes that it should have; build it anew"
        )
    return path


def push(images: Images, name: str, layout: Path) -> tuple[Descriptor, bool]:
    """Send an image to a repository; what points to it, and whether any of it had to be sent.

    Blobs go first, then manifests, so that none is ever there without what it names. Raises ServiceError.
    """
    top, parts = walk(layout)
    files = [(digest, one) for digest, one in parts if isinstance(one, Path)]
    manifests = [one for _, one in parts if isinstance(one, Manifest)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        sent = list(pool.map(lambda part: _send_blob(images, name, *part), files))
    sent += [_send_manifest(images, name, one) for one in manifests]
    return Descriptor(top.media_type, top.digest, len(top.data)), any(sent)


def _send_blob(images: Images, name: str, digest: str, path: Path) -> bool:
    if images.has_blob(name, digest):
        return False
    images.put_blob(name, digest, path)
    return True


def _send_manifest(images: Images, name: str, manifest: Manifest) -> bool:
    reference = (name, manifest.digest)
    answer = images.find([reference])[reference]
    if isinstance(answer, Unknown):
        raise ServiceError(answer.reason)
    if isinstance(answer, Present):
        return False
    images.put_manifest(name, manifest)
    return True
