"""The matrix of a run in CI: each integration once, evenly, and nearly the same after a small change."""

from __future__ import annotations

import random
from functools import cache

import pytest

from seatrial.fleet.ci.costs import costs_json, costs_of_json, estimated, merged
from seatrial.fleet.ci.matrix import MOST, UNEVEN, Shard, matrix, outputs, spread


def fleet(count: int, seed: int = 1) -> dict[str, float]:
    """Costs as lint has them: most are alike, some are many times as high."""
    chance = random.Random(seed)
    return {f"integrations/i{number}": chance.lognormvariate(3, 0.8) for number in range(count)}


def jobs_of(costs: dict[str, float], most: int = MOST) -> dict[str, int]:
    return {path: shard.number for shard in spread(costs, most) for path in shard.paths}


@cache
def shards_of_fleet(count: int) -> list[Shard]:
    return spread(fleet(count))


def moved(before: dict[str, int], after: dict[str, int]) -> float:
    """The share of integrations that are in another job."""
    both = before.keys() & after.keys()
    return sum(before[path] != after[path] for path in both) / len(both)


@pytest.mark.parametrize("count", [49, 1_000, 5_000])
def test_each_is_in_one_job_and_no_job_costs_much_more_than_the_mean(count: int) -> None:
    costs, shards = fleet(count), shards_of_fleet(count)
    assert sorted(path for shard in shards for path in shard.paths) == sorted(costs)
    assert 1 < len(shards) <= MOST
    assert max(shard.cost for shard in shards) <= UNEVEN * sum(costs.values()) / len(shards)


@pytest.mark.parametrize(("count", "most"), [(49, 0.3), (1_000, 0.15), (5_000, 0.02)])
def test_a_small_change_moves_few(count: int, most: float) -> None:
    costs = fleet(count)
    before = {path: shard.number for shard in shards_of_fleet(count) for path in shard.paths}
    path = f"integrations/i{count // 2}"
    changes = [{**costs, "integrations/new": 20.0}, {**costs, path: costs[path] * 1.5}]
    changes.append({one: cost for one, cost in costs.items() if one != path})
    for after in changes if count < 5_000 else changes[:1]:
        assert moved(before, jobs_of(after)) <= most


def test_the_order_of_the_integrations_decides_nothing() -> None:
    costs = fleet(100)
    assert spread(dict(reversed(costs.items()))) == spread(costs)


def test_small_fleets_are_as_even_as_the_longest_first_makes_them() -> None:
    chance = random.Random(2)
    for _ in range(300):
        costs = {str(number): chance.paretovariate(1.2) for number in range(chance.randint(1, 60))}
        shards = spread(costs)
        mean = sum(costs.values()) / len(shards)
        largest = max(shard.cost for shard in shards)
        assert largest <= max(UNEVEN * mean, 4 / 3 * max(mean, *costs.values()))
        assert sorted(path for shard in shards for path in shard.paths) == sorted(costs)


def test_no_job_is_started_that_would_only_wait_for_the_longest() -> None:
    costs = dict.fromkeys((str(number) for number in range(80)), 1.0) | {"slow": 80.0}
    assert len(spread(costs)) == 2
    assert max(shard.cost for shard in spread(costs)) <= UNEVEN * 80


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_jobs_are_made_than_the_limit(most: int) -> None:
    assert len(spread(fleet(200), most)) == most


@pytest.mark.parametrize("costs", [{"a": 0.0, "b": 0.0}, {"a": 1.0}])
def test_costs_of_nothing_and_one_integration_are_spread_too(costs: dict[str, float]) -> None:
    (shard,) = spread(costs)
    assert shard.paths == tuple(costs)


def test_nothing_to_check_is_a_matrix_that_github_takes_and_a_job_that_does_nothing() -> None:
    assert spread({}) == []
    assert matrix([], {}) == {"include": [{"shard": 0, "name": "nothing to check"}]}
    assert "\nany=false\njobs=0\n" in outputs([], {})


def test_a_name_adds_no_output() -> None:
    lines = outputs([Shard(1, ("a",), 1.0)], {"a": "a\nany=false\u2028::set-output"}).splitlines()
    assert [line.partition("=")[0] for line in lines] == ["matrix", "any", "jobs"]


def test_recorded_seconds_count_and_others_are_estimated_by_size() -> None:
    sizes = {"a": 99, "b": 199, "c": 299}
    assert estimated(sizes, {}) == {"a": 100, "b": 200, "c": 300}
    assert estimated(sizes, {"a": 10.0, "b": 20.0}) == {"a": 10.0, "b": 20.0, "c": 30.0}
    kept = merged({"a": 10.0, "gone": 5.0}, {"a": 20.0, "b": 7.0})
    assert kept == {"a": 15.0, "gone": 5.0, "b": 7.0}
    assert costs_of_json(costs_json(kept).encode()) == kept
