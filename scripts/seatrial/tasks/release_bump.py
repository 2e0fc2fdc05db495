"""The tasks `release.intent` and `release.bump`: declare that a version rises, and raise it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from seatrial.core.days import day_of
from seatrial.core.errors import EXIT_FINDINGS, UsageError
from seatrial.core.model import Integration, join
from seatrial.core.printable import plain
from seatrial.release.plan.bump import Bump
from seatrial.release.run import bumps as bumping
from seatrial.system import clock
from seatrial.system.transaction import RECORD, FileEdit, alone, finish
from seatrial.tasks.choice import deliver, open_workspace, selected
from seatrial.tasks.cli import Ended, note, say
from seatrial.tasks.file_diffs import unified
from seatrial.workspace.workspace import Workspace


def intent(
    integration: list[str],
    root: str | None,
    bump: str | None,
    type: str | None,
    message: str | None,
    where: str | None = None,
) -> None:
    """Write a release intent for each chosen integration; release.bump applies it."""
    workspace = open_workspace(root)
    chosen = named(workspace, integration, where)
    request = bumping.IntentRequest(bump, type, message)
    with alone(workspace.root):
        paths = bumping.declare(workspace, chosen, request, clock.today())
    say("".join(f"{plain(path)}\n" for path in paths))


def bump(
    integration: list[str],
    root: str | None,
    date: str | None,
    commit: bool,
    dry_run: bool,
    format: str | None,
    where: str | None = None,
) -> None:
    """Apply the release intents: raise versions, write changelog entries, remove the intents; with `commit`, commit."""
    day = _day(date)
    workspace = open_workspace(root)
    with alone(workspace.root):
        workspace = _finished(workspace, root, dry_run)
        plan = bumping.plan(workspace, selected(workspace, integration, where), day)
        if plan.outcome.findings:
            deliver(plan.outcome, workspace, format, None)
            note("nothing was changed")
            raise Ended(code=EXIT_FINDINGS)
        if dry_run:
            _show(plan.bumps)
        else:
            if commit:
                bumping.must_be_committable(workspace, plan.bumps)
            bumping.apply(workspace, plan.bumps)
        made = bumping.commit(workspace, plan.bumps) if commit and not dry_run else ""
    _report(plan, dry_run)
    if made:
        note(f"committed {made[:12]}")


def named(workspace: Workspace, wanted: Sequence[str], where: str | None = None) -> Sequence[Integration]:
    """Return the named integrations, or that of the current folder; never all of them by mistake."""
    chosen = selected(workspace, wanted, where)
    if len(chosen) > 1 and not any(wanted) and where is None:
        raise UsageError(f"which integration is it for? name it, such as -i {chosen[0].name}")
    return chosen


def _finished(workspace: Workspace, root: str | None, dry_run: bool) -> Workspace:
    """Finish a bump that an earlier run left half done, and return the workspace after it."""
    if dry_run and (workspace.root / RECORD).exists():
        raise UsageError("an earlier bump broke off; finish it first with `seatrial release.bump`")
    if dry_run or not finish(workspace.root):
        return workspace
    note("an earlier bump had broken off; it is finished now")
    return open_workspace(root)


def _report(plan: bumping.BumpPlan, dry_run: bool) -> None:
    for line in plan.notes:
        note(line)
    lines = [bumping.bump_line(one) for one in plan.bumps]
    if not lines:
        note("nothing to bump: no release intents")
    elif dry_run:
        for line in lines:
            note(f"would bump {line}")
    else:
        say("".join(f"{plain(line)}\n" for line in lines))


def _show(bumps: Sequence[Bump]) -> None:
    for one in bumps:
        for file in one.files:
            after = None if file.after is None else file.after.encode()
            say("".join(unified([FileEdit(join(one.path, file.path), file.before.encode(), after)])))


def _day(text: str | None) -> date:
    """Return the given day, else today in UTC. Raises UsageError."""
    if text is None:
        return clock.today()
    day = day_of(text)
    if day is None:
        raise UsageError(f'a date is written YYYY-MM-DD, such as {clock.today()}, not "{text[:40]}"')
    return day
