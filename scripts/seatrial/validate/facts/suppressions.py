"""What an integration asks not to be told: `[tool.seatrial] ignore` in its `pyproject.toml`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from seatrial.documents.document import Document

IGNORE = ("tool", "seatrial", "ignore")


@dataclass(frozen=True)
class Suppressions:
    """The ignored codes with their reasons, and, after a run, which of them were of any use.

    `idle` holds the codes whose rules ran and found nothing. An entry without a reason
    suppresses nothing; another rule speaks of it.
    """

    document: Document
    reasons: Mapping[str, str]
    known: Collection[str]
    idle: frozenset[str] = frozenset()

    @classmethod
    def of(cls, pyproject: Document | None, known: Collection[str]) -> Suppressions | None:
        """None where nothing is ignored, or `pyproject.toml` cannot be read."""
        table = pyproject.value if pyproject and pyproject.readable else None
        for key in IGNORE:
            table = table.get(key) if isinstance(table, dict) else None
        if pyproject is None or not isinstance(table, dict):
            return None
        reasons = {
            code: reason for code, reason in table.items() if isinstance(reason, str) and reason.strip()
        }
        return cls(pyproject, reasons, known)

    @property
    def codes(self) -> frozenset[str]:
        """The codes that are held back."""
        return frozenset(self.reasons)

    def after(self, ran: Collection[str], caught: Collection[str]) -> Suppressions:
        """The same once the rules of `ran` have run and those of `caught` have found something."""
        idle = frozenset(code for code in self.reasons if code in ran and code not in caught)
        return replace(self, idle=idle)
