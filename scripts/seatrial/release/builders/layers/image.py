"""An image in a folder of OCI layout: layers as archives that are the same for the same files, configuration, manifest.

Law: OCI image specification 1.1, "Image Layer Filesystem Changeset", "Image Configuration".
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import stat
import tarfile
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from seatrial.core.errors import ServiceError
from seatrial.release.builders.layers.base_image import LAYER_TYPES, BaseImage
from seatrial.release.builders.layers.stage_files import EntryKind, StageEntry, above
from seatrial.release.registry.media import MANIFEST, REF_NAME

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

DEPENDENCIES_TIME = 315_532_800
"""The time of installed files, the first that wheels can state: the same lock gives the same layer in any commit."""

LEVEL = 6
MAX_FILE = 2 * 1024**3
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""The beginning of a gzip file without a time, a name and a system (RFC 1952)."""

_KEPT = ("author", "architecture", "os", "os.version", "os.features", "variant")


@dataclass(frozen=True)
class Blob:
    """A blob in a layout; for a layer, `diff_id` is the digest of what it unpacks to."""

    digest: str
    size: int
    diff_id: str = ""


@dataclass
class Layout:
    """A new folder in OCI layout."""

    path: Path
    _manifests: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._blobs.mkdir(parents=True)
        (self.path / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')

    @property
    def _blobs(self) -> Path:
        return self.path / "blobs" / "sha256"

    def put(self, value: Mapping[str, Any]) -> Blob:
        """Write an object as JSON."""
        data = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
        digest = hashlib.sha256(data).hexdigest()
        (self._blobs / digest).write_bytes(data)
        return Blob(f"sha256:{digest}", len(data))

    def take(self, file: Path, digest: str) -> None:
        """Put a file that has this digest; it is the same file where the disk allows, as nobody writes to blobs."""
        place = self._blobs / digest.removeprefix("sha256:")
        if not place.exists():
            with suppress(OSError):
                os.link(file, place)
                return
            shutil.copyfile(file, place)

    def layer(self, entries: Mapping[str, StageEntry], time: int) -> Blob:
        """Write a layer with these entries, all of one time."""
        part = self.path / "layer"
        with open(part, "wb") as file:
            sink = _Gzipped(file)
            _archive(entries, time, sink)
            sink.finish()
        digest = sink.packed.hexdigest()
        os.replace(part, self._blobs / digest)
        return Blob(f"sha256:{digest}", sink.size, f"sha256:{sink.unpacked.hexdigest()}")

    def manifest(self, config: Blob, layers: Sequence[Mapping[str, Any]]) -> Blob:
        """Write a manifest, and list it by its number."""
        blob = self.put(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {"mediaType": CONFIG, "digest": config.digest, "size": config.size},
                "layers": list(layers),
            }
        )
        number = str(len(self._manifests))
        self._manifests.append(
            {
                "mediaType": MANIFEST,
                "digest": blob.digest,
                "size": blob.size,
                "annotations": {REF_NAME: number},
            }
        )
        (self.path / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": self._manifests}))
        return blob


class _Gzipped(io.RawIOBase):
    """A sink that compresses what is written to a file; the digests of both, and the size of the file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._crc, self._length = 0, 0
        self.size = 0
        self.packed, self.unpacked = hashlib.sha256(), hashlib.sha256()
        self._emit(_HEADER)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._crc = zlib.crc32(data, self._crc)
        self._length += len(data)
        self.unpacked.update(data)
        self._emit(self._deflate.compress(data))
        return len(data)

    def finish(self) -> None:
        """Write the end."""
        self._emit(self._deflate.flush())
        self._emit(self._crc.to_bytes(4, "little") + (self._length % 2**32).to_bytes(4, "little"))

    def _emit(self, data: bytes) -> None:
        self.packed.update(data)
        self.size += len(data)
        self._file.write(data)


def _archive(entries: Mapping[str, StageEntry], time: int, sink: _Gzipped) -> None:
    with tarfile.open(
        fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT, errors="surrogateescape"
    ) as archive:
        for path, entry in sorted(entries.items()):
            archive.members = []  # type: ignore[attr-defined]  # or else it keeps them all
            member = _member(path, entry, time)
            if entry.kind is not EntryKind.FILE:
                archive.addfile(member)
            elif isinstance(entry.content, bytes):
                member.size = len(entry.content)
                archive.addfile(member, io.BytesIO(entry.content))
            else:
                _add_file(archive, member, entry.content)


def _add_file(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    """Add a file, which must be one still, and as large as when it was opened."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as source:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE:
            raise ServiceError(f"{path} is not a file, or has more than {MAX_FILE:,} bytes")
        member.size = status.st_size
        archive.addfile(member, source)


def _member(path: str, entry: StageEntry, time: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path)
    member.type = entry.kind.value
    member.mode, member.uid, member.gid = entry.mode, entry.uid, entry.gid
    member.mtime, member.linkname = time, entry.target
    return member


def parts(added: Mapping[str, StageEntry]) -> tuple[dict[str, StageEntry], dict[str, StageEntry]]:
    """Return the entries of the layer of dependencies, and those of the other; either has the folders it needs."""
    installed = {path: entry for path, entry in added.items() if entry.installed}
    folders = {one for path in installed for one in above(path) if one in added}
    rest = {path: entry for path, entry in added.items() if not entry.installed}
    return {**{path: added[path] for path in folders}, **installed}, rest


def write(
    layout: Layout,
    base: BaseImage | None,
    platform: str,
    settings: Mapping[str, Any],
    added: Mapping[str, StageEntry],
    timestamp: int,
) -> list[Blob]:
    """Write an image for a platform into a layout; return its manifest and the layers over its base image."""
    dependencies, rest = parts(added)
    wanted = [("the locked dependencies", dependencies, DEPENDENCIES_TIME), ("the folder", rest, timestamp)]
    made = [(name, layout.layer(entries, time)) for name, entries, time in wanted if entries]
    layers = [_based(layout, base, at) for at in range(len(base.layers))] if base else []
    own = [{"mediaType": LAYER, "digest": blob.digest, "size": blob.size} for _, blob in made]
    config = layout.put(_config(base, platform, settings, made, timestamp))
    return [layout.manifest(config, [*layers, *own]), *(blob for _, blob in made)]


def _based(layout: Layout, base: BaseImage, at: int) -> Mapping[str, Any]:
    layer = base.layers[at]
    layout.take(base.layer_file(layer), layer.digest)
    return {"mediaType": LAYER_TYPES[layer.media_type], "digest": layer.digest, "size": layer.size}


def _config(
    base: BaseImage | None,
    platform: str,
    settings: Mapping[str, Any],
    made: Sequence[tuple[str, Blob]],
    timestamp: int,
) -> dict[str, Any]:
    system, architecture, *variant = platform.split("/")
    stated: Mapping[str, Any] = base.config if base else {"os": system, "architecture": architecture}
    kept = {key: stated[key] for key in _KEPT if key in stated}
    if variant:
        kept.setdefault("variant", variant[0])
    created = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    before = list(stated["rootfs"]["diff_ids"]) if base else []
    history = stated.get("history") if base else []
    config = {
        **kept,
        "created": created,
        "config": {key: value for key, value in settings.items() if value not in (None, "", [], {})},
        "rootfs": {"type": "layers", "diff_ids": [*before, *(blob.diff_id for _, blob in made)]},
    }
    if isinstance(history, list) and _is_complete(history, len(before)):
        new = [{"created": created, "created_by": f"seatrial: {name}"} for name, _ in made]
        config["history"] = [*history, *new]
    return config


def _is_complete(history: Sequence[Any], layers: int) -> bool:
    """Return whether a history has an entry for each layer."""
    entries = [one for one in history if isinstance(one, dict)]
    return len(entries) == len(history) and sum(not one.get("empty_layer") for one in entries) == layers
