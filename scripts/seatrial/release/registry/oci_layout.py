"""Images in folders of OCI layout, one for each repository: the default, which needs no server.

Source: OCI image specification 1.1, "Image Layout". A folder is complete at any moment: files are written beside
their places and renamed, blobs before the manifests that name them, and `index.json` last. Processes exclude one
another by a lock on a file, which the system releases when a process dies.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from seatrial.core.errors import SeatrialError, ServiceError, Unreadable, reason
from seatrial.release.places import must_not_be_link
from seatrial.release.plan.ports import (
    Absent,
    Answer,
    Damaged,
    Descriptor,
    Images,
    Manifest,
    Present,
    Reference,
    Unknown,
)
from seatrial.release.registry import media
from seatrial.release.registry.image_names import (
    checked_digest,
    checked_reference,
    checked_tag,
    full_name,
    is_path,
    shown,
)
from seatrial.system import beneath
from seatrial.system.atomic import BESIDE, replace_file, writing
from seatrial.system.folder import MAX_BYTES, READING, read_plain
from seatrial.system.locks import held

BLOBS_AT_ONCE = 4
"""Blobs of an image that are sent at the same time."""

MAX_DEPTH = 3
"""Levels of manifests; builders write at most an index in an index."""

Part = tuple[str, Path | Manifest]
"""A digest, and the file of the blob or the manifest that it belongs to."""

_VERSION = {"imageLayoutVersion": "1.0.0"}
_LOCK = ".seatrial-lock"
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class LayoutFolder:
    """A folder that need not exist, `base` or below it. No link is followed from `base` on."""

    path: Path
    base: Path

    def entries(self) -> Sequence[Descriptor]:
        """Return the entries of `index.json`; none without that file. Raises ServiceError for a damaged one."""
        data = self._read(self.path / "index.json")
        if data is None:
            return ()
        try:
            version = media.json_object(self._read(self.path / "oci-layout") or b"{}")
            stated = media.json_object(data)["manifests"]
        except (ValueError, KeyError) as wrong:
            raise self._damaged("oci-layout and index.json are not those of a layout") from wrong
        if version.get("imageLayoutVersion") != _VERSION["imageLayoutVersion"]:
            raise self._damaged("oci-layout does not say version 1.0.0")
        found = media.descriptors(stated)
        if not isinstance(stated, list) or len(found) != len(stated):
            raise self._damaged("index.json lists something without media type, digest or size")
        return found

    def entry(self, reference: str) -> Descriptor | None:
        """Return the entry of a tag or digest; None for none. Raises ServiceError for a tag with two digests."""
        entries = self.entries()
        if ":" in reference:
            known = [one for one in entries if one.digest == reference]
            return known[0] if known else self._unlisted(reference)
        found = {one.digest: one for one in entries if one.annotations.get(media.REF_NAME) == reference}
        if len(found) > 1:
            raise self._damaged(f'index.json lists the tag "{reference}" more than once')
        return next(iter(found.values()), None)

    def _unlisted(self, digest: str) -> Descriptor | None:
        """Return the entry of a manifest that only another one names, or that has no tag yet."""
        if not self.has(digest):
            return None
        data = self.blob(digest, media.MAX_MANIFEST)
        try:
            return Descriptor(media.read(data).media_type, digest, len(data))
        except ValueError:
            return None

    def manifest(self, entry: Descriptor) -> Manifest:
        """Return the manifest of an entry, its digest checked. Raises ServiceError."""
        data = self.blob(entry.digest, media.MAX_MANIFEST)
        try:
            return media.read(data, entry.media_type)
        except ValueError as wrong:
            raise self._damaged(f"{entry.digest} {wrong}") from wrong

    def has(self, digest: str) -> bool:
        """Return whether a blob is there."""
        self._refuse_links()
        path = self.blob_path(digest)
        return path.is_file() and not path.is_symlink()

    def blob(self, digest: str, max_bytes: int) -> bytes:
        """Return a blob, its digest checked. Raises ServiceError."""
        data = self._read(self.blob_path(digest))
        if data is None:
            raise self._lacks(f"{digest} is missing")
        if len(data) > max_bytes or media.digest_of(data) != digest:
            raise self._lacks(f"{digest} does not match its name")
        return data

    def fetch(self, blob: Descriptor, into: IO[bytes]) -> None:
        """Copy a blob of any size, its size and digest checked. Raises ServiceError."""
        self._refuse_links()
        path = self.blob_path(blob.digest)
        try:
            with os.fdopen(beneath.open_file(str(path.parent), path.name, READING), "rb") as source:
                shutil.copyfileobj(source, into, _CHUNK)
        except FileNotFoundError:
            raise self._lacks(f"{blob.digest} is missing") from None
        except OSError as failed:
            raise self._damaged(f"{path.name} cannot be read: {reason(failed)}") from failed
        media.must_match(into, blob)

    def put_blob(self, digest: str, content: Path | bytes) -> None:
        """Write a blob, unless it is there. Raises ServiceError."""
        with self._locked(exclusive=False), media.opened(content, digest) as source:
            if not self.has(digest):
                replace_file(self.blob_path(digest), lambda sink: _copy(source, sink, digest), root=self.base)

    def enter(self, manifest: Manifest, tag: str) -> None:
        """List a manifest in `index.json`; a tag is moved to it. Raises ServiceError."""
        entry = Descriptor(manifest.media_type, manifest.digest, len(manifest.data))
        if tag:
            entry = replace(entry, annotations={media.REF_NAME: tag})
        with self._locked(exclusive=True):
            self._sweep()
            before = self.entries()
            kept = [
                one
                for one in before
                if one != entry and not (tag and one.annotations.get(media.REF_NAME) == tag)
            ]
            if entry not in before or len(kept) + 1 < len(before):
                version = json.dumps(_VERSION, separators=(",", ":")).encode()
                replace_file(self.path / "oci-layout", lambda sink: sink.write(version), root=self.base)
                index = media.index_of([*kept, entry]).data
                replace_file(self.path / "index.json", lambda sink: sink.write(index), root=self.base)

    def blob_path(self, digest: str) -> Path:
        """Return the file of a blob."""
        return self.path / "blobs" / "sha256" / digest.removeprefix("sha256:")

    def _read(self, path: Path) -> bytes | None:
        self._refuse_links()
        try:
            return read_plain(str(path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, Unreadable) as failed:
            raise self._damaged(f"{path.name} cannot be read: {reason(failed)}") from failed

    def _refuse_links(self) -> None:
        """Raise ServiceError where a folder is a link."""
        must_not_be_link(self.path / "blobs" / "sha256", self.base)

    def _damaged(self, why: str) -> ServiceError:
        return ServiceError(f"{self.path} is damaged: {why}; repair it, or remove the folder to publish anew")

    def _lacks(self, why: str) -> Damaged:
        return Damaged(str(self._damaged(why)))

    @contextmanager
    def _locked(self, *, exclusive: bool) -> Iterator[None]:
        """Hold the folder's lock: shared by writers of blobs, exclusive for the writer of the index."""
        self._refuse_links()
        must_not_be_link(self.path / _LOCK, self.path)
        with writing(self.path):
            self.base.mkdir(parents=True, exist_ok=True)
            below = (self.path / "blobs" / "sha256").relative_to(self.base).as_posix()
            os.close(beneath.open_folder(os.path.realpath(self.base), below, make=True))
        with held(self.path / _LOCK, exclusive=exclusive):
            yield

    def _sweep(self) -> None:
        """Remove what killed writers left; under the exclusive lock nobody writes a blob."""
        with suppress(OSError):
            for folder in (self.path, self.path / "blobs" / "sha256"):
                for left in folder.glob(f"{BESIDE}*"):
                    left.unlink()


