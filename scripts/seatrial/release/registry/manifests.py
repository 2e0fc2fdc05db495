"""Sending manifests, and the lists of what refers to them.

A manifest is never sent to a tag a second time without looking where the tag leads. Source for lists: OCI distribution
specification 1.1, "Listing Referrers" and "Referrers Tag Schema".
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from seatrial.core.errors import ServiceError
from seatrial.release.plan.ports import Answer, Descriptor, Manifest, Present, Unknown
from seatrial.release.registry import deadline_pool, media
from seatrial.release.registry.api import PUSH, ApiRequest
from seatrial.release.registry.http import (
    MAX_TRIES,
    REDIRECTS,
    TRANSIENT,
    NoAnswer,
    Reply,
    pause,
    retry_after,
)
from seatrial.release.registry.image_names import shown
from seatrial.release.registry.image_repository import RemoteRepository
from seatrial.release.registry.responses import DIGEST_HEADER

DONE = frozenset({201, 202})

SUBJECT_HEADER = "OCI-Subject"

MAX_PAGES = 20

MAX_ROUNDS = 5
"""Attempts to write a list that others write at the same time."""

UNLISTED = REDIRECTS | {400, 404, 405, 406}
"""Statuses of registries without lists of referrers; GitHub's redirects to a web page, with 303."""

_NEXT = re.compile(r'<([^<>\[\]]+)>\s*;\s*rel="?next"?')

_LOCKS = tuple(threading.Lock() for _ in range(64))


def put_by_digest(repository: RemoteRepository, manifest: Manifest) -> Reply:
    """Send a manifest by its digest, with retries, as it can overwrite nothing. Raises ServiceError."""
    reply = repository.request(manifest.digest, _put_request(manifest, manifest.digest))
    return _checked(repository, manifest, manifest.digest, reply)


@dataclass(frozen=True)
class FailedTry:
    """A try that may or may not have set a tag: why, and the seconds to wait before the next; None for no other."""

    why: str = ""
    wait: float | None = 0.0


def put_to_tag(repository: RemoteRepository, manifest: Manifest, tag: str) -> Reply | None:
    """Set a tag to a manifest; return the reply, or None where the tag names it already or the reply was lost.

    The tag is read before each try, and set again only while it names what it named at first. All of it takes at most
    `Timeouts.tag`. Raises ServiceError.
    """
    deadline = time.monotonic() + repository.timeouts.tag
    failed, first = FailedTry(), _tag_target(repository, tag, deadline)
    for tries in range(MAX_TRIES + 1):
        now = _tag_target(repository, tag, deadline) if tries else first
        if now == Present(manifest.digest):
            return None
        if now != first:
            why = "it leads elsewhere now, since somebody else set it"
            raise repository.failed(tag, f"{why}; before that: {failed.why}")
        if tries == MAX_TRIES or failed.wait is None:
            raise ServiceError(failed.why)
        outcome = _try_put(repository, manifest, tag, deadline)
        if isinstance(outcome, Reply):
            return outcome
        failed = _waited(repository, outcome, tries, deadline)
    raise AssertionError("the last look returns or raises")


def _tag_target(repository: RemoteRepository, tag: str, deadline: float) -> Answer:
    try:
        answer = deadline_pool.run(lambda: repository.look(tag, deadline), deadline)
    except NoAnswer as lost:
        answer = Unknown(f"{repository.host} {lost}")
    if isinstance(answer, Unknown):
        raise repository.failed(tag, f"nobody can tell where it leads: {answer.reason}")
    return answer


def _try_put(
    repository: RemoteRepository, manifest: Manifest, tag: str, deadline: float
) -> Reply | FailedTry:
    request = _put_request(manifest, tag, statuses=frozenset(), retry_lost=False)
    try:
        reply = repository.request_until(request, deadline)
    except NoAnswer as lost:
        return FailedTry(str(repository.lost(tag, lost)), 0.0 if lost.retries else None)
    if reply.status in TRANSIENT:
        return FailedTry(str(repository.refused(tag, reply)), retry_after(reply))
    return _checked(repository, manifest, tag, reply)


