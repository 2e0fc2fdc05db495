"""The sandbox on this machine, for tests that need namespaces, and what tools in it compiled in earlier tests."""

from __future__ import annotations

from pathlib import Path

from seatrial.system.sandbox import kernel
from support.services import CACHE, lacking


def needs_namespaces() -> None:
    """Skip a test where the kernel gives no namespaces."""
    if not kernel().program:
        lacking("a sandbox with namespaces", f"{kernel().lacking}; {kernel().repair}")


def with_bytecode(cache: Path) -> Path:
    """Return a new cache folder of Seatrial, which shares compiled modules with the other tests.

    Compiling those of Poetry takes longer than most tests.
    """
    (CACHE / "bytecode").mkdir(parents=True, exist_ok=True)
    cache.mkdir(parents=True, exist_ok=True)
    if not (cache / "bytecode").is_symlink():
        (cache / "bytecode").symlink_to(CACHE / "bytecode")
    return cache
