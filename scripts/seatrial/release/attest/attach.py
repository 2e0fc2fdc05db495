"""Papers attached to an image: each an OCI artifact whose subject is the image's digest.

Whoever lists the referrers of the digest finds them, by the API of OCI 1.1 or by the fallback tag `sha256-<hex>`:
`oras discover` and `regctl artifact list` show them with their types, `trivy image --sbom-sources oci` takes the bill
of materials. `docker buildx imagetools` reads only what lies in the image's own index, and `cosign` only its tags
`.att` and the bundles of Sigstore; what is signed here is verified by fetching the layer, a DSSE envelope.
Source: OCI image specification 1.1, manifest.md, "Guidelines for Artifact Usage".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seatrial.core.errors import ServiceError
from seatrial.release.plan.ports import Descriptor, Images, Manifest

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
NOTHING = b"{}"

CREATED = "org.opencontainers.image.created"
TITLE = "org.opencontainers.image.title"


@dataclass(frozen=True)
class Attestation:
    """Something to attach: `sbom` or `provenance`, its media type, its bytes, and when it was made, in ISO form.

    `annotations` let it be told from others of its media type without fetching it.
    """

    kind: str
    media_type: str
    data: bytes
    created: str
    annotations: Mapping[str, str] = field(default_factory=dict)


def attach(
    images: Images, name: str, subject: Descriptor, papers: Sequence[Attestation]
) -> tuple[list[Descriptor], bool]:
    """Attach papers to an image; what points to each, in their order, and whether any had to be sent.

    One that is there already is not sent again. Raises ServiceError.
    """
    there = {one.digest for one in images.referrers(name, subject.digest)} if papers else set()
    manifests = [artifact(subject, paper) for paper in papers]
    missing = [(one, paper) for one, paper in zip(manifests, papers, strict=True) if one.digest not in there]
    for manifest, paper in missing:
        _send(images, name, manifest, paper)
    attached = [
        Descriptor(one.media_type, one.digest, len(one.data), paper.media_type, _annotations(paper))
        for one, paper in zip(manifests, papers, strict=True)
    ]
    return attached, bool(missing)


def _send(images: Images, name: str, manifest: Manifest, paper: Attestation) -> None:
    """The content first, so that whoever finds the manifest finds what it points to."""
    for data in (NOTHING, paper.data):
        images.put_blob(name, _digest(data), data)
    stored = images.put_manifest(name, manifest)
    if stored != manifest.digest:
        raise ServiceError(
            f"{name}: the registry stored the {paper.kind} as {stored[:80]}, not as {manifest.digest}"
        )


def artifact(subject: Descriptor, paper: Attestation) -> Manifest:
    """The manifest of a paper: the same bytes for the same paper and subject."""
    value = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": paper.media_type,
        "config": {**_described(EMPTY, NOTHING), "data": "e30="},
        "layers": [
            {
                **_described(paper.media_type, paper.data),
                "annotations": {**dict(sorted(paper.annotations.items())), TITLE: f"{paper.kind}.json"},
            }
        ],
        "subject": {"mediaType": subject.media_type, "digest": subject.digest, "size": subject.size},
        "annotations": _annotations(paper),
    }
    return Manifest(json.dumps(value, separators=(",", ":")).encode(), MANIFEST)


def _annotations(paper: Attestation) -> dict[str, str]:
    return {**dict(sorted(paper.annotations.items())), CREATED: paper.created}


def _described(media_type: str, data: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": _digest(data), "size": len(data)}


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
