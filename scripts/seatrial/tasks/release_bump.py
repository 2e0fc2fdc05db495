"""The tasks `release.intent` and `release.bump`: declare that a version rises, and raise it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from seatrial.core.days import day_of
from seatrial.core.errors import EXIT_FINDINGS, EXIT_SERVICE, ServiceError, UsageError
from seatrial.core.model import Integration, join
from seatrial.core.printable import one_line, plain
from seatrial.release.plan.bump import Bump
from seatrial.release.run import bumps as bumping
from seatrial.system import clock, git
from seatrial.system.transaction import RECORD, FileEdit, alone, finish
from seatrial.tasks.choice import deliver, open_workspace, selected
from seatrial.tasks.cli import Ended, note, say
from seatrial.tasks.file_diffs import unified
from seatrial.tasks.pull_requests import (
    agreed,
    merge_request_options,
    must_have_somebody_to_ask,
    open_or_renew,
    printable_text,
    request_of,
)
from seatrial.workspace.submission import LivingBranch, must_be_renewable
from seatrial.workspace.workspace import Workspace

BRANCH = "seatrial/bump"
"""The branch of the pull request with raised versions, by default."""


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
    pull_request: bool = False,
    branch: str | None = None,
    yes: bool = False,
    folded: str | None = None,
) -> None:
    """Apply the release intents: raise versions, write changelog entries, remove the intents; with `commit`, commit.

    With `pull_request` nothing changes here: the same goes to a branch of the remote, in a pull request. After `folded`
    days an integration is raised for a new framework alone.
    """
    day, fold_days = _day(date), _days(folded)
    if pull_request:
        must_have_somebody_to_ask(yes, dry_run)
    if commit and pull_request:
        raise UsageError("--commit is for this branch, --pull-request for another; give one of them")
    if branch and not pull_request:
        raise UsageError("--branch is that of a pull request; type --pull-request as well, or leave it out")
    workspace = open_workspace(root)
    with alone(workspace.root):
        workspace = _finished(workspace, root, dry_run)
        plan = bumping.plan(workspace, selected(workspace, integration, where), day, fold_days)
        if plan.outcome.findings:
            deliver(plan.outcome, workspace, format, None)
            note("nothing was changed")
            raise Ended(code=EXIT_FINDINGS)
        if dry_run:
            _show(plan.bumps)
        elif not pull_request:
            if commit:
                bumping.must_be_committable(workspace, plan.bumps)
            bumping.apply(workspace, plan.bumps)
        made = bumping.commit(workspace, plan.bumps) if commit and not dry_run else ""
    _report(plan, dry_run or pull_request)
    if made:
        note(f"committed {made[:12]}")
    if pull_request and plan.bumps:
        _request(workspace, plan.bumps, branch or BRANCH, yes, dry_run)


def _request(workspace: Workspace, bumps: Sequence[Bump], branch: str, yes: bool, dry_run: bool) -> None:
    """Bring the branch of the one pull request up to date, and open or renew that, unless it has all of it already."""
    root = workspace.root
    bumping.must_be_committable(workspace, bumps, "--pull-request")
    state = _living(workspace, branch)
    must_be_renewable(state)
    title, text = bumping.request_title(bumps, workspace.profile), bumping.request_text(bumps)
    request = request_of(root, (state.remote, state.remote), state.target, branch, title, text)
    told = merge_request_options(request, os.environ)
    if dry_run:
        note(f"would push {branch} to the remote {state.remote}, without force")
        note(f"would open a pull request for {state.target} of {state.remote}, or renew the open one")
        say(f"{one_line(title, 300)}\n\n{printable_text(text)}")
        return
    message = bumping.commit_message(bumps, workspace.profile)
    is_within = not state.tip or git.is_ancestor(root, state.tip, state.target_head)
    parents = [state.target_head] if is_within else [state.tip, state.target_head]
    made = git.commit_beside(root, bumping.contents(bumps), parents, message)
    if not is_within and _brings_the_same(root, state, made):
        note(f"{branch} of {state.remote} has all of it already")
    else:
        more = ", and open its merge request" if told else ""
        _must_agree(yes, f"push {branch} to {state.remote}{more}?")
        git.push_commit(root, state.remote, made, branch, told)
        note(f"pushed {branch} to {state.remote}")
    if told:
        note(f"GitLab opens the merge request for {state.target} by the push, or keeps the open one")
        return
    _must_agree(yes, f"open the pull request for {state.target} of {state.remote}, or renew it?")
    if not open_or_renew(request, text, False, state.target) and yes:
        raise Ended(code=EXIT_SERVICE)


def _must_agree(yes: bool, question: str) -> None:
    if not yes and not agreed(question):
        note("stopped there; type `seatrial release.bump --pull-request` again to go on")
        raise Ended(code=EXIT_FINDINGS)


def _living(workspace: Workspace, branch: str) -> LivingBranch:
    """Return the state of the branch at the remote. Raises UsageError for a clone that cannot tell, ServiceError."""
    root, settings = workspace.root, workspace.settings.release
    remote = settings.remote or "origin"
    git.must_be_branch_name(branch)
    if git.is_shallow(root):
        raise UsageError(f"the clone is shallow; type `git fetch --unshallow {remote}` first")
    main = git.remote_head(root, remote)
    target = settings.branch or main
    if not target:
        raise ServiceError(f"the remote {remote} does not say which branch is its main one")
    git.fetch_branch(root, remote, target)
    there = git.resolve(root, f"refs/remotes/{remote}/{target}")
    tip = git.remote_branch(root, remote, branch)
    if tip:
        git.fetch_branch(root, remote, branch)
    return LivingBranch(
        name=branch,
        remote=remote,
        target=target,
        here=git.head(root).commit,
        target_head=there,
        email=git.author_email(root),
        tip=tip,
        authors=git.emails_between(root, there, tip) if tip else (),
        protected={main} - {""},
    )


def _brings_the_same(root: Path, state: LivingBranch, made: str) -> bool:
    """Return whether the branch brings the same changes to its target as a new commit would."""
    wanted = git.changed_between(root, state.target_head, made)
    brought = git.changed_between(root, git.merge_base(root, state.tip), state.tip)
    return brought == wanted and wanted.isdisjoint(git.changed_between(root, state.tip, made))


def named(workspace: Workspace, wanted: Sequence[str], where: str | None = None) -> Sequence[Integration]:
    """Return the named integrations, or that of the current folder; never all of them by mistake."""
    chosen = selected(workspace, wanted, where)
    if len(chosen) > 1 and not any(wanted) and where is None:
        raise UsageError(f"which integration is it for? name it, such as --integration {chosen[0].name}")
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


def _days(text: str | None) -> int | None:
    """Return a number of days; None for none given. Raises UsageError."""
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 4:
        raise UsageError(f'--folded takes a number of days, such as 30, or 0 for all, not "{text[:40]}"')
    return int(text)


def _day(text: str | None) -> date:
    """Return the given day, else today in UTC. Raises UsageError."""
    if text is None:
        return clock.today()
    day = day_of(text)
    if day is None:
        raise UsageError(f'a date is written YYYY-MM-DD, such as {clock.today()}, not "{text[:40]}"')
    return day
