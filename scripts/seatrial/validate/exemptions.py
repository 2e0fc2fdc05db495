"""Exemptions: written for the findings of integrations, and granted by the base where a change is not trusted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from seatrial.core.errors import Unreadable, UsageError
from seatrial.core.model import Finding, Integration, Severity
from seatrial.core.settings import GROWTH, ExemptionSettings
from seatrial.documents.toml import with_tables
from seatrial.system.transaction import FileEdit
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.suppressed_codes import EXEMPTIONS
from seatrial.workspace.committed import workspace_at
from seatrial.workspace.workspace import Workspace

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


def granted_by(workspace: Workspace, commit: str) -> Workspace:
    """Return a workspace in which only exemptions of a commit hold, and whose change may add what that one's may.

    Whom a shared file concerns is what that commit declares, too.

    Raises ConfigurationError for settings of the commit that are not valid, UsageError and ServiceError as git does.
    """
    base = workspace_at(workspace, commit)
    granted = {one.path: _ends(base, one) for one in base.integrations}
    severities = {**workspace.settings.severities}
    if base.settings.severities.get(GROWTH):
        severities[GROWTH] = base.settings.severities[GROWTH]
    limited = ExemptionSettings({path: ends for path, ends in granted.items() if ends})
    settings = replace(
        workspace.settings, severities=severities, exemptions=limited, shared=base.settings.shared
    )
    return replace(workspace, settings=settings)


def _ends(base: Workspace, integration: Integration) -> Mapping[str, str]:
    stated = Facts.of(base, integration).stated_suppressions
    return {one.code: one.waiver.until for one in (stated.all if stated else ()) if one.is_exemption}


def ungranted(workspace: Workspace, integrations: Sequence[Integration]) -> Mapping[str, list[str]]:
    """Return the exempted codes that do not hold because the merge base does not have them, by name."""
    granted = workspace.settings.exemptions.granted
    if granted is None:
        return {}
    found = {}
    for one in integrations:
        ends, stated = granted.get(one.path, {}), _ends(workspace, one)
        codes = sorted(code for code, until in stated.items() if until > ends.get(code, ""))
        found.update({one.name: codes} if codes else {})
    return found
