"""The task `check`: all that CI checks, and one verdict."""

from __future__ import annotations

from dataclasses import replace

from seatrial.release.run.release_tables import plan_table
from seatrial.report.verdict import as_json, lines
from seatrial.tasks.check_sections import CheckOrder, SectionResults, judged, tell_unjudged
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
    results, found = judged(order, means_new(since, new, old))
    tell_unjudged(results)
    deliver(results.outcome, choice.workspace, format, output, verbose, more=as_json(found))
    _tell_plan(results)
    for line in lines(found):
        note(line)
    end(results.depends_on_service, any(one.is_missing for one in found))


def _tell_plan(results: SectionResults) -> None:
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
