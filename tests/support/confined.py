"""The sandbox on this machine, for tests that need namespaces."""

from __future__ import annotations

from seatrial.system.sandbox import kernel
from support.services import lacking


def needs_namespaces() -> None:
    """Skip a test where the kernel gives no namespaces."""
    if not kernel().program:
        lacking("a sandbox with namespaces", f"{kernel().lacking}; {kernel().repair}")
