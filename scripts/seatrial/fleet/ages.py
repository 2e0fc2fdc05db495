"""The ages of integrations: the days since the first commit to each, and since the last one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from seatrial.core.errors import UsageError
from seatrial.core.model import join
from seatrial.system import clock, git
from seatrial.system.folder import with_parents
from seatrial.workspace.workspace import Workspace


@dataclass(frozen=True)
class Ages:
    """The days of the first and the last commit to each integration, by path; today if it has none."""

    today: date
    first: Mapping[str, date] = field(default_factory=dict)
    last: Mapping[str, date] = field(default_factory=dict)

    @classmethod
    def of_workspace(cls, workspace: Workspace) -> Ages:
        """Return the ages by git. Raises UsageError outside of git and in a shallow clone, and ServiceError."""
        if git.is_shallow(workspace.root):
            raise UsageError(
                "the ages of integrations are not known in a shallow clone; type `git fetch --unshallow`"
            )
        places = {one.path for one in workspace.integrations}
        return cls.of(places, _changes(workspace.root, places), clock.today())

    @classmethod
    def of(cls, places: Iterable[str], changes: Iterable[tuple[int, list[str]]], today: date) -> Ages:
        """Return the ages from commits in any order: the time of each in seconds since 1970, and its paths."""
        known = frozenset(places)
        first: dict[str, date] = {}
        last: dict[str, date] = {}
        for time, paths in changes:
            day = datetime.fromtimestamp(time, UTC).date()
            touched = {one for path in paths for one in (*with_parents(path), "") if one in known}
            for place in touched:
                first[place] = min(day, first.get(place, day))
                last[place] = max(day, last.get(place, day))
        return cls(today, first, last)

    def changed(self, path: str) -> int:
        """Return the days since the last commit to an integration."""
        return self._days(self.last, path)

    def added(self, path: str) -> int:
        """Return the days since the first commit to an integration."""
        return self._days(self.first, path)

    def _days(self, days: Mapping[str, date], path: str) -> int:
        return max(0, (self.today - days.get(path, self.today)).days)


def _changes(root: Path, places: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield, for `Ages.of`, the commits to the folders that hold these places; such a folder may be a link."""
    for holder in {place.rpartition("/")[0] for place in places}:
        for time, paths in git.changes_by_time(root / holder):
            yield time, [join(holder, path) for path in paths]
