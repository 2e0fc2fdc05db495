"""Ctrl-C that comes where Python would lose it waits until it can be answered."""

from __future__ import annotations

import signal
import threading
from types import ModuleType

import pytest

from seatrial.system.interrupts import held_back
from seatrial.tasks import menu


def press_ctrl_c() -> None:
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)


def test_what_is_held_back_is_raised_at_the_end() -> None:
    done = []

    def block() -> None:
        with held_back():
            press_ctrl_c()
            done.append(True)

    with pytest.raises(KeyboardInterrupt):
        block()
    assert done


def test_behind_it_ctrl_c_is_answered_at_once_again() -> None:
    with held_back(), held_back():
        pass
    with pytest.raises(KeyboardInterrupt):
        press_ctrl_c()


def test_a_task_is_imported_whole_and_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = []

    def import_module(name: str) -> ModuleType:
        press_ctrl_c()
        steps.append("imported")
        module = ModuleType(name)
        vars(module)["rules"] = lambda: steps.append("begun")
        return module

    monkeypatch.setattr(menu, "import_module", import_module)
    with pytest.raises(KeyboardInterrupt):
        menu.Verb("rules", "", "rules:rules").call({})
    assert steps == ["imported"]