def _waited(repository: RemoteRepository, failed: FailedTry, tries: int, deadline: float) -> FailedTry:
    """Wait as long as a failed try asks for, and return it; without a `wait` if there is no time for another one."""
    if failed.wait is None:
        return failed
    wait = max(failed.wait, pause(repository.timeouts, tries))
    if time.monotonic() + wait > deadline - repository.timeouts.pause:
        return FailedTry(failed.why, None)
    time.sleep(wait)
    return failed


def _put_request(
    manifest: Manifest, reference: str, statuses: frozenset[int] = TRANSIENT, retry_lost: bool = True
) -> ApiRequest:
    return ApiRequest(
        "PUT",
        f"manifests/{reference}",
        actions=PUSH,
        headers={"Content-Type": manifest.media_type},
        body=lambda: manifest.data,
        statuses=statuses,
        retry_lost=retry_lost,
    )


def _checked(repository: RemoteRepository, manifest: Manifest, reference: str, reply: Reply) -> Reply:
    if reply.status not in DONE:
        raise repository.refused(reference, reply)
    stated = reply.header(DIGEST_HEADER)
    if stated and stated != manifest.digest:
        raise repository.failed(
            reference,
            f"{repository.host} took it for {shown(stated)}, but it is {manifest.digest}; "
            "something on the way changed it",
        )
    return reply


def referrers(repository: RemoteRepository, digest: str) -> Sequence[Descriptor]:
    """Return the manifests whose subject is this one: by the registry's list, else by one under a tag.

    Raises ServiceError.
    """
    request = ApiRequest("GET", f"referrers/{digest}", headers={"Accept": media.INDEX}, follow=False)
    reply = repository.request(digest, request)
    if reply.status in UNLISTED:
        return _under_tag(repository, digest)
    found: list[Descriptor] = []
    for _ in range(MAX_PAGES):
        found += _listed(repository, digest, reply)
        link = _NEXT.search(reply.header("Link"))
        if not link:
            break
        url = urljoin(reply.url, link[1])
        reply = repository.request(digest, ApiRequest("GET", url=url, headers={"Accept": media.INDEX}))
    return found


def referrers_tag(digest: str) -> str:
    """Return the tag of the list of referrers of a manifest."""
    return digest.replace(":", "-")


def list_referrer(repository: RemoteRepository, manifest: Manifest, reply: Reply | None) -> None:
    """Add a manifest to the referrers of its subject, unless the registry does so. Raises ServiceError."""
    subject = media.subject_of(manifest)
    if not subject or (reply and reply.header(SUBJECT_HEADER)):
        return
    with _LOCKS[hash(subject) % len(_LOCKS)]:
        _add_under_tag(repository, subject, media.as_referrer(manifest))


def _add_under_tag(repository: RemoteRepository, subject: str, entry: Descriptor) -> None:
    """Add an entry to a list that registries cannot lock.

    The list is read, again right before it is written, and once more after a pause in which another writer that read
    it at the same time has written it.
    """
    found = _under_tag(repository, subject)
    for _ in range(MAX_ROUNDS):
        if entry.digest in [one.digest for one in found]:
            return
        latest = _under_tag(repository, subject)
        if latest == found:
            put_to_tag(repository, media.index_of([*found, entry]), referrers_tag(subject))
            time.sleep(repository.timeouts.pause)
            latest = _under_tag(repository, subject)
        found = latest
    if entry.digest not in [one.digest for one in found]:
        raise repository.failed(referrers_tag(subject), "others keep writing it; try again later")


def _under_tag(repository: RemoteRepository, subject: str) -> Sequence[Descriptor]:
    """Return the list under the tag. GitLab's registry takes such a tag for the digest, and returns the subject."""
    index = repository.manifest(referrers_tag(subject))
    if index is None or index.digest == subject:
        return ()
    return media.descriptors(media.json_object(index.data).get("manifests"))


def _listed(repository: RemoteRepository, digest: str, reply: Reply) -> Sequence[Descriptor]:
    if reply.status != 200:
        raise repository.refused(digest, reply)
    try:
        entries = media.json_object(reply.body)["manifests"]
    except (ValueError, KeyError):
        raise repository.failed(digest, f"{repository.host} answered without a list of referrers") from None
    return media.descriptors(entries)
