"""Sending blobs: a place is asked for and the bytes are put there whole (OCI distribution 1.1, "Pushing blobs")."""

from __future__ import annotations

import time
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlsplit, urlunsplit

from seatrial.core.errors import ServiceError
from seatrial.release.registry.http import NoAnswer, joined
from seatrial.release.registry.media import opened, size_of
from seatrial.release.registry.repository import RemoteRepository
from seatrial.release.registry.responses import DIGEST_HEADER, HTML
from seatrial.release.registry.retry import PASSING, TRIES, pause
from seatrial.release.registry.session import PUSH, Ask

EXPIRED = frozenset({400, 404, 416})
"""What registries answer where a place for a blob is gone; another is asked for."""


def has_blob(repository: RemoteRepository, digest: str, rights: str = "pull") -> bool:
    """Whether a blob is there. Raises ServiceError where nobody can tell."""
    reply = repository.ask(digest, Ask("HEAD", f"blobs/{digest}", rights=rights))
    stated = reply.header(DIGEST_HEADER) or digest
    if reply.status == 404:
        return False
    if reply.status != 200 or stated != digest or reply.media_type in HTML:
        raise repository.refused(digest, reply)
    return True


def put_blob(repository: RemoteRepository, digest: str, content: Path | bytes) -> None:
    """Send a blob that is not there yet; after a failure from the beginning, unless it has arrived nevertheless.

    Raises ServiceError.
    """
    with opened(content, digest) as file:
        for tries in range(TRIES):
            if has_blob(repository, digest, PUSH):
                return
            trouble = _sent(repository, digest, file)
            if trouble is None:
                return
            time.sleep(pause(repository.times, tries))
        raise ServiceError(trouble)


def _sent(repository: RemoteRepository, digest: str, file: IO[bytes]) -> str | None:
    """Send a blob once; None when it has arrived, or why it is worth to try again. Raises ServiceError."""
    place = _place(repository, digest)
    try:
        reply = repository.answer(
            _put(repository, place, digest, file), time.monotonic() + repository.times.blob
        )
    except NoAnswer as lost:
        if not lost.repeat:
            raise repository.lost(digest, lost) from lost
        return str(repository.lost(digest, lost))
    if reply.status in (201, 204):
        return None
    refused = repository.refused(digest, reply)
    if reply.status not in PASSING | EXPIRED:
        raise refused
    return str(refused)


def _place(repository: RemoteRepository, digest: str) -> str:
    """The URL for a new blob."""
    reply = repository.ask(
        digest, Ask("POST", "blobs/uploads/", rights=PUSH, headers={"Content-Length": "0"})
    )
    if reply.status != 202 or not reply.header("Location"):
        raise repository.refused(digest, reply)
    try:
        return joined(reply.url, reply.header("Location"))
    except NoAnswer as lost:
        raise repository.lost(digest, lost) from lost


def _put(repository: RemoteRepository, place: str, digest: str, file: IO[bytes]) -> Ask:
    """The bytes in one request."""
    size = size_of(file)

    def again() -> IO[bytes]:
        file.seek(0)
        return file

    return Ask(
        "PUT",
        url=with_digest(place, digest),
        rights=PUSH,
        headers={"Content-Type": "application/octet-stream", "Content-Length": str(size)},
        body=again,
        seconds=repository.times.store,
        passing=frozenset(),
        lost=False,
    )


def with_digest(url: str, digest: str) -> str:
    """The URL with the digest in its query, which stays as it is before that."""
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, f"digest={quote(digest, safe='')}") if part)
    return urlunsplit(parts._replace(query=query))
