"""The task `fleet.run`: one command in the folders of the chosen integrations."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence

from seatrial.core.errors import EXIT_FINDINGS, UsageError
from seatrial.core.names import counted
from seatrial.core.printable import plain
from seatrial.fleet.commands import CommandResult, results
from seatrial.tasks.choice import choose
from seatrial.tasks.cli import Ended, jobs_of, note, say

MOST_ROWS = 60
"""With more integrations, the table has only those where the command failed."""


def run(
    integration: list[str],
    where: str | None,
    root: str | None,
    since: str | None,
    command: str | None,
    jobs: str | None,
) -> None:
    """Run a command in each folder, show what it writes in order, and end with 1 where it failed in one."""
    words = _words(command)
    workers = jobs_of(jobs)
    choice = choose(root, integration, since, where=where, changing=True)
    chosen = choice.integrations
    if not chosen:
        return
    found: list[CommandResult] = []
    width = max(len(plain(one.name)) for one in chosen)
    with results(choice.workspace.root, chosen, words, workers, _told(len(chosen))) as done:
        for result in done:
            found.append(result)
            say("".join(f"{plain(result.name):<{width}} | {line}\n" for line in result.lines()))
    failed = [one for one in found if not one.is_well]
    for row in _table(found, failed, width):
        note(row)
    if failed:
        raise Ended(code=EXIT_FINDINGS)


def _words(command: str | None) -> list[str]:
    """Return the words of a command as a shell would take them; no shell runs. Raises UsageError."""
    try:
        words = shlex.split(command or "")
    except ValueError as wrong:
        raise UsageError(f"the command cannot be read: {wrong}") from None
    if not words:
        raise UsageError(
            "say the command behind --, such as `seatrial fleet.run -- git log -1 --format=%s .`"
        )
    return words


def _told(total: int) -> Callable[[CommandResult], None]:
    counter = iter(range(1, total + 1))
    return lambda result: note(f"[{next(counter)}/{total}] {result.name}: {result.words}")


def _table(found: Sequence[CommandResult], failed: Sequence[CommandResult], width: int) -> Sequence[str]:
    """Return the rows of the table, the failed last, and the summary."""
    well = [one for one in found if one.is_well] if len(found) <= MOST_ROWS else []
    rows = [f"  {plain(one.name):<{width}}  {one.words}" for one in (*well, *failed)] if found[1:] else []
    count = counted(len(found), "integration")
    return [*rows, f"{count}, the command failed in {len(failed)}" if failed else f"{count}, all well"]
