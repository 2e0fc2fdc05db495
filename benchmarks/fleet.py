"""The cost of a fleet by its size: cold, with nothing changed, with one changed, and the jobs of CI.

    python benchmarks/fleet.py --sizes 49,1000,5000 --lint 49,200

Fleets are generated from the template, with its lock, and committed. Each row is a whole process, with one job, whose
answer is checked to be about all integrations, or about the one that was edited. Figures are seconds of the processor,
user plus system. The last columns are the line through them, and the cost of one more integration between the two
largest fleets over that between the two smallest: 1 is linear. For the jobs of CI it also checks that each integration
is in exactly one, that there are at most 256, and that the costliest has at most 1.2 of the mean.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from processes import THIS, Run, counts_all, machine, seatrial

from seatrial.core.model import Profile
from seatrial.fleet.ci.matrix import MOST, UNEVEN
from seatrial.scaffold import skeleton
from seatrial.scaffold.answers import Answers

EDITED = "integrations/good-service-7/main.py"
"""The file that is edited; its integration is in every fleet."""

GIT = ("git", "-c", "user.name=benchmark", "-c", "user.email=benchmark@example.com")


@dataclass(frozen=True)
class Generated:
    """A generated fleet under git, and the cache folder of its runs."""

    root: Path
    size: int
    cache: Path

    def run(self, *words: str, about: int | None = None) -> Run:
        """Run a task over it, and end the benchmark unless the answer is about so many integrations, by default all."""
        command = ("-m", "seatrial", *words, "--root", str(self.root))
        ran = seatrial(THIS, self.root, *command, SEATRIAL_CACHE=str(self.cache))
        if ran.status not in (0, 1):
            raise SystemExit(f"{' '.join(words)} ends with {ran.status}: {ran.err[-2000:]}")
        if "--format" in words:
            count = json.loads(ran.out)["summary"]["integrations"]
            if count != (self.size if about is None else about):
                raise SystemExit(f"{' '.join(words)} is about {count} integrations: {ran.err[-2000:]}")
        return ran

    @contextmanager
    def edited(self, text: str) -> Iterator[None]:
        """Add a line to one file, and take it away after the block."""
        path = self.root / EDITED
        before = path.read_bytes()
        path.write_bytes(before + text.encode())
        try:
            yield
        finally:
            path.write_bytes(before)


JSON = ("--format", "json", "--jobs", "1")


def one_changed(made: Generated, *words: str, about: int | None = None) -> Run:
    """Run a task with one integration edited, each time otherwise."""
    with made.edited(f"# {os.urandom(6).hex()}\n"):
        return made.run(*words, about=about)


VALIDATE: Mapping[str, Callable[[Generated], Run]] = {
    "validate, cold": lambda made: made.run("validate", *JSON, "--no-cache"),
    "validate, first of many": lambda made: made.run("validate", *JSON),
    "validate, nothing changed": lambda made: made.run("validate", *JSON),
    "validate, one changed": lambda made: one_changed(made, "validate", *JSON),
    "validate --since HEAD --new, one changed": lambda made: one_changed(
        made, "validate", *JSON, "--since", "HEAD", "--new", about=1
    ),
    "ci.matrix": lambda made: matrix(made),
    "ci.matrix --since HEAD, one changed": lambda made: one_changed(made, "ci.matrix", "--since", "HEAD"),
}
LINT: Mapping[str, Callable[[Generated], Run]] = {
    "lint, cold": lambda made: made.run("lint", *JSON),
    "lint, nothing changed": lambda made: made.run("lint", *JSON),
    "lint, one changed": lambda made: one_changed(made, "lint", *JSON),
}
ONCE = {"validate, cold", "validate, first of many", "lint, cold"}
"""The rows that are measured once, because they are dear or come first."""


def matrix(made: Generated) -> Run:
    """Make the jobs of CI, and end the benchmark if they are not as they must be."""
    ran = made.run("ci.matrix")
    shards = json.loads((made.root / "dist/ci/plan.json").read_text())["shards"]
    paths = [one["path"] for shard in shards for one in shard["integrations"]]
    costs = [shard["cost"] for shard in shards]
    uneven = max(costs) / statistics.mean(costs)
    if len(paths) != made.size or len(set(paths)) != made.size or len(shards) > MOST or uneven > UNEVEN:
        raise SystemExit(
            f"ci.matrix: {len(paths)} integrations in {len(shards)} jobs, the largest {uneven:.3f}"
        )
    print(f"{made.size}: {len(shards)} jobs, the costliest {uneven:.3f} of the mean", file=sys.stderr)
    return ran


def generated(place: Path, size: int) -> Generated:
    """Make a fleet from the template and commit it."""
    root = place / f"fleet-{size}"
    for number in range(size):
        answers = Answers.of(f"Good Service {number}", profile=Profile.GUIDE, released="2026-01-31")
        folder = skeleton.render(answers).having(skeleton.LOCK, skeleton.lock())
        skeleton.write(folder, root / "integrations" / answers.slug)
    subprocess.run([*GIT, "init", "--quiet", str(root)], check=True)
    subprocess.run([*GIT, "-C", str(root), "add", "--all"], check=True)
    subprocess.run([*GIT, "-C", str(root), "commit", "--quiet", "--message", "made"], check=True)
    return Generated(root, size, place / f"cache-{size}")


def measured(
    made: Generated, rows: Mapping[str, Callable[[Generated], Run]], rounds: int
) -> dict[str, float]:
    """Return the median of the seconds of the processor, by row."""
    found = {}
    for name, act in rows.items():
        found[name] = statistics.median(act(made).cpu for _ in range(1 if name in ONCE else rounds))
        print(f"{made.size}: {name}: {found[name]:.2f} s", file=sys.stderr, flush=True)
    return found


def line(points: Sequence[tuple[int, float]]) -> tuple[float, float]:
    """Return the intercept and the slope of the line through points, each weighed by its nearness: 1 over seconds."""
    weights = [1 / max(cost, 0.01) ** 2 for _, cost in points]
    total = sum(weights)
    mean_x = sum(w * x for w, (x, _) in zip(weights, points, strict=True)) / total
    mean_y = sum(w * y for w, (_, y) in zip(weights, points, strict=True)) / total
    spread = sum(w * (x - mean_x) ** 2 for w, (x, _) in zip(weights, points, strict=True))
    shared = sum(w * (x - mean_x) * (y - mean_y) for w, (x, y) in zip(weights, points, strict=True))
    slope = shared / spread if spread else 0.0
    return mean_y - slope * mean_x, slope


def row(name: str, points: Sequence[tuple[int, float]], sizes: Sequence[int]) -> str:
    """Return the row of the table for one task."""
    known = dict(points)
    cells = [f"{known[size]:.2f}" if size in known else "" for size in sizes]
    start, slope = line(points)
    cells += [f"{start:.2f} + {1000 * slope:.2f} n"]
    cells += [f"{growth(points):.2f}" if points[2:] else ""]
    return f"| {name} | {' | '.join(cells)} |"


def growth(points: Sequence[tuple[int, float]]) -> float:
    """Return the cost of one more integration between the two largest fleets, over that between the two smallest."""
    steps = [(late[1] - early[1]) / (late[0] - early[0]) for early, late in pairwise(points)]
    return steps[-1] / steps[0] if steps[0] > 0 else float("inf")


def numbers(text: str) -> list[int]:
    return sorted({int(part) for part in text.split(",") if part})


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=numbers, default=[49, 1000, 5000], help="for validate and ci.matrix")
    parser.add_argument("--lint", type=numbers, default=[], help="sizes for lint, which takes much longer")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    if given.lint and not counts_all():
        raise SystemExit(
            "lint's workers can only be counted in a control group, which takes root; leave out --lint"
        )
    sizes = sorted({*given.sizes, *given.lint})
    costs: dict[str, list[tuple[int, float]]] = {}
    print(machine())
    with TemporaryDirectory(prefix="seatrial-fleet-") as folder:
        for size in sizes:
            made = generated(Path(folder), size)
            rows = {**(VALIDATE if size in given.sizes else {}), **(LINT if size in given.lint else {})}
            for name, cost in measured(made, rows, given.runs).items():
                costs.setdefault(name, []).append((size, cost))
    print(f"| cpu s | {' | '.join(f'{size:,}' for size in sizes)} | s + ms each | late / early |")
    print("|---" * (len(sizes) + 3) + "|")
    print("\n".join(row(name, points, sizes) for name, points in costs.items()))


if __name__ == "__main__":
    main()
