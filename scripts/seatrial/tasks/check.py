"""The task `check`: all that CI checks."""

from __future__ import annotations

from collections.abc import Mapping

from seatrial.core.errors import EXIT_FINDINGS, EXIT_SERVICE, SeatrialError
from seatrial.release.plan.plan import plan
from seatrial.release.plan.state import Checks
from seatrial.release.run.checks import lint_and_validate
from seatrial.release.run.release_context import open_context
from seatrial.release.run.release_tables import plan_table
from seatrial.release.run.snapshot import read
from seatrial.tasks.choice import Choice, choose, deliver
from seatrial.tasks.cli import Ended, jobs_of, note
from seatrial.validate.rules import RULES


def check(
    integration: list[str],
    root: str | None,
    since: str | None,
    format: str | None,
    output: str | None,
    strict: bool,
    jobs: str | None,
    sandbox: str | None,
) -> None:
    """Run lint and validate, deliver their findings together, and tell what a release would do."""
    choice = choose(root, integration, since)
    workspace = choice.workspace
    results = lint_and_validate(
        workspace, choice.integrations, jobs_of(jobs), note, choice.changes(RULES), sandbox
    )
    deliver(results.outcome, workspace, format, output)
    unjudged = {
        path: tally.unjudged
        for path, checks in results.checks.items()
        for tally in (checks.validate, checks.lint)
        if tally.unjudged
    }
    for path, reason in unjudged.items():
        note(f"seatrial: {path}: {reason}")
    _plan(choice, results.checks)
    if unjudged:
        raise Ended(code=EXIT_SERVICE)
    if results.outcome.errors or (strict and results.outcome.warnings):
        raise Ended(code=EXIT_FINDINGS)


def _plan(choice: Choice, checks: Mapping[str, Checks]) -> None:
    """Tell what a release would do; failing to find that out is not a fault of the integrations."""
    try:
        context = open_context(choice.workspace)
        paths = {one.path for one in choice.integrations}
        state = read(context, [one for one in context.workspace.integrations if one.path in paths])
    except SeatrialError as reason:
        note(f"what a release would do cannot be told: {reason}")
        return
    for line in plan_table(plan(state, checks)).splitlines():
        note(line)
