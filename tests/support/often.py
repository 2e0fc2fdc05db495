"""The number of rounds of tests that try many cases: some in each run, many in the weekly one."""

from __future__ import annotations

import os


def rounds(few: int, many: int) -> int:
    """Return how often to try; SEATRIAL_TESTS_MANY, which the weekly workflow sets, asks for `many`."""
    return many if os.environ.get("SEATRIAL_TESTS_MANY") else few