def _copy(source: IO[bytes], sink: IO[bytes], digest: str) -> None:
    """Copy checked content and check it again, as the file may have been written to meanwhile."""
    found = hashlib.sha256()
    while part := source.read(_CHUNK):
        found.update(part)
        sink.write(part)
    if f"sha256:{found.hexdigest()}" != digest:
        raise ServiceError(f"{digest} was written to while it was copied; build it anew")


@dataclass(frozen=True)
class LayoutImages:
    """Images in the folders of their repositories' names below `base`, for `plan.ports.Images`."""

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
        """Return the manifest; None where it is certainly absent. Raises ServiceError and UsageError."""
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

    def fetch(self, name: str, blob: Descriptor, into: IO[bytes]) -> None:
        self._folder(name).fetch(blob, into)

    def has_blob(self, name: str, digest: str) -> bool:
        return self._folder(name).has(checked_digest(digest))

    def ensure_writable(self, name: str) -> None:
        """A folder is made where it is missing."""

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
        subject = checked_digest(digest)
        return [media.as_referrer(one) for one in found.values() if media.subject_of(one) == subject]

    def _folder(self, name: str) -> LayoutFolder:
        """Return the folder of a repository. Raises ServiceError for a name that no repository has."""
        if not is_path(name):
            raise ServiceError(f'"{shown(name)}" is not the name of a folder below {self.base}')
        return LayoutFolder(self.base / name, self.base)


