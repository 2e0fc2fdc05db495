"""The store in a bucket, and failures of the network or the service."""

from __future__ import annotations

import itertools
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import obstore
import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.store import bucket
from seatrial.release.store.bucket import BucketStore, open_bucket
from support.bucket import (
    KEY_ID,
    SECRET,
    Fault,
    answer_lost,
    answered_instead,
    demanding_credentials,
    dropped,
    front,
    hung,
    refused,
    use_azure,
    use_server,
)

_numbers = itertools.count()

Faults = list[tuple[str, Fault]]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the same retries take less time."""
    backoff = {
        "init_backoff": timedelta(milliseconds=5),
        "max_backoff": timedelta(milliseconds=20),
        "base": 2,
    }
    monkeypatch.setattr(
        bucket, "RETRY", {**bucket.RETRY, "backoff": backoff, "retry_timeout": timedelta(seconds=3)}
    )
    monkeypatch.setattr(bucket, "CLIENT", {**bucket.CLIENT, "timeout": timedelta(milliseconds=800)})


@pytest.fixture
def fronted(s3: str, quick: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[BucketStore, Faults]]:
    """Yield a store behind a front, and the list of its faults."""
    with front(s3) as (url, faults):
        use_server(monkeypatch, url)
        yield open_bucket(f"s3://bucket/fronted-{next(_numbers)}"), faults


def read(store: BucketStore, key: str) -> bytes | None:
    found = store.get(key)
    return found.data if found else None


LOST = {
    "the answer is lost": answer_lost,
    "an error comes in its place": answered_instead(500),
    "it comes too late": hung(1.6, after=True),
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST.keys())
def test_a_creation_that_took_effect_succeeds_without_its_answer(
    fronted: tuple[BucketStore, Faults], fault: Fault
) -> None:
    store, faults = fronted
    faults.append(("PUT", fault))
    assert store.create("a.json", b"mine")
    assert (read(store, "a.json"), faults) == (b"mine", [])
    assert not store.create("a.json", b"mine")


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST.keys())
def test_a_replacement_that_took_effect_succeeds_without_its_answer(
    fronted: tuple[BucketStore, Faults], fault: Fault
) -> None:
    store, faults = fronted
    store.put("a.json", b"old")
    before = store.get("a.json")
    assert before is not None
    faults.append(("PUT", fault))
    assert store.replace("a.json", b"mine", before.etag)
    assert read(store, "a.json") == b"mine"
    assert not store.replace("a.json", b"more", before.etag)


def test_a_creation_without_an_answer_fails_if_another_wrote_the_same_bytes_first(
    fronted: tuple[BucketStore, Faults],
) -> None:
    store, faults = fronted
    store.put("a.json", b"same")
    faults.append(("PUT", answer_lost))
    assert not store.create("a.json", b"same")


BROKEN = {
    "the connection breaks": dropped,
    "busy": refused(503, "SlowDown"),
    "too many requests": refused(429),
    "an error": refused(500),
    "a gateway's page": refused(502),
    "a conflict": refused(409, "ConditionalRequestConflict"),
}


@pytest.mark.parametrize("fault", BROKEN.values(), ids=BROKEN.keys())
def test_a_write_that_broke_once_is_done_or_not_done_and_never_half_done(
    fronted: tuple[BucketStore, Faults], fault: Fault
) -> None:
    store, faults = fronted
    store.put("a.json", b"old")
    before = store.get("a.json")
    assert before is not None
    faults.append(("PUT", fault))
    try:
        done = store.replace("a.json", b"new", before.etag)
    except ServiceError:
        done = False
    assert read(store, "a.json") == (b"new" if done else b"old")


@pytest.mark.parametrize("fault", [dropped, refused(503, "SlowDown"), refused(500), hung(1.6)])
def test_reading_is_tried_again(fronted: tuple[BucketStore, Faults], fault: Fault) -> None:
    store, faults = fronted
    store.put("a.json", b"{}")
    faults += [("GET", fault), ("GET", fault)]
    assert read(store, "a.json") == b"{}"
    faults += [("GET", fault)]
    assert store.keys() == ["a.json"]


def test_a_conflict_of_two_conditional_writes_is_no_error(fronted: tuple[BucketStore, Faults]) -> None:
    store, faults = fronted
    faults.extend([("PUT", refused(409, "ConditionalRequestConflict"))] * 20)
    assert not store.create("a.json", b"mine")
    faults.clear()
    assert read(store, "a.json") is None


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (refused(403, "AccessDenied"), "the credentials do not allow it"),
        (refused(403, "SignatureDoesNotMatch"), "the credentials are refused; set AWS_ACCESS_KEY_ID"),
        (refused(400, "ExpiredToken"), "the credentials are refused"),
        (refused(400, "EntityTooLarge"), "it answers EntityTooLarge; check `store` below [release]"),
        (refused(500), "it answers 500 Internal Server Error"),
        (dropped, "it cannot be reached; check AWS_REGION and AWS_ENDPOINT_URL, and run it again"),
    ],
)
def test_lasting_failures_are_one_line_without_secrets(
    fronted: tuple[BucketStore, Faults], fault: Fault, told: str
) -> None:
    store, faults = fronted
    acts = {
        "GET": [lambda: store.get("a.json"), lambda: store.keys("jira/")],
        "PUT": [lambda: store.put("a.json", b""), lambda: store.create("a.json", b"")],
    }
    for method, act in ((method, act) for method, some in acts.items() for act in some):
        faults[:] = [(method, fault)] * 30
        with pytest.raises(ServiceError) as raised:
            act()
        line = str(raised.value)
        assert line.startswith("s3://bucket/fronted-") and told in line
        assert "\n" not in line and len(line) < 300
        assert SECRET not in line and KEY_ID not in line


def test_a_store_that_hangs_is_given_up(fronted: tuple[BucketStore, Faults]) -> None:
    store, faults = fronted
    faults.extend([("PUT", hung(1.6))] * 30)
    with pytest.raises(
        ServiceError, match="no answer in time; check AWS_REGION and AWS_ENDPOINT_URL, and run it"
    ):
        store.create("a.json", b"")


def test_a_store_that_is_down_is_reported_soon(monkeypatch: pytest.MonkeyPatch, quick: None) -> None:
    with closing(socket.socket()) as closed:
        closed.bind(("127.0.0.1", 0))
        use_server(monkeypatch, f"http://127.0.0.1:{closed.getsockname()[1]}")
        begun = time.monotonic()
        with pytest.raises(ServiceError, match=r"s3://bucket fails at index\.json: it cannot be reached"):
            open_bucket("s3://bucket").get("index.json")
        assert time.monotonic() - begun < 10


def test_the_waits_for_a_store_are_shorter_than_the_margin_of_a_lease() -> None:
    from seatrial.release.store.leases import MARGIN

    assert bucket.RETRY["retry_timeout"] + bucket.CLIENT["timeout"] < timedelta(seconds=MARGIN)  # type: ignore[operator]


def test_missing_credentials_are_reported_with_what_to_set(
    monkeypatch: pytest.MonkeyPatch, s3: str, quick: None
) -> None:
    use_server(monkeypatch, s3)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with closing(socket.socket()) as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_METADATA_ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(
            ServiceError, match="no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        ):
            open_bucket("s3://bucket").get("index.json")


def test_wrong_credentials_are_reported(monkeypatch: pytest.MonkeyPatch, s3: str, quick: None) -> None:
    use_server(monkeypatch, s3)
    store = open_bucket("s3://bucket/locked")
    with demanding_credentials(s3):
        for act in (lambda: store.get("a"), lambda: store.keys(), lambda: store.create("a", b"")):
            with pytest.raises(
                ServiceError, match=r"the credentials are refused.*InvalidAccessKeyId"
            ) as raised:
                act()
            assert SECRET not in str(raised.value) and KEY_ID not in str(raised.value)


def test_a_missing_bucket_is_reported_by_every_call(monkeypatch: pytest.MonkeyPatch, s3: str) -> None:
    use_server(monkeypatch, s3)
    store = open_bucket("s3://nobodys-bucket")
    acts = (
        lambda: store.get("a"),
        lambda: store.keys(),
        lambda: store.put("a", b""),
        lambda: store.create("a", b""),
        lambda: store.replace("a", b"", '{"e_tag": "x"}'),
    )
    for act in acts:
        with pytest.raises(
            ServiceError, match=r"s3://nobodys-bucket fails at .*: there is no such bucket; make it"
        ):
            act()


def test_plain_http_is_for_this_machine_unless_it_is_allowed(
    monkeypatch: pytest.MonkeyPatch, quick: None
) -> None:
    use_server(monkeypatch, "http://store.invalid:9")
    with pytest.raises(
        ServiceError, match="the endpoint is plain http; use https, or allow it with AWS_ALLOW_HTTP"
    ):
        open_bucket("s3://bucket").get("index.json")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    with pytest.raises(ServiceError, match="it cannot be reached"):
        open_bucket("s3://bucket").get("index.json")


def test_plain_http_of_azure_is_allowed_by_azures_own_variable(
    monkeypatch: pytest.MonkeyPatch, quick: None
) -> None:
    use_azure(monkeypatch, "http://store.invalid:9/account")
    with pytest.raises(ServiceError, match="allow it with AZURE_ALLOW_HTTP=true"):
        open_bucket("az://bucket").get("index.json")


def test_an_object_has_a_content_type(monkeypatch: pytest.MonkeyPatch, s3: str) -> None:
    use_server(monkeypatch, s3)
    store = open_bucket("s3://bucket/kinds")
    for key, kind in (("a.json", "application/json"), ("examples/a.unheard", "application/octet-stream")):
        store.put(key, b"{}")
        assert obstore.get(store.inner, key).attributes["Content-Type"] == kind


def test_an_unchanged_large_object_is_not_sent_again(fronted: tuple[BucketStore, Faults]) -> None:
    store, faults = fronted
    store.put("index.json", b"x" * 200_000)
    first = store.get("index.json")
    sizes: list[int] = []

    def weighed(request: Any) -> bool:
        status, headers, body = request.hand_on()
        sizes.append(len(body))
        request.answer(status, headers, body)
        return True

    faults.append(("GET", weighed))
    assert store.get("index.json") is first
    assert sizes == [0]


def test_a_too_large_object_is_not_read(
    monkeypatch: pytest.MonkeyPatch, fronted: tuple[BucketStore, Faults]
) -> None:
    store, _ = fronted
    store.put("large.json", b"x" * 11)
    monkeypatch.setattr(bucket, "MAX_BYTES", 10)
    with pytest.raises(ServiceError, match=r"fails at large\.json: objects over 10 bytes are not read"):
        store.get("large.json")
    monkeypatch.setattr(bucket, "MAX_BYTES", 11)
    assert read(store, "large.json") == b"x" * 11


def test_a_version_is_passed_back_to_services_that_use_versions(
    monkeypatch: pytest.MonkeyPatch, s3: str
) -> None:
    use_server(monkeypatch, s3)
    store = open_bucket("s3://bucket/generations")
    modes: list[Any] = []
    monkeypatch.setattr(obstore, "put", lambda *args, mode, **more: modes.append(mode))
    assert store.replace("a.json", b"", json.dumps({"e_tag": "x", "version": "17"}))
    assert modes == [{"e_tag": "x", "version": "17"}]


def test_the_repr_of_a_store_has_only_its_url(monkeypatch: pytest.MonkeyPatch, s3: str) -> None:
    use_server(monkeypatch, s3)
    assert repr(open_bucket("s3://bucket/shown")) == "BucketStore(url='s3://bucket/shown')"
