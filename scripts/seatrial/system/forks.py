"""Work spread over processes of this machine, none of which outlives the one that started it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing.connection import Connection, wait
from typing import TypeVar

from seatrial.core.errors import ServiceError
from seatrial.system.interrupts import held_back

T = TypeVar("T")

AHEAD = 2
"""Numbers that a worker has been sent and has not answered, so that it need not wait for the next one."""


def spread(work: Callable[[int], T], count: int, processes: int) -> list[T]:
    """Return `work(number)` for each number below `count`, in order, computed by this many forked processes.

    Raises ServiceError if one of them ends early, as when the machine has no memory left.
    """
    with _workers(work, processes) as connections:
        results: dict[int, T] = dict(_dealt(connections, count))
    return [results[number] for number in range(count)]


def can_spread() -> bool:
    """Return whether this system can fork."""
    return "fork" in multiprocessing.get_all_start_methods()


@contextmanager
def _workers(work: Callable[[int], T], processes: int) -> Iterator[Sequence[Connection]]:
    """Yield a connection to each worker. Ctrl-C is held back while they start and while they end."""
    context = multiprocessing.get_context("fork")
    connections: list[Connection] = []
    started: list[multiprocessing.process.BaseProcess] = []
    try:
        with held_back():
            for _ in range(processes):
                here, there = context.Pipe()
                connections.append(here)
                process = context.Process(target=_answer, args=(work, there, tuple(connections)), daemon=True)
                process.start()
                started.append(process)
                there.close()
        yield connections
    finally:
        with held_back():
            for connection in connections:
                connection.close()
            for worker in started:
                worker.kill()
                worker.join()
                worker.close()


def _answer(work: Callable[[int], T], there: Connection, inherited: Sequence[Connection]) -> None:
    """Answer each number with its result until the parent's end of the connection is closed.

    `inherited` are the parent's ends, which would stay open in here. Ctrl-C stays held back: the parent reacts to it.
    """
    for connection in inherited:
        connection.close()
    with suppress(EOFError, OSError):
        while True:
            number = there.recv()
            there.send((number, work(number)))


def _dealt(connections: Sequence[Connection], count: int) -> Iterator[tuple[int, T]]:
    """Yield each number with its result, in the order in which they come."""
    numbers = iter(range(count))
    try:
        for connection in connections:
            for number in islice(numbers, AHEAD):
                connection.send(number)
        missing = count
        while missing:
            for ready in wait(connections):
                assert isinstance(ready, Connection)
                yield ready.recv()
                missing -= 1
                for number in islice(numbers, 1):
                    ready.send(number)
    except (EOFError, OSError) as ended:
        raise ServiceError("a process of this run ended early; try again with --jobs 1") from ended
