"""One repository of a registry, whose failures are told with what was asked for."""

from __future__ import annotations

import time
from dataclasses import dataclass

from seatrial.core.errors import ServiceError
from seatrial.release.plan.ports import Answer, Manifest, Unknown
from seatrial.release.registry import media
from seatrial.release.registry.deadline_pool import in_time
from seatrial.release.registry.http import NoAnswer, Reply, Times
from seatrial.release.registry.lookup import look
from seatrial.release.registry.reference import Repository, full_name
from seatrial.release.registry.responses import is_absent, manifest_in, trouble
from seatrial.release.registry.session import Ask, Session


@dataclass(frozen=True)
class RemoteRepository:
    """A repository and the session with its registry."""

    repository: Repository
    session: Session
    times: Times

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{self.repository.host}/{self.repository.path}"

    def ask(self, what: str, ask: Ask) -> Reply:
        """The reply, whatever its status; `what` is a tag or digest. Raises ServiceError where there is none."""
        try:
            return self.answer(ask, time.monotonic() + self.times.call)
        except NoAnswer as lost:
            raise self.lost(what, lost) from lost

    def answer(self, ask: Ask, deadline: float) -> Reply:
        """The same, but raises NoAnswer. `deadline` is a moment of the monotonic clock."""
        return in_time(lambda: self.session.ask(self.repository, ask, deadline), deadline)

    def look(self, reference: str, deadline: float) -> Answer:
        """What is known of a manifest."""
        try:
            return in_time(lambda: look(self.session, self.repository, reference, deadline), deadline)
        except NoAnswer as lost:
            return Unknown(f"{self.repository.host} {lost}")

    def manifest(self, reference: str) -> Manifest | None:
        """The manifest; None where there surely is none. Raises ServiceError."""
        reply = self.ask(reference, Ask("GET", f"manifests/{reference}", headers={"Accept": media.ACCEPT}))
        if reply.status != 200:
            if is_absent(reply):
                return None
            raise self.refused(reference, reply)
        try:
            return manifest_in(reply, reference)
        except ValueError as wrong:
            raise self.failed(reference, f"{self.repository.host} {wrong}") from wrong

    def refused(self, what: str, reply: Reply) -> ServiceError:
        """A reply that is not the one that was wanted, as an error."""
        try:
            login = self.session.login(self.repository)
        except NoAnswer as lost:
            return self.lost(what, lost)
        return self.failed(what, trouble(reply, self.repository.host, login))

    def lost(self, what: str, lost: NoAnswer) -> ServiceError:
        """No reply at all, as an error."""
        return self.failed(what, f"{self.repository.host} {lost}")

    def failed(self, what: str, why: str) -> ServiceError:
        """A failure of a tag or digest of this repository."""
        return ServiceError(f"{full_name(self.name, what)}: {why}")
