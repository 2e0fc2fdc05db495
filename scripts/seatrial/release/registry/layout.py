"""One folder in OCI layout: reading it with suspicion, writing it so that it is whole at any moment.

Images in folders of OCI layout, one for each repository: the default, which needs no server.

Source: OCI image specification 1.1, "Image Layout". What is there is whole at any moment: files are written beside
their places and renamed, blobs before the manifests that name them, and `index.json` last. Processes keep out of one
another's way by a lock on a file, which the system lets go when a process dies.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from seatrial.core.errors import SeatrialError, ServiceError, Unreadable, reason
from seatrial.release.plan.ports import Absent, Answer, Descriptor, Manifest, Present, Reference, Unknown
from seatrial.release.registry import media
from seatrial.release.registry.media import opened
from seatrial.release.registry.reference import (
    checked_digest,
    checked_reference,
    checked_tag,
    full_name,
    is_path,
    shown,
)
from seatrial.system.atomic import writing
from seatrial.system.folder import MAX_BYTES, read_plain

REF_NAME = "org.opencontainers.image.ref.name"
"""The annotation in `index.json` that holds the tag."""

_VERSION = {"imageLayoutVersion": "1.0.0"}
_LOCK = ".seatrial-lock"
_BESIDE = ".seatrial-part-"
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class LayoutFolder:
    """A folder that need not be there yet, `base` or below it. From `base` on no link is followed."""

    path: Path
    base: Path

    def entries(self) -> Sequence[Descriptor]:
        """What `index.json` lists; nothing where there is none. Raises ServiceError for one that is broken."""
        data = self._read(self.path / "index.json")
        if data is None:
            return ()
        try:
            version = media.json_object(self._read(self.path / "oci-layout") or b"{}")
            stated = media.json_object(data)["manifests"]
        except (ValueError, KeyError) as wrong:
            raise self._broken("oci-layout and index.json are not those of a layout") from wrong
        if version.get("imageLayoutVersion") != _VERSION["imageLayoutVersion"]:
            raise self._broken("oci-layout does not say version 1.0.0")
        found = media.descriptors(stated)
        if not isinstance(stated, list) or len(found) != len(stated):
            raise self._broken("index.json lists something without media type, digest or size")
        return found

    def entry(self, reference: str) -> Descriptor | None:
        """What a tag or digest leads to; None for nothing. Raises ServiceError where two say different things."""
        entries = self.entries()
        if ":" in reference:
            known = [one for one in entries if one.digest == reference]
            return known[0] if known else self._unlisted(reference)
        found = {one.digest: one for one in entries if one.annotations.get(REF_NAME) == reference}
        if len(found) > 1:
            raise self._broken(f'index.json lists the tag "{reference}" more than once')
        return next(iter(found.values()), None)

    def _unlisted(self, digest: str) -> Descriptor | None:
        """A manifest that is only a child of another, or that no tag was set for yet."""
        if not self.has(digest):
            return None
        data = self.blob(digest, media.MAX_MANIFEST)
        try:
            return Descriptor(media.read(data).media_type, digest, len(data))
        except ValueError:
            return None

    def manifest(self, entry: Descriptor) -> Manifest:
        """The manifest that an entry points to, its digest checked. Raises ServiceError."""
        data = self.blob(entry.digest, media.MAX_MANIFEST)
        try:
            return media.read(data, entry.media_type)
        except ValueError as wrong:
            raise self._broken(f"{entry.digest} {wrong}") from wrong

    def has(self, digest: str) -> bool:
        """Whether a blob is there."""
        self._must_be_plain()
        place = self.place(digest)
        return place.is_file() and not place.is_symlink()

    def blob(self, digest: str, most: int) -> bytes:
        """The bytes of a blob, their digest checked. Raises ServiceError."""
        data = self._read(self.place(digest))
        if data is None:
            raise self._broken(f"{digest} is missing")
        if len(data) > most or media.digest_of(data) != digest:
            raise self._broken(f"{digest} is not what its name says")
        return data

    def put_blob(self, digest: str, content: Path | bytes) -> None:
        """Write a blob, unless it is there. Raises ServiceError."""
        with self._locked(fcntl.LOCK_SH), opened(content, digest) as source:
            if not self.has(digest):
                _write(self.place(digest), lambda sink: _copy(source, sink, digest))

    def enter(self, manifest: Manifest, tag: str) -> None:
        """List a manifest in `index.json`, with a tag that then leads nowhere else. Raises ServiceError."""
        entry = Descriptor(manifest.media_type, manifest.digest, len(manifest.data))
        if tag:
            entry = replace(entry, annotations={REF_NAME: tag})
        with self._locked(fcntl.LOCK_EX):
            self._sweep()
            before = self.entries()
            kept = [
                one for one in before if one != entry and not (tag and one.annotations.get(REF_NAME) == tag)
            ]
            if entry not in before or len(kept) + 1 < len(before):
                _write(self.path / "oci-layout", lambda sink: sink.write(_json(_VERSION)))
                _write(self.path / "index.json", lambda sink: sink.write(_index([*kept, entry])))

    def place(self, digest: str) -> Path:
        """The file of a blob."""
        return self.path / "blobs" / "sha256" / digest.removeprefix("sha256:")

    def _read(self, path: Path) -> bytes | None:
        self._must_be_plain()
        try:
            return read_plain(str(path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, Unreadable) as failed:
            raise self._broken(f"{path.name} cannot be read: {reason(failed)}") from failed

    def _must_be_plain(self) -> None:
        """Nothing is read or written elsewhere than it says. Raises ServiceError."""
        folder = self.base
        for part in ("", *self.path.relative_to(self.base).parts, "blobs", "sha256"):
            folder = folder / part
            if folder.is_symlink():
                raise ServiceError(
                    f"{folder} is a link, which images are not kept behind; put the folder itself there"
                )

    def _broken(self, why: str) -> ServiceError:
        return ServiceError(f"{self.path} is damaged: {why}; repair it, or remove the folder to publish anew")

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        """Writers of blobs side by side, the writer of the index alone."""
        self._must_be_plain()
        with writing(self.path):
            (self.path / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            with writing(self.path):
                fcntl.flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)

    def _sweep(self) -> None:
        """Remove what writers left that were killed; nobody writes a blob now."""
        with suppress(OSError):
            for folder in (self.path, self.path / "blobs" / "sha256"):
                for left in folder.glob(f"{_BESIDE}*"):
                    left.unlink()


def _index(entries: Sequence[Descriptor]) -> bytes:
    return _json(
        {"schemaVersion": 2, "mediaType": media.INDEX, "manifests": [media.as_json(one) for one in entries]}
    )


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _write(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Fill a file beside its place, see it onto the disk, and rename it there. Raises ServiceError."""
    with writing(path):
        descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=_BESIDE)
        try:
            with os.fdopen(descriptor, "wb") as file:
                fill(file)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(beside, 0o644)
            os.replace(beside, path)
        except BaseException:
            os.unlink(beside)
            raise


def _copy(source: IO[bytes], sink: IO[bytes], digest: str) -> None:
    """Copy what was checked, and check it again, as somebody may have written to the file meanwhile."""
    found = hashlib.sha256()
    while part := source.read(_CHUNK):
        found.update(part)
        sink.write(part)
    if f"sha256:{found.hexdigest()}" != digest:
        raise ServiceError(f"{digest} was written to while it was copied; build it anew")


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
