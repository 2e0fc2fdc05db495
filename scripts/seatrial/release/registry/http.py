"""Requests to services: one is sent, one reply comes back whole and within its time, or the reason why none did."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit
from urllib.request import getproxies_environment, proxy_bypass

from urllib3 import HTTPHeaderDict, PoolManager, ProxyManager, Timeout
from urllib3 import exceptions as broken
from urllib3.response import BaseHTTPResponse
from urllib3.util import make_headers

from seatrial import __version__
from seatrial.release.registry.reference import on_loopback

THREADS = 32
"""So many requests are under way at once; more are slower on two cores."""

MAX_BODY = 4 * 1024 * 1024
"""In bytes: the most that is read of an answer; registries must take that much for a manifest."""

SENDING = 60.0
"""Seconds for each part of a body to leave, 256 KiB, for lines may be slow and have much to carry."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 5

_HEADERS = {"User-Agent": f"seatrial/{__version__}", "Accept-Encoding": "identity"}

_CHUNK = 256 * 1024
_SECRET_HEADERS = ("Authorization",)


@dataclass(frozen=True)
class Times:
    """How long to wait, in seconds: to be let in, for the next bytes, for the answer to a blob that was sent, and in
    all for one call, for setting one tag, for one blob and for one search. `pause` is the first wait before asking
    again. `tag` is less than what a lease keeps of its time for one request (`store.leases.MARGIN`)."""

    connect: float = 5
    read: float = 15
    store: float = 300
    call: float = 180
    tag: float = 40
    blob: float = 3600
    search: float = 180
    pause: float = 0.25


@dataclass(frozen=True)
class Request:
    """What to ask. `most` is how many bytes of an answer are read, `seconds` the wait for the next of them."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | IO[bytes] | None = field(default=None, repr=False)
    most: int = MAX_BODY
    seconds: float = 15


@dataclass(frozen=True)
class Reply:
    """An answer, read to its end, and the URL it came from; header names in any case."""

    status: int
    headers: HTTPHeaderDict = field(repr=False)
    body: bytes = field(repr=False)
    url: str = field(repr=False)

    def header(self, name: str) -> str:
        """The value of a header; empty for none."""
        return self.headers.get(name) or ""

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return self.header("Content-Type").partition(";")[0].strip().lower()


class NoAnswer(Exception):
    """Nothing that can be read came back; the text says why, after the name of who was asked.

    `repeat` says how often more it is worth to ask.
    """

    def __init__(self, why: str, repeat: int = 4) -> None:
        super().__init__(why)
        self.repeat = repeat


class Untrusted(NoAnswer):
    """What came was a certificate that nobody vouches for."""


def left(deadline: float) -> float:
    """The seconds until a moment of the monotonic clock. Raises NoAnswer when it is past."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise NoAnswer("took longer than there was time for", repeat=0)
    return seconds


