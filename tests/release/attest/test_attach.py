"""Attestations attached to an image."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.attest.attach import Attestation, artifact, attach
from seatrial.release.plan.ports import Descriptor, Manifest
from support.images_made import digest_of
from support.memory_images import MemoryImages

NAME = "ghcr.io/org/port-ocean-jira"
SUBJECT = Descriptor("application/vnd.oci.image.index.v1+json", "sha256:" + "a" * 64, 1234)
CREATED = "2026-01-31T00:00:00Z"
BILL = Attestation("sbom", "application/vnd.cyclonedx+json", b'{"bomFormat": "CycloneDX"}', CREATED)
NOTES = {"in-toto.io/predicate-type": "https://slsa.dev/provenance/v1"}
PROVENANCE = Attestation("provenance", "application/vnd.in-toto+json", b"{}", CREATED, NOTES)


class Watched(MemoryImages):
    """What is sent, in order; and a service that breaks down before the one with this number."""

    def __init__(self, breaks_before: int = 99) -> None:
        super().__init__()
        self.sent: list[str] = []
        self.breaks_before = breaks_before

    def put_blob(self, name: str, digest: str, content: Any) -> None:
        self._count("blob")
        super().put_blob(name, digest, content)

    def put_manifest(self, name: str, manifest: Manifest, tag: str | None = None) -> str:
        self._count("manifest" if tag is None else "tag")
        return super().put_manifest(name, manifest, tag)

    def _count(self, what: str) -> None:
        if len(self.sent) == self.breaks_before:
            raise ServiceError("the registry is gone")
        self.sent.append(what)


def value(paper: Attestation = BILL) -> Any:
    return json.loads(artifact(SUBJECT, paper).data)


def test_an_attestation_is_an_artifact_whose_subject_is_the_image() -> None:
    assert value()["subject"] == {"mediaType": SUBJECT.media_type, "digest": SUBJECT.digest, "size": 1234}
    assert value()["artifactType"] == value()["layers"][0]["mediaType"] == BILL.media_type
    assert value()["mediaType"] == artifact(SUBJECT, BILL).media_type
    assert value()["annotations"]["org.opencontainers.image.created"] == CREATED


def test_its_configuration_is_the_empty_one_of_the_specification() -> None:
    assert value()["config"] == {
        "mediaType": "application/vnd.oci.empty.v1+json",
        "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "size": 2,
        "data": "e30=",
    }


def test_its_one_layer_is_the_attestation_with_a_file_name() -> None:
    (layer,) = value()["layers"]
    assert (layer["digest"], layer["size"]) == (digest_of(BILL.data), len(BILL.data))
    assert layer["annotations"] == {"org.opencontainers.image.title": "sbom.json"}


def test_manifest_and_layer_state_the_kind_of_statement() -> None:
    found = value(PROVENANCE)
    assert found["annotations"].items() >= NOTES.items()
    assert found["layers"][0]["annotations"].items() >= NOTES.items()


def test_the_same_attestation_gives_the_same_bytes_in_any_order_of_annotations() -> None:
    one = replace(PROVENANCE, annotations={"a": "1", "b": "2"})
    other = replace(PROVENANCE, annotations={"b": "2", "a": "1"})
    assert artifact(SUBJECT, one) == artifact(SUBJECT, other)


def test_attestations_are_found_by_their_image() -> None:
    images = MemoryImages()
    attached, sent = attach(images, NAME, SUBJECT, [BILL, PROVENANCE])
    found = {one.digest: one for one in images.referrers(NAME, SUBJECT.digest)}
    assert sent
    assert [found[one.digest].artifact_type for one in attached] == [BILL.media_type, PROVENANCE.media_type]
    for one, paper in zip(attached, (BILL, PROVENANCE), strict=True):
        manifest = images.manifest(NAME, one.digest)
        assert (one.size, one.media_type) == (len(manifest.data), manifest.media_type)
        assert images.blob(NAME, json.loads(manifest.data)["layers"][0]["digest"]) == paper.data


def test_no_tag_is_set_by_attaching() -> None:
    images = MemoryImages()
    attach(images, NAME, SUBJECT, [BILL])
    assert images.tags == {}


def test_the_content_is_there_before_the_manifest_that_points_to_it() -> None:
    images = Watched()
    attach(images, NAME, SUBJECT, [BILL])
    assert images.sent == ["blob", "blob", "manifest"]


def test_an_attestation_that_is_there_is_not_sent_again() -> None:
    images = Watched()
    first, _ = attach(images, NAME, SUBJECT, [BILL])
    images.sent.clear()
    again, sent = attach(images, NAME, SUBJECT, [BILL])
    assert (again, sent, images.sent) == (first, False, [])


def test_only_what_is_missing_is_sent() -> None:
    images = Watched()
    attach(images, NAME, SUBJECT, [BILL])
    images.sent.clear()
    attached, sent = attach(images, NAME, SUBJECT, [BILL, PROVENANCE])
    assert (len(attached), sent, images.sent) == (2, True, ["blob", "blob", "manifest"])


@pytest.mark.parametrize("before", range(6))
def test_after_a_failure_at_any_moment_a_second_run_ends_as_one_without(before: int) -> None:
    whole, broken = Watched(), Watched(before)
    wanted, _ = attach(whole, NAME, SUBJECT, [BILL, PROVENANCE])
    with pytest.raises(ServiceError):
        attach(broken, NAME, SUBJECT, [BILL, PROVENANCE])
    broken.breaks_before = 99
    assert attach(broken, NAME, SUBJECT, [BILL, PROVENANCE]) == (wanted, True)
    assert (broken.manifests, broken.blobs) == (whole.manifests, whole.blobs)


def test_without_attestations_no_request_is_sent() -> None:
    assert attach(None, NAME, SUBJECT, []) == ([], False)  # type: ignore[arg-type]


def test_a_registry_that_stores_another_manifest_is_an_error() -> None:
    class Liar(MemoryImages):
        def put_manifest(self, name: str, manifest: Manifest, tag: str | None = None) -> str:
            return "sha256:" + "0" * 64

    with pytest.raises(ServiceError, match="the registry stored the sbom as sha256:000"):
        attach(Liar(), NAME, SUBJECT, [BILL])
