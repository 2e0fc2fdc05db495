"""Base images in registries: their configuration, their layers as they are, and an index of their files.

All is checked against its digest. Layers are kept in the person's cache, as many integrations share them.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Protocol

from seatrial.core.errors import ServiceError, UsageError, reason
from seatrial.release.builders.layers.tree import GROUP, GSHADOW, PASSWD, SHADOW, BaseFiles, Entry, Kind
from seatrial.release.plan.ports import Descriptor, Manifest
from seatrial.release.registry import media
from seatrial.release.registry.image_names import ImageName, shown
from seatrial.system import cache

MAX_LAYER = 8 * 1024**3
"""Bytes of a layer that are read, compressed or not; those of real Pythons have less than 1 GB."""

MAX_HEADER = 1024 * 1024
"""Bytes of a header in an archive."""

MAX_LAYERS = 127
MAX_ENTRIES = 1_000_000
MAX_NAME = 4096
"""Characters of a path, as Linux has it."""

MAX_TEXT = 16 * 1024 * 1024
"""Bytes of all files whose text is kept."""

MOST_KEPT = 4 * 1024**3
"""Bytes of layers that are kept."""

DPKG, APK = "var/lib/dpkg/status", "lib/apk/db/installed"
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

_HEADERS = (tarfile.XHDTYPE, tarfile.XGLTYPE, b"X", tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
_KINDS = {tarfile.REGTYPE: Kind.FILE, tarfile.AREGTYPE: Kind.FILE, tarfile.LNKTYPE: Kind.FILE}
_OTHERS = {tarfile.SYMTYPE: Kind.LINK, tarfile.DIRTYPE: Kind.FOLDER}
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"


class Registry(Protocol):
    """What is asked of a registry, as `release.registry.remote.RemoteImages` answers it."""

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
        """What containers of it run with."""
        stated = self.config.get("config")
        return stated if isinstance(stated, dict) else {}

    @cached_property
    def files(self) -> BaseFiles:
        """The index of its files, for which all layers are fetched. Raises ServiceError."""
        entries: dict[str, Entry] = {}
        texts: dict[str, bytes] = {}
        unpacked = self.config["rootfs"]["diff_ids"]
        for layer, digest in zip(self.layers, unpacked, strict=True):
            _add_layer(self.layer_file(layer), layer, digest, entries, texts)
        return BaseFiles(entries, {path: text for path, text in texts.items() if path in entries})


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
            raise ValueError(f"has layers of the type {shown(odd[0])}, which are not read here")
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
        cache.sweep(self.folder, time.time(), MOST_KEPT)
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


class _Counted(io.RawIOBase):
    """The bytes of an unpacked layer, as they pass: their digest, and a limit."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source, self._left = source, MAX_LAYER
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise ServiceError(f"a layer of the base image has more than {MAX_LAYER:,} bytes unpacked")
        self.digest.update(data)
        return data


class _Member(tarfile.TarInfo):
    """A member whose own headers are not larger than real ones, as they are read into memory."""

    def _proc_member(self, archive: tarfile.TarFile) -> Any:
        if self.type in _HEADERS and self.size > MAX_HEADER:
            raise tarfile.ReadError("it has a header of unusual size")
        return super()._proc_member(archive)  # type: ignore[misc]


def _add_layer(
    path: Path, layer: Descriptor, digest: str, entries: dict[str, Entry], texts: dict[str, bytes]
) -> None:
    """Lay a layer over the entries. Raises ServiceError for one that cannot be read."""
    try:
        with open(path, "rb") as packed:
            source: Any = gzip.GzipFile(fileobj=packed) if layer.media_type in _GZIPPED else packed
            counted = _Counted(source)
            with tarfile.open(fileobj=counted, mode="r|", tarinfo=_Member) as archive:
                _lay(archive, entries, texts)
            while counted.read(1024 * 1024):
                pass
    except (tarfile.TarError, OSError, EOFError, ValueError) as wrong:
        raise ServiceError(f"the layer {layer.digest} of the base image cannot be read: {wrong}") from wrong
    if f"sha256:{counted.digest.hexdigest()}" != digest:
        raise ServiceError(
            f"the layer {layer.digest} of the base image is not the one its configuration names"
        )


