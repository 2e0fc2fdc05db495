"""Referrers of an image, by the registry's own list or by the one under a tag."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.plan.ports import Manifest
from seatrial.release.registry.http import Timeouts
from seatrial.release.registry.manifests import referrers_tag
from seatrial.release.registry.remote import RemoteImages
from support.images_made import INDEX, MANIFEST, digest_of, manifest, pointing, referrer, send
from support.registry_faults import Fault
from support.registry_front import running_front
from support.scripted_http import Asked, Reply, scripted

QUICK = Timeouts(connect=10, read=10, pause=0.002)
IMAGE = manifest("image")
KINDS = [f"application/x-{number}" for number in range(8)]


@pytest.fixture
def name(direct: RemoteImages, upstream: str, path: str) -> str:
    send(direct, f"{upstream}/{path}", "image", "1.0.0")
    return f"{upstream}/{path}"


def test_an_image_without_referrers_has_none(name: str) -> None:
    assert RemoteImages().referrers(name, IMAGE.digest) == ()


def test_a_registry_without_a_list_gets_one_under_a_tag(name: str) -> None:
    images = RemoteImages()
    for kind in KINDS[:2] * 2:
        images.put_manifest(name, referrer(kind, IMAGE))
    found = images.referrers(name, IMAGE.digest)
    assert [(one.artifact_type, one.annotations) for one in found] == [
        (kind, {"kind": kind}) for kind in KINDS[:2]
    ]
    listed = json.loads(images.manifest(name, referrers_tag(IMAGE.digest)).data)
    assert [one["digest"] for one in listed["manifests"]] == [one.digest for one in found]
    assert listed["manifests"][0]["artifactType"] == KINDS[0]


def test_concurrent_writers_of_the_list_lose_nothing(name: str) -> None:
    images = RemoteImages()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda kind: images.put_manifest(name, referrer(kind, IMAGE)), KINDS))
    assert sorted(one.artifact_type for one in images.referrers(name, IMAGE.digest)) == KINDS


def test_after_a_failure_between_manifest_and_list_the_next_run_lists_it(
    name: str, upstream: str, path: str
) -> None:
    with running_front(upstream, faults=[Fault("403", path="sha256-")]) as front, pytest.raises(ServiceError):
        RemoteImages(QUICK).put_manifest(f"{front.host}/{path}", referrer(KINDS[0], IMAGE))
    assert RemoteImages().referrers(name, IMAGE.digest) == ()
    RemoteImages().put_manifest(name, referrer(KINDS[0], IMAGE))
    assert [one.artifact_type for one in RemoteImages().referrers(name, IMAGE.digest)] == [KINDS[0]]


def test_no_list_is_written_when_its_content_is_unknown(name: str, upstream: str, path: str) -> None:
    RemoteImages().put_manifest(name, referrer(KINDS[0], IMAGE))
    with running_front(upstream, faults=[Fault("500", method="GET,HEAD", path="sha256-")]) as front:
        with pytest.raises(ServiceError, match="answered 500"):
            RemoteImages(QUICK).put_manifest(f"{front.host}/{path}", referrer(KINDS[1], IMAGE))
        assert front.count("PUT", "sha256-") == 0
    assert [one.artifact_type for one in RemoteImages().referrers(name, IMAGE.digest)] == [KINDS[0]]


def listing(*digests: str) -> bytes:
    entries = [{**pointing(b"", MANIFEST), "digest": digest} for digest in digests]
    return json.dumps({"schemaVersion": 2, "manifests": entries}).encode()


def test_a_registrys_own_list_is_read_page_by_page() -> None:
    pages = [digest_of(bytes([number])) for number in range(3)]

    def answer(asked: Asked) -> Reply:
        if asked.path == "/v2/":
            return 200, {}, b""
        number = int(asked.path.partition("?page=")[2] or 0)
        link = {"Link": f'</v2/org/image/referrers/{IMAGE.digest}?page={number + 1}>; rel="next"'}
        return 200, link if number < 2 else {}, listing(pages[number])

    with scripted(answer) as service:
        found = RemoteImages(QUICK).referrers(f"{service.host}/org/image", IMAGE.digest)
    assert [one.digest for one in found] == pages


def test_endless_pages_are_given_up() -> None:
    def answer(asked: Asked) -> Reply:
        return 200, {"Link": f'<{asked.path}>; rel="next"'}, listing(IMAGE.digest)

    with scripted(answer) as service:
        RemoteImages(QUICK).referrers(f"{service.host}/org/image", IMAGE.digest)
        assert len(service.asked) < 30


def test_a_registry_with_its_own_list_gets_none_under_a_tag() -> None:
    made = referrer(KINDS[0], IMAGE)

    def answer(asked: Asked) -> Reply:
        told = {"OCI-Subject": IMAGE.digest, "Docker-Content-Digest": made.digest}
        return (201, told, b"") if asked.method == "PUT" else (200, {}, b"")

    with scripted(answer) as service:
        RemoteImages(QUICK).put_manifest(f"{service.host}/org/image", made)
    assert [one.path for one in service.asked] == ["/v2/", f"/v2/org/image/manifests/{made.digest}"]


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (404, {"Content-Type": "text/plain"}),
        (405, {}),
        (303, {"Location": "https://github.example/-/v2/packages/container/package/x"}),
    ],
)
def test_a_registry_without_the_api_of_referrers_is_asked_for_the_tag(
    status: int, headers: dict[str, str], path: str
) -> None:
    made = referrer(KINDS[0], IMAGE)
    listed = json.dumps(
        {"schemaVersion": 2, "mediaType": INDEX, "manifests": [pointing(made.data, MANIFEST)]}
    )

    def answer(asked: Asked) -> Reply:
        if "/referrers/" in asked.path:
            return status, headers, b"<html>"
        return (
            200,
            {"Content-Type": INDEX},
            listed.encode() * asked.path.endswith(referrers_tag(IMAGE.digest)),
        )

    with scripted(answer) as service:
        found = RemoteImages(QUICK).referrers(f"{service.host}/{path}", IMAGE.digest)
    assert [one.digest for one in found] == [made.digest]


def test_a_tag_that_returns_the_image_itself_is_not_a_list(path: str) -> None:
    def answer(asked: Asked) -> Reply:
        if "/manifests/" in asked.path:
            return 200, {"Content-Type": MANIFEST}, IMAGE.data
        return (200 if asked.path == "/v2/" else 404), {}, b""

    with scripted(answer) as service:
        assert RemoteImages(QUICK).referrers(f"{service.host}/{path}", IMAGE.digest) == ()


def test_an_entry_written_meanwhile_stays_in_the_list(
    name: str, upstream: str, path: str, direct: RemoteImages
) -> None:
    theirs = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [pointing(IMAGE.data, MANIFEST)]}
    ours = referrer(KINDS[0], IMAGE)
    with running_front(upstream) as front:

        def somebody_else(_: int, method: str, target: str) -> None:
            if front.count(path="sha256-") == 2:
                direct.put_manifest(
                    name, Manifest(json.dumps(theirs).encode(), INDEX), referrers_tag(IMAGE.digest)
                )

        front.on_request = somebody_else
        RemoteImages(QUICK).put_manifest(f"{front.host}/{path}", ours)
    assert [one.digest for one in direct.referrers(name, IMAGE.digest)] == [IMAGE.digest, ours.digest]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"<html>", b"[" * 9999])
def test_a_reply_without_a_list_is_reported(body: bytes) -> None:
    with (
        scripted(lambda _: (200, {}, body)) as service,
        pytest.raises(ServiceError, match="without a list of referrers"),
    ):
        RemoteImages(QUICK).referrers(f"{service.host}/org/image", IMAGE.digest)


@pytest.mark.parametrize("entry", [7, {}, {"digest": "x"}, {"mediaType": [], "digest": {}, "size": ""}])
def test_invalid_entries_are_left_out(entry: object) -> None:
    body = json.dumps({"manifests": [entry]}).encode()
    with scripted(lambda _: (200, {}, body)) as service:
        assert RemoteImages(QUICK).referrers(f"{service.host}/org/image", IMAGE.digest) == []
