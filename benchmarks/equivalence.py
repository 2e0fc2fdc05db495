"""Whether Seatrial's lint says what the slow way says, tool by tool, on clean and on faulty integrations.

    python benchmarks/equivalence.py ../ocean --work DIR --python /usr/bin/python3.12

Both work on copies of the checkout under the work folder. The slow way (`slowway.py`) is asked
once and its words are kept there; Seatrial is run as a user would run it. Compared are, for each
tool, whether it fails, and every diagnostic: path, line, column where the slow way gives one,
severity and text with the tool's own code. A failing tool whose plain text holds no diagnostic (a
configuration it refuses) has to give findings whose text stands in the tool's own.

States: `cold` without any cache but with environments, `warm` after a run over the unedited
folder, `interface` after an edit that changes what another file uses, `together` with another
fault in each integration in one call. Ends with 1 where anything differs.
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
from options import both_sides, sides_in, words
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
    """Both sides, and what to ask them."""

    recorder: Recorder
    ours: Ours
    states: frozenset[str]
    faults: Sequence[str]
    cold: frozenset[str]

    def records(self, name: str) -> list[Record]:
        """What the slow way says of one integration, asked now or before."""
        cold = [fault for fault in self.faults if fault != "clean"] if name in self.cold else []
        states = set(self.states) | ({WARM} if TOGETHER in self.states else set())
        return list(self.recorder.records(name, states, list(self.faults), cold))

    def alone(self, name: str, records: Sequence[Record]) -> Iterator[Comparison]:
        """One integration, one call a fault."""
        for record in records:
            if record.state not in self.states:
                continue
            if record.state == COLD:
                self.ours.forget()
            else:
                self.ours.lint([name])
            with planted(self.ours.folder(name), record.edits):
                answer = self.ours.lint([name])
            told(f"ours: {name} {record.state} {record.fault}: {answer.said.status} {answer.said.wall:.1f}s")
            yield from compared(record, answer, record.state)

    def together(self, known: dict[str, list[Record]]) -> Iterator[Comparison]:
        """Every integration with another fault each, in one call; as many calls as there are faults."""
        warm = {name: [each for each in records if _is_inside(each)] for name, records in known.items()}
        for turn in range(max(map(len, warm.values()))):
            chosen = [records[(turn + place) % len(records)] for place, records in enumerate(warm.values())]
            with ExitStack() as stack:
                for record in chosen:
                    stack.enter_context(planted(self.ours.folder(record.name), record.edits))
                answer = self.ours.lint([record.name for record in chosen])
            told(f"ours: {TOGETHER} {turn}: {answer.said.status} {answer.said.wall:.1f}s")
            for record in chosen:
                yield from compared(record, answer, TOGETHER)


def told(line: str) -> None:
    """Progress, on standard error."""
    print(line, file=sys.stderr, flush=True)


def _is_inside(record: Record) -> bool:
    """Whether it is a warm one whose edits leave the other integrations alone."""
    return record.state == WARM and not any(path.startswith("..") for path in record.edits)


def table(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """A Markdown table of integration, state and fault by tool, and the differences below it."""
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
    """Counts by state: verdicts compared, those where a tool fails, diagnostics, and differences."""
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
    """Both sides over copies of the checkout."""
    slow, tree, ours = sides_in(given)
    recorder = Recorder(slow, tree, given.work / "recorded")
    return Harness(recorder, ours, frozenset(given.states), given.faults, frozenset(given.cold_faults))


def arguments() -> argparse.Namespace:
    """What is asked on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    both_sides(parser)
    parser.add_argument("--only", type=words, default=INTEGRATIONS, help="integrations, separated by commas")
    parser.add_argument("--faults", type=words, default=list(FAULTS), help=f"of {', '.join(FAULTS)}")
    parser.add_argument("--states", type=words, default=list(STATES), help=f"of {', '.join(STATES)}")
    parser.add_argument(
        "--cold-faults", type=words, default=COLD_FAULTS, help="integrations to try each fault cold in"
    )
    parser.add_argument(
        "--slow-only", action="store_true", help="only ask the slow way and keep what it says"
    )
    return parser.parse_args()


def main() -> int:
    """Ask both sides and print what differs."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    given = arguments()
    asked = harness(given)
    known = {name: asked.records(name) for name in given.only}
    if given.slow_only:
        return 0
    comparisons = [each for name, records in known.items() for each in asked.alone(name, records)]
    if TOGETHER in given.states:
        comparisons += asked.together(known)
    print("\n".join(table(comparisons)))
    return int(any(each.differences for each in comparisons))


if __name__ == "__main__":
    sys.exit(main())
