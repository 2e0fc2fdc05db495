"""The task that says all that CI will say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from invoke import Context, Exit, task

from seatrial.core.errors import EXIT_FINDINGS, EXIT_SERVICE, SeatrialError
from seatrial.release.plan.state import Checks
from seatrial.tasks.choice import COMPARING, Choice, choose
from seatrial.tasks.cli import REPORTING, door, jobs_of, note, option, switch


@task(help=COMPARING | REPORTING, iterable=["integration"])
@door
def check(
    c: Context,
    integration: Sequence[str] | None = None,
    root: str | None = None,
    since: str | None = None,
    format: str | None = None,
    output: str | None = None,
    strict: bool = False,
    jobs: str | None = None,
) -> None:
    """All that CI will say: lint, validate, and what a release would do."""
    from seatrial.release.run.checks import judge
    from seatrial.tasks.choice import deliver
    from seatrial.validate.rules import RULES

    choice = choose(root, integration, since)
    workspace = choice.workspace
    gates = judge(workspace, choice.integrations, jobs_of(option("jobs", jobs)), note, choice.changes(RULES))
    deliver(gates.outcome, workspace.profile, option("format", format), option("output", output))
    unjudged = {
        path: tally.unjudged
        for path, checks in gates.checks.items()
        for tally in (checks.validate, checks.lint)
        if tally.unjudged
    }
    for path, reason in unjudged.items():
        note(f"seatrial: {path}: {reason}")
    _plan(choice, gates.checks)
    if unjudged:
        raise Exit(code=EXIT_SERVICE)
    if gates.outcome.errors or (switch("strict", strict) and gates.outcome.warnings):
        raise Exit(code=EXIT_FINDINGS)


def _plan(choice: Choice, checks: Mapping[str, Checks]) -> None:
    """Say what a release would do; what keeps it from being told is no fault of what is checked."""
    from seatrial.release.plan.plan import plan
    from seatrial.release.run.read import read
    from seatrial.release.run.services import open_yard
    from seatrial.release.run.table import plan_table

    try:
        state = read(open_yard(choice.workspace), choice.integrations)
    except SeatrialError as reason:
        note(f"what a release would do cannot be told: {reason}")
        return
    for line in plan_table(plan(state, checks)).splitlines():
        note(line)
