"""Slow libraries are imported only by the runs that need them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from support.paths import SOURCES

SLOW = (
    "cerberus",
    "packaging.markers",
    "tree_sitter",
    "jq",
    "jinja2",
    "rich",
    "urllib3",
    "obstore",
    "cyclonedx",
)


@pytest.mark.parametrize(
    "module", ["seatrial.tasks.program", "seatrial.validate.rules", "seatrial.validate.run"]
)
def test_importing_it_imports_no_slow_library(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {SLOW} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
