"""Validation, beside what a user would run instead and beside the least that any program has to do.

    python benchmarks/validate.py --root ../ocean --runs 7
    python benchmarks/validate.py --fleet 10 --fleet 100 --fleet 1000 --runs 3
    python benchmarks/validate.py --root ../ocean --runs 7 --against ../seatrial-before

Peers: `check-jsonschema` on the spec files alone, with the JSON Schema derived from ours, and `repo-review` with
`sp-repo-review` on the folders. They check other and fewer things. All write JSON; `repo-review, coloured` is the page
that it writes by default, most of whose time is rendering. The floor (`floor.py`) reads every file once and parses each
document once. Seatrial and the floor run in one process and in as many as Seatrial uses by default. Seatrial keeps no
verdicts from run to run, except in the row that says so, where nothing has changed.

Every run is a whole process, A B C A B C, after one round that does not count. Every answer is checked to be about all
integrations. Figures are medians; processor time is user plus system; the peak is that of the largest process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from processes import THIS, Run, in_turn, machine, median, run, seatrial

HERE = Path(__file__).parent
SCHEMA = THIS / "docs" / "schemas" / "spec-ocean.schema.json"
SPECS = ("spec.json", "spec.yaml", "spec.yml")
PEER = "repo-review"


@dataclass(frozen=True)
class Program:
    """A program to measure.

    `count` reads the number of integrations from its output; None if the output does not say.
    `floor` names the floor that works in as many processes.
    """

    start: Callable[[], Run]
    count: Callable[[str], int | None]
    floor: str = "floor, 1 process"


def processes(count: int) -> int:
    """Return the number of processes in which Seatrial checks so many integrations by default."""
    from seatrial.validate.run import WORTH_A_PROCESS

    return max(1, min(len(os.sched_getaffinity(0)), count // WORTH_A_PROCESS))


def programs(root: Path, folders: Sequence[Path], cache: Path, against: Path | None) -> dict[str, Program]:
    """Return what is compared, by name."""
    found = {}
    for jobs in sorted({1, processes(len(folders))}):
        suffix = f", {jobs} process" + "es" * (jobs > 1)
        floor = [sys.executable, str(HERE / "floor.py"), str(root), "--jobs", str(jobs)]
        words = ["-m", "seatrial", "validate", "--root", str(root), "--format", "json", "--jobs", str(jobs)]
        found[f"floor{suffix}"] = Program(partial(run, floor, HERE, os.environ), _of_floor, f"floor{suffix}")
        for checkout in (THIS, *([against] if against else [])):
            name = "seatrial" if checkout == THIS else checkout.name
            found[name + suffix] = Program(
                partial(seatrial, checkout, HERE, *words, SEATRIAL_CACHE=os.devnull),
                _of_seatrial,
                f"floor{suffix}",
            )
    kept = ["-m", "seatrial", "validate", "--root", str(root), "--format", "json"]
    found["seatrial, kept verdicts"] = Program(
        partial(seatrial, THIS, HERE, *kept, SEATRIAL_CACHE=str(cache)), _of_seatrial
    )
    return found | peers(folders)


def peers(folders: Sequence[Path]) -> dict[str, Program]:
    """Return the other tools, by name."""
    specs = [str(path) for folder in folders for name in SPECS if (path := folder / ".port" / name).exists()]
    beside = Path(sys.executable).parent
    check = [str(beside / "check-jsonschema"), "--schemafile", str(SCHEMA), "--output-format", "json", *specs]
    review = [str(beside / "repo-review"), *map(str, folders)]
    return {
        "check-jsonschema": Program(partial(run, check, HERE, os.environ), _of_check_jsonschema),
        PEER: Program(partial(run, [*review, "--format", "json"], HERE, os.environ), _of_repo_review),
        f"{PEER}, coloured": Program(partial(run, review, HERE, os.environ), lambda _: None),
    }


def _of_floor(out: str) -> int:
    return int(json.loads(out)["integrations"])


def _of_seatrial(out: str) -> int:
    return int(json.loads(out)["summary"]["integrations"])


def _of_check_jsonschema(out: str) -> None:
    json.loads(out)["status"]


def _of_repo_review(out: str) -> int:
    return len(json.loads(out))


def fleet(folder: Path, size: int) -> Path:
    """Make a repository of `size` integrations, each from the template."""
    from seatrial.core.model import Profile
    from seatrial.handbook.rule_examples import good_folder

    good = good_folder(Profile.GUIDE)
    for number in range(size):
        base = folder / "integrations" / f"good-service-{number}"
        for path in good.paths():
            (base / path).parent.mkdir(parents=True, exist_ok=True)
            data = good.read(path)
            (base / path).write_bytes(data.replace(b"good-service", f"good-service-{number}".encode()))
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


HEAD = (
    "| | wall s | cpu s | cpu ms each | peak MB | wall / floor | cpu / floor | wall / repo-review |"
    " cpu / repo-review |\n|---|---|---|---|---|---|---|---|---|"
)


def compare(title: str, root: Path, rounds: int, against: Path | None) -> None:
    """Print a table of medians for one repository."""
    folders = sorted(path.parent for path in (root / "integrations").glob("*/.port"))
    with tempfile.TemporaryDirectory() as cache:
        chosen = programs(root, folders, Path(cache), against)
        runs = in_turn({name: program.start for name, program in chosen.items()}, rounds)
    for name, program in chosen.items():
        _check(name, program, runs[name], len(folders))
    print(f"\n{title}: {len(folders)} integrations, {rounds} runs in turn, medians, {machine()}")
    print(f"the floor: {runs['floor, 1 process'][-1].out}\n{HEAD}")
    for name, program in chosen.items():
        print(_row(name, program, runs, len(folders)))


def _check(name: str, program: Program, runs: Sequence[Run], count: int) -> None:
    """End the benchmark if an answer is not about all integrations."""
    for one in runs:
        if not one.out or program.count(one.out) not in (None, count):
            raise SystemExit(f"{name} ends with {one.status}: {one.out[:300]}{one.err[-2000:]}")


def _row(name: str, program: Program, runs: Mapping[str, Sequence[Run]], count: int) -> str:
    own = partial(median, runs[name])
    ratios = [
        own(each) / median(runs[other], each) for other in (program.floor, PEER) for each in ("wall", "cpu")
    ]
    cost = f"{own('wall'):.2f} | {own('cpu'):.2f} | {1000 * own('cpu') / count:.1f} | {own('peak'):.0f}"
    return f"| {name} | {cost} | " + " | ".join(f"{ratio:.2f}" for ratio in ratios) + " |"


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
    parser.add_argument(
        "--against", type=Path, metavar="CHECKOUT", help="another checkout to measure in turn"
    )
    given = parser.parse_args()
    against = given.against and given.against.resolve()
    for root in given.root:
        compare(str(root.name), root.resolve(), given.runs, against)
    for size in given.fleet:
        with tempfile.TemporaryDirectory() as folder:
            compare(f"generated fleet of {size}", fleet(Path(folder), size), given.runs, against)


if __name__ == "__main__":
    main()
