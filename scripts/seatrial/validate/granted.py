"""Exemptions that hold because the merge base has them, where the change itself is not trusted to add any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from seatrial.core.model import Integration
from seatrial.core.settings import GROWTH, ExemptionSettings
from seatrial.validate.facts.facts import Facts
from seatrial.workspace.committed import workspace_at
from seatrial.workspace.workspace import Workspace


def granted_by(workspace: Workspace, commit: str) -> Workspace:
    """Return a workspace in which only exemptions of a commit hold, and whose change may add what that one's may.

    Raises ConfigurationError for settings of the commit that are not valid, UsageError and ServiceError as git does.
    """
    base = workspace_at(workspace, commit)
    granted = {one.path: _ends(base, one) for one in base.integrations}
    severities = {**workspace.settings.severities}
    if base.settings.severities.get(GROWTH):
        severities[GROWTH] = base.settings.severities[GROWTH]
    limited = ExemptionSettings({path: ends for path, ends in granted.items() if ends})
    return replace(workspace, settings=replace(workspace.settings, severities=severities, exemptions=limited))


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
