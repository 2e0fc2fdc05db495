"""The API of one registry (OCI distribution 1.1): how it is reached, its authorization, and requests to it.

Authorization follows the header WWW-Authenticate (RFC 9110, 11.6.1): Basic, or tokens of a token service as the
distribution project specifies it.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import IO
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from seatrial.core.addresses import is_loopback
from seatrial.core.errors import SeatrialError
from seatrial.release.registry.deadline_pool import run_all
from seatrial.release.registry.http import (
    MAX_BODY,
    TRANSIENT,
    HttpClient,
    NoAnswer,
    Reply,
    Request,
    Timeouts,
    Untrusted,
    redirected,
    with_retries,
)
from seatrial.release.registry.image_names import Repository, shown
from seatrial.release.registry.responses import summary
from seatrial.release.registry.saved_logins import Login, Logins

PULL = "pull"
PUSH = "pull,push"

CLIENT_ID = "seatrial"

TOKEN_SECONDS = 60.0
"""Seconds that a token is valid if the token service does not say."""

TOKEN_MARGIN = 5.0
"""Seconds before its end when a token is no longer used."""

MAX_SCOPES = 1000
"""Characters of the scopes of one token, which carries them in a header of each request."""

MAX_CHALLENGE = 2048
MAX_CHALLENGES = 8

_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9-]*)(?=\s+[A-Za-z0-9_-]+\s*=|\s*(?:,|$))")
_PARAMETER = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True)
class Challenge:
    """A way of authorization that a registry offers: `bearer`, `basic` or another; parameter names in lower case."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def best_challenge(headers: Iterable[str]) -> Challenge | None:
    """Return the best that headers WWW-Authenticate offer: Bearer, else Basic, else None."""
    offered = {
        one.scheme: one
        for header in list(headers)[:MAX_CHALLENGES]
        for one in _challenges(header[:MAX_CHALLENGE])
    }
    return offered.get("bearer") or offered.get("basic")


def _challenges(header: str) -> Iterator[Challenge]:
    masked = _QUOTED.sub(lambda quoted: "x" * len(quoted[0]), header)
    starts = list(_SCHEME.finditer(masked))
    ends = [*(one.start() for one in starts[1:]), len(header)]
    for start, end in zip(starts, ends, strict=False):
        found = _PARAMETER.findall(header[start.end() : end])
        parameters = {name.lower(): _unquoted(quoted) or bare for name, quoted, bare in found}
        yield Challenge(start[1].lower(), parameters)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


@dataclass(frozen=True)
class Token:
    """A token, valid until a time of the monotonic clock; `is_shared` if it was asked for with several scopes."""

    text: str = field(repr=False)
    until: float
    is_shared: bool = False


class Tokens:
    """The tokens of one registry by scope, shared by threads."""

    def __init__(self, host: str, client: HttpClient, timeouts: Timeouts) -> None:
        self._host, self._client, self._timeouts = host, client, timeouts
        self._tokens: dict[str, Token] = {}
        self._lock = threading.Lock()

    def get(
        self,
        challenge: Challenge,
        scope: str,
        login: Callable[[], Login | None],
        deadline: float,
        fresh: bool = False,
    ) -> str:
        """Return the token for a scope; it is fetched if there is none, or if `fresh`. Raises NoAnswer."""
        with self._lock:
            known = self._tokens.get(scope)
        if known and not fresh and time.monotonic() < known.until:
            return known.text
        return self.fetch(challenge, [scope], login(), deadline)

    def fetch(self, challenge: Challenge, scopes: Sequence[str], login: Login | None, deadline: float) -> str:
        """Fetch one token for all these scopes, and return it. Raises NoAnswer."""
        token = replace(self._fetched(challenge, scopes, login, deadline), is_shared=bool(scopes[1:]))
        with self._lock:
            self._tokens |= dict.fromkeys(scopes, token)
        return token.text

    def is_shared(self, scope: str) -> bool:
        """Return whether the token for a scope is one for others too, and so may not be for it after all."""
        with self._lock:
            known = self._tokens.get(scope)
        return known is not None and known.is_shared

    def _fetched(
        self, challenge: Challenge, scopes: Sequence[str], login: Login | None, deadline: float
    ) -> Token:
        realm = challenge.parameters.get("realm", "")
        if not self._is_safe(realm):
            raise NoAnswer(f'sends for tokens to "{shown(realm)}", which is not safe', retries=0)
        request = _token_request(challenge, realm, scopes, login, self._timeouts)
        started = time.monotonic()
        try:
            reply = with_retries(lambda: self._client.follow(request, deadline), self._timeouts, deadline)
            text, seconds = self._read(reply, login)
        except NoAnswer as lost:
            raise NoAnswer(f"gives no token: {shown(urlsplit(realm).netloc)} {lost}", retries=0) from lost
        return Token(text, started + max(seconds, 2 * TOKEN_MARGIN) - TOKEN_MARGIN)

    def _is_safe(self, realm: str) -> bool:
        """Return whether logins may be sent there: by https, or between services on this machine."""
        try:
            parts = urlsplit(realm)
            both_local = is_loopback(parts.netloc) and is_loopback(self._host)
        except ValueError:
            return False
        return "@" not in realm and (parts.scheme == "https" or (parts.scheme == "http" and both_local))

    def _read(self, reply: Reply, login: Login | None) -> tuple[str, float]:
        """Return the token and the seconds that it is valid. Raises NoAnswer."""
        if reply.status != 200:
            used = f"with {login.source}" if login else "without a login"
            is_refused = reply.status in (400, 401, 403)
            hint = f" {used}; type: docker login {self._host}" if is_refused else "; try again later"
            raise NoAnswer(f"{summary(reply)}{hint}")
        try:
            found = json.loads(reply.body)
            text = found.get("token") or found["access_token"]
            seconds = float(found.get("expires_in") or TOKEN_SECONDS)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            text, seconds = None, TOKEN_SECONDS
        if not isinstance(text, str) or not text.isascii() or not text.isprintable() or not text:
            raise NoAnswer("answered with something else")
        return text, seconds


