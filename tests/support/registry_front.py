"""A proxy before a real registry that forwards, counts, records, delays, wants tokens, and applies faults.

    with running_registry(folder) as upstream, running_front(upstream, latency=0.05, bearer=True) as front:
        front.faults.append(Fault("reset-after", method="PUT", path="/manifests/", times=1))
        ...  # a client works with front.host
        assert front.overwrites() == []

`python -m support.registry_front HOST:PORT --latency 0.05 --bearer`, in `tests/`, runs it in its own process.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import json
import re
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.http_messages import Message, parsed, read_message
from support.registry_faults import Fault, instead, refusal, reply, spoiled

MANIFEST = re.compile(r"/v2/(.+)/manifests/([^/?]+)$")
REPOSITORY = re.compile(r"/v2/(.+)/(?:manifests|blobs|referrers|tags)/")

Upstream = list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
"""The connection to the registry behind, once there is one."""

OnRequest = Callable[[int, str, str], object]


@dataclass(frozen=True)
class Seen:
    """A request; `shown` is the kind of credentials, such as `Basic`."""

    number: int
    method: str
    path: str
    shown: str


@dataclass(frozen=True)
class TagPut:
    """A manifest that was sent to a tag: the digest before, the new one, and the registry's status."""

    name: str
    tag: str
    before: str
    digest: str
    status: int


@dataclass
class Front:
    """A proxy before the registry `upstream`.

    It waits `latency` seconds before each request. With `bearer` it wants tokens and issues them: to pull to anybody
    unless `private`, to push to `users`, each token for the first `scopes` of those that are asked for. `basic` is the
    user and password for the registry itself. `on_request` is called with the request's number from 1, its method and
    path, before anything else. `stuck` has the method and the path of each request that waits for an answer in vain,
    until a client that gives up takes it out.
    """

    upstream: str
    latency: float = 0.0
    bearer: bool = False
    private: bool = False
    users: dict[str, str] = field(default_factory=dict)
    basic: str = ""
    lifetime: int = 300
    scopes: int = 1000
    on_request: OnRequest | None = None
    faults: list[Fault] = field(default_factory=list)
    requests: list[Seen] = field(default_factory=list)
    tag_puts: list[TagPut] = field(default_factory=list)
    stuck: list[tuple[str, str]] = field(default_factory=list)
    tokens: dict[str, list[str]] = field(default_factory=dict)
    realm: str = ""
    connections: int = 0
    host: str = ""

    def overwrites(self, moving: Sequence[str] = ("latest",)) -> list[TagPut]:
        """Return the puts that moved a tag, except tags that may move and lists of referrers."""
        return [
            put
            for put in self.tag_puts
            if put.before not in ("", put.digest)
            and put.status < 300
            and put.tag not in moving
            and not put.tag.startswith("sha256-")
        ]

    def count(self, method: str = "", path: str = "") -> int:
        """Return the number of requests of a method to a path."""
        return sum(
            (not method or one.method == method) and bool(re.search(path, one.path)) for one in self.requests
        )

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of a client through one to the registry."""
        upstream: Upstream = []
        self.connections += 1
        try:
            with suppress(OSError, EOFError, asyncio.CancelledError):
                while request := await read_message(reader):
                    if not await self._answer(request, writer, upstream):
                        break
                else:  # as Go does where TLS is spoken to it, so that clients then try plain http
                    writer.write(refusal(400))
        finally:
            for each in (*(to for _, to in upstream), writer):
                each.close()

    async def _answer(
        self,
        request: Message,
        writer: asyncio.StreamWriter,
        upstream: Upstream,
    ) -> bool:
        """Answer a request; return whether the connection can be used further."""
        self._note(request)
        if self.latency:
            await asyncio.sleep(self.latency)
        fault = next((one for one in self.faults if one.strikes(request.method, request.target)), None)
        if fault and not fault.is_late:
            self._note_stuck(fault, request)
            return await _broken(fault, request, writer)
        got = self._own(request) or await self._forward(request, upstream)
        if fault:
            self._note_stuck(fault, request)
            return await _altered(fault, got, writer)
        writer.write(got.head + (b"" if request.method == "HEAD" else got.body))
        await writer.drain()
        return got.header("Connection").lower() != "close"

    def _note(self, request: Message) -> None:
        shown = request.header("Authorization").partition(" ")[0]
        self.requests.append(Seen(len(self.requests) + 1, request.method, request.target, shown))
        if self.on_request:
            self.on_request(len(self.requests), request.method, request.target)

    def _note_stuck(self, fault: Fault, request: Message) -> None:
        if fault.word in ("hang", "hang-after", "drip"):
            self.stuck.append((request.method, request.target))

    def _own(self, request: Message) -> Message | None:
        """Return the proxy's own answer, if any: it issues tokens, and wants them."""
        if not self.bearer:
            return None
        if request.target.startswith("/token"):
            return parsed(self._token(request))
        scope = _scope(request)
        held = self.tokens.get(request.header("Authorization").removeprefix("Bearer "))
        if held is not None and (not scope or any(_covers(one, scope) for one in held)):
            return None
        realm = self.realm or f"http://{self.host}/token"
        challenge = f'WWW-Authenticate: Bearer realm="{realm}",service="front"' + f',scope="{scope}"' * bool(
            scope
        )
        return parsed(refusal(401, [challenge]))

    def _token(self, request: Message) -> bytes:
        asked = parse_qs(urlsplit(request.target).query if request.method == "GET" else request.body.decode())
        scopes = " ".join(asked.get("scope", [])).split()
        if not self._may(request, asked, " ".join(scopes)):
            return refusal(401, code="UNAUTHORIZED")
        token = secrets.token_urlsafe(24)
        self.tokens[token] = scopes[: self.scopes]
        body = json.dumps({"token": token, "expires_in": self.lifetime}).encode()
        return reply(200, body, ["Content-Type: application/json"])

    def _may(self, request: Message, asked: dict[str, list[str]], scope: str) -> bool:
        if request.method == "POST":
            return asked.get("refresh_token", [""])[0] in self.users.values()
        shown = request.header("Authorization")
        if not shown:
            return not self.private and "push" not in scope
        user, _, password = base64.b64decode(shown.removeprefix("Basic ")).decode().partition(":")
        return self.users.get(user) == password

    async def _forward(self, request: Message, upstream: Upstream) -> Message:
        if self.bearer or self.basic:
            request = request.without("authorization")
        if self.basic:
            encoded = base64.b64encode(self.basic.encode()).decode()
            request = Message((*request.lines, f"Authorization: Basic {encoded}"), request.body)
        target = MANIFEST.match(request.target)
        if request.method == "PUT" and target and not target[2].startswith("sha256:"):
            return await self._tagged(request, upstream, target[1], target[2])
        return await self._exchange(request, upstream)

    async def _tagged(
        self,
        request: Message,
        upstream: Upstream,
        name: str,
        tag: str,
    ) -> Message:
        """Look where the tag leads, forward the manifest, and record both."""
        accept = "Accept: " + ", ".join(
            f"application/vnd.{kind}+json"
            for kind in ("oci.image.index.v1", "oci.image.manifest.v1", "docker.distribution.manifest.v2")
        )
        own = [line for line in request.lines[1:] if line.lower().startswith(("host:", "authorization:"))]
        look = Message((f"HEAD {request.target} HTTP/1.1", *own, accept), b"")
        before = (await self._exchange(look, upstream)).header("Docker-Content-Digest")
        got = await self._exchange(request, upstream)
        digest = f"sha256:{hashlib.sha256(request.body).hexdigest()}"
        self.tag_puts.append(TagPut(name, tag, before, digest, got.status))
        return got

    async def _exchange(self, request: Message, upstream: Upstream) -> Message:
        if not upstream:
            name, _, port = self.upstream.rpartition(":")
            upstream.append(await asyncio.open_connection(name, int(port), limit=2**20))
        reader, writer = upstream[0]
        writer.write(request.head + request.body)
        await writer.drain()
        got = await read_message(reader, request.method == "HEAD")
        if got is None:
            upstream.clear()
            raise ConnectionError("the registry is gone")
        return got


