"""Which integrations a task is about: those named, or stood in, or all; and of these what has changed.

Handing an outcome over: to standard output or a file, with the summary on standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seatrial import report
from seatrial.core.findings import Outcome, RuleFacts
from seatrial.core.model import Integration, Profile
from seatrial.core.rules import Rule
from seatrial.handbook.codes import known_codes
from seatrial.report.options import Options
from seatrial.report.text import summary, wants_colour
from seatrial.system.atomic import append, write_whole
from seatrial.tasks.cli import CHOOSING, names, note, option, say
from seatrial.validate.facts.change import Change
from seatrial.validate.since import Since, since, usual
from seatrial.workspace.workspace import Workspace, select
from seatrial.workspace.workspace import open_workspace as _open_workspace

COMPARING = CHOOSING | {"since": "of these only what has changed since a revision such as origin/main"}


@dataclass(frozen=True)
class Choice:
    """The workspace and the integrations of it that are chosen; `since` is what they are compared with, if anything."""

    workspace: Workspace
    integrations: Sequence[Integration]
    since: Since | None = None

    def changes(self, rules: Sequence[Rule]) -> Mapping[str, Change]:
        """What has changed in them, by their paths, where one of the rules asks. Raises as `since`."""
        wanted = self.since and any("change" in rule.needs for rule in rules)
        return self.since.changes(self.integrations) if self.since and wanted else {}


def open_workspace(root: str | None, cwd: Path | None = None) -> Workspace:
    """Open the workspace at `root`, as every task does: codes in its `seatrial.toml` are checked."""
    return _open_workspace(root, cwd, known_codes)


def choose(
    root: str | None, integration: Sequence[str] | None, rev: str | None, *, always: bool = False
) -> Choice:
    """What is chosen by flags and environment; says so where nothing has changed.

    With `always` it is what has changed since the usual revision, where none is stated. Raises UsageError for
    an unknown name or revision, ServiceError where git fails.
    """
    workspace = open_workspace(option("root", root))
    chosen = select(workspace, names(integration))
    stated = option("since", rev) or (usual(workspace) if always else None)
    if stated is None:
        return Choice(workspace, chosen)
    compared = since(workspace, stated)
    touched = compared.touched(chosen)
    if not touched:
        note(f'nothing changed since "{stated}"')
    return Choice(workspace, touched, compared)


DESCRIBING = frozenset({"sarif"})
"""Formats that say of each rule what it is."""


def deliver(outcome: Outcome, profile: Profile, format: str | None, output: str | None) -> None:
    """Write the findings in the chosen format, text where they go to a file, and GitHub's page of the run.

    Raises UsageError for an unknown format, ServiceError where a file cannot be written.
    """
    name = report.choose({} if output else os.environ, format)
    colour = output is None and wants_colour(sys.stdout.isatty(), os.environ)
    text = report.render(name, outcome, Options(_facts(profile) if name in DESCRIBING else {}, colour))
    if output:
        write_whole(Path(output), text)
    else:
        say(text)
    note(summary(outcome, "make explain CODE=" if os.environ.get("MAKELEVEL") else "seatrial explain "))
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        from seatrial.report.github import step_summary

        append(Path(os.environ["GITHUB_STEP_SUMMARY"]), step_summary(outcome))


def _facts(profile: Profile) -> dict[str, RuleFacts]:
    """What a report says of the rules themselves."""
    from seatrial.handbook.pages import EVERY

    return {
        rule.code: RuleFacts(rule.code, rule.name, rule.law, rule.reason, rule.severities[profile])
        for rule in EVERY
    }
