"""Images in memory, for `release.plan.ports.Images`."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

from seatrial.core.errors import ServiceError
from seatrial.release.plan.ports import Absent, Answer, Damaged, Descriptor, Manifest, Present, Reference
from seatrial.release.registry import media
from support.images_made import digest_of


class MemoryImages:
    """Images in memory; `puts` lists each tag that was set, with its target; `answers` overrides answers of `find`."""

    def __init__(self) -> None:
        self.manifests: dict[tuple[str, str], Manifest] = {}
        self.tags: dict[Reference, str] = {}
        self.blobs: dict[tuple[str, str], bytes] = {}
        self.puts: list[tuple[str, str, str]] = []
        self.answers: dict[Reference, Answer] = {}
        self._lock = threading.Lock()

    def find(self, references: Iterable[Reference]) -> Mapping[Reference, Answer]:
        return {reference: self._answer(reference) for reference in references}

    def _answer(self, reference: Reference) -> Answer:
        if reference in self.answers:
            return self.answers[reference]
        digest = self._digest(*reference)
        return Present(digest) if (reference[0], digest) in self.manifests else Absent()

    def _digest(self, name: str, reference: str) -> str:
        return reference if reference.startswith("sha256:") else self.tags.get((name, reference), "")

    def manifest(self, name: str, reference: str) -> Manifest:
        found = self.manifests.get((name, self._digest(name, reference)))
        if found is None:
            raise ServiceError(f"{name}:{reference} is not there")
        return found

    def blob(self, name: str, digest: str) -> bytes:
        if (name, digest) not in self.blobs:
            raise Damaged(f"{digest} is missing")
        return media.checked(self.blobs[name, digest], digest)

    def fetch(self, name: str, blob: Descriptor, into: IO[bytes]) -> None:
        found = self.blobs.get((name, blob.digest))
        if found is None:
            raise Damaged(f"{blob.digest} is missing")
        into.write(found)
        media.must_match(into, blob)

    def has_blob(self, name: str, digest: str) -> bool:
        return (name, digest) in self.blobs

    def ensure_writable(self, name: str) -> None:
        """Everybody may push."""

    def put_blob(self, name: str, digest: str, content: Path | bytes) -> None:
        data = content if isinstance(content, bytes) else content.read_bytes()
        assert digest_of(data) == digest
        self.blobs[name, digest] = data

    def put_manifest(self, name: str, manifest: Manifest, tag: str | None = None) -> str:
        with self._lock:
            self.manifests[name, manifest.digest] = manifest
            if tag is not None:
                self.tags[name, tag] = manifest.digest
                self.puts.append((name, tag, manifest.digest))
        return manifest.digest

    def referrers(self, name: str, digest: str) -> Sequence[Descriptor]:
        return [
            Descriptor(one.media_type, one.digest, len(one.data), value.get("artifactType", ""))
            for (owner, _), one in sorted(self.manifests.items())
            if owner == name and (value := json.loads(one.data)).get("subject", {}).get("digest") == digest
        ]