def _scope(request: Message) -> str:
    found = REPOSITORY.match(request.target)
    actions = "pull" if request.method in ("GET", "HEAD") else "pull,push"
    return f"repository:{found[1]}:{actions}" if found else ""


def _covers(held: str, scope: str) -> bool:
    name, _, actions = held.rpartition(":")
    wanted, _, needed = scope.rpartition(":")
    return name == wanted and set(needed.split(",")) <= set(actions.split(","))


async def _broken(fault: Fault, request: Message, writer: asyncio.StreamWriter) -> bool:
    if fault.word == "reset":
        return _reset(writer)
    if fault.word == "hang":
        await asyncio.sleep(3600)
    if fault.word == "drip":
        await _drip(writer)
    raw = instead(fault)
    writer.write(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if request.method == "HEAD" else raw)
    await writer.drain()
    return fault.word != "garbage"


async def _altered(fault: Fault, got: Message, writer: asyncio.StreamWriter) -> bool:
    if fault.word == "reset-after":
        return _reset(writer)
    if fault.word == "hang-after":
        await asyncio.sleep(3600)
    raw, ends = (instead(fault), False) if fault.word == "500-after" else spoiled(fault, got.head, got.body)
    writer.write(raw)
    await writer.drain()
    return not ends


async def _drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


def _reset(writer: asyncio.StreamWriter) -> bool:
    """End the connection with a reset."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


@contextmanager
def running_front(upstream: str, **settings: Any) -> Iterator[Front]:
    """Run a front before `host:port` in a thread; settings as in Front."""
    front = Front(upstream, **settings)
    ready, stops = threading.Event(), []

    async def run() -> None:
        server = await asyncio.start_server(front.serve, "127.0.0.1", 0, limit=2**20, backlog=256)
        front.host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        stops.append(lambda: loop.call_soon_threadsafe(stop.set))
        ready.set()
        await stop.wait()
        server.close()
        # A connection that was accepted last has its task only some turns later, and asyncio.run ends those that are.
        for _ in range(10):
            await asyncio.sleep(0)

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield front
    finally:
        stops[0]()
        thread.join()


def main() -> None:
    """Run a front until this process ends, and print its host and port."""
    parser = argparse.ArgumentParser()
    parser.add_argument("upstream")
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--bearer", action="store_true")
    stated = parser.parse_args()
    with running_front(stated.upstream, latency=stated.latency, bearer=stated.bearer) as front:
        print(front.host, flush=True)
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
