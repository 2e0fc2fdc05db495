"""OCI media types, descriptors and manifests; content that is checked against its digest."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from seatrial.core.errors import ServiceError, reason
from seatrial.release.plan.ports import Damaged, Descriptor, Manifest
from seatrial.release.registry.image_names import is_digest

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
EMPTY = "application/vnd.oci.empty.v1+json"

INDEXES = frozenset({INDEX, DOCKER_INDEX})
MANIFESTS = frozenset({MANIFEST, DOCKER_MANIFEST})
IMAGES = INDEXES | MANIFESTS

REF_NAME = "org.opencontainers.image.ref.name"
"""The annotation in the `index.json` of a layout that holds the tag."""

ACCEPT = ", ".join((INDEX, MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST))
"""The header Accept with all media types that an image's tag may have."""

MAX_MANIFEST = 4 * 1024 * 1024
"""Bytes of a manifest that registries must accept."""


def digest_of(data: bytes) -> str:
    """Return `sha256:<64 hex>`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def read(data: bytes, stated: str = "") -> Manifest:
    """Return the manifest with its media type: its own, else the one `stated` with it, else by its fields.

    Raises ValueError for anything else, or for a media type other than stated.
    """
    value = json_object(data)
    own = value.get("mediaType")
    media_type = own if isinstance(own, str) and own else stated if stated in IMAGES else _guessed(value)
    if media_type not in IMAGES or (stated in IMAGES and media_type != stated):
        raise ValueError("is not a manifest of an image")
    return Manifest(data, media_type)


def json_object(data: bytes) -> Mapping[str, Any]:
    """Return a JSON object. Raises ValueError for anything else."""
    try:
        value = json.loads(data)
    except RecursionError:
        raise ValueError("is nested too deep") from None
    if not isinstance(value, dict):
        raise ValueError("is not a JSON object")
    return value


def _guessed(value: Mapping[str, Any]) -> str:
    """Return the media type that the fields of a manifest show, as OCI lets a manifest leave it out."""
    if isinstance(value.get("manifests"), list):
        return INDEX
    return MANIFEST if isinstance(value.get("config"), dict) and "layers" in value else ""


def descriptors(value: object) -> list[Descriptor]:
    """Return the descriptors of a list, without entries that are not valid."""
    found = [_descriptor(one) for one in value] if isinstance(value, list) else []
    return [one for one in found if one]


def _descriptor(value: object) -> Descriptor | None:
    if not isinstance(value, dict):
        return None
    media_type, digest, size = value.get("mediaType"), value.get("digest"), value.get("size")
    if not (isinstance(media_type, str) and isinstance(digest, str) and isinstance(size, int)):
        return None
    if not is_digest(digest):
        return None
    kind, notes = value.get("artifactType"), value.get("annotations")
    pairs = notes.items() if isinstance(notes, dict) else ()
    annotations = {name: one for name, one in pairs if isinstance(one, str)}
    return Descriptor(media_type, digest, size, kind if isinstance(kind, str) else "", annotations)


def as_json(descriptor: Descriptor) -> dict[str, Any]:
    """Return a descriptor in the form that manifests use."""
    fields = {
        "mediaType": descriptor.media_type,
        "digest": descriptor.digest,
        "size": descriptor.size,
        "artifactType": descriptor.artifact_type,
        "annotations": dict(descriptor.annotations),
    }
    return {name: value for name, value in fields.items() if value or name == "size"}


def index_of(entries: Sequence[Descriptor]) -> Manifest:
    """Return the index with these entries."""
    value = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [as_json(one) for one in entries]}
    return Manifest(json.dumps(value, separators=(",", ":")).encode(), INDEX)


def children(manifest: Manifest) -> list[Descriptor]:
    """Return what a manifest needs: the manifests of an index, the config and layers of an image.

    Raises ValueError.
    """
    value = json_object(manifest.data)
    if manifest.media_type in INDEXES:
        stated = value.get("manifests")
    else:
        layers = value.get("layers", [])
        stated = [value.get("config"), *layers] if isinstance(layers, list) else None
    found = descriptors(stated)
    if not isinstance(stated, list) or len(found) != len(stated):
        raise ValueError("names something without media type, digest or size")
    return found


def subject_of(manifest: Manifest) -> str:
    """Return the digest of the manifest's subject; empty for none."""
    try:
        subject = descriptors([json_object(manifest.data).get("subject")])
    except ValueError:
        return ""
    return subject[0].digest if subject else ""


def as_referrer(manifest: Manifest) -> Descriptor:
    """Return a manifest as the referrers of its subject list it (OCI distribution 1.1, "Listing Referrers")."""
    value = json_object(manifest.data)
    config = value.get("config")
    config_type = config.get("mediaType") if isinstance(config, dict) else ""
    fields = {
        "mediaType": manifest.media_type,
        "digest": manifest.digest,
        "size": len(manifest.data),
        "artifactType": value.get("artifactType") or config_type,
        "annotations": value.get("annotations"),
    }
    (found,) = descriptors([fields])
    return found


@contextmanager
def opened(content: Path | bytes, digest: str) -> Iterator[IO[bytes]]:
    """Open bytes or a file at the beginning, after checking the digest. Raises ServiceError."""
    if isinstance(content, bytes):
        yield io.BytesIO(checked(content, digest))
        return
    with _file(content) as file:
        try:
            computed = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as failed:
            raise _unreadable(content, failed) from failed
        _must_equal(f"sha256:{computed}", digest, str(content))
        file.seek(0)
        yield file


def _file(path: Path) -> io.BufferedReader:
    try:
        return open(path, "rb")
    except OSError as failed:
        raise _unreadable(path, failed) from failed


def checked(data: bytes, digest: str) -> bytes:
    """Return the bytes. Raises ServiceError where they do not have the digest."""
    _must_equal(digest_of(data), digest, digest)
    return data


def must_match(file: IO[bytes], blob: Descriptor) -> None:
    """Raise Damaged for a file that does not have the size and the digest of a blob; go back to its beginning."""
    if size_of(file) != blob.size:
        raise Damaged(f"{blob.digest} does not have the {blob.size:,} bytes that are stated")
    computed = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    _must_equal(f"sha256:{computed}", blob.digest, blob.digest)
    file.seek(0)


def _must_equal(computed: str, digest: str, name: str) -> None:
    if computed != digest:
        raise Damaged(f"{name} does not match its digest: its content has {computed}; build it anew")


def _unreadable(path: Path, failed: OSError) -> ServiceError:
    return ServiceError(f"{path} cannot be read: {reason(failed)}")


def size_of(file: IO[bytes]) -> int:
    """Return the size in bytes and go back to the beginning."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size
