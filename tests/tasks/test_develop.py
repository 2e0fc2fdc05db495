"""Where the files of Seatrial's own tests go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seatrial.tasks import develop


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of the file system in memory, with room enough."""
    monkeypatch.setattr(develop, "ROOMY", 0)
    return tmp_path


def place_of(option: str) -> Path:
    name, _, place = option.partition("=")
    assert name == "--basetemp"
    return Path(place)


def test_they_go_to_memory_and_are_gone_afterwards(memory: Path) -> None:
    with develop._test_folder(memory) as (option,):
        place = place_of(option)
        place.mkdir()
        assert memory in place.parents
    assert list(memory.iterdir()) == []


def test_without_such_a_file_system_or_without_room_pytest_decides(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with develop._test_folder(memory / "absent") as options:
        assert options == []
    monkeypatch.setattr(develop, "ROOMY", 2**80)
    with develop._test_folder(memory) as options:
        assert options == []
    assert list(memory.iterdir()) == []


def test_where_no_program_may_run_pytest_decides(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = list(os.statvfs(memory))
    facts[8] |= os.ST_NOEXEC
    monkeypatch.setattr(os, "statvfs", lambda place: os.statvfs_result(facts))
    with develop._test_folder(memory) as options:
        assert options == []


def test_what_a_killed_run_left_is_removed_and_what_another_run_uses_stays(memory: Path) -> None:
    left, used = memory / f"seatrial-tests-{2**31 - 1}-a", memory / f"seatrial-tests-{os.getpid()}-b"
    for folder in (left, used):
        folder.mkdir()
    with develop._test_folder(memory):
        assert not left.exists()
        assert used.exists()
