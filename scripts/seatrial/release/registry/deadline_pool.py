"""Many small questions at once, and an end to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from queue import Empty, SimpleQueue
from typing import TypeVar, cast

from seatrial.release.registry.http import THREADS, NoAnswer

Item = TypeVar("Item", bound=Hashable)
Result = TypeVar("Result")


def side_by_side(
    work: Callable[[Item], Result], items: Iterable[Item], deadline: float, threads: int = THREADS
) -> Mapping[Item, Result]:
    """The results of a function that should not raise, for all items that were done by the deadline.

    The threads are of the kind that nobody waits for: one that hangs keeps neither this call nor the end of
    the process, so `work` must be harmless.
    """
    waiting: SimpleQueue[Item] = SimpleQueue()
    done: SimpleQueue[tuple[Item, Result] | None] = SimpleQueue()
    wanted = list(dict.fromkeys(items))
    for item in wanted:
        waiting.put(item)

    def serve() -> None:
        while time.monotonic() < deadline:
            try:
                item = waiting.get_nowait()
            except Empty:
                return
            try:
                done.put((item, work(item)))
            except Exception:
                done.put(None)
                raise

    for _ in range(min(threads, len(wanted))):
        threading.Thread(target=serve, daemon=True).start()
    return dict(_taken(done, len(wanted), deadline))


def _taken(
    done: SimpleQueue[tuple[Item, Result] | None], count: int, deadline: float
) -> Iterable[tuple[Item, Result]]:
    for _ in range(count):
        try:
            one = done.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            return
        if one:
            yield one


def in_time(work: Callable[[], Result], deadline: float) -> Result:
    """The result of a function, or what it raises. Raises NoAnswer where it is not done by the deadline."""

    def outcome(_: str) -> tuple[Result | None, Exception | None]:
        try:
            return work(), None
        except Exception as raised:
            return None, raised

    found = side_by_side(outcome, ["work"], deadline)
    if not found:
        raise NoAnswer("took longer than there was time for", repeat=0)
    result, raised = found["work"]
    if raised is not None:
        raise raised
    return cast(Result, result)
