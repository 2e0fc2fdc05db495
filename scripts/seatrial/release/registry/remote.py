"""A registry that speaks the OCI distribution API 1.1 (https://github.com/opencontainers/distribution-spec)."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from seatrial.release.plan.ports import Answer, Descriptor, Manifest, Reference
from seatrial.release.registry import blobs, lookup, manifests
from seatrial.release.registry import referrers as referring
from seatrial.release.registry.credentials import Logins
from seatrial.release.registry.http import Reply, Times, Wire
from seatrial.release.registry.media import opened
from seatrial.release.registry.reference import Repository, checked_digest, checked_reference, checked_tag
from seatrial.release.registry.repository import RemoteRepository
from seatrial.release.registry.session import Ask, Session

MAX_SMALL_BLOB = 16 * 1024 * 1024
"""In bytes: the largest blob that is read into memory."""


class RemoteImages:
    """Images in registries; it fits `release.ports.Images`, and any number of threads may use it."""

    def __init__(self, times: Times | None = None, logins: Logins | None = None) -> None:
        self._times = times or Times()
        self._logins = logins or Logins()
        self._wire = Wire(self._times.connect)
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def find(self, references: Iterable[Reference]) -> Mapping[Reference, Answer]:
        return lookup.find(self._session, references, self._times)

    def manifest(self, name: str, reference: str) -> Manifest:
        repository = self._at(name)
        found = repository.manifest(checked_reference(reference))
        if found is None:
            raise repository.failed(reference, f"{repository.repository.host} does not have it")
        return found

    def blob(self, name: str, digest: str) -> bytes:
        repository = self._at(name)
        ask = Ask("GET", f"blobs/{checked_digest(digest)}", most=MAX_SMALL_BLOB)
        reply = repository.ask(digest, ask)
        if reply.status != 200:
            raise repository.refused(digest, reply)
        with opened(reply.body, digest):
            return reply.body

    def has_blob(self, name: str, digest: str) -> bool:
        return blobs.has_blob(self._at(name), checked_digest(digest))

    def put_blob(self, name: str, digest: str, content: Path | bytes) -> None:
        blobs.put_blob(self._at(name), checked_digest(digest), content)

    def put_manifest(self, name: str, manifest: Manifest, tag: str | None = None) -> str:
        repository = self._at(name)
        if tag is None:
            reply: Reply | None = manifests.put_by_digest(repository, manifest)
        else:
            reply = manifests.put_to_tag(repository, manifest, checked_tag(tag))
        referring.record(repository, manifest, reply)
        return manifest.digest

    def referrers(self, name: str, digest: str) -> Sequence[Descriptor]:
        return referring.referrers(self._at(name), checked_digest(digest))

    def _at(self, name: str) -> RemoteRepository:
        repository = Repository.parse(name)
        return RemoteRepository(repository, self._session(repository), self._times)

    def _session(self, repository: Repository) -> Session:
        with self._lock:
            if repository.server not in self._sessions:
                self._sessions[repository.server] = Session(
                    repository.server, self._wire, self._logins, self._times
                )
            return self._sessions[repository.server]
