"""A cache loses what is old, then the longest unused until the rest is small enough."""

from __future__ import annotations

from seatrial.system.cache import sweep

ENTRIES = [(50.0, 10, "c"), (10.0, 10, "a"), (40.0, 10, "b")]


def swept(*, max_age: float = 1e9, max_bytes: int = 1000, in_use: str = "") -> tuple[list[str], int]:
    removed: list[str] = []

    def remove(name: str) -> bool:
        if name in in_use:
            return False
        removed.append(name)
        return True

    return removed, sweep(ENTRIES, remove, now=60, max_age=max_age, max_bytes=max_bytes)


def test_nothing_is_removed_while_it_is_young_and_small() -> None:
    assert swept(max_age=50, max_bytes=30) == ([], 0)


def test_what_is_old_is_removed() -> None:
    assert swept(max_age=20) == (["a"], 10)


def test_the_longest_unused_is_removed_until_the_rest_fits() -> None:
    assert swept(max_bytes=15) == (["a", "b"], 20)


def test_what_is_in_use_stays_and_another_is_removed_for_it() -> None:
    assert swept(max_bytes=15, in_use="a") == (["b", "c"], 20)
