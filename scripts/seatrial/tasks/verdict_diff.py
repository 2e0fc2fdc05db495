"""The task `verdict-diff`: what has changed in the verdict on each integration."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from seatrial.core.errors import EXIT_SERVICE, Unreadable, UsageError
from seatrial.core.model import Integration
from seatrial.core.names import counted
from seatrial.core.printable import plain
from seatrial.fleet.verdict_changes import (
    ToldFinding,
    VerdictChanges,
    compare,
    read_report,
    told,
    with_causes,
)
from seatrial.system import git
from seatrial.system.cache import is_from_fork
from seatrial.system.folder import with_parents
from seatrial.tasks.choice import Choice, choose, tell_crashes
from seatrial.tasks.cli import Ended, jobs_of, must_be_text_or_json, note, say
from seatrial.validate.facts.facts import core_release
from seatrial.validate.own_rules import in_folder
from seatrial.validate.rules import Rulebook
from seatrial.validate.run import ALL, Checked, check_all
from seatrial.workspace.base_branch import target_branch
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


def _judged(
    workspace: Workspace, integrations: Sequence[Integration], jobs: int, most: int
) -> list[ToldFinding]:
    """Return the findings of a workspace. Ends the run where a rule fails."""
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
    before = _with_own_rules(before, workspace, base)
    there = [one for one in before.integrations if is_whole or one.path in paths]
    changes = compare(
        _judged(before, there, jobs, ALL),
        _judged(workspace, choice.integrations, jobs, ALL),
        [one.name for one in there],
        [one.name for one in choice.integrations],
    )
    return changes if changes.is_empty else _explained(changes, before, workspace, jobs)


def _with_own_rules(before: Workspace, now: Workspace, base: str) -> Workspace:
    """Return the older workspace with the own rules of its commit; those of now where a request may not choose them."""
    if not before.settings.own.files:
        return replace(before, own=())
    if target_branch(os.environ) or is_from_fork(os.environ):
        return replace(before, settings=replace(before.settings, own=now.settings.own))
    return in_folder(before, before.settings.own, git.folder_at(now.root, base, ""))


def _explained(changes: VerdictChanges, before: Workspace, now: Workspace, jobs: int) -> VerdictChanges:
    """Return the changes with their causes: the older integrations are judged with one input of now at a time."""
    inputs = {name: one for name, one in _inputs(before, now).items() if one is not None}
    names = {*changes.names}
    swapped = {
        name: _judged(one, [other for other in one.integrations if other.name in names], jobs, ALL)
        for name, one in inputs.items()
    }
    return with_causes(changes, swapped)


def _inputs(before: Workspace, now: Workspace) -> Mapping[str, Workspace | None]:
    """Return the older workspace with one input of now each; None for an input that is the same."""
    own, settings = before.settings.own, replace(now.settings, own=before.settings.own)
    is_set = (before.settings, before.profile) == (settings, now.profile)
    ruled = replace(before, own=now.own, settings=replace(before.settings, own=now.settings.own))
    older = {one.path: one for one in before.integrations}
    raised = {
        one.path: one
        for one in now.integrations
        if one.path in older and _core(one) != _core(older[one.path])
    }
    framed = {path: older[path].having(_locking(one)) for path, one in raised.items()}
    kept = {path: one.having(_locking(older[path])) for path, one in raised.items()}
    return {
        "settings": None if is_set else replace(before, settings=settings, profile=now.profile),
        "own rules": None if own.digest == now.settings.own.digest else ruled,
        "framework": replace(before, fleet=before.fleet.having(framed)) if framed else None,
        "files": replace(before, fleet=now.fleet.having(kept)),
    }


def _core(integration: Integration) -> Sequence[int]:
    return tuple(core_release(integration))


def _locking(integration: Integration) -> Mapping[str, bytes | None]:
    """Return the files that state the version of the framework, None for one that is missing or cannot be read."""
    found: dict[str, bytes | None] = dict.fromkeys(("pyproject.toml", "poetry.lock"))
    for name in found:
        with suppress(Unreadable):
            found[name] = integration.read(name) if integration.holds(name) else None
    return found


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
    """Yield a line for each integration on how its verdict changed, and below it the lines of its findings."""
    for name in changes.names:
        new, gone, changed = changes.of(name)
        yield f"{plain(name)}: {_verdict(changes, name)}"
        yield from (f"  + {_line(one)}{_cause(changes, one)}" for one in new)
        yield from (f"  - {_line(one)}{_cause(changes, one)}" for one in gone)
        for before, after in changed:
            yield f"  ~ {_line(after)}{_cause(changes, after)}"
            yield f"      was {plain(before.severity)} {plain(before.code)}: {plain(before.message)}"


def _cause(changes: VerdictChanges, one: ToldFinding) -> str:
    cause = changes.causes.get(one.fingerprint, "")
    return f" [{cause}]" if cause else ""


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


def _line(one: ToldFinding) -> str:
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
