"""Base images in registries: their configuration, their unchanged layers, and an index of their files.

All is checked against its digest. Layers are kept in the person's cache, as many integrations share them.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Protocol

from seatrial.core.errors import ServiceError, UsageError, reason
from seatrial.release.builders.layers.stage_files import (
    GROUP,
    GSHADOW,
    PASSWD,
    SHADOW,
    BaseFiles,
    EntryKind,
    StageEntry,
)
from seatrial.release.plan.ports import Descriptor, Manifest
from seatrial.release.registry import archives, media
from seatrial.release.registry.archives import MAX_LAYERS, LayerBytes, Member
from seatrial.release.registry.image_names import ImageName, shown
from seatrial.release.registry.layers import APK, DPKG, system_packages
from seatrial.system import cache

MAX_LAYER = 8 * 1024**3
"""Bytes of a layer that are read, compressed or not; those of real Pythons have less than 1 GB."""

MAX_ENTRIES = 1_000_000
"""Files of an image."""

MAX_TEXT = 16 * 1024 * 1024
"""Bytes of all files whose text is kept."""

MOST_KEPT = 4 * 1024**3
"""Bytes of layers that are kept."""

_TEXTS = frozenset({PASSWD, SHADOW, GROUP, GSHADOW, DPKG, APK, "etc/default/useradd"})
_PATCHLEVEL = "/patchlevel.h"
"""The end of the name of the file with the exact version of a Python."""

_GZIPPED = {
    "application/vnd.oci.image.layer.v1.tar+gzip": "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.docker.image.rootfs.diff.tar.gzip": "application/vnd.oci.image.layer.v1.tar+gzip",
}
_PLAIN = {"application/vnd.oci.image.layer.v1.tar": "application/vnd.oci.image.layer.v1.tar"}
LAYER_TYPES: Mapping[str, str] = {**_GZIPPED, **_PLAIN}
"""The media types of layers that are read, and the names of the same in OCI manifests."""

_UNREAD = (
    "which the builder layers does not read; copy it with `skopeo copy --dest-compress-format gzip` and name the copy, "
    "or take another builder: docker, podman or buildah"
)

_KINDS = {archives.LINK: EntryKind.LINK, archives.FOLDER: EntryKind.FOLDER}


class Registry(Protocol):
    """The questions that are asked of a registry; `release.registry.remote.RemoteImages` answers them."""

    def manifest(self, name: str, reference: str) -> Manifest:
        """Return a manifest. Raises ServiceError."""

    def blob(self, name: str, digest: str) -> bytes:
        """Return a small blob. Raises ServiceError."""

    def fetch(self, name: str, blob: Descriptor, into: IO[bytes]) -> None:
        """Write a blob of any size into a new file, its size and digest checked. Raises ServiceError."""


@dataclass(frozen=True)
class BaseImage:
    """An image for one platform: its configuration, and its layers in the order in which they lie."""

    name: str
    config: Mapping[str, Any]
    layers: tuple[Descriptor, ...]
    layer_file: Callable[[Descriptor], Path]

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings that its containers run with."""
        stated = self.config.get("config")
        return stated if isinstance(stated, dict) else {}

    @cached_property
    def files(self) -> BaseFiles:
        """The index of its files, for which all layers are fetched. Raises ServiceError."""
        entries: dict[str, StageEntry] = {}
        texts: dict[str, bytes] = {}
        unpacked = self.config["rootfs"]["diff_ids"]
        for layer, digest in zip(self.layers, unpacked, strict=True):
            _add_layer(self.layer_file(layer), layer, digest, entries, texts)
        return BaseFiles(entries, {path: text for path, text in texts.items() if path in entries})

    @cached_property
    def packages(self) -> Mapping[str, str]:
        """The versions of the packages of the system that are installed, by name. Raises ServiceError."""
        return {one.name: one.version for one in system_packages(self.files.texts)}


