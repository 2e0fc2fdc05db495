"""Memory of this process: how often the garbage collector looks for objects that hold each other."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

NEW_OBJECTS = 50_000
"""New objects after which the collector runs; with Python's own 700 it takes a tenth of the time of the rules."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let the garbage collector run less often inside; most objects made there are needed until its end."""
    before = gc.get_threshold()
    gc.set_threshold(max(NEW_OBJECTS, before[0]) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
