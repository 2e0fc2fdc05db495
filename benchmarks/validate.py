"""Validation, side by side with what a user would run instead, over the same folders.

    python benchmarks/validate.py --root ../ocean --runs 5
    python benchmarks/validate.py --fleet 10 --fleet 100 --fleet 1000 --runs 3

Peers: `check-jsonschema` on the spec files alone, with the JSON Schema derived from ours,
and `repo-review` with `sp-repo-review` on the folders. They check other and fewer things;
they show what the time of one process over these folders is. Programs run in turn, A B C
A B C, each as a whole process; figures are medians, processor time is user plus system.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
SCHEMA = REPOSITORY / "docs" / "schemas" / "spec-ocean.schema.json"
SPECS = ("spec.json", "spec.yaml", "spec.yml")


@dataclass(frozen=True)
class Run:
    """One whole process: seconds on the clock, seconds of processor, megabytes at the peak."""

    wall: float
    cpu: float
    peak: float


def timed(command: Sequence[str]) -> Run:
    """Run a command to its end, its output thrown away."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    wall = time.perf_counter() - began
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def commands(root: Path, jobs: str) -> dict[str, list[str]]:
    """What is compared, by name."""
    folders = sorted(path.parent for path in (root / "integrations").glob("*/.port"))
    specs = [
        str(folder / ".port" / name)
        for folder in folders
        for name in SPECS
        if (folder / ".port" / name).exists()
    ]
    bin_ = Path(sys.executable).parent
    return {
        "seatrial validate": [
            sys.executable,
            "-m",
            "seatrial",
            "validate",
            "--root",
            str(root),
            "--jobs",
            jobs,
        ],
        "check-jsonschema": [str(bin_ / "check-jsonschema"), "--schemafile", str(SCHEMA), *specs],
        "repo-review": [str(bin_ / "repo-review"), *map(str, folders)],
    }


def fleet(folder: Path, size: int) -> Path:
    """A repository of `size` integrations, each from the template."""
    from seatrial.core.model import Profile
    from seatrial.handbook.examples import good_folder

    good = good_folder(Profile.GUIDE)
    for number in range(size):
        base = folder / "integrations" / f"good-service-{number}"
        for path in good.paths():
            (base / path).parent.mkdir(parents=True, exist_ok=True)
            data = good.read(path)
            (base / path).write_bytes(data.replace(b"good-service", f"good-service-{number}".encode()))
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


def compare(title: str, root: Path, runs: int, jobs: str) -> None:
    """Print a table of medians for one root."""
    entries = commands(root, jobs)
    results: dict[str, list[Run]] = {name: [] for name in entries}
    for _ in range(runs):
        for name, command in entries.items():
            results[name].append(timed(command))
    count = len(list((root / "integrations").glob("*/.port")))
    print(f"\n{title}: {count} integrations, {runs} runs in turn, medians")
    print(f"{'':20} {'wall s':>8} {'cpu s':>8} {'cpu ms each':>12} {'peak MB':>8} {'wall / repo-review':>19}")
    base = statistics.median(run.wall for run in results["repo-review"])
    for name, measured in results.items():
        wall, cpu, peak = (
            statistics.median(getattr(run, key) for run in measured) for key in ("wall", "cpu", "peak")
        )
        print(f"{name:20} {wall:8.2f} {cpu:8.2f} {1000 * cpu / count:12.1f} {peak:8.0f} {wall / base:19.2f}")


def main() -> None:
    """Parse the arguments and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--root", type=Path, action="append", default=[], help="a real repository of integrations"
    )
    parser.add_argument("--fleet", type=int, action="append", default=[], help="a generated one of this size")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--jobs", default="", help="processes for seatrial; by default one a core")
    given = parser.parse_args()
    for root in given.root:
        compare(str(root.name), root.resolve(), given.runs, given.jobs)
    for size in given.fleet:
        with tempfile.TemporaryDirectory() as folder:
            compare(f"generated fleet of {size}", fleet(Path(folder), size), given.runs, given.jobs)


if __name__ == "__main__":
    main()
