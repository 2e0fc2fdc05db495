"""The cost of judging each integration: the seconds recorded by earlier runs, else estimated from its size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from seatrial.core.model import Integration
from seatrial.documents import records
from seatrial.fleet.ci.receipt import JobReceipt
from seatrial.report.json import dumps

VERSION = 1

MOST_RECORDED = 100_000
LONGEST_RUN = 1e6
"""Seconds of the longest run that is believed."""


def sizes_of(integrations: list[Integration]) -> dict[str, int]:
    """Return the bytes of all files of each integration, its lock included, by path."""
    return {one.path: _size(one) for one in integrations}


def _size(one: Integration) -> int:
    entries = (one.folder.entry(path) for path in one.folder.paths())
    return sum(entry.size for entry in entries if entry)


def estimated(sizes: Mapping[str, int], recorded: Mapping[str, float]) -> dict[str, float]:
    """Return the cost of each: its recorded seconds, else those for its size at the median rate of the others.

    If nothing is recorded at all, the cost is the size.
    """
    rates = [recorded[path] / (size + 1) for path, size in sizes.items() if path in recorded]
    rate = median(rates) if rates else 1.0
    return {path: recorded.get(path, rate * (size + 1)) for path, size in sizes.items()}


def costs_of(receipts: Sequence[JobReceipt], sizes: Mapping[str, int]) -> dict[str, float]:
    """Return the seconds that each integration took: those of its job, divided in proportion to size."""
    found: dict[str, float] = {}
    for one in receipts:
        known = {path: sizes.get(path, 0) + 1 for path in one.verdicts}
        total = sum(known.values())
        found |= {path: one.seconds * size / total for path, size in known.items()}
    return found


def merged(before: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    """Return the costs to keep: the mean of the kept cost and that of this run, so that one odd run changes little."""
    taken = {path: (before[path] + cost) / 2 if path in before else cost for path, cost in now.items()}
    return {**before, **taken}


def costs_json(costs: Mapping[str, float]) -> str:
    """Return the text of the file in which costs are kept."""
    kept = [{"path": path, "seconds": round(costs[path], 3)} for path in sorted(costs)]
    return dumps({"version": VERSION, "costs": kept})


def costs_of_json(data: bytes) -> dict[str, float]:
    """Read the file in which costs are kept. Raises Unreadable."""
    record = records.loads(data)
    records.version(record, VERSION)
    kept = records.items(record, "costs", MOST_RECORDED)
    return {records.text(one, "path"): records.amount(one, "seconds", LONGEST_RUN) for one in kept}
