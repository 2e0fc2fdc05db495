"""The cost of linting a whole repository, beside the serial loop of the slow way.

    python benchmarks/lint.py ../ocean --work DIR --python /usr/bin/python3.12

The loop (`slowway.py`) goes through the integrations one after the other and runs the five tools in each one's own
environment, which `poetry install` made. The parts run in this order; `--parts` selects some, each of which can be run
again alone:

* `environments`: making every environment with packages already downloaded, both ways;
* `cold`: no cache but the environments; the loop over `--sample` integrations or all;
* `same`: nothing changed since the last run;
* `leaf`: a comment added to one file that no other imports;
* `disk`: the disk space of both sides' environments and caches.

Programs run in turn, Seatrial, the loop, Seatrial; figures are medians. Processor time is user plus system of all child
processes. Peak memory is the largest sum of PSS (shared pages are divided among the processes that share them) over the
process tree, sampled ten times a second.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from faults import planted
from options import add_options, names, sides_in
from ours import Ours
from processes import Run, machine
from processes import median as median_of
from slowway import CACHES, Slow
from watching import watching

LEAVES = ("opencost/main.py", "jira/main.py", "github/main.py")
SAMPLE = [
    "opencost",
    "amplication",
    "backstage",
    "sonarqube",
    "sentry",
    "statuspage",
    "okta",
    "jira",
    "custom",
    "datadog",
    "gitlab-v2",
    "github",
]


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock and of the processor, and megabytes at the peak if it was watched."""

    wall: float
    cpu: float
    peak: float = 0.0


@dataclass(frozen=True)
class Sides:
    """Both sides, on copies of one checkout."""

    slow: Slow
    tree: Path
    ours: Ours
    names: Sequence[str]
    runs: int
    sample: Sequence[str]

    def folder(self, name: str) -> Path:
        """Return an integration's folder in the loop's copy."""
        return self.tree / "integrations" / name

    def loop(self, names: Sequence[str], *, cold: bool = False) -> Cost:
        """Run the serial loop; `cold` removes the tools' caches before each folder."""
        runs: list[Run] = []
        for name in names:
            if cold:
                self.slow.forget(self.folder(name))
            runs += self.slow.lint(self.folder(name)).values()
        return total(runs)

    def lint(self, *more: str) -> Cost:
        """Run Seatrial over the whole repository."""
        run = self.ours.lint((), *more).run
        if run.status not in (0, 1):
            raise SystemExit(f"seatrial ends with {run.status}: {run.err[-2000:]}")
        return Cost(run.wall, run.cpu)


def total(runs: Sequence[Run]) -> Cost:
    """Return the cost of runs one after the other."""
    return Cost(
        sum(each.wall for each in runs), sum(each.cpu for each in runs), max(each.peak for each in runs)
    )


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(*(median_of(costs, figure) for figure in ("wall", "cpu", "peak")))


def row(title: str, ours: Sequence[Cost], loop: Sequence[Cost], note: str = "") -> str:
    """Return a line of the table: both sides' seconds, the ratio, and the cores and the peak of Seatrial."""
    mine, theirs = median(ours), median(loop)
    cores = mine.cpu / mine.wall
    return (
        f"| {title} | {mine.wall:.2f} ({len(ours)}) | {mine.cpu:.1f} | {theirs.wall:.1f} ({len(loop)}) |"
        f" {theirs.cpu:.1f} | {theirs.wall / mine.wall:.1f} | {cores:.1f} | {mine.peak:.0f} | {note} |"
    )


HEAD = (
    "| | ours wall s (runs) | ours cpu s | loop wall s (runs) | loop cpu s | ratio of wall | ours cores |"
    " ours peak MB | |\n|---|---|---|---|---|---|---|---|---|"
)


def environments(sides: Sides) -> Iterator[str]:
    """Measure making the environments; Seatrial's side is a whole run of the quickest tool without environments."""
    theirs = total([sides.slow.install(sides.folder(name)) for name in sides.sample])
    ours = []
    for _ in range(2):
        sides.ours.forget(environments=True)
        ours.append(sides.lint("--tools", "ruff"))
    yield row("making the environments", ours, [scaled(sides, theirs)], of_all(sides))


def scaled(sides: Sides, cost: Cost) -> Cost:
    """Scale the cost of a sample to all integrations, by count."""
    scale = len(sides.names) / len(sides.sample)
    return Cost(cost.wall * scale, cost.cpu * scale, cost.peak)


