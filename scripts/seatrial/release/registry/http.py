"""HTTP requests to services: each returns a complete reply within its time or a reason for having none; retries."""

from __future__ import annotations

import io
import random
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import IO
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit
from urllib.request import getproxies_environment, proxy_bypass

from urllib3 import HTTPHeaderDict, PoolManager, ProxyManager, Retry, Timeout
from urllib3 import exceptions as errors
from urllib3.response import BaseHTTPResponse
from urllib3.util import make_headers

from seatrial import __version__
from seatrial.core.addresses import is_loopback

THREADS = 64
"""Requests that run at once, most of which wait for the network; more are not faster on two cores."""

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a reply that are read at most; registries must accept manifests of that size."""

SEND_SECONDS = 60.0
"""Seconds for sending each part of a body, 256 KiB: slow lines may carry much at once."""

OK = 200

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 5

MAX_TRIES = 5

TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses that a retry may change."""

MAX_PAUSE = 30.0
"""Seconds of the longest pause before a retry; a service that asks for more is not asked again."""

_HEADERS = {"User-Agent": f"seatrial/{__version__}", "Accept-Encoding": "identity"}
_CHUNK = 256 * 1024
_SECRET_HEADERS = ("Authorization",)


@dataclass(frozen=True)
class Timeouts:
    """Limits in seconds.

    `connect` and `read` limit a connection and the wait for the next bytes, `store` the wait for the reply to a blob;
    `call`, `tag`, `blob` and `search` limit a whole call, setting one tag, sending one blob and one search. `tag` is
    less than the time that a lease keeps for one request (`store.leases.MARGIN`). `pause` is the first pause before
    a retry.
    """

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
    """An HTTP request. `max_bytes` limits the body of the reply, `timeout` the seconds between two parts of it.

    The body of a reply of status 200 is written to `into`, if given, and not kept.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | IO[bytes] | None = field(default=None, repr=False)
    max_bytes: int = MAX_BODY
    timeout: float = 15
    into: IO[bytes] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Reply:
    """A complete reply, with the URL it came from; header names are case-insensitive."""

    status: int
    headers: HTTPHeaderDict = field(repr=False)
    body: bytes = field(repr=False)
    url: str = field(repr=False)

    def header(self, name: str) -> str:
        """Return the value of a header; empty for none."""
        return self.headers.get(name) or ""

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return self.header("Content-Type").partition(";")[0].strip().lower()


class NoAnswer(Exception):
    """A request got no reply that can be read; the text says why, to be put after the name of the service.

    `retries` is the number of retries that are worthwhile.
    """

    def __init__(self, why: str, retries: int = 4) -> None:
        super().__init__(why)
        self.retries = retries


class Untrusted(NoAnswer):
    """The service showed a certificate that this machine does not trust."""


def left(deadline: float) -> float:
    """Return the seconds until a time of the monotonic clock. Raises NoAnswer when it has passed."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise NoAnswer("took longer than there was time for", retries=0)
    return seconds


