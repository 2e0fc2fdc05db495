"""A real S3 endpoint on loopback (moto's server), and a front before it that loses, garbles and delays answers."""

from __future__ import annotations

import http.client
import importlib.util
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.services import free_port, lacking

HOST = "127.0.0.1"
KEY_ID = "AKIAXKEYOFTHETESTS"
SECRET = "sEcReTsEcReTsEcReT"


@contextmanager
def s3_server(log: Path) -> Iterator[str]:
    """The URL of a running server with the bucket `bucket`, ended by its process id."""
    if importlib.util.find_spec("moto") is None:
        lacking("moto[server]")
    port = free_port()
    with log.open("wb") as told:
        command = [sys.executable, "-c", "from moto.server import main; main()", "-H", HOST, "-p", str(port)]
        process = subprocess.Popen(command, stdout=told, stderr=told, stdin=subprocess.DEVNULL)
    try:
        _await(process, port, log)
        _ask(port, "PUT", "/bucket")
        yield f"http://{HOST}:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, log.read_text()
        try:
            _ask(port, "GET", "/moto-api/data.json")
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the S3 server did not come up: {log.read_text()}")


def _ask(port: int, method: str, path: str, body: bytes = b"") -> bytes:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request(method, path, body=body)
        return connection.getresponse().read()
    finally:
        connection.close()


@contextmanager
def demanding_credentials(url: str) -> Iterator[None]:
    """Meanwhile the server lets in nobody whose keys it does not know."""
    port = int(url.rpartition(":")[2])
    _ask(port, "POST", "/moto-api/reset-auth", b"0")
    try:
        yield
    finally:
        _ask(port, "POST", "/moto-api/reset-auth", b"inf")


def use_server(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Set the environment as a person does for this server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_REGION", "us-east-1")


Fault = Callable[["Front"], bool]
"""What happens to a request in the place of what should; True where the answer has been dealt with."""


class Front(BaseHTTPRequestHandler):
    """Hands requests on, but for what `faults` does to those of a method; the first fault goes first, each once."""

    protocol_version = "HTTP/1.1"
    upstream = ""
    faults: list[tuple[str, Fault]]

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _serve(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self._fault()
        if fault is None or not fault(self):
            self.answer(*self.hand_on())

    def _fault(self) -> Fault | None:
        for number, (method, fault) in enumerate(self.faults):
            if method == self.command:
                del self.faults[number]
                return fault
        return None

    def hand_on(self) -> tuple[int, dict[str, str], bytes]:
        """What the server behind answers."""
        connection = http.client.HTTPConnection(self.upstream, timeout=10)
        try:
            connection.request(self.command, self.path, self.body, dict(self.headers.items()))
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Send this answer."""
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header(
            "Content-Length", headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(body))
        )
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _serve  # noqa: N815


@contextmanager
def front(upstream: str) -> Iterator[tuple[str, list[tuple[str, Fault]]]]:
    """The URL of a front before a server, and the list that its faults are put into."""
    faults: list[tuple[str, Fault]] = []
    handler = type("Fronted", (Front,), {"upstream": upstream.removeprefix("http://"), "faults": faults})
    server = ThreadingHTTPServer((HOST, 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_address[1]}", faults
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def refused(status: int, code: str = "") -> Fault:
    """The request does not reach the server, and is answered by this status."""
    body = (
        f"<Error><Code>{code}</Code><Message>{SECRET}</Message></Error>".encode()
        if code
        else b"<html>busy</html>"
    )

    def act(request: Front) -> bool:
        request.answer(status, {"Content-Type": "application/xml"}, body)
        return True

    return act


def answer_lost(request: Front) -> bool:
    """The request takes effect, and the connection breaks before the answer."""
    request.hand_on()
    request.close_connection = True
    return True


def answered_instead(status: int) -> Fault:
    """The request takes effect, and another answer comes in the place of its own."""

    def act(request: Front) -> bool:
        request.hand_on()
        return refused(status)(request)

    return act


def dropped(request: Front) -> bool:
    """The connection breaks before anything happens."""
    request.close_connection = True
    return True


def hung(seconds: float, after: bool = False) -> Fault:
    """The answer comes so late, of a request that takes effect only if `after`."""

    def act(request: Front) -> bool:
        answer = request.hand_on() if after else (500, {}, b"")
        time.sleep(seconds)
        request.answer(*answer)
        return True

    return act
