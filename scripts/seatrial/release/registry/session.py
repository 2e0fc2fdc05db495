"""One registry: how it is reached, what it wants to see, and the requests it is sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import IO

from seatrial.core.errors import SeatrialError
from seatrial.release.registry.auth import Challenge, Tokens, wanted
from seatrial.release.registry.credentials import Login, Logins
from seatrial.release.registry.http import (
    MAX_BODY,
    NoAnswer,
    Reply,
    Request,
    Times,
    Untrusted,
    Wire,
    left,
    moved,
)
from seatrial.release.registry.reference import Repository, on_loopback
from seatrial.release.registry.responses import said
from seatrial.release.registry.retry import PASSING, patiently

PULL = "pull"
PUSH = "pull,push"


@dataclass(frozen=True)
class Ask:
    """A request to a registry: `path` is below `/v2/<repository>/`, `url` a place that an earlier reply named instead.

    `body` is called for each try. `passing` are the statuses after which it is asked again, `lost` whether it
    is where no answer came, `follow` whether it goes where an answer points; `most` and `seconds` as in `wire.Request`.
    """

    method: str
    path: str = ""
    url: str = ""
    rights: str = PULL
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[], bytes | IO[bytes]] | None = None
    most: int = MAX_BODY
    seconds: float = 0.0
    passing: frozenset[int] = PASSING
    lost: bool = True
    follow: bool = True


class Session:
    """What is known of one registry, shared by threads."""

    def __init__(self, server: str, wire: Wire, logins: Logins, times: Times) -> None:
        self._server = server
        self._wire, self._logins, self._times = wire, logins, times
        self._tokens = Tokens(server, wire, times)
        self._meeting = threading.Lock()
        self._base = ""
        self._challenge: Challenge | None = None

    def meet(self, deadline: float) -> str:
        """Find out how the registry is reached and what it wants to see, once; its URL. Raises NoAnswer."""
        if not self._meeting.acquire(timeout=left(deadline)):
            raise NoAnswer("took longer than there was time for", repeat=0)
        try:
            if not self._base:
                self._base, self._challenge = self._met(deadline)
            return self._base
        finally:
            self._meeting.release()

    def prepare(self, repository: Repository, deadline: float) -> None:
        """Fetch what is to be shown for a repository before it is asked for. Raises NoAnswer."""
        self.meet(deadline)
        self._authorization(repository, PULL, deadline)

    def login(self, repository: Repository) -> Login | None:
        """The login that is shown; None where none is, or none was wanted. Raises NoAnswer where it cannot be read."""
        if self._challenge is None:
            return None
        try:
            return self._logins.of(repository)
        except SeatrialError as failed:
            raise NoAnswer(f"was not asked: {failed}", repeat=0) from failed

    def ask(self, repository: Repository, ask: Ask, deadline: float) -> Reply:
        """The reply, whatever its status. Raises NoAnswer."""
        return patiently(
            lambda: self._once(repository, ask, deadline), self._times, deadline, ask.passing, ask.lost
        )

    def _once(self, repository: Repository, ask: Ask, deadline: float) -> Reply:
        base = self.meet(deadline)
        request = self._request(f"{base}/v2/{repository.path}/{ask.path}", ask)
        own = request.url.startswith(f"{base}/")
        shown = self._authorization(repository, ask.rights, deadline) if own else ""
        reply = self._send(request, ask, shown, deadline)
        challenge = wanted(reply.headers.getlist("WWW-Authenticate"))
        if reply.status != 401 or not own or challenge is None:
            return reply
        self._challenge = challenge
        other = self._authorization(repository, ask.rights, deadline, fresh=True)
        return self._send(request, ask, other, deadline) if other not in ("", shown) else reply

    def _request(self, url: str, ask: Ask) -> Request:
        request = Request(
            ask.method, url, ask.headers, most=ask.most, seconds=ask.seconds or self._times.read
        )
        return moved(request, ask.url) if ask.url else request

    def _send(self, request: Request, ask: Ask, shown: str, deadline: float) -> Reply:
        headers = {**request.headers, **({"Authorization": shown} if shown else {})}
        body = ask.body() if ask.body else None
        send = self._wire.follow if ask.follow else self._wire.send
        return send(replace(request, headers=headers, body=body), deadline)

    def _authorization(
        self, repository: Repository, rights: str, deadline: float, fresh: bool = False
    ) -> str:
        """The value of the header Authorization; empty where nothing is wanted, or there is nothing to show."""
        challenge = self._challenge
        if challenge is None:
            return ""
        if challenge.scheme == "basic":
            login = self.login(repository)
            return login.basic if login and not login.is_token else ""
        scope = f"repository:{repository.path}:{rights}"
        return "Bearer " + self._tokens.get(challenge, scope, lambda: self.login(repository), deadline, fresh)

    def _met(self, deadline: float) -> tuple[str, Challenge | None]:
        """By https; on this machine by plain http, and by https where that is what is spoken."""
        if not on_loopback(self._server):
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
        request = Request("GET", f"{base}/v2/", seconds=self._times.read)
        reply = patiently(lambda: self._wire.follow(request, deadline), self._times, deadline)
        if reply.status in PASSING or (reply.status == 400 and scheme == "http"):
            raise NoAnswer(f"{said(reply)} when it was greeted; try again later", repeat=0)
        return base, wanted(reply.headers.getlist("WWW-Authenticate")) if reply.status == 401 else None
