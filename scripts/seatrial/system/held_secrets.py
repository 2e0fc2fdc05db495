"""Secrets that are withheld from the programs that Seatrial starts.

Some are removed from the environment first; others stay in it for libraries, and are handed to few programs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

CACHE_KEY = "SEATRIAL_CACHE_KEY"
"""The private key, in PEM, by which the main branch's CI seals what it adds to the shared cache."""

ID_TOKEN = "SIGSTORE_ID_TOKEN"  # noqa: S105
"""The id token of a job of GitLab, by which provenance is signed without a key."""

REQUEST_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105
"""What asks GitHub for the id token of a job."""

NAMES = (CACHE_KEY, ID_TOKEN, REQUEST_TOKEN)

KEY_PASSWORD = "SEATRIAL_KEY_PASSWORD"  # noqa: S105
"""The password of a private key, which no other program has."""

_OF_SERVICES = re.compile(
    r"AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|CONTAINER_AUTHORIZATION_TOKEN)"
    r"|GOOGLE_SERVICE_ACCOUNT_KEY|AZURE_(CLIENT_SECRET|STORAGE_(ACCOUNT_KEY|ACCESS_KEY|SAS\w*|TOKEN|CONNECTION_STRING))"
)
"""Secrets of the bucket, which a helper for credentials may need as well, as those of AWS do."""

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


def for_programs(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for a program that needs neither the bucket nor a key."""
    return {
        name: value for name, value in for_helpers(environment).items() if not _OF_SERVICES.fullmatch(name)
    }


def for_helpers(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for a program that may ask a cloud for credentials, or start one that does."""
    return {name: value for name, value in environment.items() if name != KEY_PASSWORD}
