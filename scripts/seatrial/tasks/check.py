"""The task `check`: all that CI checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from seatrial.core.errors import EXIT_FINDINGS, EXIT_SERVICE, SeatrialError
from seatrial.core.findings import Outcome
from seatrial.release.plan.plan import Hold, Part, plan
from seatrial.release.plan.state import Checks
from seatrial.release.run.checks import lint_and_validate, linted_before
from seatrial.release.run.release_context import open_context
from seatrial.release.run.release_tables import plan_table
from seatrial.release.run.snapshot import read
from seatrial.tasks.choice import Choice, choose, deliver
from seatrial.tasks.cli import Ended, jobs_of, note
from seatrial.tasks.validate import means_new
from seatrial.validate.rules import RULES


def check(
    integration: list[str],
    root: str | None,
    since: str | None,
    new: bool,
    old: bool,
    format: str | None,
    output: str | None,
    strict: bool,
    jobs: str | None,
    verbose: bool,
    sandbox: str | None,
) -> None:
    """Run lint and validate, deliver their findings together, and tell what a release would do.

    What a release would hold back fails the run, but for intents that wait to be applied after the merge. With
    `new`, and in CI for a pull request, only what the change brings fails it.
    """
    choice = choose(root, integration, since, always=new)
    only_new = means_new(since, new, old)
    workspace = choice.workspace
    results = lint_and_validate(
        workspace, choice.integrations, jobs_of(jobs), note, choice.changes(RULES), sandbox
    )
    unjudged = {
        path: tally.unjudged
        for path, checks in results.checks.items()
        for tally in (checks.validate, checks.lint)
        if tally and tally.unjudged
    }
    for path, reason in unjudged.items():
        note(f"seatrial: {path}: {reason}")
    outcome = _compared(choice, results.outcome, jobs_of(jobs), sandbox) if only_new else results.outcome
    deliver(outcome, workspace, format, output, verbose)
    held = {part.hold for part in _plan(choice, results.checks)}
    if unjudged or Hold.SERVICE in held:
        raise Ended(code=EXIT_SERVICE)
    is_held = Hold.FAULT in held and not (only_new and outcome.old)
    if is_held or outcome.errors or (strict and outcome.warnings):
        raise Ended(code=EXIT_FINDINGS)


def _compared(choice: Choice, outcome: Outcome, jobs: int, sandbox: str | None) -> Outcome:
    """Mark the findings that the merge base has as well; it is linted only where lint found something."""
    compared = choice.since
    if compared is None:
        return outcome
    before = compared.findings_before(choice.integrations, RULES, jobs)
    named = {one.integration for one in outcome.findings if one.code.startswith("LNT")}
    linted = [one for one in choice.integrations if one.name in named]
    if linted:
        note(f"linting {len(linted)} of them as they were, to tell what is new")
        before |= linted_before(choice.workspace, compared.base, linted, jobs, note, sandbox)
    return outcome.comparing(compared.rev, before)


def _plan(choice: Choice, checks: Mapping[str, Checks]) -> Sequence[Part]:
    """Tell what a release would do, and return the parts that it would hold back.

    Failing to find that out is not a fault of the integrations.
    """
    try:
        context = open_context(choice.workspace)
        paths = {one.path for one in choice.integrations}
        state = read(context, [one for one in context.workspace.integrations if one.path in paths])
    except SeatrialError as reason:
        note(f"what a release would do cannot be told: {reason}")
        return ()
    found = plan(state, checks)
    waiting = [part for part in found.held if part.waits]
    shown = replace(found, parts=tuple(part for part in found.parts if part not in waiting))
    for line in plan_table(shown).splitlines():
        note(line)
    for part in waiting:
        note(
            f"{part.candidate.name}: {part.candidate.intents[0]} waits for `seatrial release.bump` after the merge"
        )
    return shown.held
