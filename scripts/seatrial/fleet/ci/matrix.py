"""The jobs over which integrations are spread: balanced by cost, and almost the same after a small change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.core.errors import UsageError
from seatrial.core.printable import shown

MOST = 256
"""The most jobs that GitHub Actions starts from one matrix."""

EACH = 8
"""The number of integrations for which one job is started."""

UNEVEN = 1.2
"""The most that a job may cost, as a multiple of the mean."""

_STEP, _FACTOR, _BITS = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0xFFFFFFFFFFFFFFFF
"""Constants that mix 64 bits. Source: SplitMix64, G. Steele and others, OOPSLA 2014."""


@dataclass(frozen=True)
class Shard:
    """The integrations of one job, by path; `number` counts from 1, `cost` is in the unit of the given costs."""

    number: int
    paths: tuple[str, ...]
    cost: float


def limit_of(text: str | None) -> int:
    """Return the most jobs: the number stated, else as many as GitHub starts. Raises UsageError."""
    if text is None:
        return MOST
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= MOST):
        raise UsageError(f'--most takes a number of jobs from 1 to {MOST}, not "{text[:60]}"')
    return int(text)


def spread(costs: Mapping[str, float], most: int = MOST) -> list[Shard]:
    """Spread integrations, given with their costs, over at most `most` jobs; each is in exactly one.

    Each integration prefers the jobs in an order of its own, decided by its name (rendezvous hashing), and gets the
    first that has room: a job may cost `UNEVEN` times the mean. So one that is added, removed or slower moves few
    others. One that fits nowhere goes to the cheapest job. If a job is then too large, the even distribution is used if
    it is better.
    """
    total = sum(costs.values())
    if not costs or total <= 0:
        costs, total = dict.fromkeys(costs, 1.0), float(len(costs))
    count = job_count(costs, total, most)
    placed = _by_preference(costs, count, UNEVEN * total / count) if count else []
    if placed and _largest(placed, costs) > UNEVEN * total / count:
        placed = min(placed, _evenly(costs, count), key=lambda found: _largest(found, costs))
    return [
        Shard(number, tuple(sorted(paths)), sum(costs[path] for path in paths))
        for number, paths in enumerate((paths for paths in placed if paths), 1)
    ]


def job_count(costs: Mapping[str, float], total: float, most: int) -> int:
    """Return the number of jobs worth starting: more would only wait for the one with the costliest integration."""
    wanted = min(-(-len(costs) // EACH), most, MOST)
    return max(min(wanted, int(UNEVEN * total / max(costs.values()))), 1) if costs else 0


def _by_preference(costs: Mapping[str, float], count: int, room: float) -> list[list[str]]:
    placed: list[list[str]] = [[] for _ in range(count)]
    loads = [0.0] * count
    for path in _costliest_first(costs):
        cost = costs[path]
        fitting = next((job for job in _preferred(path, count) if loads[job] + cost <= room), None)
        job = min(range(count), key=loads.__getitem__) if fitting is None else fitting
        placed[job].append(path)
        loads[job] += cost
    return placed


def _evenly(costs: Mapping[str, float], count: int) -> list[list[str]]:
    """Spread them evenly, the longest first; a small change then moves many."""
    placed: list[list[str]] = [[] for _ in range(count)]
    loads = [0.0] * count
    for path in _costliest_first(costs):
        job = min(range(count), key=loads.__getitem__)
        placed[job].append(path)
        loads[job] += costs[path]
    return placed


def _costliest_first(costs: Mapping[str, float]) -> list[str]:
    return sorted(costs, key=lambda path: (-costs[path], path))


def _preferred(path: str, count: int) -> list[int]:
    """Return all jobs in the order of an integration's preference."""
    digest = hashlib.blake2b(path.encode("utf-8", "surrogateescape"), digest_size=8).digest()
    own = int.from_bytes(digest, "big")
    return sorted(range(count), key=lambda job: (own ^ job * _STEP) * _FACTOR & _BITS)


def _largest(placed: Sequence[Sequence[str]], costs: Mapping[str, float]) -> float:
    return max(sum(costs[path] for path in paths) for paths in placed)


def matrix(shards: Sequence[Shard], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the matrix for GitHub Actions, with the names of integrations by path.

    GitHub refuses a matrix without jobs; for no shards there is one job, number 0, that has nothing to do.
    """
    jobs = [{"shard": one.number, "name": _title(one, names)} for one in shards]
    return {"include": jobs or [{"shard": 0, "name": "nothing to check"}]}


def _title(shard: Shard, names: Mapping[str, str]) -> str:
    more = f" and {len(shard.paths) - 1} more" if shard.paths[1:] else ""
    return f"{shown(names[shard.paths[0]])}{more}"


def outputs(shards: Sequence[Shard], names: Mapping[str, str]) -> str:
    """Return the lines for the file that $GITHUB_OUTPUT names: the matrix, whether it has any work, and its size.

    JSON in ASCII has no line ends, so no name adds an output of its own.
    """
    found = json.dumps(matrix(shards, names))
    return f"matrix={found}\nany={'true' if shards else 'false'}\njobs={len(shards)}\n"
