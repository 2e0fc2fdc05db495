"""The row of an integration in a fleet's table: its version, level, gaps, findings and framework."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from seatrial.core.errors import UsageError
from seatrial.core.framework import MAJOR, Release, dotted
from seatrial.core.model import Finding, Severity, digest
from seatrial.core.suggest import hint
from seatrial.core.version import Version
from seatrial.fleet.quality.scale import Gap, Level, Standing

RECORDS = "EXA221"
"""The rule whose findings `preview --record` repairs."""


_SAFE_NAME = re.compile(r"(?!(?:con|prn|aux|nul|com\d|lpt\d|index)(?:\.|$))[a-z0-9][a-z0-9_-]{0,79}")
"""A name that any file system takes, those without case and that of Windows included."""


@dataclass(frozen=True)
class StatusRow:
    """An integration in a fleet's table.

    `published` is the newest version known to be published, empty if none is known. `lag` is the number of minor
    versions that its framework is behind, a major one counted as a thousand. Unless it `is_judged`, a rule failed on
    it, and it has no level.
    """

    name: str
    path: str
    type: str
    version: str
    published: str
    standing: Standing
    suppressed: int = 0
    core: Release = ()
    lag: int = 0
    is_judged: bool = True

    @property
    def level(self) -> Level | None:
        """Its level; None if it is unknown."""
        return self.standing.level if self.is_judged else None

    @property
    def level_name(self) -> str:
        """The name of its level."""
        return self.level.value if self.level else "unknown"

    @property
    def findings(self) -> Sequence[Finding]:
        """Its findings, including advice."""
        return self.standing.findings

    @cached_property
    def families(self) -> Mapping[str, int]:
        """Its findings by family, without advice."""
        counts = Counter(one.code[:3] for one in self.findings if one.severity is not Severity.ADVICE)
        return dict(sorted(counts.items()))

    def count(self, severity: Severity) -> int:
        """Return how many findings it has of a severity."""
        return sum(1 for one in self.findings if one.severity is severity)

    @property
    def missing(self) -> Sequence[Gap]:
        """The rules that keep it from the next level, the cheapest first."""
        return self.standing.missing if self.is_judged else ()

    @property
    def command(self) -> str:
        """The command for the cheapest of them; empty if nothing is missing."""
        if not self.missing:
            return ""
        first = self.missing[0]
        if can_fix(first.first):
            return f"seatrial fix -i {shlex.quote(self.name)}"
        if first.code == RECORDS:
            return f"seatrial preview -i {shlex.quote(self.name)} --record"
        return f"seatrial explain {first.code}"

    @property
    def behind(self) -> str:
        """Its lag in words; empty for none."""
        count, word = divmod(self.lag, MAJOR)[0] or self.lag, "major" if self.lag >= MAJOR else "minor"
        return f"{count} {word}" if count else ""

    @property
    def framework(self) -> str:
        """The release of its framework; empty if it is unknown."""
        return dotted(self.core)


def file_name(integration: str) -> str:
    """Return the name of an integration as a name of files and URLs; one that is not safe as such is replaced."""
    if _SAFE_NAME.fullmatch(integration):
        return integration
    words = re.sub(r"[^a-z0-9]+", "-", integration.lower()[:60]).strip("-")
    return f"{words or 'integration'}.{digest(integration.encode('utf-8', 'surrogateescape'))[:12]}"


def spread(rows: Iterable[StatusRow]) -> dict[Level, int]:
    """Return the number of integrations at each level, the lowest first; those of unknown level are left out."""
    counts = Counter(row.level for row in rows)
    return {level: counts[level] for level in Level}


def can_fix(finding: Finding) -> bool:
    """Return whether `seatrial fix` repairs a finding; it leaves advice alone."""
    return finding.is_fixable and finding.severity is not Severity.ADVICE


def step_words(gap: Gap) -> str:
    """Return a gap in words: its rule, the number of its findings, and what to do about the first."""
    times = f" ({gap.count} findings)" if gap.count > 1 else ""
    title = gap.first.fix.title if gap.first.fix else gap.first.message
    return f"{gap.code} {gap.name}{times}: {title}"


SORTS: Mapping[str, Callable[[StatusRow], object]] = {
    "name": lambda row: row.name,
    "level": lambda row: row.level.rank if row.level else -1,
    "version": lambda row: _ordered(row.version),
    "published": lambda row: _ordered(row.published),
    "findings": lambda row: [-row.count(one) for one in Severity],
    "suppressed": lambda row: -row.suppressed,
    "framework": lambda row: row.core,
    "lag": lambda row: -row.lag,
    "missing": lambda row: len(row.missing),
}
"""The orders of rows, by name; those by a count put the highest first."""


def ordered(rows: Iterable[StatusRow], by: str) -> list[StatusRow]:
    """Return rows in an order; `-` before its name reverses it. Raises UsageError for an unknown order."""
    key = SORTS.get(by.removeprefix("-"))
    if key is None:
        raise UsageError(f'"{by}" is not an order' + hint(by, SORTS, f"sort by {', '.join(SORTS)}"))
    found = sorted(rows, key=lambda row: row.name)
    return sorted(found, key=key, reverse=by.startswith("-"))  # type: ignore[arg-type]


def levels_of(stated: str) -> frozenset[Level]:
    """Return the levels in a comma-separated list. Raises UsageError for an unknown one."""
    known = {one.value: one for one in Level}
    names = [name.strip().lower() for name in stated.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise UsageError(
                f'no level is called "{name}"' + hint(name, known, f"the levels are {', '.join(known)}")
            )
    return frozenset(known[name] for name in names)


def published_by_tags(tags: Iterable[str], form: str, types: Iterable[str]) -> Mapping[str, str]:
    """Return the highest version of each of these types by git tags of a form such as `{type}/{version}`."""
    wanted = set(types)
    pattern = _tag_pattern(form)
    found: dict[str, Version] = {}
    for tag in tags:
        match = pattern.fullmatch(tag) if len(tag) <= 300 else None
        if match and match["type"] in wanted:
            with suppress(ValueError):
                version = Version.parse(match["version"])
                found[match["type"]] = max(version, found.get(match["type"], version))
    return {name: str(version) for name, version in found.items()}


def _tag_pattern(form: str) -> re.Pattern[str]:
    """Return the pattern of git tags of a form such as `{type}/{version}`."""
    forms = {"{type}": "(?P<type>.{1,200}?)", "{version}": r"(?P<version>\d[\w.-]{0,60})"}
    again = {"{type}": "(?P=type)", "{version}": "(?P=version)"}
    parts = []
    for one in re.split(r"(\{(?:type|version)\})", form):
        parts.append(forms.pop(one, again.get(one, re.escape(one))))
    return re.compile("".join(parts))


def _ordered(text: str) -> tuple[int, tuple[object, ...], str]:
    """Return the sort key of a version; those that cannot be parsed come first."""
    with suppress(ValueError):
        version = Version.parse_leading_v(text)
        return 1, (version.release, version.stage, version.number), text
    return 0, (), text
