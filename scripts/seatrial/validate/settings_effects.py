"""The effects of changed settings: the integrations on which they change the verdict, each with the reason.

Settings that no verdict goes by, such as those of releases, have none. Rules about a change are silent on integrations
without one, whatever the settings.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import replace

from seatrial.core.errors import ConfigurationError, Unreadable
from seatrial.core.findings import Outcome
from seatrial.core.model import Folder, Integration
from seatrial.core.rules import Rule
from seatrial.core.settings import OwnRulesSettings, Settings
from seatrial.dependencies.lockfile import LOCK, LockText
from seatrial.system import git
from seatrial.validate.rules import RULES
from seatrial.validate.run import check_all
from seatrial.workspace.config import SETTINGS_FILE, settings_of
from seatrial.workspace.workspace import FRAMEWORK, Workspace, profile_of

SHOWN = 3
"""Codes that a reason names."""

ALL = 1_000_000
"""More problems of a rule in one integration than any has; a limit would make findings behind it look new."""


def settings_effects(
    workspace: Workspace, base: str, changed: Sequence[str], integrations: Sequence[Integration]
) -> Mapping[str, str]:
    """Return the integrations, by path, whose verdict is another one under the settings of the commit `base`, and why.

    `changed` are the changed paths. Where it cannot be told, it is all of them. Raises UsageError and ServiceError as
    git does.
    """
    own = workspace.settings.own
    rule_files = [one for one in changed if _is_of_own_rules(one, own)]
    if not integrations or (SETTINGS_FILE not in changed and not rule_files):
        return {}
    try:
        before = _settings_at(git.folder_at(workspace.root, base, ""))
    except (ConfigurationError, Unreadable):
        return dict.fromkeys((one.path for one in integrations), f"{SETTINGS_FILE} was not valid before")
    now = workspace.settings
    if (before.own.prefix, before.own.files) != (own.prefix, own.files) or rule_files:
        place = rule_files[0] if rule_files else SETTINGS_FILE
        return dict.fromkeys(
            (one.path for one in integrations), f"{place} changes the repository's own rules"
        )
    if before.integrations != now.integrations:
        return dict.fromkeys(
            (one.path for one in integrations), f"{SETTINGS_FILE} names another folder for all"
        )
    locked = _locking(now.lint.source_packages ^ before.lint.source_packages, integrations)
    return {**locked, **_judged_otherwise(workspace, before, integrations)}


def _is_of_own_rules(path: str, own: OwnRulesSettings) -> bool:
    """Return whether a path is in a folder of own rules; what lies beside them is taken for a part of them."""
    return path.endswith(".py") and any(
        posixpath.dirname(path) == posixpath.dirname(pattern) for pattern in own.files
    )


def _settings_at(whole: Folder) -> Settings:
    return settings_of(whole.read(SETTINGS_FILE)) if whole.entry(SETTINGS_FILE) else Settings()


def _locking(packages: frozenset[str], integrations: Sequence[Integration]) -> Mapping[str, str]:
    """Return the integrations whose lock has a package that may be built now, or may not any more."""
    found = {}
    for one in integrations if packages else ():
        try:
            lock = LockText(one.read(LOCK)) if one.has(LOCK) else None
        except Unreadable:
            lock = None
        names = sorted(name for name in packages if lock and lock.versions(name))
        if names:
            found[one.path] = (
                f"{SETTINGS_FILE} changes lint.source-packages by {names[0]}, which its lock has"
            )
    return found


def _judged_otherwise(
    workspace: Workspace, before: Settings, integrations: Sequence[Integration]
) -> Mapping[str, str]:
    """Judge by both settings, with no more rules than needed, and return those where that makes a difference."""
    has_framework = (workspace.root / FRAMEWORK).is_file()
    former = replace(
        workspace,
        settings=replace(before, own=workspace.settings.own, exemptions=workspace.settings.exemptions),
        profile=profile_of(before, workspace.fleet, has_framework),
    )
    rules = _rules_in_question(workspace, former)
    if not rules:
        return {}
    jobs = os.cpu_count() or 1
    sides = [
        _told(check_all(one, integrations, rules, jobs, advice=True, most=ALL).outcome)
        for one in (former, workspace)
    ]
    found = {}
    for one in integrations:
        codes = sorted({code for code, *_ in sides[0].get(one.name, set()) ^ sides[1].get(one.name, set())})
        if codes:
            others = f" and {len(codes) - SHOWN} more" if codes[SHOWN:] else ""
            found[one.path] = f"{SETTINGS_FILE} changes what is said of {', '.join(codes[:SHOWN])}{others}"
    return found


def _rules_in_question(workspace: Workspace, former: Workspace) -> Sequence[Rule]:
    """Return the rules whose findings may differ: all of them, unless severities are all that differs."""
    every = [rule for rule in (*RULES, *workspace.own) if "change" not in rule.needs]
    if _judging(workspace) != _judging(former):
        return every
    now, then = workspace.settings.severities, former.settings.severities
    codes = {code for code in {*now, *then} if now.get(code, "default") != then.get(code, "default")}
    chosen = [rule for rule in every if rule.code in codes]
    return [*chosen, *(rule for rule in every if "suppressions" in rule.needs)] if chosen else []


def _judging(workspace: Workspace) -> object:
    """Return what else rules go by."""
    stated = workspace.settings
    return (
        workspace.profile,
        stated.known_blueprints,
        stated.known_icons,
        stated.known_sections,
        stated.newest_core,
    )


def _told(outcome: Outcome) -> Mapping[str, set[tuple[str, str, str, bool]]]:
    """Return what is told of each integration: codes, fingerprints, severities, and whether it is suppressed."""
    found: dict[str, set[tuple[str, str, str, bool]]] = {}
    for is_hidden, findings in enumerate((outcome.findings, outcome.hidden)):
        for one in findings:
            told = (one.code, one.fingerprint, one.severity.value, bool(is_hidden))
            found.setdefault(one.integration, set()).add(told)
    return found
