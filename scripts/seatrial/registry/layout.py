"""Images in folders of OCI layout, one for each repository: the default, which needs no server.

Source: OCI image specification 1.1, "Image Layout". What is there is whole at any moment: files are written beside
their places and renamed, blobs before the manifests that name them, and `index.json` last. Processes keep out of one
another's way by a lock on a file, which the system lets go when a process dies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seatrial.disk import MAX_BYTES
from seatrial.errors import SeatrialError, ServiceError
from seatrial.registry import media
from seatrial.registry.layoutfolder import LayoutFolder
from seatrial.registry.reference import (
    checked_digest,
    checked_reference,
    checked_tag,
    full_name,
    is_path,
    shown,
)
from seatrial.release.ports import Descriptor, Manifest, Reference
from seatrial.release.presence import Absent, Answer, Present, Unknown


@dataclass(frozen=True)
class LayoutImages:
    """Each repository is the folder of its name below `base`; it fits `release.ports.Images`."""

    base: Path

    def find(self, references: Iterable[Reference]) -> Mapping[Reference, Answer]:
        return {one: self._answer(*one) for one in dict.fromkeys(references)}

    def _answer(self, name: str, reference: str) -> Answer:
        try:
            found = self._manifest(name, reference)
        except SeatrialError as wrong:
            return Unknown(str(wrong))
        return Present(found.digest) if found else Absent()

    def _manifest(self, name: str, reference: str) -> Manifest | None:
        """The manifest; None where there surely is none. Raises ServiceError and UsageError."""
        folder = self._folder(name)
        entry = folder.entry(checked_reference(reference))
        return folder.manifest(entry) if entry else None

    def manifest(self, name: str, reference: str) -> Manifest:
        found = self._manifest(name, reference)
        if found is None:
            raise ServiceError(f"{full_name(name, reference)}: {self.base} does not have it")
        return found

    def blob(self, name: str, digest: str) -> bytes:
        return self._folder(name).blob(checked_digest(digest), MAX_BYTES)

    def has_blob(self, name: str, digest: str) -> bool:
        return self._folder(name).has(checked_digest(digest))

    def put_blob(self, name: str, digest: str, content: Path | bytes) -> None:
        self._folder(name).put_blob(checked_digest(digest), content)

    def put_manifest(self, name: str, manifest: Manifest, tag: str | None = None) -> str:
        folder = self._folder(name)
        try:
            missing = [one.digest for one in media.children(manifest) if not folder.has(one.digest)]
        except ValueError as wrong:
            raise ServiceError(f"{full_name(name, manifest.digest)}: the manifest {wrong}") from wrong
        if missing:
            raise ServiceError(
                f"{full_name(name, manifest.digest)}: it needs {missing[0]}, which is not in {folder.path}"
            )
        folder.put_blob(manifest.digest, manifest.data)
        if tag is not None or media.subject_of(manifest):
            folder.enter(manifest, checked_tag(tag) if tag is not None else "")
        return manifest.digest

    def referrers(self, name: str, digest: str) -> Sequence[Descriptor]:
        folder = self._folder(name)
        found = {one.digest: folder.manifest(one) for one in folder.entries()}
        return [
            media.as_referrer(one)
            for one in found.values()
            if media.subject_of(one) == checked_digest(digest)
        ]

    def _folder(self, name: str) -> LayoutFolder:
        """The folder of a repository. Raises ServiceError for a name that is none."""
        if not is_path(name):
            raise ServiceError(f'"{shown(name)}" is no name of a folder below {self.base}')
        return LayoutFolder(self.base / name, self.base)
