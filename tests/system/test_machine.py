"""The garbage collector runs less often for a while, and then as before."""

import gc

import pytest

from seatrial.system import machine


def test_the_collector_runs_seldom_inside_and_as_before_after_it() -> None:
    before = gc.get_threshold()
    with machine.seldom_collected():
        assert gc.get_threshold() == (machine.NEW_OBJECTS, *before[1:])
    assert gc.get_threshold() == before


def test_an_error_inside_leaves_the_collector_as_it_was() -> None:
    before = gc.get_threshold()
    with pytest.raises(RuntimeError), machine.seldom_collected():
        raise RuntimeError
    assert gc.get_threshold() == before


def test_a_collector_that_is_off_stays_off() -> None:
    before = gc.get_threshold()
    gc.set_threshold(0)
    try:
        with machine.seldom_collected():
            assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)


def test_a_process_of_one_task_collects_seldom_and_leaves_what_there_is_to_the_end() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    try:
        machine.collect_seldom()
        assert gc.get_threshold() == (machine.NEW_OBJECTS, *before[1:])
        machine.leave_to_the_end()
        assert gc.get_freeze_count() > frozen
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
