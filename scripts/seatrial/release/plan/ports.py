"""The interfaces that a release uses: `registry`, `store` and `builders` implement them.

A registry's answer about an image has three values: present, absent, unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from seatrial.core.errors import ServiceError


@dataclass(frozen=True)
class Present:
    """The registry has the manifest; `digest` is `sha256:<64 hex>`."""

    digest: str


@dataclass(frozen=True)
class Absent:
    """The registry answered that it has no such manifest: the only answer that allows a build."""


@dataclass(frozen=True)
class Unknown:
    """Any other answer, or none: refused, throttled, broken, late, malformed.

    `reason` is a line for the user: the request, the answer, what to type next.
    """

    reason: str


Answer = Present | Absent | Unknown


AT_ONCE = 16
"""Requests that a step of a release, or a look at what is published, has running at once."""

Reference = tuple[str, str]
"""The name of an image repository, and a tag or digest in it."""


@dataclass(frozen=True)
class Descriptor:
    """The description of content that a manifest points to. `size` in bytes, `digest` as `sha256:<64 hex>`."""

    media_type: str
    digest: str
    size: int
    artifact_type: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """A manifest: its bytes as they are sent, and their media type."""

    data: bytes
    media_type: str

    @property
    def digest(self) -> str:
        """The digest of the bytes."""
        import hashlib

        return f"sha256:{hashlib.sha256(self.data).hexdigest()}"


class Damaged(ServiceError):
    """Content that a service lacks although it names it, or that has another digest or size than is stated."""


class Images(Protocol):
    """The images: in a registry, or in a folder of OCI layout.

    `name` is that of a repository, such as `ghcr.io/org/port-ocean-jira`. Every method but
    `find` raises ServiceError where the service fails, with a line for the user.
    """

    def find(self, references: Iterable[Reference]) -> Mapping[Reference, Answer]:
        """Return the answer for each reference, many at once; never raises for a failure of the service."""

    def manifest(self, name: str, reference: str) -> Manifest:
        """Return the manifest at a tag or digest, fetched anew, its digest checked."""

    def blob(self, name: str, digest: str) -> bytes:
        """Return the bytes of a small blob, their digest checked."""

    def fetch(self, name: str, blob: Descriptor, into: IO[bytes]) -> None:
        """Write a blob of any size into a new file, its size and digest checked. Raises Damaged, too."""

    def has_blob(self, name: str, digest: str) -> bool:
        """Return whether a blob is there, so that it need not be sent."""

    def ensure_writable(self, name: str) -> None:
        """Find out before a build whether this login may push to a repository, as far as that shows."""

    def put_blob(self, name: str, digest: str, content: Path | bytes) -> None:
        """Send a blob, unless it is there."""

    def put_manifest(self, name: str, manifest: Manifest, tag: str | None = None) -> str:
        """Send a manifest, by its digest or to a tag, which it moves; return the digest that the service names."""

    def referrers(self, name: str, digest: str) -> Sequence[Descriptor]:
        """Return the manifests whose subject is this one."""


@dataclass(frozen=True)
class Stored:
    """An object of a store; `etag` changes whenever `data` does."""

    data: bytes
    etag: str


class Store(Protocol):
    """The specs and the index: in a bucket, or in a folder. Keys are relative, with `/`.

    Every method raises ServiceError where the service fails, with a line for the user.
    """

    def get(self, key: str) -> Stored | None:
        """Return the object at a key; None if there is none."""

    def create(self, key: str, data: bytes) -> bool:
        """Write where the key has no object; return False where it has."""

    def replace(self, key: str, data: bytes, etag: str) -> bool:
        """Write where the key has the object of this etag; return False where it is gone or another."""

    def put(self, key: str, data: bytes) -> None:
        """Write, replacing any object at the key."""

    def keys(self, prefix: str = "") -> Sequence[str]:
        """Return the keys that begin with `prefix`, sorted."""


OWN_ARGS = frozenset({"BUILD_CONTEXT", "INTEGRATION_VERSION"})
"""The build args that Seatrial sets. The values of all others may be secret, and are shown as HIDDEN."""

HIDDEN = "[hidden]"


@dataclass(frozen=True)
class Build:
    """One image to build.

    `context` is the root that COPY reads from and `dockerfile` lies in it. `timestamp`, in seconds
    since 1970, is that of all files and of the image. The image is written to `into`, a folder in OCI layout with
    one manifest, and the builder's output to `log`.
    """

    context: Path
    dockerfile: Path
    args: Mapping[str, str]
    labels: Mapping[str, str]
    platforms: tuple[str, ...]
    timestamp: int
    into: Path
    log: Path


@dataclass(frozen=True)
class Built:
    """An image in a folder of OCI layout.

    `plan` is the seal of the plan by which it was built, `runner` and `run` the URIs of what ran the builder;
    `started` and `finished` are ISO times in UTC. `bases` maps the base images to their digests, empty where
    unknown. `kept` says that an earlier run built it.
    """

    layout: Path
    plan: str
    builder: str
    runner: str
    run: str
    started: str
    finished: str
    platforms: tuple[str, ...]
    bases: Mapping[str, str]
    kept: bool = False


class Builder(Protocol):
    """A program that builds images."""

    @property
    def name(self) -> str:
        """The name of the program."""

    @property
    def version(self) -> str:
        """Its version, as the program states it."""

    @property
    def why(self) -> str:
        """Why it is used though nobody asked for it, and what to install; empty where that is not so."""

    def ensure_base(self, image: str) -> None:
        """Make sure that a base image can be used. Raises ServiceError with the reason where it cannot."""

    def refusal(self, context: Path, dockerfile: Path, args: Mapping[str, str]) -> str:
        """Return why a Dockerfile cannot be built, where that is known before; empty for nothing known."""

    def digest(self, image: str) -> str:
        """Return the digest of a base image as a build for this machine uses it; empty where it is not known."""

    def build(self, order: Build) -> None:
        """Build one image. Raises ServiceError with the builder's error and the place of the log."""

    def end(self) -> None:
        """End all running builds and let none begin; called from a thread that does not build."""
