"""What refers to a manifest: by the registry's own list, or where it keeps none, by one under a tag.

Source: OCI distribution specification 1.1, "Listing Referrers" and "Referrers Tag Schema".
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Sequence
from urllib.parse import urljoin

from seatrial.release.plan.ports import Descriptor, Manifest
from seatrial.release.registry import media
from seatrial.release.registry.http import REDIRECTS, Reply
from seatrial.release.registry.manifests import put_to_tag
from seatrial.release.registry.repository import RemoteRepository
from seatrial.release.registry.session import Ask

SUBJECT_HEADER = "OCI-Subject"

MAX_PAGES = 20

ROUNDS = 5
"""So often the list is written again where another writer was faster."""

UNLISTED = REDIRECTS | {400, 404, 405, 406}
"""What registries without such lists answer; GitHub's points to a web page, with 303."""

_NEXT = re.compile(r'<([^<>\[\]]+)>\s*;\s*rel="?next"?')

_LOCKS = tuple(threading.Lock() for _ in range(64))


def referrers(repository: RemoteRepository, digest: str) -> Sequence[Descriptor]:
    """The manifests whose subject is this one. Raises ServiceError."""
    ask = Ask("GET", f"referrers/{digest}", headers={"Accept": media.INDEX}, follow=False)
    reply = repository.ask(digest, ask)
    if reply.status in UNLISTED:
        return _under_tag(repository, digest)
    found: list[Descriptor] = []
    for _ in range(MAX_PAGES):
        found += _listed(repository, digest, reply)
        link = _NEXT.search(reply.header("Link"))
        if not link:
            break
        url = urljoin(reply.url, link[1])
        reply = repository.ask(digest, Ask("GET", url=url, headers={"Accept": media.INDEX}))
    return found


def tag_of(digest: str) -> str:
    """The tag of the list of what refers to a manifest."""
    return digest.replace(":", "-")


def record(repository: RemoteRepository, manifest: Manifest, reply: Reply | None) -> None:
    """List a manifest among what refers to its subject, unless the registry does so. Raises ServiceError."""
    subject = media.subject_of(manifest)
    if not subject or (reply and reply.header(SUBJECT_HEADER)):
        return
    with _LOCKS[hash(subject) % len(_LOCKS)]:
        _enter(repository, subject, media.as_referrer(manifest))


def _enter(repository: RemoteRepository, subject: str, entry: Descriptor) -> None:
    """Add to the list, for which registries have no lock: read it, and again right before it is written, and once
    more a moment later, when whoever read it at the same time has written it."""
    found = _under_tag(repository, subject)
    for _ in range(ROUNDS):
        if entry.digest in [one.digest for one in found]:
            return
        latest = _under_tag(repository, subject)
        if latest == found:
            put_to_tag(repository, _index([*found, entry]), tag_of(subject))
            time.sleep(repository.times.pause)
            latest = _under_tag(repository, subject)
        found = latest
    if entry.digest not in [one.digest for one in found]:
        raise repository.failed(tag_of(subject), "others write it all the time; try again later")


def _index(entries: Sequence[Descriptor]) -> Manifest:
    stated = {
        "schemaVersion": 2,
        "mediaType": media.INDEX,
        "manifests": [media.as_json(one) for one in entries],
    }
    return Manifest(json.dumps(stated, separators=(",", ":")).encode(), media.INDEX)


def _under_tag(repository: RemoteRepository, subject: str) -> Sequence[Descriptor]:
    """What the list under the tag names. GitLab's registry takes such a tag for the digest, and gives the subject."""
    index = repository.manifest(tag_of(subject))
    if index is None or index.digest == subject:
        return ()
    return media.descriptors(media.json_object(index.data).get("manifests"))


def _listed(repository: RemoteRepository, digest: str, reply: Reply) -> Sequence[Descriptor]:
    if reply.status != 200:
        raise repository.refused(digest, reply)
    try:
        stated = media.json_object(reply.body)["manifests"]
    except (ValueError, KeyError):
        raise repository.failed(
            digest, f"{repository.repository.host} answered with no list of what refers to it"
        ) from None
    return media.descriptors(stated)
