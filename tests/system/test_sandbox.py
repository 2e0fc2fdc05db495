"""The sandbox: what a program in it can see, change and reach."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError, UsageError
from seatrial.system import process, sandbox
from seatrial.system.sandbox import Kernel, Sandbox, SandboxLevel, View, warning
from support.confined import needs_namespaces
from support.paths import SOURCES

LACKING = Kernel(lacking="bubblewrap is not installed", repair="install it")


@pytest.fixture(autouse=True)
def namespaces() -> None:
    needs_namespaces()


def run(command: str, view: View | None = None, *, cwd: Path | None = None, memory: int | None = None) -> str:
    """Run a command of the shell in a sandbox; its output, errors and status."""
    confined = Sandbox(memory=memory) if memory else Sandbox()
    arguments = confined.command(["/bin/sh", "-c", command], view or View(), cwd)
    ran = process.run_confined(arguments, {"PATH": "/usr/bin:/bin"}, cwd=None, seconds=20)
    return f"{(ran.out + ran.err).decode()}{ran.status}"


def test_only_what_is_named_is_there(tmp_path: Path) -> None:
    (tmp_path / "shown").mkdir()
    (tmp_path / "shown" / "file").write_text("content")
    (tmp_path / "secret").write_text("canary")
    view = View((tmp_path / "shown", tmp_path / "missing"))
    assert run(f"ls {tmp_path}; cat {tmp_path}/shown/file", view) == "shown\ncontent0"
    assert "canary" not in run(f"cat {tmp_path}/secret", view)
    assert run(f"ls {Path.home()}")[-1] != "0"
    assert "passwd" not in run("ls /etc")


def test_what_is_readable_cannot_be_changed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    said = run(f"echo x > {tmp_path}/file; rm {tmp_path}/file; echo x > {tmp_path}/new", View((tmp_path,)))
    assert said.count("Read-only file system") == 3
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "content"


def test_a_writable_folder_keeps_what_is_written_and_an_empty_one_does_not(tmp_path: Path) -> None:
    kept, empty = tmp_path / "kept", tmp_path / "empty"
    kept.mkdir()
    empty.mkdir()
    view = View(empty=(empty,), writable=(kept,))
    assert run(f"echo x > {kept}/file; echo y > {empty}/file; cat {empty}/file", view) == "y\n0"
    assert (kept / "file").read_text() == "x\n"
    assert list(empty.iterdir()) == []


def test_an_emptied_folder_keeps_only_what_is_readable_and_takes_what_is_written(tmp_path: Path) -> None:
    own, kept = tmp_path / "own", tmp_path / "own" / ".venv"
    kept.mkdir(parents=True)
    for folder in (own, kept):
        (folder / "file").write_text("content")
    view = View(readable=(kept,), shown=(own,), emptied=(own,))
    assert run(f"cd {own}; echo x > new; cat file 2>/dev/null; cat .venv/file new", view) == "contentx\n0"
    assert sorted(os.listdir(own)) == [".venv", "file"]


def test_hidden_paths_are_empty_and_those_shown_among_them_are_there(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    (tmp_path / ".env").write_text("canary")
    (tmp_path / "link").symlink_to(".env")
    view = View(
        (tmp_path,),
        hidden=(tmp_path / "one", tmp_path / "two", tmp_path / ".env", tmp_path / "link"),
        shown=(tmp_path / "two",),
    )
    command = f"cd {tmp_path}; ls one two; cat .env link; echo x > one/new; echo x > .env"
    said = run(command, view)
    assert said.startswith("one:\n\ntwo:\nfile\n")
    assert "canary" not in said
    assert (tmp_path / ".env").read_text() == "canary"


def test_a_link_out_of_what_is_shown_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "shown").mkdir()
    (tmp_path / "secret").write_text("canary")
    (tmp_path / "shown" / "link").symlink_to(tmp_path / "secret")
    said = run(f"cat {tmp_path}/shown/link", View((tmp_path / "shown",)))
    assert "canary" not in said
    assert "No such file" in said


def test_no_other_process_and_no_user_is_seen() -> None:
    said = run("ls /proc | grep -c '^[0-9]'; cat /proc/1/environ | tr '\\0' '\\n'").split()
    assert int(said[0]) < 6
    assert not any(name in " ".join(said) for name in ("HOME=", "USER="))


def test_there_is_no_network_unless_it_is_given() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        program = (
            f"import socket\ntry: socket.create_connection(('127.0.0.1', {port}), 2)\n"
            "except OSError: print('no')\nelse: print('yes')"
        )
        python = Path(os.path.realpath(sys.executable))
        prefix = python.parent.parent
        for network, answer in ((False, "no"), (True, "yes")):
            arguments = [str(python), "-I", "-c", program]
            command = Sandbox().command(arguments, View((prefix,), network=network))
            ran = process.run_confined(command, {}, cwd=None, seconds=20)
            assert ran.out.decode().strip() == answer, ran.err


def test_what_it_left_running_ends_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    said = run(
        f"setsid sh -c 'sleep 1; touch {mark}' >/dev/null 2>&1 & echo begun", View(writable=(tmp_path,))
    )
    assert said == "begun\n0"
    time.sleep(1.3)
    assert not mark.exists()


def test_a_program_that_takes_too_long_is_ended_with_all_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    command = Sandbox().command(
        ["/bin/sh", "-c", f"trap '' TERM ALRM; (sleep 1.5; touch {mark}) & wait"], View(writable=(tmp_path,))
    )
    with pytest.raises(ServiceError, match=r"did not end within 0\.5 seconds"):
        process.run_confined(command, {}, cwd=None, seconds=0.5)
    time.sleep(1.3)
    assert not mark.exists()


def test_memory_is_limited_and_output_is_cut() -> None:
    said = run("x=$(head -c 300000000 /dev/zero | tr '\\0' x); echo ${#x}", memory=100 * 1024**2)
    assert "300000000" not in said
    command = Sandbox().command(["/bin/sh", "-c", "head -c 50000000 /dev/zero"], View())
    assert len(process.run_confined(command, {}, cwd=None, seconds=20).out) == process.MOST


def test_required_refuses_a_machine_without_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "kernel", lambda: LACKING)
    assert Sandbox(sandbox.kernel).level is SandboxLevel.LIMITS
    with pytest.raises(ServiceError, match=r"required, and bubblewrap is not installed; install it"):
        sandbox.sandbox("required")
    monkeypatch.setenv("SEATRIAL_SANDBOX", "required")
    with pytest.raises(ServiceError, match="required"):
        sandbox.sandbox()


def test_another_choice_is_refused() -> None:
    with pytest.raises(UsageError, match='the sandbox is "off"; choose among auto, required'):
        sandbox.sandbox("off")


def test_a_machine_without_namespaces_is_told_what_to_install() -> None:
    assert warning(sandbox.kernel()) == ""
    assert "bubblewrap is not installed" in warning(LACKING)
    assert "install it" in warning(LACKING)


def test_without_namespaces_there_are_limits_still() -> None:
    command = Sandbox(lambda: LACKING, memory=64 * 1024**2).command(["/bin/sh", "-c", "ulimit -v"], View())
    assert process.run_confined(command, {}, cwd=None, seconds=20).out == b"65536\n"


def test_a_shielded_process_shows_nobody_its_first_environment() -> None:
    program = (
        "import os, sys; from seatrial.system.sandbox import shield; shield(); "
        "print(os.environ['TOKEN'], os.getenv('TOKEN'), flush=True); sys.stdin.read()"
    )
    environ = {"TOKEN": "canary", "PYTHONPATH": str(SOURCES), "PATH": os.environ["PATH"]}
    with subprocess.Popen(
        [sys.executable, "-c", program], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as shielded:
        assert shielded.stdout is not None
        assert shielded.stdout.readline() == b"canary canary\n"
        try:
            shown = Path(f"/proc/{shielded.pid}/environ").read_bytes()
        except PermissionError:
            shown = b""
        shielded.communicate()
    assert b"canary" not in shown