def _token_request(
    challenge: Challenge, realm: str, scopes: Sequence[str], login: Login | None, timeouts: Timeouts
) -> Request:
    """Return a GET with user and password, or with an identity token a POST (RFC 6749, 6).

    Several scopes are a parameter each in a GET, and separated by spaces in a POST.
    """
    service = {name: challenge.parameters[name] for name in ("service",) if name in challenge.parameters}
    if login and login.is_token:
        form = {
            **service,
            "scope": " ".join(scopes),
            "grant_type": "refresh_token",
            "client_id": CLIENT_ID,
            "refresh_token": login.secret,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Request("POST", realm, headers, urlencode(form).encode(), timeout=timeouts.read)
    parts = urlsplit(realm)
    query = urlencode([*parse_qsl(parts.query), *service.items(), *(("scope", one) for one in scopes)])
    headers = {"Authorization": login.basic} if login else {}
    return Request("GET", urlunsplit(parts._replace(query=query)), headers, timeout=timeouts.read)


@dataclass(frozen=True)
class ApiRequest:
    """A request to a registry: `path` is below `/v2/<repository>/`, or `url` the address that an earlier reply gave.

    `actions` are those that the authorization must allow. `body` is called for each try. It is tried again after one
    of `statuses`, and if `retry_lost` when there was no reply. `follow` means that redirects are followed. `max_bytes`,
    `timeout` and `into` are those of `http.Request`.
    """

    method: str
    path: str = ""
    url: str = ""
    actions: str = PULL
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[], bytes | IO[bytes]] | None = None
    max_bytes: int = MAX_BODY
    timeout: float = 0.0
    into: IO[bytes] | None = None
    statuses: frozenset[int] = TRANSIENT
    retry_lost: bool = True
    follow: bool = True


