"""What a release needs of the world outside, as it sees it; the rooms `registry`, `store` and `builders` fit these.

What a registry says of an image: it is there, it is not, or nobody can tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Present:
    """The manifest is there; `digest` is `sha256:<64 hex>`."""

    digest: str


@dataclass(frozen=True)
class Absent:
    """The registry answered that it knows no such manifest: the only answer that lets a build begin."""


@dataclass(frozen=True)
class Unknown:
    """Anything else: refused, throttled, broken, late, garbled.

    `reason` is a line for the person: what was asked, what came, what to type next.
    """

    reason: str


Answer = Present | Absent | Unknown


Reference = tuple[str, str]
"""The name of a repository of images and a tag or digest in it."""


@dataclass(frozen=True)
class Descriptor:
    """What a manifest says of something it points to. `size` in bytes, `digest` as `sha256:<64 hex>`."""

    media_type: str
    digest: str
    size: int
    artifact_type: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """The bytes of a manifest as they travel, and of what media type they are."""

    data: bytes
    media_type: str

    @property
    def digest(self) -> str:
        """The digest of the bytes."""
        import hashlib

        return f"sha256:{hashlib.sha256(self.data).hexdigest()}"


class Images(Protocol):
    """Where images are kept: a registry, or a folder in OCI layout.

    `name` is that of a repository, such as `ghcr.io/org/port-ocean-jira`. Every method but
    `find` raises ServiceError where the service fails, with a line for the person.
    """

    def find(self, references: Iterable[Reference]) -> Mapping[Reference, Answer]:
        """What is known of each of these, many at once; never raises for what a service does."""

    def manifest(self, name: str, reference: str) -> Manifest:
        """The manifest at a tag or digest, fetched anew, its digest checked."""

    def blob(self, name: str, digest: str) -> bytes:
        """The bytes of a small blob, their digest checked."""

    def has_blob(self, name: str, digest: str) -> bool:
        """Whether a blob need not be sent."""

    def put_blob(self, name: str, digest: str, content: Path | bytes) -> None:
        """Send a blob, unless it is there."""

    def put_manifest(self, name: str, manifest: Manifest, tag: str | None = None) -> str:
        """Send a manifest, by its digest or to a tag, which it then moves; the digest that the service names."""

    def referrers(self, name: str, digest: str) -> Sequence[Descriptor]:
        """The manifests whose subject is this one."""


@dataclass(frozen=True)
class Stored:
    """An object of a store; `etag` changes whenever `data` does."""

    data: bytes
    etag: str


class Store(Protocol):
    """Where specs and the index are kept: a bucket, or a folder. Keys are relative, with `/`.

    Every method raises ServiceError where the service fails, with a line for the person.
    """

    def get(self, key: str) -> Stored | None:
        """What stands at a key; None for nothing."""

    def create(self, key: str, data: bytes) -> bool:
        """Write where nothing stands; False where something does."""

    def replace(self, key: str, data: bytes, etag: str) -> bool:
        """Write where just this still stands; False where it is gone or another."""

    def put(self, key: str, data: bytes) -> None:
        """Write whatever stands there."""

    def keys(self, prefix: str = "") -> Sequence[str]:
        """The keys that start so, sorted."""


@dataclass(frozen=True)
class Build:
    """One image to build.

    `context` is the root that COPY reads from and `dockerfile` lies in it. `timestamp`, in seconds
    since 1970, is that of all files and of the image. The image is left in `into`, a folder in OCI layout with
    one manifest, and all that the builder says in `log`.
    """

    context: Path
    dockerfile: Path
    args: Mapping[str, str]
    labels: Mapping[str, str]
    platforms: tuple[str, ...]
    timestamp: int
    into: Path
    log: Path


class Builder(Protocol):
    """A program that builds images."""

    @property
    def name(self) -> str:
        """The name of the program."""

    @property
    def version(self) -> str:
        """Its version, as it says."""

    def ready(self, image: str) -> None:
        """Have this base image at hand. Raises ServiceError with the reason where it cannot be had."""

    def digest(self, image: str) -> str:
        """The digest of a base image, as a build for this machine starts from it; empty where nobody can tell."""

    def build(self, order: Build) -> None:
        """Build one image. Raises ServiceError with the last words of the builder and the place of the log."""

    def end(self) -> None:
        """End all that runs and let nothing new begin; for another thread than those that build."""
