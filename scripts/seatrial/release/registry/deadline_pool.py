"""Functions run in daemon threads, and waited for until a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from queue import Empty, SimpleQueue
from typing import TypeVar, cast

from seatrial.release.registry.http import THREADS, NoAnswer

Item = TypeVar("Item", bound=Hashable)
Result = TypeVar("Result")


def run_all(
    work: Callable[[Item], Result], items: Iterable[Item], deadline: float, threads: int = THREADS
) -> Mapping[Item, Result]:
    """Return the results of a function, which should not raise, for all items that are done by the deadline.

    The threads are daemons: one that hangs delays neither this call nor the end of the process, and may go on after
    this call, so `work` must do no harm then.
    """
    waiting: SimpleQueue[Item] = SimpleQueue()
    done: SimpleQueue[tuple[Item, Result] | None] = SimpleQueue()
    unique = list(dict.fromkeys(items))
    for item in unique:
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

    for _ in range(min(threads, len(unique))):
        threading.Thread(target=serve, daemon=True).start()
    return dict(_finished(done, len(unique), deadline))


def _finished(
    done: SimpleQueue[tuple[Item, Result] | None], count: int, deadline: float
) -> Iterable[tuple[Item, Result]]:
    for _ in range(count):
        try:
            one = done.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            return
        if one:
            yield one


def run(work: Callable[[], Result], deadline: float) -> Result:
    """Return the result of a function, or raise what it raises. Raises NoAnswer if it is not done by the deadline.

    This alone ends a wait for a name server, or for a reply whose headers come byte by byte: the timeouts of sockets
    limit the wait for the next byte only.
    """

    def outcome(_: str) -> tuple[Result | None, Exception | None]:
        try:
            return work(), None
        except Exception as raised:
            return None, raised

    found = run_all(outcome, ["work"], deadline)
    if not found:
        raise NoAnswer("took longer than there was time for", retries=0)
    result, raised = found["work"]
    if raised is not None:
        raise raised
    return cast(Result, result)