class HttpClient:
    """Connections to any number of services, kept open between requests and shared by threads."""

    def __init__(self, connect: float = 5) -> None:
        """`connect` limits a connection in seconds. Proxies are those of HTTPS_PROXY and NO_PROXY."""
        self._connect = connect
        self._proxy_pools: dict[str, ProxyManager] = {}
        self._lock = threading.Lock()

    def send(self, request: Request, deadline: float) -> Reply:
        """Send a request once; none is begun after `deadline`, a time of the monotonic clock. Raises NoAnswer."""
        timeout = min(request.timeout, left(deadline))
        try:
            response = self._pool(request.url).request(
                request.method,
                request.url,
                body=request.body,
                headers={**_HEADERS, **request.headers},
                timeout=Timeout(connect=min(self._connect_timeout(request), timeout), read=timeout),
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            body = _body(response, request)
            return Reply(response.status, response.headers, body, request.url)
        except (errors.HTTPError, OSError, ValueError) as failed:
            raise _no_answer(failed, timeout) from failed

    def follow(self, request: Request, deadline: float) -> Reply:
        """Send a request and follow redirects, except with a body; credentials go to no other service.

        Raises NoAnswer.
        """
        for _ in range(MAX_REDIRECTS):
            reply = self.send(request, deadline)
            is_redirect = reply.status in REDIRECTS and reply.header("Location")
            if request.body is not None or not is_redirect:
                return reply
            request = redirected(request, reply.header("Location"))
        raise NoAnswer("redirects without end", retries=0)

    def _connect_timeout(self, request: Request) -> float:
        """Return the connect timeout, which urllib3 uses for sending each part of a body too."""
        return self._connect if request.body is None else max(self._connect, SEND_SECONDS)

    def _pool(self, url: str) -> PoolManager:
        parts = urlsplit(url)
        proxy = self._proxies.get(parts.scheme, "")
        if proxy and not is_loopback(parts.netloc) and not proxy_bypass(parts.netloc):
            return self._through(proxy)
        return self._https if parts.scheme == "https" else self._http

    def _through(self, proxy: str) -> ProxyManager:
        with self._lock:
            if proxy not in self._proxy_pools:
                self._proxy_pools[proxy] = self._proxy_pool(proxy)
            return self._proxy_pools[proxy]

    def _proxy_pool(self, proxy: str) -> ProxyManager:
        """Return the pool of `http://user:password@host:port`, with or without a login. Raises ValueError."""
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        login, _, host = parts.netloc.rpartition("@")
        headers = make_headers(proxy_basic_auth=unquote(login)) if login else None
        url = urlunsplit(parts._replace(netloc=host))
        return ProxyManager(
            url, proxy_headers=headers, maxsize=THREADS, ssl_context=self._trust, blocksize=_CHUNK
        )

    @cached_property
    def _proxies(self) -> Mapping[str, str]:
        return getproxies_environment()

    @cached_property
    def _http(self) -> PoolManager:
        return PoolManager(num_pools=THREADS, maxsize=THREADS, blocksize=_CHUNK)

    @cached_property
    def _https(self) -> PoolManager:
        return PoolManager(num_pools=THREADS, maxsize=THREADS, blocksize=_CHUNK, ssl_context=self._trust)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """The system's certificates, or those that SSL_CERT_FILE and SSL_CERT_DIR name."""
        return ssl.create_default_context()


def joined(url: str, location: str) -> str:
    """Return the URL that the header Location of a reply names. Raises NoAnswer for one that cannot be read."""
    try:
        target = urljoin(url, location)
        urlsplit(target)
    except ValueError:
        raise NoAnswer("redirects to an address that cannot be read", retries=0) from None
    return target


def redirected(request: Request, location: str) -> Request:
    """Return the request to the address that a reply names. Raises NoAnswer where that is not safe."""
    url = joined(request.url, location)
    here, there = urlsplit(request.url), urlsplit(url)
    both_local = is_loopback(here.netloc) and is_loopback(there.netloc)
    if there.scheme != "https" and not (there.scheme == "http" and both_local):
        raise NoAnswer(
            "redirects to an address that is not https; a proxy before it must pass on X-Forwarded-Proto",
            retries=0,
        )
    secret = () if (here.scheme, here.netloc) == (there.scheme, there.netloc) else _SECRET_HEADERS
    headers = {name: value for name, value in request.headers.items() if name not in secret}
    return replace(request, url=url, headers=headers)


def _body(response: BaseHTTPResponse, request: Request) -> bytes:
    """Read the whole body, or write it where the request says. Only then is the connection used again."""
    sink = (request.into if response.status == OK else None) or io.BytesIO()
    most = request.max_bytes if request.into in (None, sink) else MAX_BODY
    size = 0
    try:
        sink.seek(0)
        sink.truncate()
        while part := response.read1(_CHUNK):
            size += len(part)
            if size > most:
                raise NoAnswer(f"answered with more than {most:,} bytes", retries=0)
            sink.write(part)
    except BaseException:
        response.close()
        raise
    response.release_conn()
    return sink.getvalue() if isinstance(sink, io.BytesIO) else b""


def _no_answer(failed: Exception, seconds: float) -> NoAnswer:
    """Return why there is no reply, without the secrets that URLs and headers may hold."""
    if isinstance(failed, errors.SSLError) and "certificate" in str(failed).lower():
        return Untrusted(
            "has a certificate that this machine does not trust; SSL_CERT_FILE can name those to trust", 0
        )
    known: tuple[tuple[type[Exception], str, int], ...] = (
        (errors.NameResolutionError, "has an unknown host name; check it and the network", 1),
        (errors.NewConnectionError, "cannot be reached; check that it runs, and the network", 2),
        (errors.TimeoutError, f"did not answer within {seconds:.3g} seconds", 1),
        (errors.ProxyError, "cannot be reached through the proxy; check HTTPS_PROXY", 3),
        (errors.SSLError, "does not speak https", 0),
        (errors.ProtocolError, "broke off, or answered with something that is not HTTP", 4),
        (OSError, "broke off", 4),
    )
    why, retries = next(
        ((why, retries) for kind, why, retries in known if isinstance(failed, kind)),
        ("answered with something that cannot be read", 1),
    )
    return NoAnswer(why, retries)


def with_retries(
    send: Callable[[], Reply],
    timeouts: Timeouts,
    deadline: float,
    statuses: frozenset[int] = TRANSIENT,
    retry_lost: bool = True,
) -> Reply:
    """Return the reply, after retries while its status is one of `statuses`, or while there is none if `retry_lost`.

    Pauses grow, and are at least as long as the service asks for. None ends after `deadline`, a time of the monotonic
    clock. Raises NoAnswer.
    """
    for tries in range(MAX_TRIES):
        try:
            reply = send()
        except NoAnswer as failed:
            wait = pause(timeouts, tries)
            is_last = tries >= min(failed.retries, MAX_TRIES - 1)
            if not retry_lost or is_last or time.monotonic() + wait > deadline:
                raise
        else:
            wait = max(pause(timeouts, tries), retry_after(reply))
            is_too_long = wait > MAX_PAUSE or time.monotonic() + wait > deadline
            if reply.status not in statuses or tries == MAX_TRIES - 1 or is_too_long:
                return reply
        time.sleep(wait)
    raise AssertionError("the last try returns or raises")


def retry_after(reply: Reply) -> float:
    """Return the seconds that the service asks to wait; 0 for none, or for a value that cannot be read."""
    try:
        return Retry().parse_retry_after(reply.header("Retry-After")) if reply.header("Retry-After") else 0.0
    except (errors.InvalidHeader, ValueError, OverflowError):
        return 0.0


def pause(timeouts: Timeouts, tries: int) -> float:
    """Return the seconds to wait after a number of tries: doubled each time, and random by half."""
    factor = random.uniform(0.5, 1.5)  # noqa: S311 - no secret
    return min(MAX_PAUSE, timeouts.pause * 2.0**tries) * factor
