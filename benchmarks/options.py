"""What both lint benchmarks ask on the command line, and both sides made from it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from copies import copy
from ours import Ours
from slowway import Slow


def words(text: str) -> list[str]:
    """Words separated by commas."""
    return [word for word in text.split(",") if word]


def place(text: str) -> Path:
    """A path, made absolute and otherwise left alone: links to an interpreter mean something."""
    return Path(text).absolute()


def both_sides(parser: argparse.ArgumentParser) -> None:
    """The options that say where both sides work and what with."""
    beside = Path(sys.executable).parent
    parser.add_argument("checkout", type=place, help="a checkout of port-labs/ocean")
    parser.add_argument("--work", type=place, required=True, help="a folder for copies and caches")
    parser.add_argument(
        "--python", type=place, required=True, help="the interpreter for Poetry's environments"
    )
    parser.add_argument("--poetry", type=place, default=beside / "poetry", help="Poetry for the slow way")
    parser.add_argument("--seatrial", type=place, default=beside / "seatrial")


def sides_in(given: argparse.Namespace) -> tuple[Slow, Path, Ours]:
    """The slow way, the copy it works on, and ours with a copy of its own."""
    home = given.work / "home"
    home.mkdir(parents=True, exist_ok=True)
    ours = Ours(given.seatrial, copy(given.checkout, given.work / "ours"), given.work / "cache")
    return Slow(given.poetry, given.python, home), copy(given.checkout, given.work / "slow"), ours
