"""Applying release intents: worked out for all the chosen integrations before a file of any is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from seatrial.core.errors import ServiceError
from seatrial.core.findings import Outcome
from seatrial.core.model import Finding, Integration, Severity
from seatrial.release.plan.bump import Bump, bump
from seatrial.system import transaction
from seatrial.system.folder import DiskFolder
from seatrial.system.transaction import FileEdit
from seatrial.validate.facts.changelog import FOLDER
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.release import INTENTS, SUFFIXES
from seatrial.validate.rules import RULES
from seatrial.validate.run import check
from seatrial.workspace.workspace import Workspace

UNSAFE = frozenset({
    "LAY002", "LAY003", "LAY101", "SPC001", "SPC005", "SPC201", "PKG001", "PKG002", "PKG103",
    "CHG001", "CHG002", "CHG101", "CHG102", "CHG108", "CHG109", "CHG201",
})  # fmt: skip
"""With these faults nobody can tell which version comes next, or where it is to be written."""


@dataclass(frozen=True)
class BumpPlan:
    """The bumps of all chosen integrations that have intents; none where something is in the way.

    `outcome` holds what is in the way, `notes` what is left as it is.
    """

    bumps: tuple[Bump, ...]
    outcome: Outcome
    notes: tuple[str, ...]


def plan(workspace: Workspace, chosen: Sequence[Integration], day: date) -> BumpPlan:
    """What to change on this day. Raises UsageError for what no finding speaks of, and ServiceError."""
    subjects = [Facts(one, workspace.profile, workspace.fleet, workspace.settings) for one in chosen]
    waiting = [one for one in subjects if one.intents.all]
    findings = tuple(finding for one in waiting for finding in _in_the_way(one))
    outcome = Outcome(
        tuple(sorted(findings, key=lambda one: one.sort_key)), tuple(one.integration.name for one in waiting)
    )
    bumps = () if findings else tuple(bump(one, day) for one in waiting)
    return BumpPlan(bumps, outcome, (*_core(workspace), *_fragments(waiting)))


def _in_the_way(subjects: Facts) -> Iterator[Finding]:
    verdict = check(subjects, [rule for rule in RULES if rule.family == "REL" or rule.code in UNSAFE])
    if verdict.crashes:
        name = subjects.integration.name
        raise ServiceError(f"a rule failed on {name}: {verdict.crashes[0]}; please report it")
    yield from (finding for finding in verdict.findings if finding.severity is Severity.ERROR)


def _core(workspace: Workspace) -> Iterator[str]:
    """The intents at the root of Ocean's repository are those of the framework."""
    if any(one.path == "" for one in workspace.integrations):
        return
    folder = DiskFolder(workspace.root / INTENTS, workspace.root, None)
    count = sum(path.endswith(SUFFIXES) for path in folder.paths())
    if count:
        yield f"left {_counted(count, 'intent')} in {INTENTS}/ at the root, for the framework's own release"


def _fragments(waiting: Sequence[Facts]) -> Iterator[str]:
    for one in waiting:
        if one.fragments:
            place = from_root(one.integration.path, FOLDER)
            count = _counted(len(one.fragments), "change")
            yield f"left {count} in {place}/, for towncrier to write into a later entry"


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"


def told(bump: Bump) -> str:
    """A bump in one line."""
    return f"{bump.name} {bump.before} -> {bump.after} ({_counted(bump.intents, 'intent')})"


def apply(workspace: Workspace, bumps: Sequence[Bump]) -> None:
    """Write all of them or none. Raises ServiceError."""
    changes = [
        FileEdit(
            path=from_root(one.path, file.path),
            before=file.before.encode(),
            after=None if file.after is None else file.after.encode(),
        )
        for one in bumps
        for file in one.files
    ]
    if changes:
        transaction.change_all(workspace.root, changes)


def from_root(integration: str, path: str) -> str:
    """A file of an integration, from the root of its workspace."""
    return f"{integration}/{path}" if integration else path
