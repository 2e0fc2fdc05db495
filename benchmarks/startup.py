"""What it costs to start Seatrial, beside Python and Invoke alone, and beside another checkout.

    python benchmarks/startup.py --runs 15
    python benchmarks/startup.py --runs 15 --against ../seatrial-before

Every run is a whole process of the interpreter that runs this file, A B C A B C, after one round that does not count.
Figures are medians; processor time is user plus system.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from processes import THIS, Run, in_turn, machine, median, seatrial

PYTHON, INVOKE = "python -c pass", "python -c 'import invoke'"
WORDS = ("--version", "--help", "rules")


def start(checkout: Path, folder: Path, *arguments: str) -> Run:
    """Run the interpreter with a checkout's modules to its end. Raises SystemExit if it fails."""
    done = seatrial(checkout, folder, *arguments)
    if done.status:
        raise SystemExit(f"{' '.join(arguments)} ends with {done.status}: {done.err[-2000:]}")
    return done


def programs(folder: Path, against: Path | None) -> dict[str, Callable[[], Run]]:
    """Return what is compared, by name; each Seatrial stands directly before its counterpart."""
    found: dict[str, Callable[[], Run]] = {
        PYTHON: partial(start, THIS, folder, "-c", "pass"),
        INVOKE: partial(start, THIS, folder, "-c", "import invoke"),
    }
    for word in WORDS:
        found[f"seatrial {word}"] = partial(start, THIS, folder, "-m", "seatrial", word)
        if against:
            found[f"{against.name}: {word}"] = partial(start, against, folder, "-m", "seatrial", word)
    return found


def check_imports(checkout: Path, folder: Path) -> None:
    """End the benchmark if the modules of another checkout would be measured."""
    found = start(checkout, folder, "-c", "import seatrial; print(seatrial.__file__)").out.strip()
    if not Path(found).is_relative_to(checkout / "scripts"):
        raise SystemExit(f"seatrial is imported from {found}, not from {checkout}")


def show(runs: Mapping[str, list[Run]], against: Path | None) -> None:
    """Print the table."""
    other = f" | wall / {against.name} | cpu / {against.name}" if against else ""
    print(f"| | wall ms | cpu ms | wall / python | wall / invoke{other} |")
    print("|---" * (7 if against else 5) + "|")
    for name, own in runs.items():
        wall, cpu = median(own, "wall"), median(own, "cpu")
        cells = [f"{1000 * wall:.0f}", f"{1000 * cpu:.0f}"]
        cells += [f"{wall / median(runs[base], 'wall'):.2f}" for base in (PYTHON, INVOKE)]
        if against:
            theirs = runs.get(f"{against.name}: {name.removeprefix('seatrial ')}")
            pairs = (("wall", wall), ("cpu", cpu))
            cells += [f"{mine / median(theirs, each):.2f}" if theirs else "" for each, mine in pairs]
        print(f"| {name} | {' | '.join(cells)} |")


def main() -> None:
    """Parse the arguments and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--against", type=Path, metavar="CHECKOUT", help="another checkout to measure in turn"
    )
    parser.add_argument("--runs", type=int, default=15)
    given = parser.parse_args()
    against = given.against and given.against.resolve()
    with tempfile.TemporaryDirectory() as folder:
        for checkout in (THIS, *([against] if against else [])):
            check_imports(checkout, Path(folder))
        chosen = programs(Path(folder), against)
        print(f"{given.runs} runs in turn, medians, Python {sys.version.split()[0]}, {machine()}\n")
        show(in_turn(chosen, given.runs), against)


if __name__ == "__main__":
    main()
