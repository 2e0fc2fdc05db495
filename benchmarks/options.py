"""The command-line options that the lint benchmarks share, and both sides made from them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from copies import copy
from ours import Ours
from slowway import Slow


def names(text: str) -> list[str]:
    """Split names separated by commas."""
    return [name for name in text.split(",") if name]


def place(text: str) -> Path:
    """Make a path absolute without resolving links, because a link to an interpreter selects its environment."""
    return Path(text).absolute()


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of both sides: folders and programs."""
    beside = Path(sys.executable).parent
    parser.add_argument("checkout", type=place, help="a checkout of port-labs/ocean")
    parser.add_argument("--work", type=place, required=True, help="a folder for copies and caches")
    parser.add_argument(
        "--python", type=place, required=True, help="the interpreter for Poetry's environments"
    )
    parser.add_argument("--poetry", type=place, default=beside / "poetry", help="Poetry for the slow way")
    parser.add_argument("--seatrial", type=place, default=beside / "seatrial")


def sides_in(given: argparse.Namespace) -> tuple[Slow, Path, Ours]:
    """Return the slow way, the copy of the checkout that it works on, and Seatrial with another copy."""
    home = given.work / "home"
    home.mkdir(parents=True, exist_ok=True)
    ours = Ours(given.seatrial, copy(given.checkout, given.work / "ours"), given.work / "cache")
    return Slow(given.poetry, given.python, home), copy(given.checkout, given.work / "slow"), ours
