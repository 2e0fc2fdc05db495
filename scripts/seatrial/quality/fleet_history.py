"""The past of a fleet: releases by its changelogs, its size and framework by git, its levels by earlier sites."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from seatrial.core.days import day_of
from seatrial.core.errors import Unreadable
from seatrial.core.framework import Release, minor_lag
from seatrial.core.model import Integration, MemoryFolder, Severity
from seatrial.documents import records
from seatrial.quality.scale import Level, words
from seatrial.quality.status_rows import StatusRow, spread
from seatrial.system import git
from seatrial.validate.facts.facts import core_release
from seatrial.validate.facts.package_metadata import PYPROJECT

MOST_POINTS = 30
"""The commits that are looked at."""

MOST_WEEKS = 104
"""The weeks whose releases are counted."""

MOST_DAYS = 400
"""The days of which levels are kept."""

MOST_BYTES = 256 * 1024
"""The size of a `pyproject.toml` that is read; the largest real one has 4 KB."""

MOST_RECORDED = 4 * 1024 * 1024
"""The size of a record of levels that is read."""


@dataclass(frozen=True)
class Series:
    """Numbers over time: `days` are seconds since 1970, `lines` the numbers of each line by its name, None for none."""

    name: str
    title: str
    days: Sequence[int]
    lines: Mapping[str, Sequence[float | None]]


def releases(entries: Iterable[Iterable[str | None]], today: date) -> Series:
    """Return how many versions were released in each week, by the dates in changelogs."""
    first = _monday(today) - timedelta(weeks=MOST_WEEKS - 1)
    counts: Counter[date] = Counter()
    for dates in entries:
        for one in dates:
            day = day_of(one)
            if day and first <= day <= today:
                counts[_monday(day)] += 1
    weeks = [first + timedelta(weeks=number) for number in range(MOST_WEEKS)]
    weeks = [week for week in weeks if counts and week >= min(counts)]
    return Series(
        "releases", "Releases a week", list(map(_seconds, weeks)), {"releases": [counts[w] for w in weeks]}
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def fleet_over_time(root: Path, holder: str) -> list[Series]:
    """Return the number of integrations, and how far their frameworks were behind. Raises UsageError, ServiceError."""
    commits = git.points(root, MOST_POINTS)
    trees = [git.folders(root, commit, holder) for commit, _ in commits]
    known = [{name: tree for name, tree in one.items() if name[0] not in "._"} for one in trees]
    every = (tree for one in known for tree in one.values())
    cores = {tree: _core(text) for tree, text in git.files_in(root, every, PYPROJECT, MOST_BYTES)}
    days, sizes, middle, most = [], [], [], []
    for (_, time), one in zip(commits, known, strict=True):
        found = [cores[tree] for tree in one.values() if tree in cores]
        newest = max(found, default=())
        lags = [minor_lag(newest, core) for core in found if core]
        if found:
            days.append(time)
            sizes.append(len(found))
            middle.append(median(lags) if lags else None)
            most.append(max(lags, default=None))
    behind = "Minor versions of the framework behind the newest in use"
    return [
        Series("integrations", "Integrations", days, {"integrations": sizes}),
        Series("behind", behind, days, {"median": middle, "most": most}),
    ]


def _core(text: bytes) -> Release:
    """Return the release of the framework by a `pyproject.toml` alone; locks of the past are too large to be read."""
    return tuple(core_release(Integration("", "", MemoryFolder({PYPROJECT: text}))))


def today_record(rows: Sequence[StatusRow], today: date) -> Mapping[str, Any]:
    """Return what is kept of a day: how many integrations are at each level, and have which findings."""
    counts = spread(rows)
    found = {one.value: sum(row.count(one) for row in rows) for one in Severity}
    return {
        "day": today.isoformat(),
        "levels": {level.value: count for level, count in counts.items()},
        "findings": found,
    }


def records_of(data: bytes) -> list[Mapping[str, Any]]:
    """Return the days that a file of an earlier site holds; what has another form is left out."""
    try:
        days = records.loads(data).get("days") if len(data) <= MOST_RECORDED else None
    except Unreadable:
        return []
    return [one for one in days if _is_record(one)] if isinstance(days, list) else []


def _is_record(one: Any) -> bool:
    if not isinstance(one, dict) or not isinstance(one.get("day"), str) or day_of(one["day"]) is None:
        return False
    parts = [one.get("levels"), one.get("findings")]
    return all(
        isinstance(part, dict) and all(type(count) is int and 0 <= count < 10**9 for count in part.values())
        for part in parts
    )


def records_with(before: Iterable[Mapping[str, Any]], new: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the days with a new one, which replaces one of the same date, the oldest first."""
    by_day = {one["day"]: one for one in (*before, new)}
    return [by_day[day] for day in sorted(by_day)][-MOST_DAYS:]


def records_text(days: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of the file that a site keeps."""
    rows = ",\n".join(json.dumps(one) for one in days)
    return f'{{"version": 1, "days": [\n{rows}\n]}}\n'


def levels_over_time(days: Sequence[Mapping[str, Any]]) -> list[Series]:
    """Return the levels and the findings of the days that were kept; nothing of less than two."""
    if len(days) < 2:
        return []
    times = [_seconds(date.fromisoformat(one["day"])) for one in days]
    levels = {words(level): [one["levels"].get(level.value, 0) for one in days] for level in Level}
    weights = [one.value for one in (Severity.ERROR, Severity.WARNING, Severity.INFO)]
    found = {name: [one["findings"].get(name, 0) for one in days] for name in weights}
    return [
        Series("levels", "Integrations at each level", times, levels),
        Series("findings", "Findings", times, found),
    ]
