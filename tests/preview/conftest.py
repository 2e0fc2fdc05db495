"""One process that runs jq for all tests of the preview, with small limits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from seatrial.preview.evaluator import Evaluator, Limits

SMALL = Limits(seconds=0.15, memory=256 * 1024 * 1024, characters=100_000)


@pytest.fixture(scope="session")
def warm() -> Iterator[Evaluator]:
    with Evaluator(SMALL) as evaluator:
        yield evaluator


@pytest.fixture
def evaluator(warm: Evaluator) -> Evaluator:
    warm.begin()
    return warm
