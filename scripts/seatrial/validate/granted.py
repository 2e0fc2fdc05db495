"""What holds because the base has it, where the change is not trusted with it: exemptions, and rules of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from seatrial.core.errors import ConfigurationError, SeatrialError, Unreadable
from seatrial.core.model import Folder, Integration
from seatrial.core.settings import GROWTH, ExemptionSettings, OwnRulesSettings
from seatrial.system import git
from seatrial.system.cache import is_from_fork
from seatrial.validate import own_rules
from seatrial.validate.facts.facts import Facts
from seatrial.workspace.base_branch import target_branch, trusted_base
from seatrial.workspace.committed import workspace_at
from seatrial.workspace.config import SETTINGS_FILE, settings_of
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


def with_own_rules(workspace: Workspace, environ: Mapping[str, str]) -> tuple[Workspace, str]:
    """Return a workspace with the repository's own rules, and what is to be told of rules that are left out.

    In CI for a pull or merge request they, and the settings about them, are those of the base branch, whoever made the
    request; in one from another repository they are left out unless the base branch says otherwise.
    Raises ConfigurationError for rules that cannot be loaded.
    """
    stated = workspace.settings.own
    is_foreign = is_from_fork(environ)
    if not (is_foreign or target_branch(environ)):
        return own_rules.on_disk(workspace, stated), ""
    try:
        own, whole = _own_at_base(workspace, environ)
    except ConfigurationError:
        raise
    except SeatrialError as reason:
        if not stated.files:
            return workspace, ""
        if not is_foreign:
            raise ConfigurationError(
                f"the repository's own rules are those of the base, which is unknown: {reason}"
            ) from reason
        return own_rules.left_out(workspace, stated), f"the repository's own rules are left out: {reason}"
    if not own.files:
        told = "the repository's own rules are left out: the base branch has none" if stated.files else ""
        return own_rules.left_out(workspace, stated), told
    if is_foreign and not own.forks:
        told = (
            "the repository's own rules are left out in a pull request from another repository; "
            "`forks = true` under [rules] in the base branch lets them run, as that branch has them"
        )
        return own_rules.left_out(workspace, own), told
    return own_rules.in_folder(workspace, own, whole), ""


def _own_at_base(workspace: Workspace, environ: Mapping[str, str]) -> tuple[OwnRulesSettings, Folder]:
    """Return the settings of own rules on the base branch, and all its files. Raises SeatrialError.

    The remote is `origin`, whatever the change states: with another one it could choose its base.
    """
    base = trusted_base(workspace.root, environ)
    whole = git.folder_at(workspace.root, base, "")
    try:
        stated = settings_of(whole.read(SETTINGS_FILE)) if whole.entry(SETTINGS_FILE) else None
    except Unreadable as refused:
        raise ConfigurationError(f"{SETTINGS_FILE} of the base branch: {refused}") from refused
    return (stated.own if stated else OwnRulesSettings()), whole
