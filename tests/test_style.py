"""The code holds to its own house rules, as the tools see them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from seatrial.tasks.develop import generated
from support.paths import ROOT

PLACES = ["scripts", "tests", "benchmarks", "tasks.py"]


@pytest.mark.parametrize(
    "tool",
    [
        pytest.param(["ruff", "check", *PLACES], id="ruff"),
        pytest.param(["ruff", "format", "--check", *PLACES], id="format"),
        pytest.param(["mypy"], id="mypy", marks=pytest.mark.slow),
    ],
)
def test_a_tool_has_nothing_to_say(tool: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *tool], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_generated_page_is_fresh() -> None:
    stale = [path for path, text in generated().items() if (ROOT / path).read_text(encoding="utf-8") != text]
    assert stale == [], "run `make docs`"
