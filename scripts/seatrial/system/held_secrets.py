"""Secrets that are withheld from the programs that Seatrial starts: they are removed from the environment first."""

from __future__ import annotations

import os

CACHE_KEY = "SEATRIAL_CACHE_KEY"
"""The private key, in PEM, by which the main branch's CI seals what it adds to the shared cache."""

NAMES = (CACHE_KEY,)

_held: dict[str, str] = {}


def hold() -> None:
    """Take the secrets out of the environment."""
    for name in NAMES:
        if name in os.environ:
            _held[name] = os.environ.pop(name)


def held(name: str) -> str:
    """Return a secret; empty where there was none."""
    return _held.get(name, "")
