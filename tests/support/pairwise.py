"""Combinations in which each value of a choice meets each value of every other one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Any

Combination = dict[str, Any]
Pair = frozenset[tuple[str, int]]


def pairwise(choices: Mapping[str, Sequence[Any]]) -> list[Combination]:
    """Return few combinations that hold every pair of values of two choices; always the same ones."""
    numbers = {name: range(len(values)) for name, values in choices.items()}
    missing = {
        frozenset({(one, i), (other, j)})
        for one, other in combinations(numbers, 2)
        for i, j in product(numbers[one], numbers[other])
    }
    found = []
    while missing:
        row = _row(numbers, missing, turn=len(found))
        missing -= set(_pairs(row))
        found.append({name: choices[name][number] for name, number in row.items()})
    return found


def _row(numbers: Mapping[str, range], missing: set[Pair], turn: int) -> dict[str, int]:
    """Return a combination that begins with a missing pair and takes in as many others as it can.

    Of values that are as good, another is taken at each turn.
    """
    row = dict(sorted(min(missing, key=sorted)))
    for name in numbers:
        if name not in row:
            ways = sorted(numbers[name], key=lambda number: (number + turn) % len(numbers[name]))
            row[name] = max(ways, key=lambda number: _new({**row, name: number}, missing))
    return {name: row[name] for name in numbers}


def _new(row: Mapping[str, int], missing: set[Pair]) -> int:
    return sum(pair in missing for pair in _pairs(row))


def _pairs(row: Mapping[str, int]) -> Iterator[Pair]:
    return (frozenset(pair) for pair in combinations(row.items(), 2))