def push(images: Images, name: str, layout: Path) -> tuple[Descriptor, bool]:
    """Send the one image in a folder to a repository; return its descriptor, and whether any of it had to be sent.

    It is sent by digests, blobs before manifests and children first, so that no manifest is ever there without what
    it names. Raises ServiceError.
    """
    top, parts = _image_in(layout)
    files = [(digest, one) for digest, one in parts if isinstance(one, Path)]
    manifests = [one for _, one in parts if isinstance(one, Manifest)]
    with ThreadPoolExecutor(BLOBS_AT_ONCE) as pool:
        sent = list(pool.map(lambda part: _send_blob(images, name, *part), files))
    sent += [_send_manifest(images, name, one) for one in manifests]
    return Descriptor(top.media_type, top.digest, len(top.data)), any(sent)


def digest_in(layout: Path) -> str:
    """Return the digest of the one image in a folder. Raises ServiceError as `push` does."""
    return _image_in(layout)[0].digest


def _image_in(layout: Path) -> tuple[Manifest, Sequence[Part]]:
    """Return the image's own manifest, and all parts of the image, each once and after all that it names.

    Raises ServiceError where the folder is not a layout with one image, or is incomplete or damaged.
    """
    folder = LayoutFolder(layout, layout)
    entries = {one.digest: one for one in folder.entries()}
    if len(entries) != 1:
        raise ServiceError(f"{layout} holds {len(entries)} images instead of one; build it anew")
    (entry,) = entries.values()
    return folder.manifest(entry), list(dict(_parts(folder, entry, MAX_DEPTH)).items())


def _parts(folder: LayoutFolder, entry: Descriptor, depth: int) -> Iterator[Part]:
    if entry.media_type not in media.IMAGES:
        yield entry.digest, _checked_file(folder, entry)
        return
    if not depth:
        raise ServiceError(f"{folder.path} has an index in an index in an index; build it anew")
    manifest = folder.manifest(entry)
    try:
        named = media.children(manifest)
    except ValueError as wrong:
        raise ServiceError(f"{folder.path}: {entry.digest} {wrong}; build it anew") from wrong
    for child in named:
        yield from _parts(folder, child, depth - 1)
    yield entry.digest, manifest


def _checked_file(folder: LayoutFolder, entry: Descriptor) -> Path:
    path = folder.blob_path(entry.digest)
    if not folder.has(entry.digest) or path.stat().st_size != entry.size:
        raise ServiceError(f"{path} is missing or does not have {entry.size} bytes; build it anew")
    return path


def _send_blob(images: Images, name: str, digest: str, path: Path) -> bool:
    if images.has_blob(name, digest):
        return False
    images.put_blob(name, digest, path)
    return True


def _send_manifest(images: Images, name: str, manifest: Manifest) -> bool:
    reference = (name, manifest.digest)
    answer = images.find([reference])[reference]
    if isinstance(answer, Unknown):
        raise ServiceError(answer.reason)
    if isinstance(answer, Present):
        return False
    images.put_manifest(name, manifest)
    return True
