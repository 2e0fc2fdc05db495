"""The history of a fleet: releases from changelogs, size and framework from git, levels from earlier sites."""

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
from seatrial.fleet.quality.scale import Level, words
from seatrial.fleet.quality.status_rows import StatusRow, spread
from seatrial.system import git
from seatrial.validate.facts.facts import core_release
from seatrial.validate.facts.package_metadata import PYPROJECT

MOST_POINTS = 30
"""The most commits that are read."""

MOST_WEEKS = 104
"""The number of weeks whose releases are counted."""

MOST_DAYS = 400
"""The most days whose levels are kept."""

MOST_BYTES = 256 * 1024
"""The bytes of the largest `pyproject.toml` that is read; the largest real one has 4 KB."""

MOST_RECORDED = 4 * 1024 * 1024
"""The bytes of the largest record of levels that is read."""


@dataclass(frozen=True)
class Series:
    """Numbers over time: `days` in seconds since 1970, and the numbers of each line by its name, None for none."""

    name: str
    title: str
    days: Sequence[int]
    lines: Mapping[str, Sequence[float | None]]


def releases(entries: Iterable[Iterable[str | None]], today: date) -> Series:
    """Return the number of versions released in each week, by the dates in changelogs."""
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
    """Return the number of integrations and the lag of their frameworks. Raises UsageError and ServiceError."""
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
    """Return the framework's release by a `pyproject.toml` alone; reading all earlier locks would take too long."""
    return tuple(core_release(Integration("", "", MemoryFolder({PYPROJECT: text}))))


def today_record(rows: Sequence[StatusRow], today: date) -> Mapping[str, Any]:
    """Return the record of a day: the number of integrations at each level, and of findings of each severity."""
    counts = spread(rows)
    found = {one.value: sum(row.count(one) for row in rows) for one in Severity}
    return {
        "day": today.isoformat(),
        "levels": {level.value: count for level, count in counts.items()},
        "findings": found,
    }


def records_of(data: bytes) -> list[Mapping[str, Any]]:
    """Return the days in the file of an earlier site; those of another form are left out."""
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
    """Return the days with a new one, which replaces that of the same date; the oldest come first."""
    by_day = {one["day"]: one for one in (*before, new)}
    return [by_day[day] for day in sorted(by_day)][-MOST_DAYS:]


def records_text(days: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of the file in which a site keeps these days."""
    rows = ",\n".join(json.dumps(one) for one in days)
    return f'{{"version": 1, "days": [\n{rows}\n]}}\n'


def levels_over_time(days: Sequence[Mapping[str, Any]]) -> list[Series]:
    """Return the levels and the findings over the days that were kept; nothing if there are fewer than two."""
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
