"""The day on which a verdict is given."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta


def today() -> date:
    """Return the day in UTC, or that of `SOURCE_DATE_EPOCH` if it is set, to judge an old commit as of its day."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isascii() and epoch.isdigit() and len(epoch) < 12:
        return datetime.fromtimestamp(int(epoch), UTC).date()
    return datetime.now(UTC).date()


def proposed() -> date:
    """Return the day that is proposed to somebody who has to name a future one: in 90 days."""
    return today() + timedelta(days=90)
