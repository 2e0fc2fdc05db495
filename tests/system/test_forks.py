"""Tests of work spread over processes: every result in order, and no process left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from seatrial.core.errors import ServiceError
from seatrial.system.forks import spread
from support.ended import is_gone
from support.paths import SOURCES


@pytest.mark.parametrize("count", [0, 1, 3, 100])
@pytest.mark.parametrize("processes", [1, 2, 5])
def test_results_come_in_order(count: int, processes: int) -> None:
    assert spread(lambda number: number * number, count, processes) == [
        number * number for number in range(count)
    ]


def test_results_that_no_pipe_holds_come_whole() -> None:
    assert [len(text) for text in spread(lambda number: "x" * 1_000_000, 12, 3)] == [1_000_000] * 12


def test_a_worker_that_is_killed_ends_the_run_with_one_line() -> None:
    def work(number: int) -> int:
        if number == 7:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    with pytest.raises(ServiceError, match="ended early"):
        spread(work, 100, 2)


INTERRUPTED = """
import os, signal, sys
from multiprocessing import context, popen_fork, process
from seatrial.system import forks

TRACED = {module.__file__ for module in (forks, context, popen_fork, process)}

def interrupted(at):
    "Spread work, and press Ctrl-C before the line number `at` of what starts and ends the workers."
    parent, seen = os.getpid(), 0

    def lines(frame, event, argument):
        nonlocal seen
        if event == "line" and os.getpid() == parent:
            seen += 1
            if seen == at:
                os.kill(parent, signal.SIGINT)
        return lines

    def calls(frame, event, argument):
        return lines if frame.f_code.co_filename in TRACED else None

    sys.settrace(calls)
    try:
        forks.spread(abs, 6, 2)
    except KeyboardInterrupt:
        return 130
    finally:
        sys.settrace(None)
    return 0 if seen < at else 1

statuses, at = [], 0
while not statuses or statuses[-1]:
    at += 1
    alive, held = os.pipe()
    child = os.fork()
    if not child:
        os.close(alive)
        os._exit(interrupted(at))
    os.close(held)
    signal.alarm(60)
    _, status = os.waitpid(child, 0)
    assert os.read(alive, 1) == b"", "a worker wrote something"
    os.close(alive)
    statuses.append(os.waitstatus_to_exitcode(status))
print(len(statuses), set(statuses[:-1]))
"""
"""The read of `alive` returns when every process that inherited `held` has ended."""


@pytest.mark.slow
def test_ctrl_c_at_any_line_ends_the_run_and_every_worker() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    count, _, statuses = done.stdout.partition(" ")
    assert int(count) > 100
    assert statuses == "{130}\n"


ENDLESS = """
import os, time
from seatrial.system.forks import spread
def work(number):
    os.write(1, b"%d\\n" % os.getpid())
    time.sleep(number / 2)
    return number
spread(work, 100, 2)
"""


def test_workers_end_with_a_parent_that_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", ENDLESS],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout
    workers = {parent.stdout.readline(), parent.stdout.readline()}
    parent.kill()
    parent.communicate(timeout=60)
    assert all(is_gone(int(worker)) for worker in workers)
