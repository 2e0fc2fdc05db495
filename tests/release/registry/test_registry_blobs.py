"""Blobs: to the address that a registry gives, from the beginning after a failure, and only if they are missing."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.plan.ports import Damaged, Descriptor
from seatrial.release.registry.http import Timeouts
from seatrial.release.registry.image_repository import with_digest
from seatrial.release.registry.oci_layout import LayoutImages
from seatrial.release.registry.remote import RemoteImages
from support.images_made import digest_of
from support.registry_faults import Fault
from support.registry_front import Front, running_front
from support.scripted_http import Asked, Reply, scripted

QUICK = Timeouts(connect=10, read=10, pause=0.002)
BLOB = b"the bytes of a layer" * 1000
DIGEST = digest_of(BLOB)


@pytest.fixture
def front(upstream: str) -> Iterator[Front]:
    with running_front(upstream) as front:
        yield front


def test_a_blob_that_is_there_is_not_sent(front: Front, path: str) -> None:
    images = RemoteImages(QUICK)
    for _ in range(2):
        images.put_blob(f"{front.host}/{path}", DIGEST, BLOB)
    assert (front.count("POST"), front.count("PUT")) == (1, 1)


def test_a_blob_that_arrived_though_the_answer_was_lost_is_not_sent_again(front: Front, path: str) -> None:
    front.faults.append(Fault("reset-after", method="PUT", times=1))
    RemoteImages(QUICK).put_blob(f"{front.host}/{path}", DIGEST, BLOB)
    assert front.count("PUT") == 1


def test_after_a_failure_a_blob_is_sent_from_the_beginning(front: Front, path: str, tmp_path: Path) -> None:
    (tmp_path / "layer").write_bytes(BLOB)
    front.faults.append(Fault("500", method="PUT", times=2))
    images = RemoteImages(QUICK)
    images.put_blob(f"{front.host}/{path}", DIGEST, tmp_path / "layer")
    assert (front.count("POST"), front.count("PUT")) == (3, 3)
    assert images.blob(f"{front.host}/{path}", DIGEST) == BLOB


def test_a_registry_that_never_accepts_a_blob_is_given_up(front: Front, path: str) -> None:
    front.faults.append(Fault("503", method="PUT"))
    with pytest.raises(ServiceError, match=r"answered 503 \(UNAVAILABLE: .*; try again later"):
        RemoteImages(QUICK).put_blob(f"{front.host}/{path}", DIGEST, BLOB)
    assert front.count("PUT") == 5


def test_a_refusal_is_final(front: Front, path: str) -> None:
    front.faults.append(Fault("403", method="PUT"))
    with pytest.raises(ServiceError, match=f"without a login; type: docker login {front.host}"):
        RemoteImages(QUICK).put_blob(f"{front.host}/{path}", DIGEST, BLOB)
    assert front.count("PUT") == 1


def test_a_missing_file_is_reported(front: Front, path: str, tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="layer cannot be read: no such file"):
        RemoteImages(QUICK).put_blob(f"{front.host}/{path}", DIGEST, tmp_path / "layer")
    assert front.requests == []


def takes(place: str, kept: dict[str, bytes]) -> Callable[[Asked], Reply]:
    """Return the answers of a registry that gives this address for blobs."""

    def answer(asked: Asked) -> Reply:
        if asked.path == "/v2/":
            return 200, {}, b""
        if asked.method == "HEAD":
            return 404, {}, b""
        if asked.method == "POST":
            return 202, {"Location": place}, b""
        kept[asked.path] = asked.body
        return 201, {}, b""

    return answer


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("/v2/org/image/blobs/uploads/7?_state=a%2Bb%3D", "/v2/org/image/blobs/uploads/7"),
        ("7", "/v2/org/image/blobs/uploads/7"),
        ("/elsewhere", "/elsewhere"),
    ],
)
def test_the_address_of_an_upload_may_be_relative(place: str, path: str) -> None:
    kept: dict[str, bytes] = {}
    with scripted(takes(place, kept)) as service:
        RemoteImages(QUICK).put_blob(f"{service.host}/org/image", DIGEST, BLOB)
    ((where, data),) = kept.items()
    assert (urlsplit(where).path, data) == (path, BLOB)
    assert parse_qs(urlsplit(where).query)["digest"] == [DIGEST]


def test_the_query_of_an_upload_is_kept() -> None:
    place = "https://a.example/up?_state=a%2Bb%3D&x=%20"
    assert with_digest(place, DIGEST) == f"{place}&digest=sha256%3A{DIGEST[7:]}"
    assert with_digest("https://a.example/up", DIGEST) == f"https://a.example/up?digest=sha256%3A{DIGEST[7:]}"


def test_an_upload_to_another_service_gets_no_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept: dict[str, bytes] = {}
    with scripted(takes("", kept)) as elsewhere:
        inner = takes(f"http://{elsewhere.host}/bucket/7", {})

        def answer(asked: Asked) -> Reply:
            wants = "authorization" not in asked.headers
            return (401, {"WWW-Authenticate": 'Basic realm="x"'}, b"") if wants else inner(asked)

        with scripted(answer) as service:
            entry = '{"username": "alice", "password": "s3cret"}'
            (tmp_path / "config.json").write_text(f'{{"auths": {{"{service.host}": {entry}}}}}')
            monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
            RemoteImages(QUICK).put_blob(f"{service.host}/org/image", DIGEST, BLOB)
    assert list(kept.values()) == [BLOB]
    assert all("authorization" not in one.headers for one in elsewhere.asked)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("http://bucket.example/7", "redirects to an address that is not https"),
        ("http://[::", "redirects to an address that cannot be read"),
        ("", "answered 202; that is not what a registry answers here"),
    ],
)
def test_an_unsafe_address_gets_no_upload(place: str, reason: str) -> None:
    kept: dict[str, bytes] = {}
    with scripted(takes(place, kept)) as service, pytest.raises(ServiceError, match=reason):
        RemoteImages(QUICK).put_blob(f"{service.host}/org/image", DIGEST, BLOB)
    assert kept == {}


@pytest.mark.parametrize(
    "headers", [{"Content-Type": "text/html"}, {"Docker-Content-Digest": digest_of(b"")}]
)
def test_a_status_200_alone_does_not_mean_that_a_blob_is_there(headers: dict[str, str]) -> None:
    with (
        scripted(lambda _: (200, headers, b"")) as service,
        pytest.raises(ServiceError, match="answered 200"),
    ):
        RemoteImages(QUICK).has_blob(f"{service.host}/org/image", DIGEST)


LAYER = Descriptor("application/vnd.oci.image.layer.v1.tar", DIGEST, len(BLOB))


def test_a_layer_is_fetched_again_from_its_beginning_and_only_as_it_is_stated(
    front: Front, path: str
) -> None:
    images, name = RemoteImages(QUICK), f"{front.host}/{path}"
    images.put_blob(name, DIGEST, BLOB)
    front.faults.append(Fault("500", method="GET", path="/blobs/", times=1))
    into = io.BytesIO(b"left of a try before" * 10_000)
    images.fetch(name, LAYER, into)
    assert (into.tell(), into.read()) == (0, BLOB)
    with pytest.raises(ServiceError, match="more than 5 bytes"):
        images.fetch(name, replace(LAYER, size=5), io.BytesIO())
    with pytest.raises(Damaged, match="does not have the 90,000 bytes"):
        images.fetch(name, replace(LAYER, size=90_000), io.BytesIO())
    with pytest.raises(Damaged, match="404"):
        images.fetch(name, replace(LAYER, digest=digest_of(b"other")), io.BytesIO())


def test_a_layer_of_a_folder_is_copied_as_it_is_stated_and_through_no_link(tmp_path: Path) -> None:
    images = LayoutImages(tmp_path)
    images.put_blob("jira", DIGEST, BLOB)
    into = io.BytesIO()
    images.fetch("jira", LAYER, into)
    assert into.read() == BLOB
    place = tmp_path / "jira/blobs/sha256" / DIGEST.removeprefix("sha256:")
    for data, words in ((b"x", "does not have"), (BLOB.upper(), "does not match its digest")):
        place.write_bytes(data)
        with pytest.raises(Damaged, match=words):
            images.fetch("jira", LAYER, io.BytesIO())
    place.rename(tmp_path / "elsewhere")
    with pytest.raises(Damaged, match="is missing"):
        images.fetch("jira", LAYER, io.BytesIO())
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ServiceError, match="cannot be read"):
        images.fetch("jira", LAYER, io.BytesIO())
