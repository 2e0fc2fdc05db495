"""A lock keeps other processes out until it is released; a second open file stands for another process."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.system import locks


def test_a_held_lock_refuses_another_at_once_or_after_a_time(tmp_path: Path) -> None:
    place = tmp_path / "new" / "lock"
    with locks.held(place):
        for seconds in (0, 0.01):
            with (
                pytest.raises(ServiceError, match="it is busy"),
                locks.held(place, busy="it is busy", seconds=seconds),
            ):
                pass
    with locks.held(place, busy="it is busy"):
        pass


def test_shared_locks_are_held_together_and_keep_an_exclusive_one_out(tmp_path: Path) -> None:
    place = tmp_path / "lock"
    with locks.held(place, exclusive=False), locks.held(place, exclusive=False, busy="busy"):
        assert locks.take(place, exclusive=True) is None


def test_without_a_text_for_busy_one_waits(tmp_path: Path) -> None:
    place, order = tmp_path / "lock", []

    def second() -> None:
        with locks.held(place):
            order.append("second")

    thread = threading.Thread(target=second)
    with locks.held(place):
        thread.start()
        thread.join(0.05)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_folder_can_be_locked_itself(tmp_path: Path) -> None:
    with locks.held(tmp_path), pytest.raises(ServiceError, match="busy"), locks.held(tmp_path, busy="busy"):
        pass


def test_a_link_or_a_place_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("elsewhere")
    (tmp_path / "file").touch()
    for place in (tmp_path / "link", tmp_path / "file" / "lock"):
        with pytest.raises(ServiceError, match="cannot be written"), locks.held(place):
            pass
    assert not (tmp_path / "elsewhere").exists()
