"""The share of the machine that this process has: its cores, and how often memory is collected."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

NEW_OBJECTS = 50_000
"""New objects after which the collector runs; with Python's own 700 it takes a tenth of the time of the rules."""


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def collect_seldom() -> None:
    """Let the garbage collector run less often from here on, in a process that ends with its task."""
    before = gc.get_threshold()
    gc.set_threshold(max(NEW_OBJECTS, before[0]) if before[0] else 0, *before[1:])


def leave_to_the_end() -> None:
    """Let the collector pass over what there is now; otherwise it looks at all of it when the process ends."""
    gc.freeze()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let the garbage collector run less often inside; most objects made there are needed until its end."""
    before = gc.get_threshold()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
