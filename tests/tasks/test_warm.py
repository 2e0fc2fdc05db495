"""Commands that the tests run without a start of Python: people get the same from them as from a start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support import warm
from support.paths import SOURCES

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every command is started")

MADE = ("new", "My Service", "--no-lock")
SAMPLE = (
    (MADE,),
    (MADE, ("validate",), ("fix",)),
    (MADE, ("validate", "--format", "json"), ("status",)),
    (("explain", "SPC001"), ("validat",), ("validate", "--format", "yaml"), ("release.plan",)),
)
"""Command lines, each row in a folder of its own: what ends well and badly, with much output and with little."""


def environment(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/dev/null", "PYTHONPATH": str(SOURCES), **more}


def told(done: subprocess.CompletedProcess[str], folder: Path) -> tuple[int, str, str]:
    """The status and what was written, with the same name for every folder."""
    return done.returncode, done.stdout.replace(str(folder), "X"), done.stderr.replace(str(folder), "X")


@pytest.mark.parametrize("row", SAMPLE, ids=lambda row: row[-1][0])
def test_status_and_both_streams_are_those_of_a_start(
    tmp_path: Path, row: tuple[tuple[str, ...], ...]
) -> None:
    (tmp_path / "cold").mkdir()
    (tmp_path / "warm").mkdir()
    for words in row:
        cold = warm.cold(tmp_path / "cold", [*words], environment())
        assert told(warm.run(tmp_path / "warm", [*words], environment()), tmp_path / "warm") == told(
            cold, tmp_path / "cold"
        )
    files = [
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.toml")}
        for folder in (tmp_path / "cold", tmp_path / "warm")
    ]
    assert files[0] == files[1]


def test_a_command_has_its_own_variables_and_leaves_none_behind(tmp_path: Path) -> None:
    warm.run(tmp_path, [*MADE], environment())
    asked = environment(SEATRIAL_FORMAT="json")
    assert warm.run(tmp_path, ["validate"], asked).stdout.startswith("{")
    assert not warm.run(tmp_path, ["validate"], environment()).stdout.startswith("{")


def test_a_command_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        warm.run(tmp_path, ["rules"], environment(), timeout=0)
    assert warm.run(tmp_path, ["nothing"], environment()).returncode == 2


def test_variables_that_python_reads_at_its_start_get_a_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []

    def cold(*given: object) -> subprocess.CompletedProcess[str]:
        started.append(given[1])
        return subprocess.CompletedProcess([], 0, "", "")

    monkeypatch.setattr(warm, "cold", cold)
    warm.run(tmp_path, ["rules"], environment(PYTHONIOENCODING="ascii"))
    warm.run(tmp_path, ["rules"], environment(PYTHONPATH="/elsewhere"))
    assert len(started) == 2
