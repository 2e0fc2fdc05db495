"""The tasks `release.hold` and `release.unhold`: keep integrations from being released, and end that."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.core.errors import UsageError
from seatrial.core.printable import plain
from seatrial.release.run import hold_files
from seatrial.system import clock
from seatrial.system.transaction import alone
from seatrial.tasks.choice import open_workspace
from seatrial.tasks.cli import note, say
from seatrial.tasks.release_bump import named


def hold(
    integration: list[str], root: str | None, reason: str | None, until: str | None, where: str | None = None
) -> None:
    """Write a file into each chosen integration that keeps it from being released."""
    if not reason or not until:
        raise UsageError(
            "say why, and by which day somebody looks at it again: "
            f"`seatrial release.hold -i jira --reason TEXT --until {clock.proposed()}`"
        )
    workspace = open_workspace(root)
    chosen = named(workspace, integration, where)
    with alone(workspace.root):
        _tell(hold_files.hold(workspace, chosen, reason, until, clock.today()))


def unhold(integration: list[str], root: str | None, where: str | None = None) -> None:
    """Remove the files that keep the chosen integrations from being released."""
    workspace = open_workspace(root)
    chosen = named(workspace, integration, where)
    with alone(workspace.root):
        _tell(hold_files.unhold(workspace, chosen))


def _tell(paths: Sequence[str]) -> None:
    say("".join(f"{plain(path)}\n" for path in paths))
    note("commit that and have it reviewed; a release reads the holds of the commit that it releases")
