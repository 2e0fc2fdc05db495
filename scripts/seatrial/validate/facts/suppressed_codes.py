"""What an integration suppresses: codes ignored in `pyproject.toml`, or exempted for a time in a file of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from seatrial.core.days import day_of
from seatrial.core.model import Location, Waiver
from seatrial.documents import toml
from seatrial.documents.document import Document, Keys
from seatrial.validate.facts.items import value_at

IGNORE = ("tool", "seatrial", "ignore")
"""The keys in `pyproject.toml` that lead to the ignored codes."""

EXEMPTIONS = ".seatrial-exemptions.toml"
"""The file of an integration's exemptions: a table for each code, with a `reason` and the last day, `until`."""

ALWAYS_TOLD = frozenset({"REL206"})
"""The codes that no integration suppresses: their findings tell reviewers what a change does."""


@dataclass(frozen=True)
class Suppression:
    """A code that is suppressed, why and until when, and the keys in a document that say so."""

    code: str
    waiver: Waiver
    document: Document
    keys: Keys

    @property
    def is_exemption(self) -> bool:
        """True where it ends on a day."""
        return bool(self.waiver.until)

    @property
    def where(self) -> Location:
        """The place of the code."""
        return self.document.key(*self.keys)


@dataclass(frozen=True)
class Suppressions:
    """What is suppressed with a reason, the day, and, after a run, the codes that suppressed nothing.

    `granted` limits the exemptions by code, each to a day; None for no limit. `idle` holds the codes whose rules ran
    and found nothing, `known` those of all rules. An entry without a reason, or an exemption without a day, suppresses
    nothing; another rule reports it.
    """

    all: tuple[Suppression, ...]
    today: date
    granted: Mapping[str, str] | None = None
    known: Collection[str] = ()
    idle: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(
        cls,
        pyproject: Document | None,
        exemptions: Document | None,
        today: date,
        granted: Mapping[str, str] | None = None,
    ) -> Suppressions | None:
        """None where there is neither a table of ignored codes nor a file of exemptions."""
        ignored = value_at(pyproject.value, *IGNORE) if pyproject and pyproject.readable else None
        if not isinstance(ignored, dict) and exemptions is None:
            return None
        return cls((*_ignored(pyproject), *_exempted(exemptions)), today, granted)

    @cached_property
    def waivers(self) -> Mapping[str, Waiver]:
        """What holds today, by code; an ignored code needs no exemption."""
        held = [one for one in self.all if self._holds(one)]
        return {one.code: one.waiver for one in sorted(held, key=lambda one: not one.is_exemption)}

    @property
    def codes(self) -> frozenset[str]:
        """The codes that are suppressed today."""
        return frozenset(self.waivers)

    def is_over(self, one: Suppression) -> bool:
        """True where the last day is over."""
        return self._is_past(one.waiver.until)

    def after(self, known: Collection[str], ran: Collection[str], caught: Collection[str]) -> Suppressions:
        """The same after the rules of `ran` have run and those of `caught` have found something."""
        return replace(self, known=known, idle=self.codes & {*ran} - {*caught})

    def _holds(self, one: Suppression) -> bool:
        if one.code in ALWAYS_TOLD:
            return False
        if one.is_exemption and self.granted is not None:
            granted = self.granted.get(one.code, "")
            return bool(granted) and not self._is_past(min(granted, one.waiver.until))
        return not self._is_past(one.waiver.until)

    def _is_past(self, until: str) -> bool:
        return bool(until) and until < self.today.isoformat()


def load_exemptions(path: str, data: bytes) -> Document:
    """Read a file of exemptions, with the days of TOML as texts."""
    document = toml.load(path, data)
    document.value = _with_texts(document.value)
    return document


def _with_texts(value: Any) -> Any:
    """Return a value with the days of TOML as texts."""
    if isinstance(value, dict):
        return {key: _with_texts(one) for key, one in value.items()}
    return value.isoformat() if isinstance(value, date) else value


def _ignored(pyproject: Document | None) -> Iterator[Suppression]:
    table = value_at(pyproject.value, *IGNORE) if pyproject and pyproject.readable else None
    if pyproject is None or not isinstance(table, dict):
        return
    for code, reason in table.items():
        if isinstance(reason, str) and reason.strip():
            yield Suppression(code, Waiver(reason.strip()), pyproject, (*IGNORE, code))


def _exempted(document: Document | None) -> Iterator[Suppression]:
    tables = document.value if document and document.readable else None
    if document is None or not isinstance(tables, dict):
        return
    for code, table in tables.items():
        reason, until = (value_at(table, key) for key in ("reason", "until"))
        if isinstance(reason, str) and reason.strip() and day_of(until):
            yield Suppression(code, Waiver(reason.strip(), until), document, (code,))
