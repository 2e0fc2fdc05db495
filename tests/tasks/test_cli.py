"""Options as people state them."""

from __future__ import annotations

import pytest

from seatrial.core.errors import UsageError
from seatrial.tasks.cli import jobs_of


@pytest.mark.parametrize(("text", "jobs"), [("1", 1), ("16", 16), ("256", 256)])
def test_jobs_are_a_number(text: str, jobs: int) -> None:
    assert jobs_of(text) == jobs


@pytest.mark.parametrize("text", ["0", "-1", "257", "1.5", "two", "٣", "9" * 5000])
def test_other_jobs_are_wrong_use(text: str) -> None:
    with pytest.raises(UsageError, match="jobs is a number from 1 to 256"):
        jobs_of(text)


def test_without_a_number_there_is_a_job_a_core() -> None:
    assert jobs_of(None) == jobs_of("") >= 1
