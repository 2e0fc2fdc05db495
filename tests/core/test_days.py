"""Days as texts: one form alone."""

from __future__ import annotations

from datetime import date

import pytest

from seatrial.core.days import day_of


def test_a_day_is_written_in_one_form() -> None:
    assert day_of("2027-01-31") == date(2027, 1, 31)


@pytest.mark.parametrize(
    "other", ["20270131", "2027-W04-7", "2027-02-30", "2027-1-31", " 2027-01-31", "", None, 20270131]
)
def test_whatever_else_is_no_day(other: object) -> None:
    assert day_of(other) is None