class RegistryApi:
    """The API of one registry, shared by threads."""

    def __init__(self, server: str, client: HttpClient, logins: Logins, timeouts: Timeouts) -> None:
        self._server = server
        self._client, self._logins, self._timeouts = client, logins, timeouts
        self._tokens = Tokens(server, client, timeouts)
        self._connecting = threading.Lock()
        self._base = ""
        self._challenge: Challenge | None = None

    def connect(self, deadline: float) -> str:
        """Find out once how the registry is reached and what authorization it wants; return its URL.

        Raises NoAnswer.
        """
        with self._connecting:
            if not self._base:
                self._base, self._challenge = self._connected(deadline)
            return self._base

    def authorize_together(self, repositories: Iterable[Repository], deadline: float) -> None:
        """Fetch tokens to pull from these repositories, each for as many as it may name.

        Nothing is raised: a repository that gets none this way, within the time for one reply, is authorized alone.
        """
        challenge = self._challenge
        if challenge is None or challenge.scheme != "bearer":
            return

        def fetch(part: tuple[Login | None, tuple[str, ...]]) -> None:
            with suppress(NoAnswer):
                self._tokens.fetch(challenge, part[1], part[0], soon)

        soon = min(deadline, time.monotonic() + self._timeouts.read)
        run_all(fetch, self._shared(repositories), soon)

    def _shared(self, repositories: Iterable[Repository]) -> Iterator[tuple[Login | None, tuple[str, ...]]]:
        """Yield the logins of these repositories, each with the scopes of one token, of which there are several."""
        by_login: dict[Login | None, list[str]] = {}
        for repository in repositories:
            with suppress(NoAnswer):
                by_login.setdefault(self.login(repository), []).append(_scope(repository, PULL))
        for login, scopes in by_login.items():
            yield from ((login, part) for part in _parts(scopes) if part[1:])

    def authorize(self, repository: Repository, deadline: float, actions: str = PULL) -> None:
        """Fetch the authorization for a repository before the first request. Raises NoAnswer."""
        self.connect(deadline)
        self._authorization(repository, actions, deadline)

    def login(self, repository: Repository) -> Login | None:
        """Return the login that is used; None for none, or where none is wanted.

        Raises NoAnswer for one that cannot be read.
        """
        if self._challenge is None:
            return None
        try:
            return self._logins.of(repository)
        except SeatrialError as failed:
            raise NoAnswer(f"was not asked: {failed}", retries=0) from failed

    def request(self, repository: Repository, request: ApiRequest, deadline: float) -> Reply:
        """Return the reply of any status. Raises NoAnswer."""
        return with_retries(
            lambda: self._once(repository, request, deadline),
            self._timeouts,
            deadline,
            request.statuses,
            request.retry_lost,
        )

    def _once(self, repository: Repository, request: ApiRequest, deadline: float) -> Reply:
        base = self.connect(deadline)
        http = self._http_request(f"{base}/v2/{repository.path}/{request.path}", request)
        is_own = http.url.startswith(f"{base}/")
        used = self._authorization(repository, request.actions, deadline) if is_own else ""
        reply = self._send(http, request, used, deadline)
        is_own = is_own and reply.url.startswith(f"{base}/")
        challenge = best_challenge(reply.headers.getlist("WWW-Authenticate")) if reply.status == 401 else None
        if not is_own or (challenge is None and not self._is_doubtful(repository, request, reply)):
            return reply
        self._challenge = challenge or self._challenge
        fresh = self._authorization(repository, request.actions, deadline, fresh=True)
        return self._send(http, request, fresh, deadline) if fresh not in ("", used) else reply

    def _is_doubtful(self, repository: Repository, request: ApiRequest, reply: Reply) -> bool:
        """Return whether a reply may be another one with a token for this repository alone.

        Some registries refuse, or know nothing of a repository, where a token is not for it.
        """
        is_denied = reply.status == 403 or (reply.status == 404 and "MANIFEST_UNKNOWN" not in summary(reply))
        is_final = reply.status == 403 or request.method != "HEAD"
        return is_denied and is_final and self._tokens.is_shared(_scope(repository, request.actions))

    def _http_request(self, url: str, request: ApiRequest) -> Request:
        timeout = request.timeout or self._timeouts.read
        http = Request(request.method, url, request.headers, None, request.max_bytes, timeout, request.into)
        return redirected(http, request.url) if request.url else http

    def _send(self, http: Request, request: ApiRequest, authorization: str, deadline: float) -> Reply:
        headers = {**http.headers, **({"Authorization": authorization} if authorization else {})}
        body = request.body() if request.body else None
        send = self._client.follow if request.follow else self._client.send
        return send(replace(http, headers=headers, body=body), deadline)

    def _authorization(
        self, repository: Repository, actions: str, deadline: float, fresh: bool = False
    ) -> str:
        """Return the value of the header Authorization; empty where none is wanted or there is no login."""
        challenge = self._challenge
        if challenge is None:
            return ""
        if challenge.scheme == "basic":
            login = self.login(repository)
            return login.basic if login and not login.is_token else ""
        scope = _scope(repository, actions)
        return "Bearer " + self._tokens.get(challenge, scope, lambda: self.login(repository), deadline, fresh)

    def _connected(self, deadline: float) -> tuple[str, Challenge | None]:
        """Connect by https; on this machine by plain http first."""
        if not is_loopback(self._server):
            return self._greeted("https", deadline)
        try:
            return self._greeted("http", deadline)
        except NoAnswer as plain:
            try:
                return self._greeted("https", deadline)
            except Untrusted:
                raise
            except NoAnswer:
                raise plain from None

    def _greeted(self, scheme: str, deadline: float) -> tuple[str, Challenge | None]:
        base = f"{scheme}://{self._server}"
        request = Request("GET", f"{base}/v2/", timeout=self._timeouts.read)
        reply = with_retries(lambda: self._client.follow(request, deadline), self._timeouts, deadline)
        if reply.status in TRANSIENT or (reply.status == 400 and scheme == "http"):
            raise NoAnswer(f"{summary(reply)} to the first request; try again later", retries=0)
        wanted = reply.headers.getlist("WWW-Authenticate") if reply.status == 401 else ()
        return base, best_challenge(wanted)


def _scope(repository: Repository, actions: str) -> str:
    return f"repository:{repository.path}:{actions}"


def _parts(scopes: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield the scopes, as many together as have MAX_SCOPES characters."""
    part: list[str] = []
    for scope in scopes:
        if part and sum(map(len, part)) + len(scope) > MAX_SCOPES:
            yield tuple(part)
            part = []
        part.append(scope)
    yield tuple(part)
