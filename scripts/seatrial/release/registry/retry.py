"""Asking again: after what passes by itself, each time later, at different moments, and as late as the service says."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from seatrial.release.registry.http import NoAnswer, Reply, Times

TRIES = 5

PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses that may be another one the next time."""

MOST = 30.0
"""Seconds of the longest wait; a service that asks for more is not waited for."""


def patiently(
    ask: Callable[[], Reply],
    times: Times,
    deadline: float,
    passing: frozenset[int] = PASSING,
    lost: bool = True,
) -> Reply:
    """The reply, after asking again while it is a passing one, and where `lost`, while there is none.

    Raises NoAnswer. `deadline` is a moment of the monotonic clock after which no wait ends.
    """
    for tries in range(TRIES):
        try:
            reply = ask()
        except NoAnswer as failed:
            wait = pause(times, tries)
            if not lost or tries >= min(failed.repeat, TRIES - 1) or time.monotonic() + wait > deadline:
                raise
        else:
            wait = max(pause(times, tries), retry_after(reply))
            late = wait > MOST or time.monotonic() + wait > deadline
            if reply.status not in passing or tries == TRIES - 1 or late:
                return reply
        time.sleep(wait)
    raise AssertionError("the last try returns or raises")


def retry_after(reply: Reply) -> float:
    """How many seconds the service asks to wait; 0 where it does not say, or nothing that can be read."""
    try:
        return Retry().parse_retry_after(reply.header("Retry-After")) if reply.header("Retry-After") else 0.0
    except (InvalidHeader, ValueError, OverflowError):
        return 0.0


def pause(times: Times, tries: int) -> float:
    """How many seconds to wait after so many tries: twice as many each time, and not the same for everybody."""
    return float(min(MOST, times.pause * 2**tries) * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