@dataclass
class BaseImages:
    """The base images of a run, each looked up once, so that all builds of the run start from the same."""

    registry: Registry
    folder: Path = field(default_factory=lambda: cache.home(os.environ) / "layers")
    _manifests: dict[str, Manifest] = field(default_factory=dict)
    _images: dict[tuple[str, str], BaseImage] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def manifest(self, image: str) -> Manifest:
        """Return the manifest or index of an image. Raises ServiceError."""
        with self._lock:
            if image not in self._manifests:
                self._manifests[image] = self._found(image)
            return self._manifests[image]

    def image(self, image: str, platform: str) -> BaseImage:
        """Return an image for a platform. Raises ServiceError where it has none, or is of an unknown form."""
        with self._lock:
            if (image, platform) not in self._images:
                try:
                    self._images[image, platform] = self._read(image, platform)
                except (ValueError, TypeError, KeyError, AttributeError) as wrong:
                    raise ServiceError(f'the base image "{shown(image)}" {_odd(wrong)}') from wrong
            return self._images[image, platform]

    def _found(self, image: str) -> Manifest:
        name = ImageName.parse(image)
        try:
            return self.registry.manifest(name.repository, name.digest or name.tag or "latest")
        except UsageError as wrong:
            raise ServiceError(str(wrong)) from wrong

    def _read(self, image: str, platform: str) -> BaseImage:
        name = ImageName.parse(image).repository
        manifest = self.manifest(image)
        if manifest.media_type in media.INDEXES:
            manifest = self.registry.manifest(name, _of_platform(manifest, image, platform))
        described, *layers = media.children(manifest)
        config = media.json_object(self.registry.blob(name, described.digest))
        if f"{config['os']}/{config['architecture']}" != "/".join(platform.split("/")[:2]):
            raise ServiceError(f'the base image "{shown(image)}" has no {platform}')
        if len(config["rootfs"]["diff_ids"]) != len(layers) or len(layers) > MAX_LAYERS:
            raise ValueError("has other layers than its configuration says")
        odd = [one.media_type for one in layers if one.media_type not in LAYER_TYPES]
        if odd:
            raise ValueError(f"has layers of the type {shown(odd[0])}, {_UNREAD}")
        return BaseImage(image, config, tuple(layers), lambda layer: self._layer(name, layer))

    def _layer(self, name: str, layer: Descriptor) -> Path:
        """Return the file of a layer, from the cache where it is there and whole. Raises ServiceError."""
        path = self.folder / layer.digest.removeprefix("sha256:")
        with self._lock:
            try:
                if _has_digest(path, layer.digest):
                    os.utime(path)
                    return path
                self._fetch(name, layer, path)
            except OSError as failed:
                raise ServiceError(f"{path} cannot be written: {reason(failed)}") from failed
        return path

    def _fetch(self, name: str, layer: Descriptor, path: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        cache.sweep_files(self.folder, time.time(), MOST_KEPT)
        if layer.size > MAX_LAYER:
            raise ServiceError(f"{layer.digest} of {shown(name)} has more than {MAX_LAYER:,} bytes")
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".fetched-") as sink:
            self.registry.fetch(name, layer, sink)
            sink.flush()
            os.link(sink.name, f"{sink.name}-whole")
            os.replace(f"{sink.name}-whole", path)


def _odd(wrong: Exception) -> str:
    said = str(wrong)
    return (
        said
        if isinstance(wrong, ValueError) and said.startswith("has ")
        else "has a manifest of an unknown form"
    )


def _of_platform(index: Manifest, image: str, platform: str) -> str:
    """Return the digest of the manifest for a platform. Raises ServiceError."""
    stated = json.loads(index.data)["manifests"]
    system, architecture, *variant = platform.split("/")
    for one in stated:
        told = one.get("platform") or {}
        same = told.get("os") == system and told.get("architecture") == architecture
        if same and (not variant or told.get("variant") in (None, "", variant[0])):
            return str(media.descriptors([one])[0].digest)
    raise ServiceError(f'the base image "{shown(image)}" has no {platform}')


def _has_digest(path: Path, digest: str) -> bool:
    try:
        with open(path, "rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}" == digest
    except FileNotFoundError:
        return False


def _add_layer(
    path: Path, layer: Descriptor, digest: str, entries: dict[str, StageEntry], texts: dict[str, bytes]
) -> None:
    """Lay a layer over the entries. Raises ServiceError for one that cannot be read."""
    try:
        with open(path, "rb") as packed:
            if archives.is_gzipped(packed) != (layer.media_type in _GZIPPED):
                raise ValueError(f"it has a layer that is not of the type {layer.media_type}")
            with archives.unpacked(packed, layer, MAX_LAYER) as source:
                _lay(source, entries, texts)
    except (OSError, ValueError, archives.UnreadForm) as wrong:
        raise ServiceError(f"the base image cannot be read, as {wrong}: {layer.digest}") from wrong
    if source.digest != digest:
        raise ServiceError(
            f"the layer {layer.digest} of the base image is not the one its configuration names"
        )


def _lay(source: LayerBytes, entries: dict[str, StageEntry], texts: dict[str, bytes]) -> None:
    new: dict[str, StageEntry] = {}
    gone: set[str] = set()
    emptied: set[str] = set()
    room = MAX_TEXT - sum(map(len, texts.values()))
    for member in archives.members(source):
        if member.emptied is not None:
            emptied.add(member.emptied)
        elif member.gone is not None:
            gone.add(member.gone)
        elif member.path:
            new[member.path] = _entry(member)
            if member.kind in archives.FILES and _is_text(member.path):
                texts[member.path] = source.read(member.size) if member.size <= room else b""
                room -= len(texts[member.path])
        if len(new) + len(entries) + len(gone) + len(emptied) > MAX_ENTRIES:
            raise ValueError(f"it has more than {MAX_ENTRIES:,} files")
    replaced = {path for path, entry in new.items() if entry.kind is not EntryKind.FOLDER}
    _remove(entries, gone, {*emptied, *(path for path in replaced if _is_folder(entries.get(path)))})
    entries.update(new)


def _is_folder(entry: StageEntry | None) -> bool:
    return entry is not None and entry.kind is EntryKind.FOLDER


def _entry(member: Member) -> StageEntry:
    kind = _KINDS.get(member.kind, EntryKind.FILE)
    target = member.target if kind is EntryKind.LINK else ""
    return StageEntry(kind, member.mode & 0o7777, member.uid, member.gid, target)


def _is_text(path: str) -> bool:
    return path in _TEXTS or (path.endswith(_PATCHLEVEL) and path.count("/") < 6)


def _remove(entries: dict[str, StageEntry], gone: Collection[str], emptied: Collection[str]) -> None:
    """Remove deleted entries with everything below them, and everything below the emptied folders."""
    hidden = [path for path in entries if archives.hides(path, gone, emptied)] if gone or emptied else []
    for path in hidden:
        del entries[path]
