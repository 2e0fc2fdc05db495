"""Comparison of Seatrial's lint with the slow way, tool by tool, on clean and on faulty integrations.

    python benchmarks/equivalence.py ../ocean --work DIR --python /usr/bin/python3.12

Both work on copies of the checkout under the work folder. The slow way (`slowway.py`) runs once, and its results are
kept there; Seatrial runs as a user would run it. Compared are, for each tool, whether it fails, and every diagnostic:
path, line, column if the slow way gives one, severity, and text with the tool's own code. For a failing tool whose
plain text holds no diagnostic (it refuses a configuration), the text of Seatrial's findings must occur in the tool's.

States: `cold` without caches but with environments, `warm` after a run over the unedited folder, `interface` after an
edit that changes what another file uses, `together` with another fault in each integration in one call. The exit status
is 1 if anything differs.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from comparing import Comparison, compared
from faults import FAULTS, planted
from options import add_options, names, sides_in
from ours import Ours
from recorded import COLD, INTERFACE, TOGETHER, WARM, Record, Recorder
from slowway import TOOLS

STATES = (COLD, WARM, INTERFACE, TOGETHER)
INTEGRATIONS = (
    "opencost,fake-integration,amplication,okta,cursor-cloud-agents,custom,gcp,jira,pagerduty,snyk,"
    "gitlab-v2,azure-devops,github,aws-v3"
)
COLD_FAULTS = "fake-integration,okta,cursor-cloud-agents"


@dataclass(frozen=True)
class Harness:
    """Both sides, and what to compare."""

    recorder: Recorder
    ours: Ours
    states: frozenset[str]
    faults: Sequence[str]
    cold: frozenset[str]

    def records(self, name: str) -> list[Record]:
        """Return the slow way's records of one integration, from now or before."""
        cold = [fault for fault in self.faults if fault != "clean"] if name in self.cold else []
        states = set(self.states) | ({WARM} if TOGETHER in self.states else set())
        return list(self.recorder.records(name, states, list(self.faults), cold))

    def alone(self, name: str, records: Sequence[Record]) -> Iterator[Comparison]:
        """Compare one integration, with one call for each fault."""
        for record in records:
            if record.state not in self.states:
                continue
            if record.state == COLD:
                self.ours.forget()
            else:
                self.ours.lint([name])
            with planted(self.ours.folder(name), record.edits):
                answer = self.ours.lint([name])
            progress(
                f"ours: {name} {record.state} {record.fault}: {answer.run.status} {answer.run.wall:.1f}s"
            )
            yield from compared(record, answer, record.state)

    def together(self, known: dict[str, list[Record]]) -> Iterator[Comparison]:
        """Compare calls over all integrations, each with another fault; as many calls as there are faults."""
        warm = {name: [each for each in records if _is_inside(each)] for name, records in known.items()}
        for turn in range(max(map(len, warm.values()))):
            chosen = [records[(turn + place) % len(records)] for place, records in enumerate(warm.values())]
            with ExitStack() as stack:
                for record in chosen:
                    stack.enter_context(planted(self.ours.folder(record.name), record.edits))
                answer = self.ours.lint([record.name for record in chosen])
            progress(f"ours: {TOGETHER} {turn}: {answer.run.status} {answer.run.wall:.1f}s")
            for record in chosen:
                yield from compared(record, answer, TOGETHER)


def progress(line: str) -> None:
    """Print progress to standard error."""
    print(line, file=sys.stderr, flush=True)


def _is_inside(record: Record) -> bool:
    """Return whether it is a warm one whose edits do not affect other integrations."""
    return record.state == WARM and not any(path.startswith("..") for path in record.edits)


def table(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Yield a Markdown table of integration, state and fault by tool, then the differences."""
    yield f"| integration | state | fault | {' | '.join(TOOLS)} |"
    yield "|---" * (3 + len(TOOLS)) + "|"
    cells = {(each.name, each.state, each.fault, each.tool): each for each in comparisons}
    for name, state, fault in dict.fromkeys(key[:3] for key in cells):
        row = " | ".join(cells[name, state, fault, tool].cell for tool in TOOLS)
        yield f"| {name} | {state} | {fault} | {row} |"
    yield ""
    yield from summary(comparisons)
    for each in comparisons:
        for difference in each.differences:
            yield f"* {each.name}, {each.state}, {each.fault}, {each.tool}: {difference}"


def summary(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Yield counts by state: verdicts compared, those where a tool fails, diagnostics, and differences."""
    yield "| state | verdicts | of them failing | diagnostics | differ |"
    yield "|---|---|---|---|---|"
    counts: Counter[tuple[str, str]] = Counter()
    for each in comparisons:
        for state in (each.state, "all"):
            counts[state, "verdicts"] += 1
            counts[state, "failing"] += bool(each.status)
            counts[state, "diagnostics"] += each.diagnostics
            counts[state, "differ"] += bool(each.differences)
    for state in sorted({key[0] for key in counts}, key=lambda state: (*STATES, "all").index(state)):
        numbers = (counts[state, column] for column in ("verdicts", "failing", "diagnostics", "differ"))
        yield f"| {state} | {' | '.join(map(str, numbers))} |"
    yield ""


def harness(given: argparse.Namespace) -> Harness:
    """Return both sides over copies of the checkout."""
    slow, tree, ours = sides_in(given)
    recorder = Recorder(slow, tree, given.work / "recorded")
    return Harness(recorder, ours, frozenset(given.states), given.faults, frozenset(given.cold_faults))


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    parser.add_argument("--only", type=names, default=INTEGRATIONS, help="integrations, separated by commas")
    parser.add_argument("--faults", type=names, default=list(FAULTS), help=f"of {', '.join(FAULTS)}")
    parser.add_argument("--states", type=names, default=list(STATES), help=f"of {', '.join(STATES)}")
    parser.add_argument(
        "--cold-faults", type=names, default=COLD_FAULTS, help="integrations to try each fault cold in"
    )
    parser.add_argument("--slow-only", action="store_true", help="only run the slow way and keep its results")
    return parser.parse_args()


def main() -> int:
    """Run both sides and print the differences."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    given = arguments()
    sides = harness(given)
    known = {name: sides.records(name) for name in given.only}
    if given.slow_only:
        return 0
    comparisons = [each for name, records in known.items() for each in sides.alone(name, records)]
    if TOGETHER in given.states:
        comparisons += sides.together(known)
    print("\n".join(table(comparisons)))
    return int(any(each.differences for each in comparisons))


if __name__ == "__main__":
    sys.exit(main())
