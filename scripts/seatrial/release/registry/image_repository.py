"""One repository of a registry: looking for manifests, reading them, reading and sending blobs.

Source for blobs: OCI distribution specification 1.1, "Pushing blobs".
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlsplit, urlunsplit

from seatrial.core.errors import ServiceError
from seatrial.release.plan.ports import Absent, Answer, Damaged, Descriptor, Manifest, Present, Unknown
from seatrial.release.registry import deadline_pool, media
from seatrial.release.registry.api import PUSH, ApiRequest, RegistryApi
from seatrial.release.registry.http import MAX_TRIES, TRANSIENT, NoAnswer, Reply, Timeouts, joined, pause
from seatrial.release.registry.image_names import Repository, full_name
from seatrial.release.registry.responses import (
    DIGEST_HEADER,
    HTML,
    digest_in_head,
    is_absent,
    manifest_in,
    refusal,
)

MAX_SMALL_BLOB = 16 * 1024 * 1024
"""Bytes of the largest blob that is read into memory."""

EXPIRED = frozenset({400, 404, 416})
"""Statuses that registries answer when an upload has expired; a new one is begun."""


@dataclass(frozen=True)
class RemoteRepository:
    """A repository and the API of its registry. Failures name the image."""

    repository: Repository
    api: RegistryApi
    timeouts: Timeouts

    @property
    def host(self) -> str:
        """The registry's host, for messages."""
        return self.repository.host

    def request(self, reference: str, request: ApiRequest) -> Reply:
        """Return the reply of any status; `reference` is the tag or digest for messages. Raises ServiceError."""
        try:
            return self.request_until(request, time.monotonic() + self.timeouts.call)
        except NoAnswer as lost:
            raise self.lost(reference, lost) from lost

    def request_until(self, request: ApiRequest, deadline: float) -> Reply:
        """Return the reply of any status before a time of the monotonic clock. Raises NoAnswer."""
        return deadline_pool.run(lambda: self.api.request(self.repository, request, deadline), deadline)

    def look(self, reference: str, deadline: float) -> Answer:
        """Look for a manifest: by HEAD, which counts in no quota, and by GET where that does not settle it.

        Raises NoAnswer.
        """
        head = self.api.request(self.repository, _get(reference, "HEAD"), deadline)
        digest = digest_in_head(head, reference)
        if digest:
            return Present(digest)
        if head.status in (401, 429) or head.status >= 500:
            return self._unknown(head)
        reply = self.api.request(self.repository, _get(reference), deadline)
        if reply.status != 200:
            return Absent() if is_absent(reply) else self._unknown(reply)
        try:
            return Present(manifest_in(reply, reference).digest)
        except ValueError as wrong:
            return Unknown(f"{self.host} {wrong}")

    def _unknown(self, reply: Reply) -> Unknown:
        return Unknown(refusal(reply, self.host, self.api.login(self.repository)))

    def ensure_writable(self) -> None:
        """Fetch the authorization to push. Raises ServiceError if it is refused."""
        deadline = time.monotonic() + self.timeouts.call
        try:
            deadline_pool.run(lambda: self.api.authorize(self.repository, deadline, PUSH), deadline)
        except NoAnswer as lost:
            raise ServiceError(f"{self.host}/{self.repository.path}: {self.host} {lost}") from lost

    def manifest(self, reference: str) -> Manifest | None:
        """Return the manifest; None where it is certainly absent. Raises ServiceError."""
        reply = self.request(reference, _get(reference))
        if is_absent(reply):
            return None
        if reply.status != 200:
            raise self.refused(reference, reply)
        try:
            return manifest_in(reply, reference)
        except ValueError as wrong:
            raise Damaged(str(self.failed(reference, f"{self.host} {wrong}"))) from wrong

    def blob(self, digest: str) -> bytes:
        """Return a small blob, its digest checked. Raises ServiceError."""
        reply = self.request(digest, ApiRequest("GET", f"blobs/{digest}", max_bytes=MAX_SMALL_BLOB))
        self._must_have(digest, reply)
        return media.checked(reply.body, digest)

    def fetch(self, blob: Descriptor, into: IO[bytes]) -> None:
        """Write a blob of any size into a new file, its size and digest checked. Raises ServiceError."""
        request = ApiRequest("GET", f"blobs/{blob.digest}", max_bytes=blob.size, into=into)
        try:
            reply = self.request_until(request, time.monotonic() + self.timeouts.blob)
        except NoAnswer as lost:
            raise self.lost(blob.digest, lost) from lost
        self._must_have(blob.digest, reply)
        media.must_match(into, blob)

    def _must_have(self, digest: str, reply: Reply) -> None:
        """Raise Damaged for a blob that a manifest names and the registry lacks, else ServiceError for no blob."""
        if reply.status == 404:
            raise Damaged(str(self.refused(digest, reply)))
        if reply.status != 200:
            raise self.refused(digest, reply)

    def has_blob(self, digest: str, actions: str = "pull") -> bool:
        """Return whether a blob is there. Raises ServiceError where nobody can tell."""
        reply = self.request(digest, ApiRequest("HEAD", f"blobs/{digest}", actions=actions))
        stated = reply.header(DIGEST_HEADER) or digest
        if reply.status == 404:
            return False
        if reply.status != 200 or stated != digest or reply.media_type in HTML:
            raise self.refused(digest, reply)
        return True

    def put_blob(self, digest: str, content: Path | bytes) -> None:
        """Send a blob that is missing; after a failure from the beginning, unless it has arrived nevertheless.

        Raises ServiceError.
        """
        with media.opened(content, digest) as file:
            for tries in range(MAX_TRIES):
                if self.has_blob(digest, PUSH):
                    return
                problem = self._send_blob(digest, file)
                if problem is None:
                    return
                time.sleep(pause(self.timeouts, tries))
        raise ServiceError(problem)

    def _send_blob(self, digest: str, file: IO[bytes]) -> str | None:
        """Send a blob once; return None when it has arrived, else why a retry is worthwhile. Raises ServiceError."""
        request = self._put_request(self._begin_upload(digest), digest, file)
        try:
            reply = self.request_until(request, time.monotonic() + self.timeouts.blob)
        except NoAnswer as lost:
            if not lost.retries:
                raise self.lost(digest, lost) from lost
            return str(self.lost(digest, lost))
        if reply.status in (201, 204):
            return None
        refused = self.refused(digest, reply)
        if reply.status not in TRANSIENT | EXPIRED:
            raise refused
        return str(refused)

    def _begin_upload(self, digest: str) -> str:
        """Return the URL for a new blob. Raises ServiceError."""
        request = ApiRequest("POST", "blobs/uploads/", actions=PUSH, headers={"Content-Length": "0"})
        reply = self.request(digest, request)
        if reply.status != 202 or not reply.header("Location"):
            raise self.refused(digest, reply)
        try:
            return joined(reply.url, reply.header("Location"))
        except NoAnswer as lost:
            raise self.lost(digest, lost) from lost

    def _put_request(self, url: str, digest: str, file: IO[bytes]) -> ApiRequest:
        """Return the request that sends all bytes of a blob."""

        def from_beginning() -> IO[bytes]:
            file.seek(0)
            return file

        return ApiRequest(
            "PUT",
            url=with_digest(url, digest),
            actions=PUSH,
            headers={"Content-Type": "application/octet-stream", "Content-Length": str(media.size_of(file))},
            body=from_beginning,
            timeout=self.timeouts.store,
            statuses=frozenset(),
            retry_lost=False,
        )

    def refused(self, reference: str, reply: Reply) -> ServiceError:
        """Return the error for a reply that is not the expected one."""
        try:
            login = self.api.login(self.repository)
        except NoAnswer as lost:
            return self.lost(reference, lost)
        return self.failed(reference, refusal(reply, self.host, login))

    def lost(self, reference: str, lost: NoAnswer) -> ServiceError:
        """Return the error for a request without a reply."""
        return self.failed(reference, f"{self.host} {lost}")

    def failed(self, reference: str, why: str) -> ServiceError:
        """Return the error about a tag or digest of this repository."""
        return ServiceError(f"{full_name(f'{self.host}/{self.repository.path}', reference)}: {why}")


def _get(reference: str, method: str = "GET") -> ApiRequest:
    return ApiRequest(method, f"manifests/{reference}", headers={"Accept": media.ACCEPT})


def with_digest(url: str, digest: str) -> str:
    """Return the URL of an upload with the digest added to its query, which is kept as it is."""
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, f"digest={quote(digest, safe='')}") if part)
    return urlunsplit(parts._replace(query=query))
