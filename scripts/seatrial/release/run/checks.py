"""The checks that an integration must pass before it is released: validation and lint, as their tasks run them."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.core.findings import Outcome
from seatrial.core.model import Finding, Integration, Severity
from seatrial.core.rules import Rule
from seatrial.lint.run import Cell, lint, lint_context
from seatrial.lint.run.tool_findings import outcome_of
from seatrial.lint.tools.registry import choose
from seatrial.release.plan.state import Checks, Tally
from seatrial.system import git
from seatrial.system.remote_cache import RemoteCache
from seatrial.validate.facts.release_change import Change
from seatrial.validate.rules import Rulebook
from seatrial.validate.run import check_all
from seatrial.workspace.committed import compared_workspace, workspace_in
from seatrial.workspace.workspace import Workspace

Notify = Callable[[str], None]


@dataclass(frozen=True)
class CheckResults:
    """The findings, and the results of each integration by its path."""

    outcome: Outcome
    checks: Mapping[str, Checks]


def lint_and_validate(
    workspace: Workspace,
    chosen: Sequence[Integration],
    jobs: int,
    notify: Notify,
    changes: Mapping[str, Change] | None = None,
    sandbox: str | None = None,
    rules: Sequence[Rule] | None = None,
    wants_lint: bool = True,
    tell: Callable[[Cell], None] = lambda cell: None,
    shared: RemoteCache | None = None,
) -> CheckResults:
    """Validate by these rules and lint these integrations. A check that cannot be run is recorded in the result;
    nothing is raised.

    `changes` are the changes in them, by path, where those are checked as well. `sandbox` is its choice. `tell` is
    called with each result of lint. `shared` has results of lint of other machines; a release is given none.
    """
    if not chosen:
        return CheckResults(Outcome(), {})
    validated, crashed = _validated(workspace, chosen, jobs, changes, rules)
    unlinted: tuple[Outcome, Mapping[str, str]] = (Outcome(), {})
    linted, unjudged = (
        _linted(workspace, chosen, jobs, notify, sandbox, tell, shared) if wants_lint else unlinted
    )
    of_rules, of_tools = _counts(validated.findings), _counts(linted.findings)
    checks = {
        one.path: Checks(
            _tally(of_rules, one.name, crashed.get(one.name, "")),
            _tally(of_tools, one.name, unjudged.get(one.name, "")) if wants_lint else None,
        )
        for one in chosen
    }
    findings = sorted((*validated.findings, *linted.findings), key=lambda finding: finding.sort_key)
    outcome = Outcome(tuple(findings), validated.names, validated.hidden, linted.unjudged)
    return CheckResults(outcome, checks)


def validate_only(workspace: Workspace, chosen: Sequence[Integration], jobs: int) -> Mapping[str, Checks]:
    """Return the results of these integrations by path, without lint, which takes long."""
    validated, crashed = _validated(workspace, chosen, jobs, None)
    counts = _counts(validated.findings)
    return {one.path: Checks(_tally(counts, one.name, crashed.get(one.name, "")), None) for one in chosen}


def _validated(
    workspace: Workspace,
    chosen: Sequence[Integration],
    jobs: int,
    changes: Mapping[str, Change] | None,
    rules: Sequence[Rule] | None = None,
) -> tuple[Outcome, Mapping[str, str]]:
    done = check_all(workspace, chosen, rules or Rulebook(workspace.own).rules, jobs, changes)
    crashed = {name: f"a rule failed: {why}" for why, names in done.crashes.items() for name in names}
    return done.outcome, crashed


def _linted(
    workspace: Workspace,
    chosen: Sequence[Integration],
    jobs: int,
    notify: Notify,
    sandbox: str | None,
    tell: Callable[[Cell], None] = lambda cell: None,
    shared: RemoteCache | None = None,
) -> tuple[Outcome, Mapping[str, str]]:
    tools = choose(None, workspace.profile)
    try:
        with lint_context(workspace, jobs, False, notify, sandbox, shared) as here:
            cells = lint(here, chosen, tools, tell)
    except ServiceError as failure:
        return Outcome(), {one.name: str(failure) for one in chosen}
    return outcome_of(cells, tools, workspace.settings), _failures(cells)


def linted_before(
    workspace: Workspace,
    commit: str,
    chosen: Sequence[Integration],
    jobs: int,
    notify: Notify,
    sandbox: str | None = None,
) -> Sequence[Finding]:
    """Return what lint finds in these integrations as a commit has them.

    What cannot be linted there has no findings. Raises UsageError and ServiceError as git does.
    """
    with exported(workspace, commit, chosen) as (before, there):
        found, _ = _linted(before, there, jobs, notify, sandbox)
    return found.findings


@contextmanager
def exported(
    workspace: Workspace, commit: str, chosen: Sequence[Integration]
) -> Iterator[tuple[Workspace, Sequence[Integration]]]:
    """Export a commit for programs that need files; yield the workspace there, and those of the integrations that it
    has. Raises UsageError and ServiceError as git does.
    """
    with tempfile.TemporaryDirectory(prefix="seatrial-") as folder:
        export = Path(os.path.realpath(folder)) / "base"
        git.export(workspace.root, commit, export)
        git.track_export(workspace.root, commit, export)
        before = workspace_in(compared_workspace(workspace, commit), export)
        paths = {one.path for one in chosen}
        yield before, [one for one in before.integrations if one.path in paths]


def _failures(cells: Sequence[Cell]) -> Mapping[str, str]:
    return {cell.integration.name: cell.failure for cell in reversed(cells) if cell.failure}


def _counts(findings: Sequence[Finding]) -> Counter[tuple[str, Severity]]:
    return Counter((finding.integration, finding.severity) for finding in findings)


def _tally(counts: Counter[tuple[str, Severity]], name: str, unjudged: str) -> Tally:
    return Tally(counts[name, Severity.ERROR], counts[name, Severity.WARNING], unjudged)
