"""Blocks that are interrupted: Ctrl-C held back while it would be lost, and an end after some time."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_back() -> Iterator[None]:
    """Hold Ctrl-C back until the block has ended: KeyboardInterrupt is raised there.

    In the midst of an import Python itself may drop it, or turn it into a RuntimeError.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class OutOfTime(BaseException):
    """The end of a block that took too long; `except Exception` does not catch it."""


@contextmanager
def ended_after(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in a block that takes longer. This works in the main thread only; others are not limited."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: object) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
