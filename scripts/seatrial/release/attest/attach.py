"""Attaching attestations to an image: each is an OCI artifact whose subject is the image's digest.

Clients find them in the list of the digest's referrers, by the API of OCI 1.1 or by the fallback tag `sha256-<hex>`:
`oras discover` and `regctl artifact list` show them with their types, `trivy image --sbom-sources oci` takes the bill
of materials. `docker buildx imagetools` reads only what lies in the image's own index, and `cosign` only its tags
`.att` and the bundles of Sigstore, as a signature without a key is one; a signature by a key is verified by fetching
the layer, a DSSE envelope.
Source: OCI image specification 1.1, manifest.md, "Guidelines for Artifact Usage".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seatrial.core.errors import ServiceError
from seatrial.release.plan.ports import Descriptor, Images, Manifest
from seatrial.release.registry.media import EMPTY, MANIFEST, digest_of

NOTHING = b"{}"

CREATED = "org.opencontainers.image.created"
TITLE = "org.opencontainers.image.title"


@dataclass(frozen=True)
class Attestation:
    """An attestation: `sbom` or `provenance`, its media type, its bytes, and the time it was made, in ISO form.

    `annotations` distinguish it from others of its media type without fetching it.
    """

    kind: str
    media_type: str
    data: bytes
    created: str
    annotations: Mapping[str, str] = field(default_factory=dict)


def attach(
    images: Images, name: str, subject: Descriptor, attestations: Sequence[Attestation]
) -> tuple[list[Descriptor], bool]:
    """Attach attestations to an image; return their descriptors, in order, and whether any had to be sent.

    One that is there already is not sent again. Raises ServiceError.
    """
    there = {one.digest for one in images.referrers(name, subject.digest)} if attestations else set()
    manifests = [artifact(subject, attestation) for attestation in attestations]
    pairs = list(zip(manifests, attestations, strict=True))
    missing = [(one, attestation) for one, attestation in pairs if one.digest not in there]
    for manifest, attestation in missing:
        _send(images, name, manifest, attestation)
    attached = [
        Descriptor(
            one.media_type, one.digest, len(one.data), attestation.media_type, _annotations(attestation)
        )
        for one, attestation in pairs
    ]
    return attached, bool(missing)


def _send(images: Images, name: str, manifest: Manifest, attestation: Attestation) -> None:
    """Send the content first, so that it is there for everyone who finds the manifest."""
    for data in (NOTHING, attestation.data):
        images.put_blob(name, digest_of(data), data)
    stored = images.put_manifest(name, manifest)
    if stored != manifest.digest:
        raise ServiceError(
            f"{name}: the registry stored the {attestation.kind} as {stored[:80]}, not as {manifest.digest}"
        )


def artifact(subject: Descriptor, attestation: Attestation) -> Manifest:
    """Return the manifest of an attestation: the same bytes for the same attestation and subject."""
    value = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": attestation.media_type,
        "config": {**_described(EMPTY, NOTHING), "data": "e30="},
        "layers": [
            {
                **_described(attestation.media_type, attestation.data),
                "annotations": {
                    **dict(sorted(attestation.annotations.items())),
                    TITLE: f"{attestation.kind}.json",
                },
            }
        ],
        "subject": {"mediaType": subject.media_type, "digest": subject.digest, "size": subject.size},
        "annotations": _annotations(attestation),
    }
    return Manifest(json.dumps(value, separators=(",", ":")).encode(), MANIFEST)


def _annotations(attestation: Attestation) -> dict[str, str]:
    return {**dict(sorted(attestation.annotations.items())), CREATED: attestation.created}


def _described(media_type: str, data: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}
