"""Sending manifests. One that goes to a tag is never sent a second time without looking where the tag leads."""

from __future__ import annotations

import time
from dataclasses import dataclass

from seatrial.errors import ServiceError
from seatrial.registry.judging import DIGEST_HEADER
from seatrial.registry.patience import NOT_DONE, PASSING, TRIES, pause
from seatrial.registry.reference import shown
from seatrial.registry.remoterepository import RemoteRepository
from seatrial.registry.session import PUSH, Ask
from seatrial.registry.wire import NoAnswer, Reply
from seatrial.release.ports import Manifest
from seatrial.release.presence import Answer, Present, Unknown

DONE = frozenset({201, 202})


def put_by_digest(repository: RemoteRepository, manifest: Manifest) -> Reply:
    """Send a manifest by its digest, as often as needed, for it can overwrite nothing. Raises ServiceError."""
    reply = repository.ask(manifest.digest, _ask(manifest, manifest.digest))
    return _checked(repository, manifest, manifest.digest, reply)


@dataclass(frozen=True)
class Doubt:
    """Nobody knows what a try did: why, and whether another may help."""

    why: str
    may_pass: bool = True


def put_to_tag(repository: RemoteRepository, manifest: Manifest, tag: str) -> Reply | None:
    """Have a tag lead to a manifest; the reply to it, None where it does so already or the reply was lost.

    After a try of which nobody knows what it did, the tag is looked at: it is tried again only where
    the tag leads where it led before. Raises ServiceError.
    """
    before = _seen(repository, tag)
    if before == Present(manifest.digest):
        return None
    for tries in range(TRIES):
        tried = _tried(repository, manifest, tag)
        if isinstance(tried, Reply):
            return tried
        now = _seen(repository, tag)
        if now == Present(manifest.digest):
            return None
        if now != before:
            raise repository.failed(
                tag, f"it leads elsewhere now, since somebody else set it; before that: {tried.why}"
            )
        if not tried.may_pass or tries == TRIES - 1:
            raise ServiceError(tried.why)
        time.sleep(pause(repository.times, tries))
    raise AssertionError("the last try returns or raises")


def _tried(repository: RemoteRepository, manifest: Manifest, tag: str) -> Reply | Doubt:
    try:
        reply = repository.answer(_ask(manifest, tag, NOT_DONE, lost=False))
    except NoAnswer as lost:
        return Doubt(str(repository.lost(tag, lost)), lost.repeat > 0)
    if reply.status in PASSING - NOT_DONE:
        return Doubt(str(repository.refused(tag, reply)))
    return _checked(repository, manifest, tag, reply)


def _seen(repository: RemoteRepository, tag: str) -> Answer:
    answer = repository.look(tag)
    if isinstance(answer, Unknown):
        raise repository.failed(tag, f"nobody can tell where it leads: {answer.reason}")
    return answer


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
