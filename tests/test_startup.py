"""What start-up costs: slow libraries are imported only where needed, and modules are compiled once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.paths import ROOT, SOURCES

SLOW = (
    "cerberus",
    "packaging.markers",
    "tree_sitter",
    "jq",
    "tomlkit",
    "jinja2",
    "rich",
    "urllib3",
    "obstore",
    "cyclonedx",
)


def imported(module: str, unwanted: object) -> str:
    """The names among `unwanted` that importing a module imports, as a new Python prints them."""
    code = f"import sys, {module}; print([name for name in {unwanted} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize(
    "module",
    ["seatrial.tasks.program", "seatrial.tasks.validate", "seatrial.validate.rules", "seatrial.validate.run"],
)
def test_importing_it_imports_no_slow_library(module: str) -> None:
    assert imported(module, SLOW) == "[]\n"


@pytest.mark.parametrize("program", ["seatrial", "invoke"])
def test_modules_are_compiled_once_although_invoke_writes_no_bytecode(program: str, tmp_path: Path) -> None:
    """Most modules are imported only after Invoke has parsed the command line and switched bytecode off."""
    subprocess.run(
        [sys.executable, "-m", program, "explain", "SPC001"],
        cwd=ROOT,
        env={"PYTHONPATH": str(SOURCES), "PYTHONPYCACHEPREFIX": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    written = {path.name.partition(".")[0] for path in tmp_path.glob(f"{SOURCES.relative_to('/')}/**/*.pyc")}
    assert {"menu", "rule_pages", "registry"} <= written


def test_no_bytecode_is_written_where_python_is_told_so(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-B", "-m", "seatrial", "explain", "SPC001"],
        env={"PYTHONPATH": str(SOURCES), "PYTHONPYCACHEPREFIX": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    assert not list(tmp_path.rglob("*.pyc"))


def test_listing_the_rules_loads_neither_the_examples_nor_what_runs_rules() -> None:
    unwanted = ("seatrial.handbook.rule_examples", "seatrial.validate.run")
    assert imported("seatrial.handbook.rule_pages", unwanted) == "[]\n"
