"""What linting a whole repository costs, ours and the serial loop of the slow way, side by side.

    python benchmarks/lint.py ../ocean --work DIR --python /usr/bin/python3.12

The loop (`slowway.py`) goes through the integrations one after the other and runs the five tools
in each one's own environment, which `poetry install` made. Parts, all of them unless `--parts` says
otherwise, in this order, each of which can be run again alone:

* `environments`: making every environment with packages already downloaded, both ways;
* `cold`: no cache but the environments; the loop over `--sample` integrations or all;
* `same`: nothing changed since the last run;
* `leaf`: a comment added to one file that no other imports;
* `disk`: what both sides' environments and caches take.

Programs run in turn, ours, the loop, ours: figures are medians of ours and of the loop's runs. The
processor's time is user plus system of all processes below. Peak memory is the largest sum of PSS
(shared pages split among those that share them) over the process tree, looked at ten times a second.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from faults import planted
from options import both_sides, sides_in, words
from ours import Ours
from slowway import CACHES, Said, Slow
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
    """Seconds on the clock and of the processor, and megabytes at the peak where they were watched."""

    wall: float
    cpu: float
    peak: float = 0.0


@dataclass(frozen=True)
class Sides:
    """Both sides, over copies of one checkout."""

    slow: Slow
    tree: Path
    ours: Ours
    names: Sequence[str]
    runs: int
    sample: Sequence[str]

    def folder(self, name: str) -> Path:
        """An integration's folder in the loop's copy."""
        return self.tree / "integrations" / name

    def loop(self, names: Sequence[str], *, cold: bool = False) -> Cost:
        """The serial loop; `cold` wipes the tools' caches before each folder."""
        said: list[Said] = []
        for name in names:
            if cold:
                self.slow.forget(self.folder(name))
            said += self.slow.lint(self.folder(name)).values()
        return total(said)

    def lint(self, *more: str) -> Cost:
        """Ours over the whole repository."""
        said = self.ours.lint((), *more).said
        if said.status not in (0, 1):
            raise SystemExit(f"seatrial ends with {said.status}: {said.err[-2000:]}")
        return Cost(said.wall, said.cpu)


def total(said: Sequence[Said]) -> Cost:
    """Runs one after the other."""
    return Cost(
        sum(each.wall for each in said), sum(each.cpu for each in said), max(each.peak for each in said)
    )


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(*(statistics.median(getattr(cost, key) for cost in costs) for key in ("wall", "cpu", "peak")))


def row(title: str, ours: Sequence[Cost], loop: Sequence[Cost], note: str = "") -> str:
    """A line of the table: both sides' seconds, the ratio, cores used by ours and its peak."""
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
    """Making the environments; ours is a whole run of the quickest tool, from no environment at all."""
    theirs = total([sides.slow.install(sides.folder(name)) for name in sides.sample])
    ours = []
    for _ in range(2):
        sides.ours.forget(environments=True)
        ours.append(sides.lint("--tools", "ruff"))
    yield row("making the environments", ours, [scaled(sides, theirs)], of_all(sides))


def scaled(sides: Sides, cost: Cost) -> Cost:
    """What a sample cost, for all, by count."""
    scale = len(sides.names) / len(sides.sample)
    return Cost(cost.wall * scale, cost.cpu * scale, cost.peak)


def of_all(sides: Sides) -> str:
    """What the loop's figure rests on."""
    if len(sides.sample) == len(sides.names):
        return ""
    return f"the loop: {len(sides.sample)} of {len(sides.names)}, scaled by count"


def cold(sides: Sides) -> Iterator[str]:
    """Without any cache but the environments."""
    sides.ours.forget()
    with watching() as watch:
        first = sides.lint()
    theirs = sides.loop(sides.sample, cold=True)
    sides.ours.forget()
    second = sides.lint()
    ours = [Cost(each.wall, each.cpu, watch.peak) for each in (first, second)]
    yield row("cold, environments ready", ours, [scaled(sides, theirs)], of_all(sides))


def same(sides: Sides) -> Iterator[str]:
    """Nothing changed."""
    sides.lint()
    sides.loop(sides.names)
    ours, loop = in_turn(sides, sides.lint, lambda: sides.loop(sides.names))
    with watching() as watch:
        sides.lint()
    yield row("nothing changed", [Cost(each.wall, each.cpu, watch.peak) for each in ours], loop)


def in_turn(
    sides: Sides, mine: Callable[[], Cost], theirs: Callable[[], Cost]
) -> tuple[list[Cost], list[Cost]]:
    """Ours, the loop, ours, the loop, ours: `runs` of ours each time."""
    ours, loop = [], []
    for turn in range(3):
        ours += [mine() for _ in range(sides.runs)]
        loop += [theirs()] if turn < 2 else []
    return ours, loop


def leaf(sides: Sides) -> Iterator[str]:
    """A comment more, never seen before, in one file that no other imports."""
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
    """Megabytes on disk below places, a file with several names once."""
    seen: dict[tuple[int, int], int] = {}
    for place in places:
        for path in [place, *place.rglob("*")]:
            status = path.lstat()
            seen[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(seen.values()) / 1e6


def disk(sides: Sides) -> Iterator[str]:
    """Space taken by both sides for all integrations."""
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
    """What is asked on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    both_sides(parser)
    parser.add_argument("--parts", type=words, default=list(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--sample", type=words, default=SAMPLE, help="for the slowest parts, or `all`")
    parser.add_argument("--runs", type=int, default=3, help="runs of ours each time it has its turn")
    return parser.parse_args()


def sides_of(given: argparse.Namespace) -> Sides:
    """Both sides, with every environment that the loop needs."""
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
    load = os.getloadavg()[0]
    print(f"{len(sides.names)} integrations, {os.cpu_count()} cores, load {load:.1f} at the start\n\n{HEAD}")
    for part in given.parts:
        for line in PARTS[part](sides):
            print(line, flush=True)


if __name__ == "__main__":
    main()