def of_all(sides: Sides) -> str:
    """Return the note that the loop's figure is scaled, if it is."""
    if len(sides.sample) == len(sides.names):
        return ""
    return f"the loop: {len(sides.sample)} of {len(sides.names)}, scaled by count"


def cold(sides: Sides) -> Iterator[str]:
    """Measure runs without caches, with environments."""
    sides.ours.forget()
    with watching() as watch:
        first = sides.lint()
    theirs = sides.loop(sides.sample, cold=True)
    sides.ours.forget()
    second = sides.lint()
    ours = [Cost(each.wall, each.cpu, watch.peak) for each in (first, second)]
    yield row("cold, environments ready", ours, [scaled(sides, theirs)], of_all(sides))


def same(sides: Sides) -> Iterator[str]:
    """Measure runs after which nothing changed."""
    sides.lint()
    sides.loop(sides.names)
    ours, loop = in_turn(sides, sides.lint, lambda: sides.loop(sides.names))
    with watching() as watch:
        sides.lint()
    yield row("nothing changed", [Cost(each.wall, each.cpu, watch.peak) for each in ours], loop)


def in_turn(
    sides: Sides, mine: Callable[[], Cost], theirs: Callable[[], Cost]
) -> tuple[list[Cost], list[Cost]]:
    """Run Seatrial, the loop, Seatrial, the loop, Seatrial; Seatrial `runs` times each."""
    ours, loop = [], []
    for turn in range(3):
        ours += [mine() for _ in range(sides.runs)]
        loop += [theirs()] if turn < 2 else []
    return ours, loop


def leaf(sides: Sides) -> Iterator[str]:
    """Measure runs after a new comment in one file that no other imports."""
    for path in LEAVES:
        ours = [_edited(sides.ours.root, path, sides.lint) for _ in range(sides.runs)]
        theirs = _edited(sides.tree, path, lambda: sides.loop(sides.names))
        yield row(f"one leaf file changed: {path}", ours, [theirs])


def _edited(root: Path, path: str, act: Callable[[], Cost]) -> Cost:
    integrations = root / "integrations"
    comment = f"# {time.time_ns()}\n".encode()
    with planted(integrations, {path: (integrations / path).read_bytes() + comment}):
        return act()


def size(*places: Path) -> float:
    """Return the megabytes on disk below places; a file with several hard links counts once."""
    seen: dict[tuple[int, int], int] = {}
    for place in places:
        for path in [place, *place.rglob("*")]:
            status = path.lstat()
            seen[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(seen.values()) / 1e6


def disk(sides: Sides) -> Iterator[str]:
    """Measure the disk space of both sides for all integrations."""
    yield "\n| on disk | MB |\n|---|---|"
    for place in sorted(sides.ours.cache.iterdir()):
        yield f"| ours: {place.name} | {size(place):.0f} |"
    yield f"| ours: all | {size(sides.ours.cache):.0f} |"
    for name in (".venv", *CACHES):
        places = [sides.folder(each) / name for each in sides.names]
        yield f"| the loop: {name} | {size(*(place for place in places if place.exists())):.0f} |"


PARTS: dict[str, Callable[[Sides], Iterator[str]]] = {
    "environments": environments,
    "cold": cold,
    "same": same,
    "leaf": leaf,
    "disk": disk,
}


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    parser.add_argument("--parts", type=names, default=list(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--sample", type=names, default=SAMPLE, help="for the slowest parts, or `all`")
    parser.add_argument("--runs", type=int, default=3, help="runs of Seatrial each time it has its turn")
    return parser.parse_args()


def sides_of(given: argparse.Namespace) -> Sides:
    """Return both sides, with every environment that the loop needs."""
    slow, tree, ours = sides_in(given)
    names = sorted(path.parent.name for path in (tree / "integrations").glob("*/.port"))
    for name in names:
        if not (tree / "integrations" / name / ".venv" / "bin" / "mypy").exists():
            slow.install(tree / "integrations" / name)
    sample = names if given.sample == ["all"] else given.sample
    return Sides(slow, tree, ours, names, given.runs, sample)


def main() -> None:
    """Print the table, a part at a time."""
    given = arguments()
    sides = sides_of(given)
    print(f"{len(sides.names)} integrations, {machine()}\n\n{HEAD}")
    for part in given.parts:
        for line in PARTS[part](sides):
            print(line, flush=True)


if __name__ == "__main__":
    main()
