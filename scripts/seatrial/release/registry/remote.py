"""Images in registries that speak the OCI distribution API 1.1 (https://github.com/opencontainers/distribution-spec)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TypeVar

from seatrial.core.errors import SeatrialError
from seatrial.release.plan.ports import Answer, Descriptor, Manifest, Reference, Unknown
from seatrial.release.registry import manifests
from seatrial.release.registry.api import RegistryApi
from seatrial.release.registry.deadline_pool import run_all
from seatrial.release.registry.http import HttpClient, NoAnswer, Reply, Timeouts
from seatrial.release.registry.image_names import (
    Repository,
    checked_digest,
    checked_reference,
    checked_tag,
    full_name,
)
from seatrial.release.registry.image_repository import RemoteRepository
from seatrial.release.registry.saved_logins import Logins

SECONDS_EACH = 0.1
"""Seconds that each manifest adds to the time of a search."""

GRACE = 2.0
"""Seconds after the deadline of a search in which the results of each registry are collected."""

Target = tuple[Repository, str]
Result = TypeVar("Result")


class RemoteImages:
    """Images in registries, for `plan.ports.Images`; may be shared by threads."""

    def __init__(self, timeouts: Timeouts | None = None, logins: Logins | None = None) -> None:
        self._timeouts = timeouts or Timeouts()
        self._logins = logins or Logins()
        self._client = HttpClient(self._timeouts.connect)
        self._apis: dict[str, RegistryApi] = {}
        self._lock = threading.Lock()

    def find(self, references: Iterable[Reference]) -> Mapping[Reference, Answer]:
        """Look for manifests, in each registry apart so that a slow one delays no other."""
        targets = {one: _target(one) for one in dict.fromkeys(references)}
        valid = [one for one in targets.values() if not isinstance(one, Unknown)]
        deadline = time.monotonic() + self._timeouts.search + SECONDS_EACH * len(targets)

        def search(host: str) -> Mapping[Target, Answer]:
            return self._search(host, [one for one in valid if one[0].host == host], deadline)

        found = run_all(search, (repository.host for repository, _ in valid), deadline + GRACE)
        return {reference: _answer(reference, target, found) for reference, target in targets.items()}

    def _search(self, host: str, targets: Sequence[Target], deadline: float) -> Mapping[Target, Answer]:
        """Connect to a registry, fetch the authorization for each repository, then look."""
        repositories = {repository: self._of(repository) for repository, _ in targets}
        api = self._of(targets[0][0]).api
        unreached = _attempt(lambda: api.connect(deadline), host)
        if isinstance(unreached, Unknown):
            return dict.fromkeys(targets, unreached)

        def authorize(repository: Repository) -> object:
            return _attempt(lambda: api.authorize(repository, deadline), host)

        def look(target: Target) -> Answer:
            return _attempt(lambda: repositories[target[0]].look(target[1], deadline), host)

        api.authorize_together(repositories, deadline)
        authorized = run_all(authorize, repositories, deadline)
        failed = {one: why for one in targets if isinstance(why := authorized.get(one[0]), Unknown)}
        ready = [one for one in targets if one[0] in authorized and one not in failed]
        return {**failed, **run_all(look, ready, deadline)}

    def manifest(self, name: str, reference: str) -> Manifest:
        repository = self._at(name)
        found = repository.manifest(checked_reference(reference))
        if found is None:
            raise repository.failed(reference, f"{repository.host} does not have it")
        return found

    def blob(self, name: str, digest: str) -> bytes:
        return self._at(name).blob(checked_digest(digest))

    def fetch(self, name: str, blob: Descriptor, into: IO[bytes]) -> None:
        self._at(name).fetch(blob, into)

    def has_blob(self, name: str, digest: str) -> bool:
        return self._at(name).has_blob(checked_digest(digest))

    def ensure_writable(self, name: str) -> None:
        self._at(name).ensure_writable()

    def put_blob(self, name: str, digest: str, content: Path | bytes) -> None:
        self._at(name).put_blob(checked_digest(digest), content)

    def put_manifest(self, name: str, manifest: Manifest, tag: str | None = None) -> str:
        repository = self._at(name)
        if tag is None:
            reply: Reply | None = manifests.put_by_digest(repository, manifest)
        else:
            reply = manifests.put_to_tag(repository, manifest, checked_tag(tag))
        manifests.list_referrer(repository, manifest, reply)
        return manifest.digest

    def referrers(self, name: str, digest: str) -> Sequence[Descriptor]:
        return manifests.referrers(self._at(name), checked_digest(digest))

    def _at(self, name: str) -> RemoteRepository:
        return self._of(Repository.parse(name))

    def _of(self, repository: Repository) -> RemoteRepository:
        server = repository.server
        with self._lock:
            if server not in self._apis:
                self._apis[server] = RegistryApi(server, self._client, self._logins, self._timeouts)
            return RemoteRepository(repository, self._apis[server], self._timeouts)


def _target(reference: Reference) -> Target | Unknown:
    name, tag = reference
    try:
        return Repository.parse(name), checked_reference(tag)
    except SeatrialError as wrong:
        return Unknown(str(wrong))


def _answer(
    reference: Reference, target: Target | Unknown, found: Mapping[str, Mapping[Target, Answer]]
) -> Answer:
    if isinstance(target, Unknown):
        return target
    host = target[0].host
    late = Unknown(f"{host} took longer than there was time for; try again later")
    answer = found.get(host, {}).get(target, late)
    return Unknown(f"{full_name(*reference)}: {answer.reason}") if isinstance(answer, Unknown) else answer


def _attempt(act: Callable[[], Result], host: str) -> Result | Unknown:
    """Return the result of a function, or why it has none; a bug of ours spoils no other answer."""
    try:
        return act()
    except NoAnswer as lost:
        return Unknown(f"{host} {lost}")
    except Exception as failed:
        return Unknown(
            f"{host} answered what Seatrial cannot read ({type(failed).__name__}); please report it"
        )
