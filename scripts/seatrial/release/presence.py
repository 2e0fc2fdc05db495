"""What a registry says of an image: it is there, it is not, or nobody can tell."""

from __future__ import annotations

from dataclasses import dataclass


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
