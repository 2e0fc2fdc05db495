"""Names of image repositories, tags and digests, as Docker and the OCI distribution specification 1.1 write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from seatrial.core.errors import UsageError
from seatrial.core.printable import one_line

DOCKER_HUB = "docker.io"
DOCKER_HUB_NAMES = frozenset({DOCKER_HUB, "index.docker.io", "registry-1.docker.io"})

MAX_NAME = 255

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]{{2,39}}\])(?::[0-9]{{1,5}})?")
_PATH = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_IMAGE = re.compile(
    rf"(?P<name>[^\s@]+?)(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]*))?(?:@(?P<digest>{_DIGEST.pattern}))?"
)


@dataclass(frozen=True)
class Repository:
    """A repository of images: the registry's host with its port, and the path there."""

    host: str
    path: str

    @classmethod
    def parse(cls, name: str) -> Repository:
        """Read `ghcr.io/org/port-ocean-jira`; without a host it is on Docker Hub. Raises UsageError."""
        repository = cls(*_host_and_path(name))
        if len(name) > MAX_NAME or not _HOST.fullmatch(repository.host) or not is_path(repository.path):
            raise UsageError(f'"{shown(name)}" is not a repository of images, such as ghcr.io/org/name')
        return repository

    @property
    def server(self) -> str:
        """The host that requests go to, which for Docker Hub has another name."""
        return "registry-1.docker.io" if self.host == DOCKER_HUB else self.host


@dataclass(frozen=True)
class ImageName:
    """The parts of an image's name; `repository` includes the registry, `tag` and `digest` are empty if not stated."""

    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> ImageName:
        """Read the name of an image as FROM has it, also one that is not valid."""
        match = _IMAGE.fullmatch(text)
        if match is None:
            return cls(text)
        return cls("/".join(_host_and_path(match["name"])), match["tag"] or "", match["digest"] or "")


def _host_and_path(name: str) -> tuple[str, str]:
    """Return the two parts of a repository's name by Docker's rule."""
    first, slash, rest = name.partition("/")
    has_host = bool(slash) and (
        first == "localhost" or "." in first or ":" in first or first != first.lower()
    )
    host, path = (first, rest) if has_host else (DOCKER_HUB, name)
    if host not in DOCKER_HUB_NAMES:
        return host, path
    return DOCKER_HUB, path if "/" in path else f"library/{path}"


def is_path(text: str) -> bool:
    """Return whether this can be the path of a repository; such a path has no `..` and no `/` at its ends."""
    return len(text) <= MAX_NAME and _PATH.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    """Return whether this is `sha256:<64 hex>`."""
    return _DIGEST.fullmatch(text) is not None


def checked_digest(text: str) -> str:
    """Return the digest. Raises UsageError for anything else."""
    if not is_digest(text):
        raise UsageError(f'"{shown(text)}" is not a digest, which is sha256: and 64 hexadecimal digits')
    return text


def checked_tag(text: str) -> str:
    """Return the tag. Raises UsageError for anything else."""
    if not _TAG.fullmatch(text):
        raise UsageError(f'"{shown(text)}" is not a tag of an image')
    return text


def checked_reference(text: str) -> str:
    """Return the tag or digest. Raises UsageError for anything else."""
    return checked_digest(text) if ":" in text else checked_tag(text)


def full_name(name: str, reference: str) -> str:
    """Return `name:tag` or `name@digest`, for people."""
    return f"{shown(name)}{'@' if ':' in reference else ':'}{shown(reference)}"


def shown(text: str, most: int = 100) -> str:
    """Return text of others for a message: one line with single spaces, printable, not long."""
    return one_line(" ".join(text.split()), most)
