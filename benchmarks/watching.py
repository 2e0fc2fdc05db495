"""The peak memory of the processes below this one."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Watch:
    """The largest memory of all processes below this one together, in megabytes."""

    peak: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)

    def sample(self) -> None:
        """Sample ten times a second until `over` is set."""
        while not self.over.wait(0.1):
            self.peak = max(self.peak, sum(map(_pss, _below(os.getpid()))))


@contextmanager
def watching() -> Iterator[Watch]:
    """Watch while the block runs."""
    watch = Watch()
    thread = threading.Thread(target=watch.sample)
    thread.start()
    try:
        yield watch
    finally:
        watch.over.set()
        thread.join()


def _below(process: int) -> Iterator[int]:
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            found = [int(word) for word in children.read_text().split()]
        except OSError:
            continue
        for child in found:
            yield child
            yield from _below(child)


def _pss(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
