"""The task `verdict-diff`: what has changed in the verdict on each integration."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from seatrial.core.errors import EXIT_SERVICE, UsageError
from seatrial.core.model import Integration
from seatrial.core.names import counted
from seatrial.core.printable import plain
from seatrial.fleet.verdict_changes import Told, VerdictChanges, compare, read_report, told
from seatrial.system import git
from seatrial.system.folder import with_parents
from seatrial.tasks.choice import Choice, choose, tell_crashes
from seatrial.tasks.cli import Ended, jobs_of, must_be_text_or_json, note, say
from seatrial.validate.rules import Rulebook
from seatrial.validate.run import Checked, check_all
from seatrial.validate.since import ALL
from seatrial.workspace.committed import workspace_at
from seatrial.workspace.workspace import Workspace


def verdict_diff(
    rev: str | None,
    against: str | None,
    integration: list[str],
    where: str | None,
    root: str | None,
    format: str | None,
    jobs: str | None,
) -> None:
    """Compare the verdict of now with that on the merge base with a revision, or with a saved report.

    The merge base is judged by its own settings, and both sides without the rules about a change.
    """
    if bool(rev) == bool(against):
        raise UsageError(
            "say what to compare with: a revision, such as origin/main, or a report with --against FILE"
        )
    must_be_text_or_json(format, "verdict-diff")
    choice = choose(root, integration, None, where=where)
    workers = jobs_of(jobs)
    changes = _since(choice, rev, workers) if rev else _against(choice, against or "", workers)
    if format == "json":
        say(json.dumps(changes.as_json(), indent=2) + "\n")
    else:
        say("".join(f"{one}\n" for one in _lines(changes)))
    note(_summary(changes, len(choice.integrations)))


def _judged(workspace: Workspace, integrations: Sequence[Integration], jobs: int, most: int) -> list[Told]:
    """Return the findings. Ends the run where a rule fails."""
    done: Checked = check_all(workspace, integrations, Rulebook(workspace.own).rules, jobs, most=most)
    tell_crashes(done.crashes)
    if done.crashes:
        raise Ended(code=EXIT_SERVICE)
    return told(done.outcome)


def _since(choice: Choice, rev: str, jobs: int) -> VerdictChanges:
    workspace = choice.workspace
    base = git.merge_base(workspace.root, rev)
    paths = {one.path for one in choice.integrations}
    is_whole = len(paths) == len(workspace.integrations)
    before = workspace_at(
        workspace, base, lambda path: is_whole or not paths.isdisjoint((*with_parents(path), ""))
    )
    there = [one for one in before.integrations if is_whole or one.path in paths]
    return compare(
        _judged(before, there, jobs, ALL),
        _judged(workspace, choice.integrations, jobs, ALL),
        [one.name for one in there],
        [one.name for one in choice.integrations],
    )


def _against(choice: Choice, path: str, jobs: int) -> VerdictChanges:
    names = [one.name for one in choice.integrations]
    rules = {rule.code[:3] for rule in Rulebook(choice.workspace.own).rules}
    before = [one for one in read_report(Path(path)) if one.code[:3] in rules - {"REL"}]
    known = {one.name for one in choice.workspace.integrations}
    before = [one for one in before if one.integration in names or one.integration not in known]
    now = _judged(choice.workspace, choice.integrations, jobs, MOST_OF_REPORT)
    gone = {one.integration for one in before} - known
    return compare(before, now, [*names, *sorted(gone)], names)


MOST_OF_REPORT = 200
"""The most problems of a rule in one integration that a report has, as in `validate`."""


def _lines(changes: VerdictChanges) -> Iterator[str]:
    """Yield for each integration what became of its verdict, and below it what changed."""
    for name in changes.names:
        new, gone, changed = changes.of(name)
        yield f"{plain(name)}: {_verdict(changes, name)}"
        yield from (f"  + {_line(one)}" for one in new)
        yield from (f"  - {_line(one)}" for one in gone)
        for before, after in changed:
            yield f"  ~ {_line(after)}"
            yield f"      was {plain(before.severity)} {plain(before.code)}: {plain(before.message)}"


def _verdict(changes: VerdictChanges, name: str) -> str:
    for names, words in (
        (changes.came, "new"),
        (changes.left, "gone"),
        (changes.broken, "passed, and fails now"),
        (changes.mended, "failed, and passes now"),
    ):
        if name in names:
            return words
    return "passes or fails as before"


def _line(one: Told) -> str:
    where = plain(f"{one.path or '.'}:{one.line}")
    return f"{where}: {plain(one.severity)} {plain(one.code)} {plain(one.name)}: {plain(one.message)}"


def _summary(changes: VerdictChanges, total: int) -> str:
    judged = counted(total, "integration")
    if changes.is_empty:
        return f"{judged}: no verdict changed"
    return (
        f"of {judged}, {len(changes.names)} changed: "
        f"{counted(len(changes.new), 'new finding')}, "
        f"{len(changes.gone)} gone, {len(changes.changed)} changed; {len(changes.broken)} that passed now fail, "
        f"{len(changes.mended)} that failed now pass"
    )
