"""Names of repositories, tags and digests, as Docker and the OCI distribution specification 1.1 write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from seatrial.core.errors import UsageError

DOCKER_HUB = "docker.io"
DOCKER_HUB_NAMES = frozenset({DOCKER_HUB, "index.docker.io", "registry-1.docker.io"})

MAX_NAME = 255

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]{{2,39}}\])(?::[0-9]{{1,5}})?")
_PATH = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LOOPBACK = re.compile(r"(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?")


@dataclass(frozen=True)
class Repository:
    """A repository of images: the registry's name with its port, and the path there."""

    host: str
    path: str

    @classmethod
    def parse(cls, name: str) -> Repository:
        """`ghcr.io/org/port-ocean-jira`; without a host it is Docker Hub's. Raises UsageError."""
        first, slash, rest = name.partition("/")
        named = bool(slash) and (
            first == "localhost" or "." in first or ":" in first or first != first.lower()
        )
        host, path = (first, rest) if named else (DOCKER_HUB, name)
        if host in DOCKER_HUB_NAMES:
            host, path = DOCKER_HUB, path if "/" in path else f"library/{path}"
        if len(name) > MAX_NAME or not _HOST.fullmatch(host) or not is_path(path):
            raise UsageError(f'"{shown(name)}" is no repository of images, such as ghcr.io/org/name')
        return cls(host, path)

    @property
    def server(self) -> str:
        """Where requests go, which for Docker Hub is not its name."""
        return "registry-1.docker.io" if self.host == DOCKER_HUB else self.host


def is_path(text: str) -> bool:
    """Whether this can be the path of a repository; such a one has no `..` in it and no `/` at an end."""
    return len(text) <= MAX_NAME and _PATH.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    """Whether this is `sha256:<64 hex>`."""
    return _DIGEST.fullmatch(text) is not None


def checked_digest(text: str) -> str:
    """A digest as it is. Raises UsageError for anything else."""
    if not is_digest(text):
        raise UsageError(f'"{shown(text)}" is no digest; one is sha256: and 64 hexadecimal digits')
    return text


def checked_tag(text: str) -> str:
    """A tag as it is. Raises UsageError for anything else."""
    if not _TAG.fullmatch(text):
        raise UsageError(f'"{shown(text)}" is no tag of an image')
    return text


def checked_reference(text: str) -> str:
    """A tag or digest as it is. Raises UsageError for anything else."""
    return checked_digest(text) if ":" in text else checked_tag(text)


def full_name(name: str, reference: str) -> str:
    """How people write an image: `name:tag` or `name@digest`."""
    return f"{shown(name)}{'@' if ':' in reference else ':'}{shown(reference)}"


def on_loopback(host: str) -> bool:
    """Whether a host, with or without a port, is this machine, so that plain http may be spoken with it."""
    return _LOOPBACK.fullmatch(host) is not None


def shown(text: str, most: int = 100) -> str:
    """Foreign text for a message: one line, printable, not long."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
    return plain if len(plain) <= most else plain[: most - 3] + "..."
