"""The task `fix`: the repairs that findings offer, and that prove themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from seatrial.core.model import Finding, Integration
from seatrial.core.names import counted
from seatrial.system.transaction import FileEdit, alone, change_all
from seatrial.tasks.choice import Choice, choose, tell_crashes
from seatrial.tasks.cli import end, in_make, jobs_of, note, say
from seatrial.tasks.file_diffs import unified
from seatrial.tasks.fix_locks import LOCK, lacking_locks, make_locks
from seatrial.validate.facts.release_change import Change
from seatrial.validate.repair import Changes, Refusal, no_changes, repairs
from seatrial.validate.rules import Rulebook
from seatrial.validate.run import check_all

MOST_TOLD = 20
"""Most edits that are not applied of which the reason is told."""


def fix(
    integration: list[str],
    root: str | None,
    since: str | None,
    jobs: str | None,
    diff: bool,
    unsafe: bool = False,
    advice: bool = False,
    where: str | None = None,
    lock: bool = False,
    sandbox: str | None = None,
) -> None:
    """Apply every repair that proves itself, or show it; `seatrial validate` shows the rest.

    With `unsafe`, guessed names are tried as well; with `advice`, what is only advised; with `lock`, locks that are
    missing or stale are made, after the other repairs.
    """
    choice = choose(root, integration, since, where=where, changing=True)
    workspace = choice.workspace
    book = Rulebook(workspace.own)
    changes = choice.changes(book.rules)
    done = check_all(workspace, choice.integrations, book.rules, jobs_of(jobs), changes, advice)
    tell_crashes(done.crashes)
    wanted = _repairable(choice, done.outcome.findings, unsafe)
    found = repairs(workspace, wanted, book.proving, changes_of(choice), unsafe=unsafe, advice=advice)
    if diff:
        say("".join(unified(found.files)))
    elif found.files:
        with alone(workspace.root):
            change_all(workspace.root, found.files)
    _report(found.files, found.refused, diff)
    guesses = sum(1 for one in done.outcome.findings if one.fix and one.fix.edit and one.fix.guessed)
    if guesses and not unsafe:
        show = in_make("seatrial fix --unsafe --diff")
        note(f"for {guesses} more, what is meant can only be guessed; `{show}` shows it")
    all_locked = not lock or _lock(
        choose(root, integration, since, where=where, changing=True), jobs, diff, sandbox
    )
    end(bool(done.crashes) or not all_locked, False)


def _lock(choice: Choice, jobs: str | None, diff: bool, sandbox: str | None) -> bool:
    """Make the locks that the folders as they are now lack, or tell of them; return whether all could be made."""
    workspace = choice.workspace
    rules = [rule for rule in Rulebook(workspace.own).rules if rule.family in ("LAY", "PKG")]
    found = check_all(workspace, choice.integrations, rules, jobs_of(jobs), {})
    stale = lacking_locks(choice.integrations, found.outcome.findings)
    if not diff:
        return make_locks(workspace, stale, jobs_of(jobs), sandbox)
    for one in stale:
        note(f"would be made anew: {one.below(LOCK)}")
    return True


def _repairable(choice: Choice, findings: Sequence[Finding], unsafe: bool) -> Sequence[Integration]:
    """Return the integrations in which a finding offers an edit, a guessed one only if `unsafe`."""
    offers = [one for one in findings if one.fix and one.fix.edit and (one.fix.safe or unsafe)]
    names = {finding.integration for finding in offers}
    return [one for one in choice.integrations if one.name in names]


def changes_of(choice: Choice) -> Changes:
    """Return a function that tells the change of integrations with edits; without a revision, it tells none."""
    since = choice.since
    if since is None:
        return no_changes

    def changes(
        integrations: Sequence[Integration], edited: Mapping[str, Collection[str]]
    ) -> Mapping[str, Change]:
        paths = {
            one.path: sorted({*since.paths.get(one.path, ()), *edited[one.path]}) for one in integrations
        }
        return replace(since, paths=paths).changes(integrations)

    return changes


def _report(files: Sequence[FileEdit], refused: Sequence[Refusal], diff: bool) -> None:
    if not diff:
        for file in files:
            word = "made" if file.before is None else "removed" if file.after is None else "repaired"
            note(f"{word} {file.path}")
    for one in refused[:MOST_TOLD]:
        note(f"not applied: {one.finding.path}:{one.finding.line} {one.finding.code}: {one.reason}")
    if len(refused) > MOST_TOLD:
        note(f"not applied: {len(refused) - MOST_TOLD} more")
    count = counted(len(files), "file") if files else "nothing"
    word = "would be repaired" if diff else "repaired"
    note(f"{count} {word}; `{in_make('seatrial validate')}` shows what is left to do by hand")
