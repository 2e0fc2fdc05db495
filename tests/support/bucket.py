"""Real endpoints of S3 (moto's server) and Azure (Azurite), and a proxy that loses, alters and delays answers."""

from __future__ import annotations

import base64
import hmac
import http.client
import importlib.util
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.services import free_port, lacking

HOST = "127.0.0.1"
KEY_ID = "AKIAXKEYOFTHETESTS"
SECRET = "sEcReTsEcReTsEcReT"

SERVER = """
import threading
from moto.s3.responses import S3Response
from moto.server import main

one_at_a_time, put_object = threading.Lock(), S3Response.put_object

def put(self):
    with one_at_a_time:
        return put_object(self)

S3Response.put_object = put
main()
"""
"""moto's server, whose conditional writes are made as indivisible as those of a real bucket."""


@contextmanager
def s3_server(log: Path) -> Iterator[str]:
    """Run a server with the bucket `bucket`; yield its URL."""
    if importlib.util.find_spec("moto") is None:
        lacking("moto[server]", "install what `make test` installs: the extra [dev]")
    port = free_port()
    with log.open("wb") as told:
        command = [sys.executable, "-c", SERVER, "-H", HOST, "-p", str(port)]
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
    """Have the server refuse unknown keys meanwhile."""
    port = int(url.rpartition(":")[2])
    _ask(port, "POST", "/moto-api/reset-auth", b"0")
    try:
        yield
    finally:
        _ask(port, "POST", "/moto-api/reset-auth", b"inf")


def use_server(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Set the environment as a user does for this server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_REGION", "us-east-1")


Fault = Callable[["Front"], bool]
"""A function that handles a request instead of the server; it returns True if it has answered."""


class Front(BaseHTTPRequestHandler):
    """Forwards requests, and applies each of `faults` once, in order, to requests of its method."""

    protocol_version = "HTTP/1.1"
    upstream = ""
    faults: list[tuple[str, Fault]]

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing."""

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
        """Return the answer of the server."""
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
    """Run a proxy before a server; yield its URL and the list of its faults."""
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
    """Answer with this status without asking the server."""
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
    """Break the connection after the request took effect, before the answer."""
    request.hand_on()
    request.close_connection = True
    return True


def answered_instead(status: int) -> Fault:
    """Answer with this status after the request took effect."""

    def act(request: Front) -> bool:
        request.hand_on()
        return refused(status)(request)

    return act


def dropped(request: Front) -> bool:
    """Break the connection before the request takes effect."""
    request.close_connection = True
    return True


def hung(seconds: float, after: bool = False) -> Fault:
    """Answer so many seconds late; the request takes effect only if `after`."""

    def act(request: Front) -> bool:
        answer = request.hand_on() if after else (500, {}, b"")
        time.sleep(seconds)
        request.answer(*answer)
        return True

    return act


AZURE_ACCOUNT = "devstoreaccount1"
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The account of Azurite that everybody knows, from its documentation."""


@contextmanager
def azure_server(log: Path) -> Iterator[str]:
    """Run Azurite, Microsoft's emulator, with the container `bucket`; yield its URL. CI does without it."""
    program = shutil.which("azurite-blob")
    if program is None:
        pytest.skip("azurite-blob is missing, which CI does without as well; npm install --global azurite")
    port = free_port()
    options = ("--blobHost", HOST, "--blobPort", str(port), "--inMemoryPersistence", "--silent")
    with log.open("wb") as told:
        process = subprocess.Popen(
            [program, *options, "--skipApiVersionCheck"], stdout=told, stderr=told, stdin=subprocess.DEVNULL
        )
    try:
        await_port(process, port)
        _make_container(port)
        yield f"http://{HOST}:{port}/{AZURE_ACCOUNT}"
    finally:
        process.terminate()
        process.wait(10)


def await_port(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until something listens at a port of this machine."""
    for _ in range(300):
        assert process.poll() is None
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.1)
    pytest.fail(f"nothing listens at port {port}")


def _make_container(port: int) -> None:
    """Make the container `bucket`, by a request signed with the key of the account."""
    stated = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
    lines = "".join(f"{name}:{value}\n" for name, value in stated.items())
    signed = f"PUT{12 * chr(10)}{lines}/{AZURE_ACCOUNT}/{AZURE_ACCOUNT}/bucket\nrestype:container".encode()
    signature = base64.b64encode(hmac.digest(base64.b64decode(AZURE_KEY), signed, "sha256")).decode()
    connection = http.client.HTTPConnection(HOST, port, timeout=20)
    headers = {**stated, "Authorization": f"SharedKey {AZURE_ACCOUNT}:{signature}", "Content-Length": "0"}
    connection.request("PUT", f"/{AZURE_ACCOUNT}/bucket?restype=container", headers=headers)
    answer = connection.getresponse()
    assert answer.status == 201, answer.read()
    connection.close()


def use_azure(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Set the environment as a user does for this server."""
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", AZURE_ACCOUNT)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", AZURE_KEY)
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", url)
