"""Which integrations a task is about: those named, or stood in, or all; and of these what has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seatrial.model import Integration
from seatrial.rules.rule import Rule
from seatrial.since import Since, since, usual
from seatrial.subjects.change import Change
from seatrial.tasks.door import CHOOSING, names, note, option
from seatrial.workspace import Workspace, open_workspace, select

COMPARING = CHOOSING | {"since": "of these only what has changed since a revision such as origin/main"}


@dataclass(frozen=True)
class Choice:
    """The workspace and the integrations of it that are chosen; `since` is what they are compared with, if anything."""

    workspace: Workspace
    integrations: Sequence[Integration]
    since: Since | None = None

    def changes(self, rules: Sequence[Rule]) -> Mapping[str, Change]:
        """What has changed in them, by their paths, where one of the rules asks. Raises as `since`."""
        wanted = self.since and any("change" in rule.subjects for rule in rules)
        return self.since.changes(self.integrations) if self.since and wanted else {}


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
