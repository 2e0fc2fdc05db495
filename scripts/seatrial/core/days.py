"""Days and times as text: a day as YYYY-MM-DD only, of all the forms that ISO 8601 allows, and a time in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any


def day_of(text: Any) -> date | None:
    """Return the day that a text such as 2027-01-31 names; None for any other value."""
    try:
        day = date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return day if day and day.isoformat() == text else None


def iso(seconds: float) -> str:
    """Return a time, in seconds since 1970, as text in UTC, such as 2027-01-31T09:30:00Z."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
