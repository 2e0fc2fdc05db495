"""A release from what a person asked for to the status it ends with.

How far a release is: a bar on a terminal, plain lines in a log.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.core.errors import EXIT_FINDINGS, EXIT_SERVICE, Unreadable, UsageError
from seatrial.core.findings import Outcome
from seatrial.core.model import Integration
from seatrial.release.attest import signing
from seatrial.release.plan import planfile
from seatrial.release.plan.plan import Hold, Part, Plan, matrix
from seatrial.release.plan.ports import Unknown
from seatrial.release.run import planning, resume, services
from seatrial.release.run import yank as yanking
from seatrial.release.run.apply import apply
from seatrial.release.run.context import ReleaseContext
from seatrial.release.run.finish import Done, Failure, finish
from seatrial.release.run.journal import Event
from seatrial.release.run.read import read
from seatrial.release.run.session import session
from seatrial.release.run.table import plan_table, status_json, status_table
from seatrial.release.store.leases import Holder
from seatrial.report.text import line
from seatrial.system.atomic import write_whole
from seatrial.system.folder import read_plain
from seatrial.tasks.choice import deliver, open_workspace
from seatrial.tasks.cli import Ended, jobs_of, note, say
from seatrial.workspace.workspace import select


@contextmanager
def progress(total: int) -> Iterator[Callable[[Event], None]]:
    """Tells of each step as it comes; `total` is how many there will be."""
    if not sys.stderr.isatty() or not total:
        yield _line
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        row = shown.add_task("", total=total)

        def tell(event: Event) -> None:
            ended = event.word != "begin"
            shown.update(row, advance=int(ended), description=f"{event.subject} {event.step.value}")

        yield tell


def _line(event: Event) -> None:
    """One line for what took time or changed something."""
    if event.word == "begin":
        return
    seconds = f" ({event.seconds:.0f} s)" if event.seconds >= 1 else ""
    note(f"{event.subject}: {event.step.value} {event.word}{seconds}")


SHOWN = 12


@dataclass(frozen=True)
class ReleaseOrder:
    """What a person asked for, as it was typed."""

    integration: Sequence[str]
    root: str | None
    jobs: str | None
    dry_run: bool
    plan: str | None
    apply: str | None
    only: str | None
    finish: str | None
    matrix: bool
    force: str | None
    format: str | None
    build_args: Sequence[str]
    builder: str | None
    key: str | None


def release(
    build_arg: list[str],
    **stated: Any,
) -> None:
    """Publish what is not published yet; `stated` are the other options of the task."""
    run(ReleaseOrder(build_args=build_arg, **stated))


def run(order: ReleaseOrder) -> None:
    """Plan, and do what the plan says, as far as was asked for; end with the status."""
    _must_fit_together(order)
    workspace = open_workspace(order.root)
    yard = services.open_yard(workspace, order.builder, order.build_args)
    if order.apply or order.only or order.finish:
        _go_by_file(order, yard)
    else:
        _plan_first(order, yard, select(workspace, order.integration))


def _must_fit_together(order: ReleaseOrder) -> None:
    """Raises UsageError for words that say different things."""
    ways = [
        word
        for word, said in (("--apply", order.apply), ("--only", order.only), ("--finish", order.finish))
        if said
    ]
    if len(ways) > 1:
        raise UsageError(f"{ways[0]} and {ways[1]} are two ways to go by a plan; give one of them")
    if ways and ways != ["--apply"] and not order.plan:
        raise UsageError(f"{ways[0]} goes by a plan; name its file with --plan FILE")
    if ways and (order.dry_run or order.matrix):
        raise UsageError(
            f"{ways[0]} does what the plan says; leave out --dry-run and --matrix, which do nothing"
        )
    if order.format not in (None, "text", "json"):
        raise UsageError(f'the format of a plan is text or json, not "{order.format}"')


def _plan_first(order: ReleaseOrder, yard: ReleaseContext, chosen: Sequence[Integration]) -> None:
    made, outcome = planning.make(yard, chosen, jobs_of(order.jobs), order.force or "", note)
    _tell_findings(order, yard, outcome)
    if order.plan:
        write_whole(Path(order.plan), planfile.to_json(made))
        note(f"wrote {order.plan}; `seatrial release --apply {order.plan}` does what it says")
    if order.matrix or order.dry_run or order.plan:
        _show(order, made)
        _tell(made.held, ())
        if not (order.matrix or order.plan):
            _end(made.held, ())
    else:
        for row in plan_table(made).splitlines() if made.parts else ():
            note(row)
        _publish(order, yard, chosen, made, made.todo, all_of_it=True)


def _tell_findings(order: ReleaseOrder, yard: ReleaseContext, outcome: Outcome) -> None:
    """Say what validation and lint found; not where other programs read."""
    if order.matrix or order.format == "json":
        for finding in outcome.findings:
            note(line(finding))
    elif outcome.findings:
        deliver(outcome, yard.workspace.profile, None, None)


def _show(order: ReleaseOrder, made: Plan) -> None:
    if order.matrix:
        say(json.dumps(matrix(made)) + "\n")
    elif order.format == "json":
        say(planfile.to_json(made))
    elif order.dry_run or not order.plan:
        say(plan_table(made))


def _go_by_file(order: ReleaseOrder, yard: ReleaseContext) -> None:
    path = order.apply or order.plan or ""
    made = planfile.of_json(_read(path), path)
    names = [name.strip() for name in (order.only or "").split(",") if name.strip()]
    parts = planning.parts_of(made, names)
    chosen = select(yard.workspace, [part.candidate.path or part.candidate.name for part in parts])
    state = planning.still_good(yard, made, parts, chosen, alone=bool(order.apply))
    left = [planning.remaining(part, state) for part in parts]
    if order.finish:
        found = resume.receipts(Path(order.finish))
        accounted = list(resume.accounted(made, left, found, state))
        failures = [one for one in accounted if isinstance(one, Failure)]
        left = [one for one in accounted if isinstance(one, Part)]
        _publish(order, yard, chosen, made, left, True, failures)
    else:
        _publish(order, yard, chosen, made, left, all_of_it=bool(order.apply))


def _read(path: str) -> bytes:
    try:
        return read_plain(path)
    except (OSError, Unreadable) as failed:
        raise UsageError(f"{path} cannot be read: {failed}") from failed


def _publish(
    order: ReleaseOrder,
    yard: ReleaseContext,
    chosen: Sequence[Integration],
    made: Plan,
    parts: Sequence[Part],
    all_of_it: bool,
    failures: Sequence[Failure] = (),
) -> None:
    """Do these parts of a plan, and where it is all of it, what is done once for all; say what became of them."""
    todo = [part for part in parts if part.steps]
    key = Path(order.key) if order.key else None
    if key and (warning := signing.warning(key)):
        note(warning)
    with progress(sum(len(part.steps) for part in todo)) as tell, session(yard, made, key, tell) as going:
        applied = apply(going, todo, {one.path: one for one in chosen}, jobs_of(order.jobs))
        ended = finish(going, applied.done) if all_of_it else []
    failed = (*failures, *applied.failures, *ended)
    _sum_up(made, applied.done, failed)
    _tell(made.held, failed)
    _end(made.held, failed)


def _sum_up(made: Plan, done: Sequence[Done], failed: Sequence[Failure]) -> None:
    lost = {failure.subject for failure in failed}
    whole = [one.part.title for one in done if one.part.title not in lost]
    if whole:
        shown = ", ".join(whole[:SHOWN]) + (f" and {len(whole) - SHOWN} more" if whole[SHOWN:] else "")
        note(f"released {shown}")
    elif not failed and not made.held:
        note("nothing to release: everything is published")


def _tell(held: Sequence[Part], failures: Sequence[Failure]) -> None:
    """Say what is held back and what failed."""
    for part in held:
        note(f"seatrial: {part.title} is held back: {part.reason}")
    for failure in failures:
        note(f"seatrial: {failure.subject}: {failure.reason}")
    if failures:
        note("`seatrial release` goes on from here; what is done is not done again")


def _end(held: Sequence[Part], failures: Sequence[Failure]) -> None:
    """End with the status that fits what is held back and what failed."""
    if failures or any(part.hold is Hold.SERVICE for part in held):
        raise Ended(code=EXIT_SERVICE)
    if held:
        raise Ended(code=EXIT_FINDINGS)


def status(integration: list[str], root: str | None, format: str | None) -> None:
    """Show what is published, and what a release would repair."""
    if format not in (None, "text", "json"):
        raise UsageError(f'the format of the status is text or json, not "{format}"')
    workspace = open_workspace(root)
    yard = services.open_yard(workspace)
    state = read(yard, select(workspace, integration))
    say(status_json(state) if format == "json" else status_table(state))
    if any(isinstance(one.image, Unknown) for one in state.standings.values()):
        raise Ended(code=EXIT_SERVICE)


def yank(type: str | None, version: str | None, reason: str | None, root: str | None) -> None:
    """Take a version out of the index."""
    if not type or not version:
        raise UsageError(
            "name the type and the version, such as `seatrial release.yank jira 1.2.3 --reason TEXT`"
        )
    if not reason:
        raise UsageError("say why, for those who look for it: --reason TEXT")
    yard = services.open_yard(open_workspace(root))
    for done in yanking.yank(
        yard.store, yard.images, yard.repository(type), type, version, reason, Holder.anyone("release.yank")
    ):
        note(done)
