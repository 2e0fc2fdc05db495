"""The task `affected`: the integrations that a change affects, and why."""

from __future__ import annotations

from itertools import islice

from seatrial.core.errors import UsageError
from seatrial.core.printable import plain
from seatrial.tasks.choice import choose
from seatrial.tasks.cli import say
from seatrial.workspace.workspace import select

MOST_LINES = 20
"""Reasons that are shown for an integration."""


def affected(
    integration: list[str],
    where: str | None,
    root: str | None,
    since: str | None,
    why: str | None,
) -> None:
    """Name the integrations that `--since` chooses, or say of one by which chain a change affects it."""
    choice = choose(root, [why] if why else integration, since, always=True, where=where)
    if choice.since is None:
        raise UsageError("say what to compare with, such as --since origin/main")
    if not why:
        say("".join(f"{plain(one.name)}\n" for one in choice.integrations))
        return
    for one in select(choice.workspace, [why]):
        reasons = list(choice.since.reasons(one))
        lines = [*islice(reasons, MOST_LINES)] or [
            f"nothing that has changed since {choice.since.rev} affects it"
        ]
        more = [f"and {len(reasons) - MOST_LINES} more"] if reasons[MOST_LINES:] else []
        say("".join(f"{plain(one.name)}: {plain(line)}\n" for line in (*lines, *more)))
