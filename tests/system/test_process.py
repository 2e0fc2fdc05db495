"""A program at work in the background, what it says in a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.system.process import Conversation, LateAnswer, MissingProgram, Running
from support.ended import is_gone


def test_all_that_is_said_is_added_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    assert Running(["sh", "-c", "echo out; echo err >&2; pwd; exit 3"], log, cwd=tmp_path).wait() == 3
    assert log.read_text() == f"before\nout\nerr\n{tmp_path}\n"


def test_a_program_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingProgram, match="no-such-program is not on this machine"):
        Running(["no-such-program"], tmp_path / "log")


def test_one_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(ServiceError, match="cannot be started: permission denied"):
        Running([str(tmp_path / "x")], tmp_path / "log")


@pytest.mark.parametrize("trap", ["", "trap '' TERM;"], ids=["that listens", "that does not"])
def test_a_program_and_its_children_end_when_told(tmp_path: Path, trap: str) -> None:
    running = Running(["sh", "-c", f"{trap} sleep 60 & echo $!; wait; wait"], tmp_path / "log")
    child = _first_line(tmp_path / "log")
    ended: list[int] = []
    waiting = threading.Thread(target=lambda: ended.append(running.wait()))
    waiting.start()
    running.end(seconds=0.3)
    waiting.join(5)
    assert ended and ended[0] < 0
    assert is_gone(int(child))


def test_ctrl_c_ends_the_program_too(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from seatrial.system.process import Running\n"
        "Running(['sh', '-c', 'echo $$; exec sleep 60'], Path(sys.argv[1])).wait()"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ours = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "log")], env=environment, stderr=subprocess.DEVNULL
    )
    child = _first_line(tmp_path / "log")
    ours.send_signal(signal.SIGINT)
    assert ours.wait(10) != 0
    assert is_gone(int(child))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_program_and_its_children_end_when_we_are_killed(tmp_path: Path, how: signal.Signals) -> None:
    code = (
        "import sys; from pathlib import Path; from seatrial.system.process import Running\n"
        "running = Running(['sh', '-c', 'sleep 60 & echo $!; wait'], Path(sys.argv[1]))\n"
        "print('started', flush=True); running.wait()"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, str(tmp_path / "log")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as ours:
        assert ours.stdout is not None
        assert ours.stdout.readline() == "started\n"
        child = _first_line(tmp_path / "log")
        ours.send_signal(how)
        assert ours.wait(10) != 0
    assert is_gone(int(child))


def test_a_program_ends_even_where_we_are_killed_as_soon_as_it_has_begun(tmp_path: Path) -> None:
    code = (
        "import os, subprocess, sys; from pathlib import Path; from seatrial.system import process\n"
        "class Killed(subprocess.Popen):\n"
        "    def __init__(self, command, **more):\n"
        "        super().__init__(command, **more)\n"
        "        if command[-1] == '60':\n"
        "            Path(sys.argv[1]).write_text(str(self.pid))\n"
        "            os.kill(os.getpid(), 9)\n"
        "process.subprocess.Popen = Killed\n"
        "process.Running(['sleep', '60'], Path(sys.argv[1] + '.log'))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ours = subprocess.run([sys.executable, "-c", code, str(tmp_path / "log")], env=environment, check=False)
    assert ours.returncode == -signal.SIGKILL
    assert is_gone(int((tmp_path / "log").read_text()))


def test_a_program_that_is_ended_before_it_began_keeps_nobody_waiting(tmp_path: Path) -> None:
    begun = time.monotonic()
    for _ in range(5):
        Running(["sleep", "60"], tmp_path / "log").end()
    assert time.monotonic() - begun < 4


@pytest.mark.parametrize(
    ("name", "words"),
    [("no-such-program", "is not on this machine"), ("./text", "cannot be started: permission")],
)
def test_a_program_that_cannot_be_started_is_told(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "text").write_text("")
    with pytest.raises(ServiceError, match=words):
        Running([name], tmp_path / "log", cwd=tmp_path)


def test_a_program_has_the_stated_environment_and_no_other(tmp_path: Path) -> None:
    Running(["/bin/sh", "-c", "/usr/bin/env"], tmp_path / "log", env={"ONE": "1"}).wait()
    told = (tmp_path / "log").read_text().splitlines()
    assert [line for line in told if not line.startswith(("_=", "PWD="))] == ["ONE=1"]


def _first_line(log: Path) -> str:
    for _ in range(200):
        if log.exists() and log.read_text().endswith("\n"):
            return log.read_text()
        time.sleep(0.05)
    raise AssertionError("it never began")


def test_a_conversation_has_several_answers_to_what_it_is_told():
    talk = Conversation(["/bin/sh", "-c", "while read -r line; do echo $line; echo again; done"], {})
    talk.tell(b"one\ntwo\n", seconds=10)
    assert [talk.hear(seconds=10, most=100) for _ in range(4)] == [b"one\n", b"again\n", b"two\n", b"again\n"]
    assert talk.end() == -9


def test_a_conversation_that_ended_has_no_answer_and_tells_its_status():
    talk = Conversation(["/bin/sh", "-c", "read -r line; exit 7"], {})
    talk.tell(b"one\n", seconds=10)
    assert talk.hear(seconds=10, most=100) == b""
    assert talk.end() == 7


def test_a_late_answer_ends_the_conversation():
    talk = Conversation(["/bin/sh", "-c", "read -r line; sleep 60"], {}, name="it")
    talk.tell(b"one\n", seconds=10)
    with pytest.raises(LateAnswer, match=r"it did not end within 0\.1 seconds"):
        talk.hear(seconds=0.1, most=100)
    assert talk.end() == -9
