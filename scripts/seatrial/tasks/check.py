"""The task `check`: all that CI checks, and one verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from seatrial.release.plan.plan import Hold
from seatrial.release.run.release_tables import plan_table
from seatrial.report.verdict import Section, as_json, lines
from seatrial.tasks.check_sections import (
    CheckOrder,
    Results,
    compare,
    plan_release,
    run_sections,
    sections,
)
from seatrial.tasks.choice import choose, deliver
from seatrial.tasks.cli import end, jobs_of, note
from seatrial.tasks.own_code import seconds_of
from seatrial.tasks.section_names import left_out
from seatrial.tasks.validate import means_new


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
    without: str | None = None,
    timeout: str | None = None,
    where: str | None = None,
) -> None:
    """Run all checks, deliver their findings together, and say whether the integrations can be published.

    What a release would hold back fails the run, but for intents that wait to be applied after the merge. With
    `new`, and in CI for a pull request, only what the change brings fails it.
    """
    unwanted, seconds = left_out(without), seconds_of(timeout)
    choice = choose(root, integration, since, always=new, where=where)
    order = CheckOrder(choice, unwanted, jobs_of(jobs), strict, sandbox, seconds)
    results = run_sections(order)
    only_new = means_new(since, new, old)
    if only_new:
        compare(order, results)
    if order.wants("release"):
        plan_release(order, results)
    found = sections(order, results, only_new)
    _tell_unjudged(results)
    deliver(results.outcome, choice.workspace, format, output, verbose, more=as_json(found))
    _tell_plan(results)
    for line in lines(found):
        note(line)
    _end_with(found, results)


def _tell_unjudged(results: Results) -> None:
    """Tell what is no fault of an integration."""
    told = {(name, why): None for reasons in results.unjudged.values() for name, why in reasons.items()}
    for name, why in told:
        note(f"seatrial: {name}: {why}")


def _tell_plan(results: Results) -> None:
    """Tell what a release would do, and what waits for the merge."""
    if results.plan is None:
        return
    waiting = [part for part in results.plan.held if part.waits]
    parts = tuple(part for part in results.plan.parts if part not in waiting)
    for line in plan_table(replace(results.plan, parts=parts)).splitlines():
        note(line)
    for part in waiting:
        note(
            f"{part.candidate.name}: {part.candidate.intents[0]} waits for `seatrial release.bump` after the merge"
        )


def _end_with(found: Sequence[Section], results: Results) -> None:
    held = results.plan.held if results.plan else ()
    has_failed = bool(results.unjudged) or any(part.hold is Hold.SERVICE for part in held)
    end(has_failed, any(one.is_missing for one in found))
