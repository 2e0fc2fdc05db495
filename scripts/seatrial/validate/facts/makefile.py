"""Which integrations use the Makefile that they share."""

from __future__ import annotations

from seatrial.core.errors import Unreadable
from seatrial.core.model import Fleet, Integration, Kind

SHARED = "../_infra/Makefile"
"""Where the shared Makefile stands, seen from an integration's folder."""


def is_shared(integration: Integration) -> bool:
    """Whether its Makefile is a link to the shared one, or includes it and holds nothing else."""
    entry = integration.entry("Makefile")
    if entry is None or entry.kind is not Kind.FILE:
        return False
    if entry.target is not None:
        return entry.target == SHARED
    try:
        return integration.read("Makefile").strip() == f"include {SHARED}".encode()
    except Unreadable:
        return False


def sharing(fleet: Fleet) -> frozenset[str]:
    """The places of the integrations that share it."""
    return fleet.keep(
        "sharing the Makefile", lambda: frozenset(i.path for i in fleet.integrations if is_shared(i))
    )
