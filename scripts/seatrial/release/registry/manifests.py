"""Sending manifests. One that goes to a tag is never sent a second time without looking where the tag leads."""

from __future__ import annotations

import time
from dataclasses import dataclass

from seatrial.core.errors import ServiceError
from seatrial.release.plan.ports import Answer, Manifest, Present, Unknown
from seatrial.release.registry.http import NoAnswer, Reply
from seatrial.release.registry.reference import shown
from seatrial.release.registry.repository import RemoteRepository
from seatrial.release.registry.responses import DIGEST_HEADER
from seatrial.release.registry.retry import PASSING, TRIES, pause, retry_after
from seatrial.release.registry.session import PUSH, Ask

DONE = frozenset({201, 202})


def put_by_digest(repository: RemoteRepository, manifest: Manifest) -> Reply:
    """Send a manifest by its digest, as often as needed, for it can overwrite nothing. Raises ServiceError."""
    reply = repository.ask(manifest.digest, _ask(manifest, manifest.digest))
    return _checked(repository, manifest, manifest.digest, reply)


@dataclass(frozen=True)
class Doubt:
    """Nobody knows whether a try has set a tag: why, and after how many seconds another may; None for never."""

    why: str = ""
    wait: float | None = 0.0


def put_to_tag(repository: RemoteRepository, manifest: Manifest, tag: str) -> Reply | None:
    """Have a tag lead to a manifest; the reply to it, None where it does so already or the reply was lost.

    Before each try the tag is looked at, and it is tried again only where the tag leads where it led at first.
    All of it takes no longer than `Times.tag`. Raises ServiceError.
    """
    deadline = time.monotonic() + repository.times.tag
    doubt, first = Doubt(), _seen(repository, tag, deadline)
    for tries in range(TRIES + 1):
        now = _seen(repository, tag, deadline) if tries else first
        if now == Present(manifest.digest):
            return None
        if now != first:
            why = "it leads elsewhere now, since somebody else set it"
            raise repository.failed(tag, f"{why}; before that: {doubt.why}")
        if tries == TRIES or doubt.wait is None:
            raise ServiceError(doubt.why)
        tried = _tried(repository, manifest, tag, deadline)
        if isinstance(tried, Reply):
            return tried
        doubt = _waited(repository, tried, tries, deadline)
    raise AssertionError("the last look returns or raises")


def _seen(repository: RemoteRepository, tag: str, deadline: float) -> Answer:
    answer = repository.look(tag, deadline)
    if isinstance(answer, Unknown):
        raise repository.failed(tag, f"nobody can tell where it leads: {answer.reason}")
    return answer


def _tried(repository: RemoteRepository, manifest: Manifest, tag: str, deadline: float) -> Reply | Doubt:
    try:
        reply = repository.answer(_ask(manifest, tag, frozenset(), lost=False), deadline)
    except NoAnswer as lost:
        return Doubt(str(repository.lost(tag, lost)), 0.0 if lost.repeat else None)
    if reply.status in PASSING:
        return Doubt(str(repository.refused(tag, reply)), retry_after(reply))
    return _checked(repository, manifest, tag, reply)


def _waited(repository: RemoteRepository, doubt: Doubt, tries: int, deadline: float) -> Doubt:
    """The doubt after its wait, or one that is final where there is no time for that."""
    if doubt.wait is None:
        return doubt
    wait = max(doubt.wait, pause(repository.times, tries))
    if time.monotonic() + wait > deadline - repository.times.pause:
        return Doubt(doubt.why, None)
    time.sleep(wait)
    return doubt


def _ask(manifest: Manifest, reference: str, passing: frozenset[int] = PASSING, lost: bool = True) -> Ask:
    return Ask(
        "PUT",
        f"manifests/{reference}",
        rights=PUSH,
        headers={"Content-Type": manifest.media_type},
        body=lambda: manifest.data,
        passing=passing,
        lost=lost,
    )


def _checked(repository: RemoteRepository, manifest: Manifest, reference: str, reply: Reply) -> Reply:
    if reply.status not in DONE:
        raise repository.refused(reference, reply)
    stated = reply.header(DIGEST_HEADER)
    if stated and stated != manifest.digest:
        raise repository.failed(
            reference,
            f"{repository.repository.host} took it for {shown(stated)}, but it is {manifest.digest}; "
            "something on the way changed it",
        )
    return reply
