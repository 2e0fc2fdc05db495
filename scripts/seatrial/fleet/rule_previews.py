"""Previews of a rule as an error: the integrations of a fleet that would fail, where, and what `fix` repairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seatrial.core.model import Finding, Integration, Severity
from seatrial.core.rules import Rule
from seatrial.validate.facts.release_change import Change
from seatrial.validate.repair import Changes, no_changes, repairs
from seatrial.validate.rules import Rulebook
from seatrial.validate.run import check_all
from seatrial.workspace.workspace import Workspace


@dataclass(frozen=True)
class RulePreview:
    """The findings of a rule, as an error, in the integrations of these `names`.

    `failing` are those that fail already, by other rules or by this one at its own severity. `hidden` are suppressed
    findings, `repaired` the fingerprints of those `findings` that `fix` removes. `crashes` are failures of rules, each
    with the names of the integrations. `severity` is the rule's own in this repository, None if it is off.
    """

    rule: Rule
    severity: Severity | None
    names: tuple[str, ...]
    findings: tuple[Finding, ...]
    hidden: tuple[Finding, ...]
    failing: frozenset[str]
    repaired: frozenset[str]
    crashes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def found_in(self) -> list[str]:
        """The names of the integrations in which it finds something, in order."""
        return list(dict.fromkeys(one.integration for one in self.findings))

    @property
    def would_fail(self) -> list[str]:
        """The names of those of them that pass today."""
        return [name for name in self.found_in if name not in self.failing]

    @property
    def still_failing(self) -> list[str]:
        """The names in `would_fail` for which findings are left after `fix`."""
        left = {one.integration for one in self.findings if one.fingerprint not in self.repaired}
        return [name for name in self.would_fail if name in left]

    def as_json(self) -> Mapping[str, Any]:
        """Return it for programs."""
        return {
            "code": self.rule.code,
            "name": self.rule.name,
            "severity": self.severity.value if self.severity else "off",
            "integrations": len(self.names),
            "found_in": self.found_in,
            "would_fail": self.would_fail,
            "would_fail_after_fix": self.still_failing,
            "findings": len(self.findings),
            "repaired_by_fix": len(self.repaired),
            "suppressed": len(self.hidden),
        }


def preview(
    workspace: Workspace,
    integrations: Sequence[Integration],
    rule: Rule,
    jobs: int,
    changes: Mapping[str, Change] | None = None,
    editing: Changes = no_changes,
) -> RulePreview:
    """Judge these integrations as they are, and again with the rule as an error."""
    rules = Rulebook(workspace.own).rules
    first = check_all(workspace, integrations, rules, jobs, changes)
    before = first.outcome
    severities = {**workspace.settings.severities, rule.code: Severity.ERROR}
    there = replace(workspace, settings=replace(workspace.settings, severities=severities))
    second = check_all(there, integrations, rules, jobs, changes)
    after = second.outcome
    found = tuple(one for one in after.findings if one.code == rule.code)
    return RulePreview(
        rule,
        rule.weight(workspace.settings.severities, workspace.profile),
        before.names,
        found,
        tuple(one for one in after.hidden if one.code == rule.code),
        frozenset(one.integration for one in before.findings if one.severity is Severity.ERROR),
        _repaired(there, integrations, found, jobs, editing),
        {**first.crashes, **second.crashes},
    )


def _repaired(
    workspace: Workspace,
    integrations: Sequence[Integration],
    found: Sequence[Finding],
    jobs: int,
    editing: Changes,
) -> frozenset[str]:
    """Return the fingerprints of the findings that are gone once `fix` has run, in memory."""
    offered = {one.integration for one in found if one.fix and one.fix.edit}
    wanted = [one for one in integrations if one.name in offered]
    if not wanted:
        return frozenset()
    files: dict[str, dict[str, bytes | None]] = {}
    book = Rulebook(workspace.own)
    for edit in repairs(workspace, wanted, book.proving, editing).files:
        one = next(one for one in wanted if edit.path.startswith(one.below("")) or not one.path)
        files.setdefault(one.path, {})[edit.path.removeprefix(one.below(""))] = edit.after
    mended = [one.having(files[one.path]) for one in wanted if one.path in files]
    left = check_all(workspace, mended, book.rules, jobs).outcome.findings
    names = {one.name for one in mended}
    before = {one.fingerprint for one in found if one.integration in names}
    return frozenset(before - {one.fingerprint for one in left})