class Wire:
    """Connections to any number of services, kept open between requests and shared by threads."""

    def __init__(self, connect: float = 5) -> None:
        """`connect` is how many seconds to wait to be let in. Proxies are those of HTTPS_PROXY and NO_PROXY."""
        self._connect = connect
        self._proxied: dict[str, ProxyManager] = {}
        self._lock = threading.Lock()

    def send(self, request: Request, deadline: float) -> Reply:
        """Ask once. Raises NoAnswer; `deadline` is a moment of the monotonic clock."""
        wait = min(request.seconds, left(deadline))
        try:
            response = self._pool(request.url).request(
                request.method,
                request.url,
                body=request.body,
                headers={**_HEADERS, **request.headers},
                timeout=Timeout(connect=min(self._patience(request), wait), read=wait),
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            return Reply(
                response.status, response.headers, _body(response, request.most, deadline), request.url
            )
        except (broken.HTTPError, OSError, ValueError) as failed:
            raise _no_answer(failed, wait) from failed

    def follow(self, request: Request, deadline: float) -> Reply:
        """Ask, and go where the answers point, but not with a body; credentials go to no other service.

        Raises NoAnswer.
        """
        for _ in range(MAX_REDIRECTS):
            reply = self.send(request, deadline)
            points = reply.status in REDIRECTS and reply.header("Location")
            if request.body is not None or not points:
                return reply
            request = moved(request, reply.header("Location"))
        raise NoAnswer("points from one place to the next without end", repeat=0)

    def _patience(self, request: Request) -> float:
        """urllib3 gives each part of a body as long to leave as to be let in."""
        return self._connect if request.body is None else max(self._connect, SENDING)

    def _pool(self, url: str) -> PoolManager:
        parts = urlsplit(url)
        proxy = self._proxies.get(parts.scheme, "")
        if proxy and not on_loopback(parts.netloc) and not proxy_bypass(parts.netloc):
            return self._through(proxy)
        return self._direct if parts.scheme == "https" else self._plain

    def _through(self, proxy: str) -> ProxyManager:
        with self._lock:
            if proxy not in self._proxied:
                self._proxied[proxy] = self._proxy(proxy)
            return self._proxied[proxy]

    def _proxy(self, stated: str) -> ProxyManager:
        """A proxy, `http://user:password@host:port` or without a login. Raises ValueError."""
        parts = urlsplit(stated if "://" in stated else f"http://{stated}")
        login, _, host = parts.netloc.rpartition("@")
        shown = make_headers(proxy_basic_auth=unquote(login)) if login else None
        bare = urlunsplit(parts._replace(netloc=host))
        return ProxyManager(
            bare, proxy_headers=shown, maxsize=THREADS, ssl_context=self._trust, blocksize=_CHUNK
        )

    @cached_property
    def _proxies(self) -> Mapping[str, str]:
        return getproxies_environment()

    @cached_property
    def _plain(self) -> PoolManager:
        return PoolManager(num_pools=THREADS, maxsize=THREADS, blocksize=_CHUNK)

    @cached_property
    def _direct(self) -> PoolManager:
        return PoolManager(num_pools=THREADS, maxsize=THREADS, blocksize=_CHUNK, ssl_context=self._trust)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """The system's certificates, or those that SSL_CERT_FILE and SSL_CERT_DIR name."""
        return ssl.create_default_context()


def joined(url: str, location: str) -> str:
    """Where an answer from a URL points. Raises NoAnswer where that makes no sense."""
    try:
        place = urljoin(url, location)
        urlsplit(place)
    except ValueError:
        raise NoAnswer("points to a place that makes no sense", repeat=0) from None
    return place


def moved(request: Request, location: str) -> Request:
    """The same request to where an answer points. Raises NoAnswer where that is not safe."""
    url = joined(request.url, location)
    here, there = urlsplit(request.url), urlsplit(url)
    if there.scheme != "https" and not (
        there.scheme == "http" and on_loopback(here.netloc) and on_loopback(there.netloc)
    ):
        raise NoAnswer(
            "points to a place that is not reached by https; a proxy before it must pass on X-Forwarded-Proto",
            repeat=0,
        )
    secret = () if (here.scheme, here.netloc) == (there.scheme, there.netloc) else _SECRET_HEADERS
    headers = {name: value for name, value in request.headers.items() if name not in secret}
    return Request(request.method, url, headers, request.body, request.most, request.seconds)


def _body(response: BaseHTTPResponse, most: int, deadline: float) -> bytes:
    """The whole body. The connection is used again only when all of it was read."""
    parts: list[bytes] = []
    size = 0
    try:
        while part := response.read1(_CHUNK):
            parts.append(part)
            size += len(part)
            if size > most:
                raise NoAnswer(f"answers with more than {most:,} bytes", repeat=0)
            left(deadline)
    except BaseException:
        response.close()
        raise
    response.release_conn()
    return b"".join(parts)


def _no_answer(failed: Exception, seconds: float) -> NoAnswer:
    """Why there is no answer, in plain words, without what URLs and headers may hold."""
    if isinstance(failed, broken.SSLError) and "certificate" in str(failed).lower():
        return Untrusted(
            "has a certificate that this machine does not trust; SSL_CERT_FILE can name those to trust", 0
        )
    known: tuple[tuple[type[Exception], str, int], ...] = (
        (broken.NameResolutionError, "has a name that is not known; check it and the network", 1),
        (broken.NewConnectionError, "cannot be reached; check that it runs, and the network", 2),
        (broken.TimeoutError, f"did not answer within {seconds:.3g} seconds", 1),
        (broken.ProxyError, "cannot be reached through the proxy; check HTTPS_PROXY", 3),
        (broken.SSLError, "does not speak https", 0),
        (broken.ProtocolError, "broke off, or answered with something that is not HTTP", 4),
        (OSError, "broke off", 4),
    )
    why, repeat = next(
        ((why, repeat) for kind, why, repeat in known if isinstance(failed, kind)),
        ("answered with something that makes no sense", 1),
    )
    return NoAnswer(why, repeat)
