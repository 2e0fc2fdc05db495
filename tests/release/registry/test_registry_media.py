from __future__ import annotations

import json
from typing import Any

import pytest

from seatrial.release.plan.ports import Descriptor, Manifest
from seatrial.release.registry import media
from support.images_made import CONFIG, LAYER, digest_of, index, manifest, pointing, referrer

GOOD = json.loads(manifest("good").data)


def encoded(**changed: Any) -> bytes:
    """Return the manifest with other values; None removes one."""
    stated = {**GOOD, **changed}
    return json.dumps({name: value for name, value in stated.items() if value is not None}).encode()


def test_a_manifest_says_its_own_media_type() -> None:
    made = manifest("good")
    assert media.read(made.data) == made
    assert media.read(made.data, media.MANIFEST) == made
    assert media.read(made.data, "application/json") == made


def test_a_manifest_without_one_is_of_the_type_that_was_stated_or_that_its_fields_show() -> None:
    assert media.read(encoded(mediaType=None), media.DOCKER_MANIFEST).media_type == media.DOCKER_MANIFEST
    assert media.read(encoded(mediaType=None)).media_type == media.MANIFEST
    assert media.read(b'{"schemaVersion": 2, "manifests": []}').media_type == media.INDEX


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"<html></html>",
        b'{"errors": []}',
        encoded(mediaType="application/vnd.docker.distribution.manifest.v1+prettyjws"),
        encoded(mediaType=7, config=None),
        encoded(mediaType=[], layers=None),
    ],
)
def test_other_data_is_not_a_manifest(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        media.read(data)


def test_a_manifest_that_contradicts_its_header_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a manifest of an image"):
        media.read(manifest("good").data, media.INDEX)


def test_an_image_needs_its_config_and_its_layers() -> None:
    assert [one.media_type for one in media.children(manifest("good"))] == [CONFIG, LAYER]


def test_an_index_needs_its_manifests() -> None:
    digests = [one.digest for one in media.children(index("a", "b"))]
    assert digests == [manifest("a").digest, manifest("b").digest]


@pytest.mark.parametrize(
    "data",
    [
        encoded(layers=None, config=None),
        encoded(config="text"),
        encoded(layers="text"),
        encoded(layers=[None]),
        encoded(layers=[{**pointing(b"x", LAYER), "digest": "sha256:../../../etc/passwd"}]),
        encoded(layers=[{**pointing(b"x", LAYER), "size": "7"}]),
        encoded(layers=[{**pointing(b"x", LAYER), "mediaType": 7}]),
    ],
)
def test_a_manifest_with_invalid_descriptors_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="names something without media type, digest or size"):
        media.children(Manifest(data, media.MANIFEST))


@pytest.mark.parametrize("subject", [None, 7, [], {}, {"digest": "sha256:x"}, "sha256:" + "0" * 64])
def test_an_invalid_subject_is_ignored(subject: object) -> None:
    assert media.subject_of(Manifest(encoded(subject=subject), media.MANIFEST)) == ""


def test_a_referrer_is_listed_with_its_type_and_annotations() -> None:
    about = manifest("good")
    made = referrer("application/sbom", about)
    assert media.subject_of(made) == about.digest
    assert media.as_referrer(made) == Descriptor(
        media.MANIFEST, made.digest, len(made.data), "application/sbom", {"kind": "application/sbom"}
    )


def test_a_referrer_without_a_type_has_that_of_its_config() -> None:
    assert media.as_referrer(manifest("good")).artifact_type == CONFIG


def test_a_descriptor_written_and_read_is_the_same() -> None:
    for one in (
        Descriptor(LAYER, digest_of(b""), 0),
        Descriptor(LAYER, digest_of(b"x"), 1, "kind", {"a": "b"}),
    ):
        assert media.descriptors([media.as_json(one)]) == [one]
