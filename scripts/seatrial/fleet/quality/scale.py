"""The quality scale: levels of criteria, each of a few rules, and the level of an integration by its findings."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from seatrial.core.model import Finding, Severity


class Level(enum.Enum):
    """A level of the scale; each includes those before it."""

    NONE = "none"
    PUBLISHABLE = "publishable"
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"
    PLATINUM = "platinum"

    @property
    def rank(self) -> int:
        """0 for the lowest level."""
        return list(Level).index(self)

    @property
    def next(self) -> Level | None:
        """The level above; None for the highest."""
        return next((one for one in Level if one.rank == self.rank + 1), None)


@dataclass(frozen=True)
class Criterion:
    """A sentence that holds for an integration without findings of these rules."""

    level: Level
    holds: str
    rules: str

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its rules."""
        return tuple(self.rules.split())


MEANINGS = {
    Level.PUBLISHABLE: "`validate` finds no error.",
    Level.BRONZE: "What the catalogue shows of it is complete and true.",
    Level.SILVER: "It is maintained: its files, versions and code are in order.",
    Level.GOLD: "It is shown to work, by examples and tests of each kind.",
    Level.PLATINUM: "It can serve as a model for others.",
}
"""The meaning of each level in a sentence."""

SCALE: tuple[Criterion, ...] = (
    Criterion(Level.BRONZE, "The spec links its documentation.", "SPC011 SPC109"),
    Criterion(
        Level.BRONZE,
        "All kinds are listed, under the names that the code uses.",
        "COD205 COD206 COD220",
    ),
    Criterion(
        Level.BRONZE,
        "All configurations are listed, described, typed, and used.",
        "COD208 COD210 SPC007 SPC008 SPC125",
    ),
    Criterion(Level.BRONZE, "Live events are declared if the code handles them.", "COD212 COD219 SPC115"),
    Criterion(
        Level.BRONZE,
        "Icon and section are known ones, and no text is a placeholder or cut off.",
        "SPC111 SPC112 SPC113 SPC135",
    ),
    Criterion(Level.BRONZE, "The README has content.", "LAY114"),
    Criterion(Level.SILVER, "Descriptions are neither a single word nor half a page.", "SPC160"),
    Criterion(Level.SILVER, "The changelog is in order.", "CHG105 CHG106 CHG110 CHG113 CHG114 CHG115"),
    Criterion(
        Level.SILVER,
        "The folder has the usual files, with the usual content.",
        "LAY014 LAY015 LAY016 LAY110 LAY111 LAY121",
    ),
    Criterion(
        Level.SILVER,
        "The package is described, and its framework's version is bounded.",
        "PKG003 PKG104 PKG105 PKG108 PKG203",
    ),
    Criterion(Level.SILVER, "The framework is at most 3 minor versions behind.", "PKG150"),
    Criterion(
        Level.SILVER, "All blueprints, relations and pages are filled.", "RES201 RES202 RES208 RES211 RES216"
    ),
    Criterion(Level.SILVER, "The spec uses current keys and types.", "SPC108 SPC121 SPC124 SPC129"),
    Criterion(
        Level.SILVER,
        "The code uses the framework for logs, requests, batches and payloads.",
        "COD108 COD109 COD110 COD111 COD113 COD116",
    ),
    Criterion(Level.GOLD, "There is an example of each kind.", "EXA220"),
    Criterion(
        Level.GOLD,
        "The mapping turns the examples into entities that fit the blueprints.",
        "EXA101 EXA102 EXA201 EXA204 EXA205 EXA206 EXA207",
    ),
    Criterion(Level.GOLD, "Recorded entities match what the mapping makes.", "EXA210"),
    Criterion(Level.GOLD, "Every kind is named in a test.", "LAY010 LAY019 TST140"),
    Criterion(Level.PLATINUM, "Entities are recorded for every kind.", "EXA221"),
    Criterion(
        Level.PLATINUM,
        "Examples hold no real e-mail address, cover the mapping, make an entity each, and agree with each other.",
        "EXA103 EXA208 EXA209 EXA211",
    ),
    Criterion(Level.PLATINUM, "Webhooks are authenticated, and selectors have defaults.", "COD112 COD117"),
    Criterion(Level.PLATINUM, "Enums have colours, and strings have formats.", "RES129 RES130 SPC132"),
    Criterion(Level.PLATINUM, "Files and texts are tidy.", "LAY018 LAY116 LAY117 SPC134"),
)
"""The criteria from bronze on, by level; an integration without errors is publishable."""

CRITERION_OF = {code: one for one in SCALE for code in one.codes}
"""The criterion of each rule on the scale, by code."""


@dataclass(frozen=True)
class Gap:
    """A rule that keeps an integration from a level, with the number of its findings and the first of them."""

    level: Level
    code: str
    name: str
    count: int
    first: Finding

    @property
    def holds(self) -> str:
        """The criterion that does not hold."""
        criterion = CRITERION_OF.get(self.code)
        return criterion.holds if criterion and self.level is not Level.PUBLISHABLE else ""


@dataclass(frozen=True)
class Standing:
    """The place of an integration on the scale, by its findings with advice, those suppressed left out."""

    findings: tuple[Finding, ...]

    @cached_property
    def level(self) -> Level:
        """The highest level that is reached with all below it."""
        reached = Level.NONE
        while (above := reached.next) and not self.gaps(above):
            reached = above
        return reached

    @cached_property
    def missing(self) -> Sequence[Gap]:
        """The rules that keep it from the next level, the cheapest first; none at the highest level."""
        return self.gaps(self.level.next) if self.level.next else ()

    def gaps(self, level: Level) -> Sequence[Gap]:
        """Return the rules that keep it from a level, leaving out lower ones; the cheapest first."""
        found = [one for one in self.findings if _concerns(level, one)]
        counts = Counter(one.code for one in found)
        first = {one.code: one for one in reversed(found)}
        gaps = (Gap(level, code, first[code].name, count, first[code]) for code, count in counts.items())
        return sorted(gaps, key=_cost)


def _cost(gap: Gap) -> tuple[int, int, str]:
    """Return the sort key of a gap: findings to be mended by hand, findings in all, the code."""
    return (0 if gap.first.is_fixable else gap.count, gap.count, gap.code)


def _concerns(level: Level, finding: Finding) -> bool:
    if level is Level.PUBLISHABLE:
        return finding.severity is Severity.ERROR
    criterion = CRITERION_OF.get(finding.code)
    return criterion is not None and criterion.level is level


def words(level: Level) -> str:
    """Return the name of a level for people."""
    return "not publishable" if level is Level.NONE else level.value
