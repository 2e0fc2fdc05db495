"""Media types of manifests, and what can be told from a manifest's bytes.

Bytes in memory or in a file, known by their digest.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from seatrial.core.errors import ServiceError, reason
from seatrial.release.plan.ports import Descriptor, Manifest
from seatrial.release.registry.reference import is_digest

_CHUNK = 1024 * 1024


@contextmanager
def opened(content: Path | bytes, digest: str) -> Iterator[IO[bytes]]:
    """The content, at its beginning, once it is sure that it is what its digest says. Raises ServiceError."""
    if isinstance(content, bytes):
        _must_be(hashlib.sha256(content).hexdigest(), digest, digest)
        yield io.BytesIO(content)
        return
    with _file(content) as file:
        try:
            _must_be(_hashed(file), digest, str(content))
        except OSError as failed:
            raise _unreadable(content, failed) from failed
        file.seek(0)
        yield file


def _file(path: Path) -> IO[bytes]:
    try:
        return open(path, "rb")
    except OSError as failed:
        raise _unreadable(path, failed) from failed


def _unreadable(path: Path, failed: OSError) -> ServiceError:
    return ServiceError(f"{path} cannot be read: {reason(failed)}")


def _must_be(computed: str, digest: str, name: str) -> None:
    if f"sha256:{computed}" != digest:
        raise ServiceError(f"{name} is not what its digest says, but sha256:{computed}; build it anew")


def _hashed(file: IO[bytes]) -> str:
    found = hashlib.sha256()
    while part := file.read(_CHUNK):
        found.update(part)
    return found.hexdigest()


def size_of(file: IO[bytes]) -> int:
    """How many bytes there are from the beginning; the file is at its beginning afterwards."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size


INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"

INDEXES = frozenset({INDEX, DOCKER_INDEX})
MANIFESTS = frozenset({MANIFEST, DOCKER_MANIFEST})

ACCEPT = ", ".join((INDEX, MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST))
"""The header Accept: all that an image's tag may lead to."""


MAX_MANIFEST = 4 * 1024 * 1024
"""In bytes: what registries must take for a manifest."""


def digest_of(data: bytes) -> str:
    """`sha256:<64 hex>`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def read(data: bytes, stated: str = "") -> Manifest:
    """The manifest that these bytes are, of the media type that was stated with them or that they state.

    Raises ValueError for what is none, or another than stated.
    """
    value = json_object(data)
    own = value.get("mediaType")
    media_type = (
        own if isinstance(own, str) and own else stated if stated in INDEXES | MANIFESTS else _guessed(value)
    )
    if media_type not in INDEXES | MANIFESTS or (stated in INDEXES | MANIFESTS and media_type != stated):
        raise ValueError("is no manifest of an image")
    return Manifest(data, media_type)


def json_object(data: bytes) -> Mapping[str, Any]:
    """A JSON object. Raises ValueError for anything else."""
    try:
        value = json.loads(data)
    except RecursionError:
        raise ValueError("is nested too deep") from None
    if not isinstance(value, dict):
        raise ValueError("is no JSON object")
    return value


def _guessed(value: Mapping[str, Any]) -> str:
    """OCI lets a manifest leave out its media type; the fields tell."""
    if isinstance(value.get("manifests"), list):
        return INDEX
    return MANIFEST if isinstance(value.get("config"), dict) and "layers" in value else ""


def descriptors(value: object) -> list[Descriptor]:
    """A list of descriptors, those left out that make no sense."""
    found = [_descriptor(one) for one in value] if isinstance(value, list) else []
    return [one for one in found if one]


def _descriptor(value: object) -> Descriptor | None:
    if not isinstance(value, dict):
        return None
    media_type, digest, size = value.get("mediaType"), value.get("digest"), value.get("size")
    if not (
        isinstance(media_type, str)
        and isinstance(digest, str)
        and isinstance(size, int)
        and is_digest(digest)
    ):
        return None
    kind, notes = value.get("artifactType"), value.get("annotations")
    annotations = (
        {name: one for name, one in notes.items() if isinstance(one, str)} if isinstance(notes, dict) else {}
    )
    return Descriptor(media_type, digest, size, kind if isinstance(kind, str) else "", annotations)


def as_json(descriptor: Descriptor) -> dict[str, Any]:
    """A descriptor as manifests have it."""
    stated = {
        "mediaType": descriptor.media_type,
        "digest": descriptor.digest,
        "size": descriptor.size,
        "artifactType": descriptor.artifact_type,
        "annotations": dict(descriptor.annotations),
    }
    return {name: value for name, value in stated.items() if value or name == "size"}


def children(manifest: Manifest) -> list[Descriptor]:
    """What a manifest needs: the manifests of an index, the config and layers of an image. Raises ValueError."""
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
    """The digest of what a manifest says something of; empty for none."""
    try:
        subject = descriptors([json_object(manifest.data).get("subject")])
    except ValueError:
        return ""
    return subject[0].digest if subject else ""


def as_referrer(manifest: Manifest) -> Descriptor:
    """A manifest as it is listed among the referrers of its subject (OCI distribution 1.1, "Listing Referrers")."""
    value = json_object(manifest.data)
    config = value.get("config")
    of_config = config.get("mediaType") if isinstance(config, dict) else ""
    stated = {
        "mediaType": manifest.media_type,
        "digest": manifest.digest,
        "size": len(manifest.data),
        "artifactType": value.get("artifactType") or of_config,
        "annotations": value.get("annotations"),
    }
    (found,) = descriptors([stated])
    return found
