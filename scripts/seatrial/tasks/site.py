"""Writing the site of a fleet: the contents of its pages for each integration, and the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from seatrial.core.errors import SeatrialError, ServiceError
from seatrial.core.findings import Outcome
from seatrial.core.model import Finding
from seatrial.documents.changelog import VersionEntry, parse
from seatrial.fleet.quality import fleet_history
from seatrial.fleet.quality.fleet_history import Series
from seatrial.fleet.quality.site.pages import MOST_VERSIONS, Detail, Entity, Release, Site
from seatrial.fleet.quality.status_rows import StatusRow
from seatrial.preview.processor import ObjectVerdict
from seatrial.system import clock
from seatrial.system.atomic import write_whole
from seatrial.system.folder import read_plain
from seatrial.tasks.choice import Choice, lines_of
from seatrial.tasks.cli import note
from seatrial.validate.facts.facts import Facts
from seatrial.validate.rules import BY_CODE

MOST_ENTITIES = 5
"""The entities of a kind on the page of an integration."""

SECRET = frozenset({"EXA102", "LAY108", "LAY119", "LAY120"})
"""The rules about secrets: nothing is shown of a file in which they find something."""

RECORD = "history.json"
"""The file of a site that holds the levels of the days on which it was written."""


def write_site(choice: Choice, rows: Sequence[StatusRow], outcome: Outcome, folder: Path) -> None:
    """Write the site of these rows into a folder. Raises ServiceError where a link is on the way.

    A secret that a finding tells of stays hidden where the finding is suppressed, too.
    """
    workspace = choice.workspace
    told = (*outcome.findings, *outcome.hidden)
    details = _Details(choice, frozenset(one.path for one in told if one.code in SECRET))
    days = fleet_history.records_with(
        _days_before(folder / RECORD), fleet_history.today_record(rows, clock.today())
    )
    site = Site(
        rows=rows,
        rules={**BY_CODE, **{rule.code: rule for rule in workspace.own}},
        detail=details.of,
        lines=details.lines,
        series=[details.released, *_past(choice), *fleet_history.levels_over_time(days)],
        made=clock.today().isoformat(),
    )
    size = count = 0
    for path, text in (*site.pages(), (RECORD, fleet_history.records_text(days))):
        write_whole(folder / path, text, root=workspace.checkout, make=True, durable=False)
        size, count = size + len(text), count + 1
    note(f"wrote {count} files, {size / 1e6:.1f} MB, to {folder}; open {folder / 'index.html'}")


def _days_before(place: Path) -> Sequence[Mapping[str, Any]]:
    try:
        return fleet_history.records_of(read_plain(str(place)))
    except (OSError, SeatrialError):
        return ()


def _past(choice: Choice) -> list[Series]:
    """Return the fleet over time by git; nothing where git does not know it, or there is one integration alone."""
    holders = {one.path.rpartition("/")[0] for one in choice.workspace.integrations if one.path}
    if len(holders) != 1:
        return []
    try:
        return fleet_history.fleet_over_time(choice.workspace.root, holders.pop())
    except SeatrialError as failed:
        note(f"seatrial: the history is not shown: {failed}")
        return []


@dataclass(frozen=True)
class _Versions:
    """The newest versions of a changelog, the number of all, and the dates of all."""

    newest: Sequence[Release] = ()
    count: int = 0
    dates: Sequence[str | None] = ()

    @classmethod
    def of(cls, facts: Facts) -> _Versions:
        """Return the releases of an integration."""
        if facts.changelog is None:
            return cls()
        entries = [one for one in parse("CHANGELOG.md", facts.changelog.data).entries if one.version]
        newest = [
            Release(one.version or "", one.date or "", _first_words(one)) for one in entries[:MOST_VERSIONS]
        ]
        return cls(newest, len(entries), [one.date for one in entries])


class _Details:
    """The parts of the pages that are not in the rows of integrations; `secret` are the files with secrets."""

    def __init__(self, choice: Choice, secret: frozenset[str]) -> None:
        self._workspace = choice.workspace
        self._secret = secret
        self._by_path = {one.path: one for one in choice.integrations}
        self._by_name = {one.name: one for one in choice.integrations}
        self._read: tuple[str, list[str]] = ("", [])

    @cached_property
    def _versions(self) -> Mapping[str, _Versions]:
        found = self._by_path.items()
        return {path: _Versions.of(Facts.of(self._workspace, one)) for path, one in found}

    @property
    def released(self) -> Series:
        """The releases of each week."""
        return fleet_history.releases((one.dates for one in self._versions.values()), clock.today())

    def lines(self, finding: Finding) -> Sequence[str]:
        """Return the lines of the file that a finding is in; those of the last one are kept."""
        if self._read[0] != finding.path:
            self._read = (finding.path, lines_of(self._by_name[finding.integration], finding))
        return self._read[1]

    def of(self, row: StatusRow) -> Detail:
        """Return what the page of an integration shows."""
        versions = self._versions[row.path]
        try:
            entities = list(self._entities(row))
        except ServiceError as failed:
            note(f"seatrial: the entities of {row.name} are not shown: {failed}")
            entities = []
        shown: dict[str, list[Entity]] = {}
        for one in entities:
            shown.setdefault(one.kind, []).append(one)
        some = [one for kind in shown.values() for one in kind[:MOST_ENTITIES]]
        return Detail(some, len(entities), versions.newest, versions.count)

    def _entities(self, row: StatusRow) -> Iterator[Entity]:
        """Yield what the rules saw of the examples; of one with a secret only that it is there."""
        tried = Facts.of(self._workspace, self._by_path[row.path]).tried
        for group in tried.groups if tried else ():
            for made in group.rows:
                if made.mapped.verdict is ObjectVerdict.MAPPED:
                    if self._by_path[row.path].below(made.file) in self._secret:
                        yield Entity(group.kind, made.file, None, "a rule finds a secret in its example")
                    else:
                        yield Entity(group.kind, made.file, made.mapped.entity)


def _first_words(entry: VersionEntry) -> str:
    bullets = [*entry.bullets, *(one for part in entry.sections for one in part.bullets)]
    return bullets[0].text if bullets else ""
