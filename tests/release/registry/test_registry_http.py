"""HTTP requests: redirects, retries, long replies, proxies, and credentials."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.plan.ports import Absent, Present, Unknown
from seatrial.release.registry.http import MAX_BODY, HttpClient, NoAnswer, Request, Timeouts, redirected
from seatrial.release.registry.remote import RemoteImages
from support.images_made import digest_of, manifest
from support.registry_faults import Fault
from support.registry_front import running_front
from support.scripted_http import Asked, Reply, scripted

QUICK = Timeouts(connect=10, read=10, pause=0.002)
BLOB = b"some bytes"
UNKNOWN = (404, {}, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')


@pytest.fixture
def log_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    def act(host: str) -> None:
        (tmp_path / "config.json").write_text(
            json.dumps({"auths": {host: {"username": "alice", "password": "s3cret"}}})
        )
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))

    return act


def guarded(inner: Callable[[Asked], Reply]) -> Callable[[Asked], Reply]:
    """Return the answers of a service that wants a login for everything."""

    def answer(asked: Asked) -> Reply:
        if "authorization" not in asked.headers:
            return 401, {"WWW-Authenticate": 'Basic realm="tests"'}, b""
        return inner(asked)

    return answer


def test_a_redirect_to_another_service_takes_no_credentials_along(log_in: Callable[[str], None]) -> None:
    with scripted(lambda _: (200, {}, BLOB)) as elsewhere:
        there = f"http://{elsewhere.host}/bucket/blob"
        with scripted(guarded(lambda _: (307, {"Location": there}, b""))) as service:
            log_in(service.host)
            assert RemoteImages(QUICK).blob(f"{service.host}/org/image", digest_of(BLOB)) == BLOB
    (asked,) = elsewhere.asked
    assert asked.path == "/bucket/blob"
    assert "authorization" not in asked.headers


def test_the_target_of_a_redirect_must_have_the_digest() -> None:
    with scripted(lambda _: (200, {}, b"other bytes")) as elsewhere:
        there = f"http://{elsewhere.host}/bucket/blob"
        with (
            scripted(
                lambda asked: (200 if asked.path == "/v2/" else 302, {"Location": there}, b"")
            ) as service,
            pytest.raises(ServiceError, match="does not match its digest"),
        ):
            RemoteImages(QUICK).blob(f"{service.host}/org/image", digest_of(BLOB))


def test_a_redirect_away_from_this_machine_by_plain_http_is_not_followed() -> None:
    def answer(asked: Asked) -> Reply:
        return (200, {}, b"") if asked.path == "/v2/" else (302, {"Location": "http://bucket.example/x"}, b"")

    with scripted(answer) as service, pytest.raises(ServiceError, match="an address that is not https"):
        RemoteImages(QUICK).blob(f"{service.host}/org/image", digest_of(BLOB))


def test_endless_redirects_are_given_up() -> None:
    with scripted(lambda _: (302, {"Location": "/v2/"}, b"")) as service:
        reference = (f"{service.host}/org/image", "1")
        answer = RemoteImages(QUICK).find([reference])[reference]
    assert isinstance(answer, Unknown)
    assert "redirects without end" in answer.reason


@pytest.mark.parametrize(
    ("here", "location", "there"),
    [
        ("https://a.example/v2/x", "/v2/y", "https://a.example/v2/y"),
        ("https://a.example/v2/x", "https://a.example/z?q=1", "https://a.example/z?q=1"),
        ("http://127.0.0.1:5000/v2/x", "http://localhost:5000/y", "http://localhost:5000/y"),
    ],
)
def test_a_redirect_may_be_relative(here: str, location: str, there: str) -> None:
    assert redirected(Request("GET", here), location).url == there


@pytest.mark.parametrize(
    ("here", "location", "kept"),
    [
        ("https://a.example/x", "https://a.example/y", True),
        ("https://a.example/x", "https://a.example:8443/y", False),
        ("https://a.example/x", "https://b.example/y", False),
        ("http://127.0.0.1:5000/x", "https://127.0.0.1:5000/y", False),
        ("http://127.0.0.1:5000/x", "http://127.0.0.1:5001/y", False),
    ],
)
def test_credentials_stay_with_the_service(here: str, location: str, kept: bool) -> None:
    request = Request("GET", here, {"Authorization": "Basic x", "Accept": "y"})
    assert redirected(request, location).headers == {
        "Accept": "y",
        **({"Authorization": "Basic x"} if kept else {}),
    }


@pytest.mark.parametrize(
    "location", ["http://a.example/y", "ftp://a.example/", "http://127.0.0.1/y", "http://[x"]
)
def test_a_redirect_never_leaves_https(location: str) -> None:
    with pytest.raises(NoAnswer):
        redirected(Request("GET", "https://a.example/x"), location)


def test_retry_after_is_respected() -> None:
    moments: list[float] = []

    def answer(asked: Asked) -> Reply:
        if asked.path == "/v2/":
            return 200, {}, b""
        moments.append(time.monotonic())
        return (429, {"Retry-After": "1"}, b"") if len(moments) == 1 else UNKNOWN

    with scripted(answer) as service:
        reference = (f"{service.host}/org/image", "1")
        assert RemoteImages(QUICK).find([reference]) == {reference: Absent()}
    assert moments[1] - moments[0] >= 1


def test_a_long_retry_after_ends_the_retries() -> None:
    def answer(asked: Asked) -> Reply:
        return (200, {}, b"") if asked.path == "/v2/" else (429, {"Retry-After": "3600"}, b"")

    with scripted(answer) as service:
        reference = (f"{service.host}/org/image", "1")
        found = RemoteImages(QUICK).find([reference])[reference]
    assert isinstance(found, Unknown)
    assert found.reason.endswith("answered 429: too many requests; try again in 3600 seconds")
    assert len(service.asked) == 2


@pytest.mark.parametrize("value", ["soon", "-5", "1e999", "", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_an_invalid_retry_after_is_ignored(value: str) -> None:
    replies = iter([(200, {}, b""), (503, {"Retry-After": value}, b""), UNKNOWN, UNKNOWN])
    with scripted(lambda _: next(replies)) as service:
        reference = (f"{service.host}/org/image", "1")
        assert RemoteImages(QUICK).find([reference]) == {reference: Absent()}


def test_a_reply_that_is_too_long_is_not_read_whole() -> None:
    def answer(asked: Asked) -> Reply:
        return 200, {}, b" " * (MAX_BODY + 1) if asked.method == "GET" and "manifests" in asked.path else b""

    with scripted(answer) as service, pytest.raises(ServiceError, match="more than 4,194,304 bytes"):
        RemoteImages(QUICK).manifest(f"{service.host}/org/image", "1")


def test_a_head_without_a_digest_is_followed_by_a_get() -> None:
    made = manifest("image")

    def answer(asked: Asked) -> Reply:
        return 200, {"Content-Type": made.media_type}, made.data

    with scripted(answer) as service:
        reference = (f"{service.host}/org/image", "1")
        assert RemoteImages(QUICK).find([reference]) == {reference: Present(made.digest)}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"errors": []}',
        b'{"errors": "MANIFEST_UNKNOWN"}',
        b'{"errors": [{"code": "NOT_FOUND"}]}',
        b'{"errors": [{"code": "MANIFEST_UNKNOWN"}, {"code": "DENIED"}]}',
        b'{"errors": [null, 7, {"code": ["MANIFEST_UNKNOWN"]}]}',
        b"[" * 100_000,
        b"MANIFEST_UNKNOWN",
    ],
)
def test_other_404s_do_not_mean_absence(body: bytes) -> None:
    def answer(asked: Asked) -> Reply:
        return (200, {}, b"") if asked.path == "/v2/" else (404, {}, body)

    with scripted(answer) as service:
        reference = (f"{service.host}/org/image", "1")
        assert isinstance(RemoteImages(QUICK).find([reference])[reference], Unknown)


@pytest.mark.parametrize("code", ["MANIFEST_UNKNOWN", "NAME_UNKNOWN"])
def test_a_404_with_the_code_means_absence(code: str) -> None:
    def answer(asked: Asked) -> Reply:
        return 404, {}, json.dumps({"errors": [{"code": code, "detail": {"Name": "x"}}]}).encode()

    with scripted(answer) as service:
        reference = (f"{service.host}/org/image", "1")
        assert RemoteImages(QUICK).find([reference]) == {reference: Absent()}


def test_messages_of_a_registry_are_made_printable() -> None:
    def answer(asked: Asked) -> Reply:
        told = {"errors": [{"code": "DENIED", "message": "\x1b[2Jgone\nERROR: " + "x" * 500}]}
        return (200, {}, b"") if asked.path == "/v2/" else (403, {}, json.dumps(told).encode())

    with scripted(answer) as service:
        reference = (f"{service.host}/org/image", "1")
        found = RemoteImages(QUICK).find([reference])[reference]
    assert isinstance(found, Unknown)
    assert found.reason.isprintable()
    assert len(found.reason) < 350


def test_a_head_that_breaks_off_in_the_middle_is_not_believed(upstream: str, path: str) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    half = b"HTTP/1.1 200 OK\r\nDocker-Content-Digest: sha256:" + b"0" * 40

    def serve() -> None:
        for _ in range(3):
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" if _ == 0 else half)
            connection.close()

    threading.Thread(target=serve, daemon=True).start()
    reference = (f"127.0.0.1:{listener.getsockname()[1]}/{path}", "1")
    try:
        assert isinstance(RemoteImages(QUICK).find([reference])[reference], Unknown)
    finally:
        listener.close()


def test_connections_are_reused(upstream: str, path: str) -> None:
    with running_front(upstream) as front:
        images = RemoteImages(QUICK)
        for number in range(10):
            images.find([(f"{front.host}/{path}", f"{number}")])
        assert front.connections <= 3


def test_a_wait_for_an_answer_ends_in_time(upstream: str, path: str) -> None:
    with (
        running_front(upstream, faults=[Fault("hang")]) as front,
        pytest.raises(ServiceError, match=r"did not answer within 0\.05 seconds"),
    ):
        RemoteImages(Timeouts(read=0.05, pause=0.001)).has_blob(f"{front.host}/{path}", digest_of(b"x"))


def test_a_deadline_holds_though_every_byte_comes_in_time(upstream: str, path: str) -> None:
    with running_front(upstream, faults=[Fault("drip", path="/blobs/")]) as front:
        begun = time.monotonic()
        with pytest.raises(ServiceError, match="took longer than there was time for"):
            RemoteImages(Timeouts(read=5, call=0.3)).has_blob(f"{front.host}/{path}", digest_of(b"x"))
        assert time.monotonic() - begun < 60


@pytest.mark.parametrize(
    ("login", "shown"), [("", None), ("me:w%40rd@", "Basic " + base64.b64encode(b"me:w@rd").decode())]
)
def test_a_proxy_is_used_with_its_login(
    login: str, shown: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        lines: list[bytes] = []

        def serve() -> None:
            connection, _ = proxy.accept()
            with connection:
                lines.extend(connection.recv(65536).split(b"\r\n"))
                connection.sendall(b"HTTP/1.1 407 Login\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://{login}127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with pytest.raises(NoAnswer, match="cannot be reached through the proxy") as failed:
            HttpClient().send(Request("GET", "https://registry.example/v2/"), time.monotonic() + 5)
        thread.join()
    assert lines[0].startswith(b"CONNECT registry.example:443 ")
    assert [line.partition(b": ")[2].decode() for line in lines if b"uthorization" in line] == [shown] * bool(
        shown
    )
    assert "w@rd" not in str(failed.value)


def test_a_bug_is_reported_at_once(upstream: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def falls(reply: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr("seatrial.release.registry.image_repository.is_absent", falls)
    reference = (f"{upstream}/{path}", "1.0.0")
    begun = time.monotonic()
    found = RemoteImages(QUICK).find([reference])[reference]
    assert time.monotonic() - begun < 60
    assert isinstance(found, Unknown)
    assert "what Seatrial cannot read (ZeroDivisionError); please report it" in found.reason


def test_no_request_is_sent_after_the_deadline() -> None:
    with pytest.raises(NoAnswer, match="took longer"):
        HttpClient().send(Request("GET", "http://127.0.0.1:1/"), time.monotonic() - 1)
