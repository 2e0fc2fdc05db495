"""Registries that want tokens: one for many repositories, and secrets go to safe addresses only."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.plan.ports import Absent, Present, Unknown
from seatrial.release.registry import api, media
from seatrial.release.registry.http import Timeouts
from seatrial.release.registry.remote import RemoteImages
from support.giving_up import images_behind
from support.images_made import digest_of, send
from support.registry_faults import Fault
from support.registry_front import Front, running_front
from support.scripted_http import Asked, Reply, scripted

EMPTY_IMAGE = {
    "config": {"mediaType": media.EMPTY, "digest": digest_of(b"{}"), "size": 2, "data": "e30="},
    "layers": [],
}
QUICK = Timeouts(connect=10, read=10, pause=0.002)
USERS = {"alice": "s3cret-of-the-tests"}


@pytest.fixture
def front(upstream: str) -> Iterator[Front]:
    with running_front(upstream, bearer=True, users=USERS) as front:
        yield front


@pytest.fixture
def name(front: Front, direct: RemoteImages, upstream: str, path: str) -> str:
    send(direct, f"{upstream}/{path}", "image", "1.0.0", "latest")
    return f"{front.host}/{path}"


def log_in(folder: Path, monkeypatch: pytest.MonkeyPatch, host: str, **entry: str) -> None:
    (folder / "config.json").write_text(json.dumps({"auths": {host: entry}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))


def test_a_public_image_needs_no_login(name: str) -> None:
    answers = RemoteImages().find([(name, "1.0.0"), (name, "9.9.9")])
    assert isinstance(answers[name, "1.0.0"], Present)
    assert answers[name, "9.9.9"] == Absent()


def several(front: Front, direct: RemoteImages, upstream: str, path: str) -> list[tuple[str, str]]:
    """The references of an image in each of five repositories."""
    for number in range(5):
        send(direct, f"{upstream}/{path}-{number}", "image", "1.0.0")
    return [(f"{front.host}/{path}-{number}", "1.0.0") for number in range(5)]


def test_requests_are_one_to_connect_one_token_and_one_a_tag(
    front: Front, direct: RemoteImages, upstream: str, path: str
) -> None:
    answers = RemoteImages().find(several(front, direct, upstream, path))
    assert all(isinstance(answer, Present) for answer in answers.values())
    assert (front.count(path="^/v2/$"), front.count(path="^/token"), front.count("HEAD")) == (1, 1, 5)
    assert front.count() == 7


def test_a_token_is_for_no_more_repositories_than_fit_into_a_header(
    front: Front, direct: RemoteImages, upstream: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MAX_SCOPES", 2 * len(f"repository:{path}-0:pull"))
    answers = RemoteImages().find(several(front, direct, upstream, path))
    assert all(isinstance(answer, Present) for answer in answers.values())
    tokens = [parse_qs(one.path)["scope"] for one in front.requests if one.path.startswith("/token")]
    assert sorted(map(len, tokens)) == [1, 2, 2]


def test_an_identity_token_is_posted_once_for_many(
    front: Front,
    direct: RemoteImages,
    upstream: str,
    path: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    front.private = True
    log_in(tmp_path, monkeypatch, front.host, identitytoken=USERS["alice"])
    answers = RemoteImages().find(several(front, direct, upstream, path))
    assert all(isinstance(answer, Present) for answer in answers.values())
    assert front.count("POST", "^/token$") == front.count(path="^/token") == 1


def test_a_token_service_that_gives_tokens_for_one_repository_only_is_asked_for_each(
    front: Front, direct: RemoteImages, upstream: str, path: str
) -> None:
    front.scopes = 1
    answers = RemoteImages().find(several(front, direct, upstream, path))
    assert all(isinstance(answer, Present) for answer in answers.values())


def test_a_token_service_that_refuses_to_give_one_for_several_is_asked_for_each(
    front: Front, direct: RemoteImages, upstream: str, path: str
) -> None:
    front.faults.append(Fault("403", path="^/token.*scope=.*scope="))
    answers = RemoteImages(QUICK).find(several(front, direct, upstream, path))
    assert all(isinstance(answer, Present) for answer in answers.values())
    assert front.count(path="^/token") == 6


@pytest.mark.parametrize("refusal", [(403, "DENIED"), (404, "NAME_UNKNOWN")], ids=["403", "404"])
def test_a_refusal_of_a_token_for_many_is_none_of_a_token_for_one(
    refusal: tuple[int, str], path: str
) -> None:
    status, code = refusal
    manifest = json.dumps({"schemaVersion": 2, "mediaType": media.MANIFEST, **EMPTY_IMAGE}).encode()
    there = {"Docker-Content-Digest": digest_of(manifest), "Content-Type": media.MANIFEST}

    def answer(asked: Asked) -> Reply:
        if asked.path.startswith("/token"):
            scopes = parse_qs(asked.path.partition("?")[2])["scope"]
            return 200, {}, json.dumps({"token": scopes[0].split(":")[1].replace("/", ".")}).encode()
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if not token:
            return 401, {"WWW-Authenticate": f'Bearer realm="http://{service.host}/token"'}, b""
        if asked.path.startswith(f"/v2/{token.replace('.', '/')}/"):
            return 200, there, manifest
        return status, {}, json.dumps({"errors": [{"code": code}]}).encode()

    with scripted(answer) as service:
        asked = [(f"{service.host}/{path}-{number}", "1.0.0") for number in range(3)]
        found = RemoteImages(QUICK).find(asked)
    assert found == dict.fromkeys(asked, Present(digest_of(manifest)))


def test_a_token_service_that_never_answers_for_several_leaves_time_for_each(
    front: Front, direct: RemoteImages, upstream: str, path: str
) -> None:
    front.faults.append(Fault("hang", path="^/token.*scope=.*scope="))
    times = Timeouts(connect=10, read=0.5, pause=0.002, search=20)
    answers = RemoteImages(times).find(several(front, direct, upstream, path))
    assert all(isinstance(answer, Present) for answer in answers.values())
    assert front.count(path="^/token.*scope=.*scope=") == 1


def test_a_login_is_not_sent_where_a_service_says_that_a_registry_redirects_to(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(asked: Asked) -> Reply:
        return 401, {"WWW-Authenticate": f'Bearer realm="http://{other.host}/token"'}, b""

    def answer(asked: Asked) -> Reply:
        if asked.path.startswith("/token"):
            return 200, {}, b'{"token": "abc"}'
        if asked.headers.get("authorization"):
            return 307, {"Location": f"http://{other.host}/blob"}, b""
        return 401, {"WWW-Authenticate": f'Bearer realm="http://{service.host}/token"'}, b""

    with scripted(elsewhere) as other, scripted(answer) as service:
        log_in(tmp_path, monkeypatch, service.host, username="alice", password="s3cret")
        reference = (f"{service.host}/{path}", "1.0.0")
        assert isinstance(RemoteImages(QUICK).find([reference])[reference], Unknown)
        assert {one.path for one in other.asked} == {"/blob"}
        assert all("authorization" not in one.headers for one in other.asked)


def test_an_authorized_user_pushes(
    name: str, front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(tmp_path, monkeypatch, front.host, username="alice", password=USERS["alice"])
    made = send(RemoteImages(), name, "new", "2.0.0")
    assert RemoteImages().find([(name, "2.0.0")]) == {(name, "2.0.0"): Present(made.digest)}


def test_a_login_is_sent_to_the_token_service_only(
    name: str, front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(tmp_path, monkeypatch, front.host, username="alice", password=USERS["alice"])
    send(RemoteImages(), name, "new", "2.0.0")
    assert {one.path.partition("?")[0] for one in front.requests if one.shown == "Basic"} == {"/token"}


def test_an_identity_token_is_posted(
    name: str, front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(tmp_path, monkeypatch, front.host, identitytoken=USERS["alice"])
    send(RemoteImages(), name, "new", "2.0.0")
    assert front.count("POST", "^/token$") > 0
    assert front.count("GET", "^/token") == 0


def test_a_helper_is_asked_once(
    name: str, front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = tmp_path / "docker-credential-tests"
    said = json.dumps({"Username": "alice", "Secret": USERS["alice"]})
    helper.write_text(f"#!/bin/sh\ncat >> {tmp_path}/asked; echo >> {tmp_path}/asked\necho '{said}'\n")
    helper.chmod(0o755)
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": "tests"}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    images = RemoteImages()
    send(images, name, "new", "2.0.0")
    images.find([(name, "2.0.0"), (f"{name}-other", "2.0.0")])
    assert (tmp_path / "asked").read_text() == f"{front.host}\n"


def test_a_private_image_is_unknown_without_a_login(name: str, front: Front) -> None:
    front.private = True
    answer = RemoteImages(QUICK).find([(name, "1.0.0")])[name, "1.0.0"]
    assert answer == Unknown(
        f"{name}:1.0.0: {front.host} gives no token: {front.host} answered 401 "
        f"(UNAUTHORIZED: the front says 401) without a login; type: docker login {front.host}"
    )


def test_a_refused_push_says_what_to_type(name: str, front: Front) -> None:
    with pytest.raises(ServiceError, match=f"without a login; type: docker login {front.host}"):
        RemoteImages(QUICK).put_blob(name, digest_of(b"x"), b"x")


def test_whether_a_user_may_push_is_known_before_anything_is_sent(
    name: str, front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ServiceError, match=f"^{name}: .* without a login; type: docker login {front.host}$"):
        RemoteImages(QUICK).ensure_writable(name)
    log_in(tmp_path, monkeypatch, front.host, username="alice", password=USERS["alice"])
    images = RemoteImages(QUICK)
    images.ensure_writable(name)
    assert front.count(path="/v2/.+") == 0
    send(images, name, "new", "2.0.0")


def test_an_expired_token_is_fetched_anew(name: str, front: Front) -> None:
    images = RemoteImages()
    images.find([(name, "1.0.0")])
    front.tokens.clear()
    assert isinstance(images.find([(name, "1.0.0")])[name, "1.0.0"], Present)
    assert front.count(path="^/token") == 2


def test_a_token_is_used_until_shortly_before_its_end(name: str, front: Front) -> None:
    front.lifetime = 6
    images = RemoteImages()
    images.manifest(name, "1.0.0")
    images.manifest(name, "1.0.0")
    assert front.count(path="^/token") == 1


@pytest.mark.parametrize("word", ["401", "403", "500", "html", "reset", "garbage", "hang"])
def test_without_a_token_answers_are_unknown(word: str, name: str, front: Front) -> None:
    front.faults.append(Fault(word, path="^/token"))
    answer = images_behind(front).find([(name, "1.0.0")])[name, "1.0.0"]
    assert isinstance(answer, Unknown)
    assert f"{front.host} gives no token: {front.host} " in answer.reason


@pytest.mark.parametrize("word", ["500", "reset", "429", "truncated"])
def test_a_token_service_that_fails_once_is_retried(word: str, name: str, front: Front) -> None:
    front.faults.append(Fault(word, path="^/token", times=1))
    assert isinstance(RemoteImages(QUICK).find([(name, "1.0.0")])[name, "1.0.0"], Present)


@pytest.mark.parametrize(
    "realm",
    ["http://tokens.example/token", "ftp://127.0.0.1/token", "", "//x", "https://user@x/", "http://[::1"],
)
def test_a_login_is_not_sent_to_an_unsafe_address(
    realm: str, upstream: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(asked: Asked) -> Reply:
        return 401, {"WWW-Authenticate": f'Bearer realm="{realm}",service="x"'}, b""

    with scripted(answer) as service:
        log_in(tmp_path, monkeypatch, service.host, username="alice", password="s3cret")
        reference = (f"{service.host}/{path}", "1.0.0")
        found = RemoteImages(QUICK).find([reference])[reference]
    assert isinstance(found, Unknown)
    assert "which is not safe" in found.reason
    assert all("authorization" not in one.headers for one in service.asked)


def test_an_identity_token_follows_no_redirect(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted(lambda _: (200, {}, b'{"token": "abc"}')) as elsewhere:

        def answer(asked: Asked) -> Reply:
            if asked.method == "POST":
                return 307, {"Location": f"http://{elsewhere.host}/token"}, b""
            return 401, {"WWW-Authenticate": f'Bearer realm="http://{service.host}/token"'}, b""

        with scripted(answer) as service:
            log_in(tmp_path, monkeypatch, service.host, identitytoken="s3cret")
            reference = (f"{service.host}/{path}", "1.0.0")
            assert isinstance(RemoteImages(QUICK).find([reference])[reference], Unknown)
    assert elsewhere.asked == []


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"token": 7}',
        b'{"token": ""}',
        b'{"token": "a\\nb: c"}',
        b"\xff",
        b'{"token": "a", "expires_in": 1' + b"0" * 400 + b"}",
    ],
)
def test_an_invalid_token_is_not_sent(body: bytes, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path.startswith("/token"):
            return 200, {}, body
        return 401, {"WWW-Authenticate": f'Bearer realm="http://{service.host}/token"'}, b""

    with scripted(answer) as service:
        asked = [(f"{service.host}/{path}-{number}", "1.0.0") for number in range(2)]
        answers = RemoteImages(QUICK).find(asked)
    for reference in asked:
        found = answers[reference]
        assert isinstance(found, Unknown)
        assert "answered with something else" in found.reason
    assert "Traceback" not in capsys.readouterr().err


def test_the_realm_keeps_its_own_query(path: str) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path.startswith("/token"):
            return 200, {}, b'{"access_token": "abc"}'
        if asked.headers.get("authorization") == "Bearer abc":
            return 404, {}, b'{"errors": [{"code": "NAME_UNKNOWN"}]}'
        realm = f"http://{service.host}/token?account=x"
        return 401, {"WWW-Authenticate": f'Bearer realm="{realm}",service="a b"'}, b""

    with scripted(answer) as service:
        reference = (f"{service.host}/{path}", "1.0.0")
        assert RemoteImages(QUICK).find([reference]) == {reference: Absent()}
    query = next(one.path for one in service.asked if one.path.startswith("/token")).partition("?")[2]
    assert parse_qs(query) == {
        "account": ["x"],
        "service": ["a b"],
        "scope": [f"repository:{path}:pull"],
    }


def test_a_hanging_host_delays_no_other_and_ends_in_time(name: str, front: Front, upstream: str) -> None:
    times = Timeouts(read=600, search=1)
    with running_front(upstream, faults=[Fault("drip", path="/manifests/")]) as slow:
        asked = [(f"{slow.host}/org/a{number}", "1.0.0") for number in range(8)]
        begun = time.monotonic()
        answers = RemoteImages(times).find([*asked, (name, "1.0.0")])
        assert time.monotonic() - begun < 60
    assert isinstance(answers[name, "1.0.0"], Present)
    assert all(isinstance(answers[one], Unknown) for one in asked)
