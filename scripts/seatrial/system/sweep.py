"""Keeping a cache small: removing what has not been used for long, then what is too much."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def sweep(
    entries: Iterable[tuple[float, int, T]],
    remove: Callable[[T], bool],
    *,
    now: float,
    max_age: float,
    max_bytes: int,
) -> int:
    """Remove entries unused for `max_age` seconds, then the longest unused until the rest has `max_bytes` at most.

    An entry comes with the time of its last use and its size in bytes. `remove` returns False for one that
    is in use, which stays. Returns the bytes that were removed.
    """
    oldest_first = sorted(entries, key=lambda entry: entry[:2])
    total, removed = sum(size for _, size, _ in oldest_first), 0
    for used, size, entry in oldest_first:
        if (now - used > max_age or total - removed > max_bytes) and remove(entry):
            removed += size
    return removed