def _lay(archive: tarfile.TarFile, entries: dict[str, Entry], texts: dict[str, bytes]) -> None:
    new: dict[str, Entry] = {}
    gone: set[str] = set()
    emptied: set[str] = set()
    room = MAX_TEXT - sum(map(len, texts.values()))
    for member in archive:
        archive.members = []  # type: ignore[attr-defined]  # or else it keeps them all
        if len(member.name) > MAX_NAME:
            raise ValueError(f"it has a name of {len(member.name):,} characters")
        path = os.path.normpath("/" + member.name).lstrip("/")
        folder, _, name = path.rpartition("/")
        if name == _OPAQUE:
            emptied.add(folder)
        elif name.startswith(_WHITEOUT):
            gone.add(f"{folder}/{name[len(_WHITEOUT) :]}".lstrip("/"))
        elif path:
            new[path] = _entry(member)
            if member.isreg() and _is_text(path):
                texts[path] = _text(archive, member, room)
                room -= len(texts[path])
        if len(new) + len(entries) + len(gone) + len(emptied) > MAX_ENTRIES:
            raise ValueError(f"it has more than {MAX_ENTRIES:,} files")
    replaced = {path for path, entry in new.items() if entry.kind is not Kind.FOLDER}
    _remove(entries, gone, {*emptied, *(path for path in replaced if _is_folder(entries.get(path)))})
    entries.update(new)


def _text(archive: tarfile.TarFile, member: tarfile.TarInfo, room: int) -> bytes:
    """Return the bytes of a file, none of one that has more than there is room for."""
    if member.size > room:
        return b""
    source = archive.extractfile(member)
    return source.read() if source else b""


def _is_folder(entry: Entry | None) -> bool:
    return entry is not None and entry.kind is Kind.FOLDER


def _entry(member: tarfile.TarInfo) -> Entry:
    kind = (_KINDS | _OTHERS).get(member.type, Kind.FILE)
    target = member.linkname if kind is Kind.LINK else ""
    return Entry(kind, member.mode & 0o7777, member.uid, member.gid, target)


def _is_text(path: str) -> bool:
    return path in _TEXTS or (path.endswith(_PATCHLEVEL) and path.count("/") < 6)


def _remove(entries: dict[str, Entry], gone: Collection[str], emptied: Collection[str]) -> None:
    """Remove what is gone with all below it, and what is below the emptied folders."""
    hidden = [path for path in entries if _hides(path, gone, emptied)] if gone or emptied else []
    for path in hidden:
        del entries[path]


def _hides(path: str, gone: Collection[str], emptied: Collection[str]) -> bool:
    above = path
    while above:
        if above in gone:
            return True
        above = above.rpartition("/")[0]
        if above in emptied:
            return True
    return False


def packages(files: BaseFiles) -> Mapping[str, str]:
    """Return the versions of the packages of the system that are installed, by name."""
    return dict([*_of_dpkg(files.texts.get(DPKG, b"")), *_of_apk(files.texts.get(APK, b""))])


def _of_dpkg(text: bytes) -> Iterator[tuple[str, str]]:
    for paragraph in text.decode(errors="replace").split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in paragraph.split("\n") if ": " in line and not line.startswith(" ")
        )
        if fields.get("Status") == "install ok installed" and "Package" in fields:
            yield fields["Package"], fields.get("Version", "")


def _of_apk(text: bytes) -> Iterator[tuple[str, str]]:
    for paragraph in text.decode(errors="replace").split("\n\n"):
        fields = dict(line.split(":", 1) for line in paragraph.split("\n") if ":" in line)
        if "P" in fields:
            yield fields["P"], fields.get("V", "")
