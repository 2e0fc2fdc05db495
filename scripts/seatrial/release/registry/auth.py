"""Tokens for registries that send clients to a token service, as the distribution project specifies it.

What a registry wants to see before it answers: the header WWW-Authenticate (RFC 9110, 11.6.1).
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from seatrial.release.registry.credentials import Login
from seatrial.release.registry.http import NoAnswer, Reply, Request, Times, Wire
from seatrial.release.registry.reference import on_loopback, shown
from seatrial.release.registry.responses import said
from seatrial.release.registry.retry import patiently

_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9-]*)(?=\s+[A-Za-z0-9_-]+\s*=|\s*(?:,|$))")
_PARAMETER = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')

MAX_HEADER = 2048
MAX_HEADERS = 8


@dataclass(frozen=True)
class Challenge:
    """One way to be let in: `bearer`, `basic` or another; parameter names in small letters."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def wanted(headers: Iterable[str]) -> Challenge | None:
    """The best that these headers offer: Bearer before Basic; None where they offer neither."""
    offered = {
        one.scheme: one for header in list(headers)[:MAX_HEADERS] for one in challenges(header[:MAX_HEADER])
    }
    return offered.get("bearer") or offered.get("basic")


def challenges(header: str) -> Iterator[Challenge]:
    """All that one header offers."""
    quiet = _QUOTED.sub(lambda found: "x" * len(found[0]), header)
    starts = list(_SCHEME.finditer(quiet))
    ends = [*(one.start() for one in starts[1:]), len(header)]
    for start, end in zip(starts, ends, strict=False):
        found = _PARAMETER.findall(header[start.end() : end])
        parameters = {name.lower(): _unquoted(quoted) or bare for name, quoted, bare in found}
        yield Challenge(start[1].lower(), parameters)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


CLIENT = "seatrial"

LIFETIME = 60.0
"""Seconds that a token lasts for which nothing is said."""

MARGIN = 5.0


@dataclass(frozen=True)
class Token:
    """What is sent for a scope until a moment of the monotonic clock."""

    text: str = field(repr=False)
    until: float


class Tokens:
    """The tokens of one registry by their scopes, shared by threads."""

    def __init__(self, host: str, wire: Wire, times: Times) -> None:
        self._host, self._wire, self._times = host, wire, times
        self._kept: dict[str, Token] = {}
        self._lock = threading.Lock()

    def get(
        self,
        challenge: Challenge,
        scope: str,
        login: Callable[[], Login | None],
        deadline: float,
        fresh: bool = False,
    ) -> str:
        """The token for a scope, kept or fetched. Raises NoAnswer where there is none to be had."""
        with self._lock:
            kept = self._kept.get(scope)
        if kept and not fresh and time.monotonic() < kept.until:
            return kept.text
        token = self._fetched(challenge, scope, login(), deadline)
        with self._lock:
            self._kept[scope] = token
        return token.text

    def _fetched(self, challenge: Challenge, scope: str, login: Login | None, deadline: float) -> Token:
        realm = challenge.parameters.get("realm", "")
        self._must_be_safe(realm)
        request = _request(challenge, realm, scope, login, self._times)
        asked = time.monotonic()
        try:
            reply = patiently(lambda: self._wire.follow(request, deadline), self._times, deadline)
        except NoAnswer as lost:
            raise NoAnswer(f"gives no token: {self._service(realm)} {lost}", repeat=0) from lost
        return self._read(reply, realm, login, asked)

    def _must_be_safe(self, realm: str) -> None:
        """Neither a login nor a token goes over plain http, but for a registry on this very machine."""
        try:
            parts = urlsplit(realm)
            safe = parts.scheme == "https" or (
                parts.scheme == "http" and on_loopback(parts.netloc) and on_loopback(self._host)
            )
        except ValueError:
            safe = False
        if not safe or "@" in realm:
            raise NoAnswer(f'sends for tokens to "{shown(realm)}", which is not safe', repeat=0)

    def _service(self, realm: str) -> str:
        return shown(urlsplit(realm).netloc)

    def _read(self, reply: Reply, realm: str, login: Login | None, asked: float) -> Token:
        if reply.status != 200:
            held = f"with {login.source}" if login else "without a login"
            refused = reply.status in (400, 401, 403)
            hint = f" {held}; type: docker login {self._host}" if refused else "; try again later"
            raise NoAnswer(f"gives no token: {self._service(realm)} {said(reply)}{hint}", repeat=0)
        try:
            found = json.loads(reply.body)
            text = found.get("token") or found["access_token"]
            lasts = float(found.get("expires_in") or LIFETIME)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            text, lasts = None, LIFETIME
        if not isinstance(text, str) or not text.isascii() or not text.isprintable() or not text:
            raise NoAnswer(f"gives no token: {self._service(realm)} answered with something else", repeat=0)
        return Token(text, asked + max(lasts, 2 * MARGIN) - MARGIN)


def _request(challenge: Challenge, realm: str, scope: str, login: Login | None, times: Times) -> Request:
    """A GET with user and password; for a token that others are fetched by, a POST (RFC 6749, 6)."""
    service = {name: challenge.parameters[name] for name in ("service",) if name in challenge.parameters}
    asked = {**service, "scope": scope}
    if login and login.is_token:
        form = {**asked, "grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": login.secret}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Request("POST", realm, headers, urlencode(form).encode(), seconds=times.read)
    parts = urlsplit(realm)
    query = urlencode([*parse_qsl(parts.query), *asked.items()])
    headers = {"Authorization": login.basic} if login else {}
    return Request("GET", urlunsplit(parts._replace(query=query)), headers, seconds=times.read)
