"""Descriptors of what lies below a folder: each is closed once, whatever comes in between."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seatrial.system import beneath
from seatrial.system.folder import DiskFolder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c" / "file").touch()
    return tmp_path


def opened() -> set[str]:
    return set(os.listdir("/dev/fd"))


@pytest.mark.parametrize("name", ["close", "open"])
def test_ctrl_c_behind_any_call_stays_ctrl_c(place: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """An error of the system in its place would make a folder look unreadable, and the run go on."""
    real, left = getattr(os, name), [0]

    def call(*given: object, **more: object) -> object:
        done = real(*given, **more)
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(beneath.os, name, call)
    DiskFolder(place, place, frozenset()).paths()
    count = -left[0]
    assert count > 10
    for behind in range(1, count + 1):
        left[0] = behind
        with pytest.raises(KeyboardInterrupt):
            DiskFolder(place, place, frozenset()).paths()


def test_whatever_fails_each_descriptor_is_closed_once(place: Path) -> None:
    before = opened()
    for below in ("a/none/c", "a/b/c/file", "a/../b", "a/b/c/file/x"):
        with pytest.raises(OSError, match=r"."):
            beneath.open_folder(os.fspath(place), below)
    os.close(beneath.open_folder(os.fspath(place), "a/b/c"))
    assert opened() == before
