"""Secrets that no program has that is started from here: they leave the environment before anything is run."""

from __future__ import annotations

import os

CACHE_KEY = "SEATRIAL_CACHE_KEY"
"""The private key, in PEM, by which the main branch's CI seals what it adds to the shared cache."""

ID_TOKEN = "SIGSTORE_ID_TOKEN"  # noqa: S105
"""The id token of a job of GitLab, by which provenance is signed without a key."""

REQUEST_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105
"""What asks GitHub for the id token of a job."""

NAMES = (CACHE_KEY, ID_TOKEN, REQUEST_TOKEN)

_held: dict[str, str] = {}


def hold() -> None:
    """Take the secrets out of the environment."""
    for name in NAMES:
        if name in os.environ:
            _held[name] = os.environ.pop(name)


def held(name: str) -> str:
    """Return a secret; empty where there was none."""
    return _held.get(name, "")


def all_held() -> dict[str, str]:
    """Return every secret that was there, by its name."""
    return dict(_held)
