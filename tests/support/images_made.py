"""Small images for tests of registries, made in memory."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from seatrial.release.plan.ports import Images, Manifest

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
EMPTY = "application/vnd.oci.empty.v1+json"


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def pointing(data: bytes, media_type: str) -> dict[str, Any]:
    """Return the descriptor of these bytes."""
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}


def blobs(content: str) -> tuple[bytes, bytes]:
    """Return the config and the layer of an image."""
    return (
        json.dumps({"architecture": "amd64", "os": "linux", "content": content}).encode(),
        content.encode() * 99,
    )


def manifest(content: str) -> Manifest:
    """Return the manifest of an image."""
    config, layer = blobs(content)
    stated = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": pointing(config, CONFIG),
        "layers": [pointing(layer, LAYER)],
    }
    return Manifest(json.dumps(stated).encode(), MANIFEST)


def index(*contents: str) -> Manifest:
    """Return the index of images for several platforms."""
    names = ("amd64", "arm64", "ppc64le")
    stated = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [
            {**pointing(manifest(one).data, MANIFEST), "platform": {"os": "linux", "architecture": name}}
            for one, name in zip(contents, names, strict=False)
        ],
    }
    return Manifest(json.dumps(stated).encode(), INDEX)


def referrer(kind: str, subject: Manifest) -> Manifest:
    """Return a manifest with another as its subject; it needs the blob `{}`."""
    stated = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": kind,
        "config": pointing(b"{}", EMPTY),
        "layers": [pointing(b"{}", EMPTY)],
        "subject": pointing(subject.data, subject.media_type),
        "annotations": {"kind": kind},
    }
    return Manifest(json.dumps(stated).encode(), MANIFEST)


def send(images: Images, name: str, content: str, *tags: str) -> Manifest:
    """Send an image to a repository, with tags."""
    for data in (*blobs(content), b"{}"):
        images.put_blob(name, digest_of(data), data)
    made = manifest(content)
    images.put_manifest(name, made)
    for tag in tags:
        images.put_manifest(name, made, tag)
    return made


def lay(folder: Path, *contents: str, nested: bool = False) -> Path:
    """Write a folder in OCI layout with an image, as builders do; several contents make an image for several platforms.

    With `nested`, `index.json` names an index with the image in it, as docker does.
    """
    made = [manifest(one) for one in contents]
    top = index(*contents) if len(contents) > 1 else made[0]
    wrapped = json.dumps(
        {"schemaVersion": 2, "mediaType": INDEX, "manifests": [pointing(top.data, top.media_type)]}
    )
    extra = Manifest(wrapped.encode(), INDEX) if nested else top
    for data in (
        *(part for one in contents for part in blobs(one)),
        *(one.data for one in (*made, top, extra)),
    ):
        place = folder / "blobs" / "sha256" / digest_of(data).removeprefix("sha256:")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    entries = [pointing(extra.data, extra.media_type)]
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return folder
