"""The bucket and the folder of the shared cache: one attempt, given up soon, and read with limits."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from seatrial.core.errors import SeatrialError, ServiceError
from seatrial.release.store import entries
from seatrial.release.store.entries import open_entries
from seatrial.system import remote_cache
from seatrial.system.remote_cache import RefusedEntry

NAME = "seatrial-kept-1/p/lint/k"
Answer = Callable[[BaseHTTPRequestHandler], None]


def answered(status: int, body: bytes = b"", length: int | None = None) -> Answer:
    def act(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(body) if length is None else length))
        request.send_header("Last-Modified", "Sat, 28 Nov 2026 00:00:00 GMT")
        request.send_header("ETag", '"x"')
        request.end_headers()
        request.wfile.write(body)

    return act


def dripping(request: BaseHTTPRequestHandler) -> None:
    answered(200, b"x", length=1000)(request)
    for _ in range(40):
        request.wfile.write(b"x")
        time.sleep(0.05)


def silent(request: BaseHTTPRequestHandler) -> None:
    time.sleep(2)


class Bucket:
    """A bucket that answers each request in one way, and keeps what was asked."""

    def __init__(self) -> None:
        self.way: Answer = answered(404)
        self.asked: list[tuple[str, str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                """Write nothing."""

            def do_GET(self) -> None:
                outer.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
                try:
                    outer.way(self)
                except OSError:
                    self.close_connection = True

            do_PUT = do_GET  # noqa: N815

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    found = Bucket()
    for name in [*os.environ]:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{found.server.server_address[1]}")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_without_an_identity_a_bucket_is_read_as_anybody_may(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.way = answered(200, b"sealed")
    assert open_entries("s3://bucket/below").get(NAME) == b"sealed"
    assert bucket.asked == [("GET", f"/bucket/below/{NAME}", "")]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    open_entries("s3://bucket").get(NAME)
    assert "AKIA" in bucket.asked[1][2]
    assert "s3cret" not in str(bucket.asked)


def test_what_is_not_there_is_a_miss(bucket: Bucket) -> None:
    assert open_entries("s3://bucket").get(NAME) is None


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_what_fails_is_asked_once_and_names_the_setting(bucket: Bucket, status: int) -> None:
    bucket.way = answered(status)
    with pytest.raises(ServiceError) as failed:
        open_entries("s3://bucket").get(NAME)
    assert len(bucket.asked) == 1
    assert "[release]" not in str(failed.value)


@pytest.mark.parametrize("way", [silent, dripping])
def test_what_is_slow_is_given_up_as_a_whole(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, way: Answer
) -> None:
    from datetime import timedelta

    client = {"timeout": timedelta(seconds=0.3), "connect_timeout": timedelta(seconds=0.3)}
    monkeypatch.setattr(entries, "OPTIONS", {**entries.OPTIONS, "client_options": client})
    bucket.way = way
    started = time.monotonic()
    with pytest.raises(ServiceError):
        open_entries("s3://bucket").get(NAME)
    assert time.monotonic() - started < 1.5


def test_an_object_larger_than_any_entry_is_refused_unread(bucket: Bucket) -> None:
    bucket.way = answered(200, b"", length=remote_cache.MOST_SEALED + 1)
    with pytest.raises(RefusedEntry):
        open_entries("s3://bucket").get(NAME)


def test_a_folder_is_read_through_no_link_no_pipe_and_with_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "MOST_SEALED", 100)
    place = open_entries(f"file://{tmp_path}/cache")
    assert place.get(NAME) is None
    place.put(NAME, b"sealed")
    assert place.get(NAME) == b"sealed"
    path = tmp_path / "cache" / NAME
    (tmp_path / "elsewhere").write_bytes(b"sealed")
    for spoil in (
        lambda: path.symlink_to(tmp_path / "elsewhere"),
        lambda: os.mkfifo(path),
        lambda: path.mkdir(),
        lambda: path.write_bytes(b"x" * 101),
    ):
        path.rmdir() if path.is_dir() else path.unlink()
        spoil()
        with pytest.raises(RefusedEntry):
            place.get(NAME)
    path.unlink()
    path.parent.rmdir()
    path.parent.symlink_to(tmp_path)
    (tmp_path / "k").write_bytes(b"sealed")
    with pytest.raises(RefusedEntry):
        open_entries(f"file://{tmp_path}/cache").get("seatrial-kept-1/p/lint/k")


@pytest.mark.parametrize(
    "url", ["file://host/path", "file:relative", "s3://bucket?token=x", "s3://me:pw@bucket"]
)
def test_a_url_that_names_no_place_names_the_setting(url: str) -> None:
    with pytest.raises(SeatrialError, match="cache = "):
        open_entries(url)
