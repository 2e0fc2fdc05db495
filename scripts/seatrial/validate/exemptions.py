"""Exemptions as they are written for the findings of integrations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from seatrial.core.errors import Unreadable, UsageError
from seatrial.core.model import Finding, Integration, Severity
from seatrial.documents.toml import with_tables
from seatrial.system.transaction import FileEdit
from seatrial.validate.facts.suppressed_codes import EXEMPTIONS

HEAD = "# Findings that may stay for a time: a code each, why, and the last day. `seatrial exempt` writes this.\n"


def exempting(integration: Integration, codes: Iterable[str], reason: str, until: date) -> FileEdit:
    """Return the change of an integration's file by which it exempts these codes up to a day.

    Raises UsageError where the file that is there cannot be read.
    """
    before = _bytes(integration)
    text = HEAD if before is None else before.decode("utf-8", "replace")
    try:
        after = with_tables(text, {code: {"reason": reason, "until": until} for code in sorted(codes)})
    except ValueError as wrong:
        raise UsageError(f"{integration.below(EXEMPTIONS)} cannot be read: {wrong}; mend it first") from None
    return FileEdit(integration.below(EXEMPTIONS), before, after.encode())


def failing_codes(findings: Iterable[Finding], strict: bool) -> Mapping[str, frozenset[str]]:
    """Return for each integration that fails, by name, the codes for which it does."""
    grave = (Severity.ERROR, Severity.WARNING)[: 2 if strict else 1]
    found: dict[str, set[str]] = {}
    for one in findings:
        if one.severity in grave:
            found.setdefault(one.integration, set()).add(one.code)
    return {name: frozenset(codes) for name, codes in found.items()}


def _bytes(integration: Integration) -> bytes | None:
    if not integration.holds(EXEMPTIONS):
        return None
    try:
        return integration.read(EXEMPTIONS)
    except Unreadable as reason:
        raise UsageError(f"{integration.below(EXEMPTIONS)} cannot be read: {reason}") from None
