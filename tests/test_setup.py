"""scripts/setup.sh: which packages are installed, and by whom. The programs it calls write down how they are called."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.locks import pins
from support.paths import ROOT

UV = """#!/bin/sh
case $* in
    --version) echo "uv 1.0" ;;
    *) echo "uv $*" >>"$CALLS"; [ -z "${UV_FAILS:-}" ] || { echo "error: no route to the index"; exit 1; } ;;
esac
"""
NO_UV = "#!/bin/sh\nexit 127\n"
PYTHON = """#!/bin/sh
case $* in
    "-m venv"*) echo venv >>"$CALLS"; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
    "-m pip --python"*) echo "get uv" >>"$CALLS"; [ -z "$PIP_BRINGS_UV" ] || cp uv-program .venv/bin/uv ;;
    *"pip install"*) echo "pip ${*#*install}" >>"$CALLS" ;;
esac
"""


@dataclass(frozen=True)
class Yard:
    """A checkout with a Python and a PATH of its own."""

    folder: Path

    def set_up(self, what: str = ".", **env: str) -> list[str]:
        """The calls that a set-up makes."""
        calls = self.folder / "calls"
        calls.write_text("")
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        given = {"PATH": path, "HOME": str(self.folder), "CALLS": str(calls), "PIP_BRINGS_UV": "1"}
        python = {"SEATRIAL_PYTHON": str(self.folder / "python")}
        done = subprocess.run(
            ["scripts/setup.sh", ".venv", what],
            cwd=self.folder,
            env={**given, **python, **env},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return calls.read_text().splitlines()


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    folder = tmp_path / "a checkout"
    (folder / "scripts").mkdir(parents=True)
    (folder / "bin").mkdir()
    shutil.copy(ROOT / "scripts" / "setup.sh", folder / "scripts")
    shutil.copytree(ROOT / "locks", folder / "locks")
    for name, text in (("python", PYTHON), ("uv-program", UV), ("bin/uv", NO_UV)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return Yard(folder)


def by_uv(lock: str) -> list[str]:
    start = "uv pip install --quiet --python .venv/bin/python"
    return [
        f"{start} --require-hashes --requirement locks/{lock}.txt",
        f"{start} --no-deps --no-build-isolation --editable .",
    ]


def by_pip(lock: str) -> list[str]:
    return [
        f"pip  --quiet --require-hashes --requirement locks/{lock}.txt",
        "pip  --quiet --no-deps --no-build-isolation --editable .",
    ]


@pytest.mark.parametrize(("what", "lock"), [(".", "runtime"), (".[dev]", "develop")])
def test_the_uv_of_the_machine_installs_what_is_locked(yard: Yard, what: str, lock: str) -> None:
    shutil.copy(yard.folder / "uv-program", yard.folder / "bin" / "uv")
    assert yard.set_up(what) == ["venv", *by_uv(lock)]


def test_where_there_is_no_uv_pip_gets_the_locked_one(yard: Yard) -> None:
    assert yard.set_up() == ["venv", "get uv", *by_uv("runtime")]
    (locked,) = (pin for pin in pins("locks/runtime.txt") if pin.name == "uv")
    asked = (yard.folder / ".venv" / "uv.txt").read_text().replace("\\\n", "").split()
    assert asked == [f"uv=={locked.version}", *locked.hashes]


def test_the_uv_that_an_earlier_set_up_got_is_used_again(yard: Yard) -> None:
    yard.set_up()
    assert yard.set_up(".[dev]") == by_uv("develop")


def test_where_no_uv_can_be_had_pip_installs_what_is_locked(yard: Yard) -> None:
    assert yard.set_up(PIP_BRINGS_UV="") == ["venv", "get uv", *by_pip("runtime")]


def test_where_uv_finds_no_way_to_the_index_pip_is_tried(yard: Yard) -> None:
    assert yard.set_up(UV_FAILS="1")[-2:] == by_pip("runtime")


def test_the_newest_packages_are_installed_without_the_lock(yard: Yard) -> None:
    assert yard.set_up(".[dev]", SEATRIAL_LATEST="1") == [
        "venv",
        "get uv",
        "uv pip install --quiet --python .venv/bin/python --upgrade --editable .[dev]",
    ]
    assert (yard.folder / ".venv" / "uv.txt").read_text() == "uv\n"
