"""The tasks that publish: `release`, its parts `.plan`, `.apply` and `.finish`; `.status`, `.yank` and `.unyank`."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from seatrial.core.addresses import public_url
from seatrial.core.errors import EXIT_SERVICE, ServiceError, Unreadable, UsageError, reason
from seatrial.core.findings import Outcome
from seatrial.core.model import Integration
from seatrial.release.attest import signing
from seatrial.release.builders.available import choose as choose_builder
from seatrial.release.places import must_not_be_linked
from seatrial.release.plan.plan import Failure, Hold, Part, Plan
from seatrial.release.plan.plan import matrix as matrix_of
from seatrial.release.plan.plan_files import plan_json, plan_of_json
from seatrial.release.plan.ports import Unknown
from seatrial.release.plan.state import State
from seatrial.release.run import apply as publishing
from seatrial.release.run import latest, planner, release_result, result_tables
from seatrial.release.run import yank as yanking
from seatrial.release.run.export import exported
from seatrial.release.run.planner import Files
from seatrial.release.run.publication import Event, publication
from seatrial.release.run.release_context import (
    ReleaseContext,
    hide_from_git,
    must_be_pushed,
    open_context,
    open_services,
    person,
)
from seatrial.release.run.release_result import ReleaseResult
from seatrial.release.run.release_tables import plan_table, status_json, status_table
from seatrial.release.run.targets import rehearsal
from seatrial.release.store.leases import Holder
from seatrial.report.text import line
from seatrial.system.atomic import append, write_whole
from seatrial.system.folder import read_plain
from seatrial.tasks.choice import deliver, open_workspace, selected
from seatrial.tasks.cli import Ended, commands_in_make, end, jobs_of, must_be_text_or_json, note, say
from seatrial.tasks.progress import open_bar

PLAN, MATRIX, RECEIPTS = "plan.json", "matrix.json", "receipts"
"""Where parts of a release look for what earlier parts left, in the folder of releases' own files."""

SHOWN = 12
"""Versions that are named of many."""


def release(
    integration: list[str],
    root: str | None,
    jobs: str | None,
    dry_run: bool,
    plan: str | None,
    apply: str | None,
    only: str | None,
    finish: str | None,
    matrix: bool,
    force: str | None,
    adopt: bool,
    allow_unpushed: bool,
    to: str | None,
    format: str | None,
    build_arg: list[str],
    builder: str | None,
    key: str | None,
    where: str | None = None,
) -> None:
    """Plan, publish what is not published yet, and finish; with `dry_run`, show the plan instead.

    With `to` all of it happens elsewhere, as a rehearsal. `plan`, `apply`, `only`, `finish` and `matrix` are the
    former way to ask for a part of it.
    """
    must_be_text_or_json(format, "a release")
    in_part = _asks_for_a_part(plan, apply, only, finish, matrix, dry_run)
    if adopt and (plan or matrix):
        raise UsageError("--adopt is for a release that publishes at once; leave out --plan and --matrix")
    context = open_context(open_workspace(root), builder, build_arg)
    if to:
        context = _rehearsal(context, to, in_part)
    unpushed = "" if dry_run or to else must_be_pushed(context, allow_unpushed)
    if finish:
        _finish(context, plan or "", finish, jobs, key, format)
    elif apply or only:
        _apply(context, apply or plan or "", only, force or "", jobs, key, format)
    else:
        request = planner.PlanRequest(force or "", adopt, unpushed)
        chosen = selected(context.workspace, integration, where)
        with _files(context) as files:
            made = _make(context, chosen, files, jobs, request, quiet=matrix or format == "json")
            if plan or matrix:
                _write(context, made, plan, matrix, format, table=dry_run)
            elif dry_run:
                _dry_run(context, made, files, format, allow_unpushed)
            else:
                _note_table(made)
                _publish(context, chosen, made, made.todo, files, jobs, key, format, forced=bool(made.force))


def _asks_for_a_part(
    plan: str | None, apply: str | None, only: str | None, finish: str | None, matrix: bool, dry_run: bool
) -> bool:
    """Return whether there are former flags, and tell what replaces them. Raises UsageError where they contradict."""
    if apply or only or finish:
        _must_be_one_way(apply, only, finish, plan, dry_run or matrix)
    if not (plan or apply or only or finish or matrix):
        return False
    note(f"the flag will be removed; instead type: {_new_form(plan, apply, only, finish, matrix)}")
    return True


def _note_table(made: Plan) -> None:
    for row in plan_table(made).splitlines() if made.parts else ():
        note(row)


def _rehearsal(context: ReleaseContext, to: str, in_part: bool) -> ReleaseContext:
    if in_part:
        raise UsageError(
            "a rehearsal is a whole release; leave out --plan, --apply, --only, --finish and --matrix"
        )
    elsewhere = rehearsal(context, to)
    note(f"a rehearsal: everything goes to {public_url(to)}, and no git tag is set")
    if elsewhere.settings.signing:
        note("it is signed only by a key (--key), as the public log keeps every signature")
        elsewhere = replace(elsewhere, settings=replace(elsewhere.settings, signing=""))
    return elsewhere


def _files(context: ReleaseContext) -> AbstractContextManager[Files]:
    return exported(context, context.head.commit if context.head else "HEAD")


def _must_be_one_way(
    apply: str | None, only: str | None, finish: str | None, plan: str | None, idle: bool
) -> None:
    """Raise UsageError for former flags that contradict each other."""
    ways = [flag for flag, value in (("--apply", apply), ("--only", only), ("--finish", finish)) if value]
    if len(ways) > 1:
        raise UsageError(f"{ways[0]} and {ways[1]} are two ways to go by a plan; give one of them")
    if ways != ["--apply"] and not plan:
        raise UsageError(f"{ways[0]} goes by a plan; name its file with --plan FILE")
    if idle:
        raise UsageError(
            f"{ways[0]} does what the plan says; leave out --dry-run and --matrix, which do nothing"
        )


def _new_form(plan: str | None, apply: str | None, only: str | None, finish: str | None, matrix: bool) -> str:
    """Return the command that replaces these former flags."""
    if finish:
        words = ["release.finish", plan or "", finish]
    elif only:
        words = ["release.apply", plan or "", "--only", only]
    elif apply:
        words = ["release.apply", apply]
    else:
        words = ["release.plan", *(["--output", plan] if plan else []), *(["--matrix"] if matrix else [])]
    return shlex.join(["seatrial", *words])


def _dry_run(
    context: ReleaseContext, made: Plan, files: Files, format: str | None, allow_unpushed: bool
) -> None:
    """Show the plan.

    Raises UsageError for a commit that is not to be released, ServiceError where this machine has no builder or no
    base images for it.
    """
    say(plan_json(made) if format == "json" else commands_in_make(plan_table(made)))
    _report(made.held, ())
    if made.todo and not context.place:
        must_be_pushed(context, allow_unpushed)
    building = [part for part in made.todo if part.builds]
    if building:
        builder = choose_builder(context.settings.builder or None, context.settings)
        publishing.must_have_bases(context, builder, files(), building)
    _end(made.held, ())


def plan(
    integration: list[str],
    root: str | None,
    output: str | None,
    matrix: bool,
    force: str | None,
    allow_unpushed: bool,
    format: str | None,
    jobs: str | None,
    build_arg: list[str],
    where: str | None = None,
) -> None:
    """Write what a release does as a plan, to a file or to standard output, or print its CI matrix."""
    must_be_text_or_json(format, "a release")
    context = open_context(open_workspace(root), None, build_arg)
    request = planner.PlanRequest(force or "", unpushed=must_be_pushed(context, allow_unpushed))
    chosen = selected(context.workspace, integration, where)
    with _files(context) as files:
        made = _make(context, chosen, files, jobs, request, matrix or format == "json")
    _write(context, made, output or str(context.folder / PLAN), matrix, format, table=not output)
    if not (output or matrix):
        _end(made.held, ())


def _make(
    context: ReleaseContext,
    chosen: Sequence[Integration],
    files: Files,
    jobs: str | None,
    request: planner.PlanRequest,
    quiet: bool,
) -> Plan:
    """Return the plan for these integrations, and report what validation and lint found.

    If `quiet`, findings go to standard error, since other programs read standard output.
    """
    made, outcome = planner.make(context, chosen, files, jobs_of(jobs), note, request)
    _report_findings(context, outcome, quiet)
    return made


def _report_findings(context: ReleaseContext, outcome: Outcome, quiet: bool) -> None:
    if quiet:
        for finding in outcome.findings:
            note(line(finding))
    elif outcome.findings:
        deliver(outcome, context.workspace, None, None)


def _write(
    context: ReleaseContext, made: Plan, output: str | None, matrix: bool, format: str | None, table: bool
) -> None:
    """Write a plan to `output`, if given, and print its matrix, its JSON, or if `table` its table."""
    if output:
        _write_plan(context, made, output)
    if matrix:
        jobs = json.dumps(matrix_of(made)) + "\n"
        _keep(context, MATRIX, jobs)
        say(jobs)
    elif format == "json":
        say(plan_json(made))
    elif table:
        say(commands_in_make(plan_table(made)))
    _report(made.held, ())


def _write_plan(context: ReleaseContext, made: Plan, output: str) -> None:
    if Path(output) == context.folder / PLAN:
        _keep(context, PLAN, plan_json(made))
        words = ["seatrial", "release.apply"]
    else:
        write_whole(must_not_be_linked(Path(output), context.root), plan_json(made))
        words = ["seatrial", "release.apply", output]
    note(f"wrote {output}; `{shlex.join(words)}` does what it says")


def _keep(context: ReleaseContext, name: str, text: str) -> None:
    """Write a file for later parts of this release into the folder of releases' own files."""
    hide_from_git(context)
    write_whole(context.folder / name, text, root=context.root)


def apply(
    plan: str | None,
    only: str | None,
    force: str | None,
    allow_unpushed: bool,
    root: str | None,
    jobs: str | None,
    format: str | None,
    build_arg: list[str],
    builder: str | None,
    key: str | None,
) -> None:
    """Do what a plan says; with `only`, just the content of these integrations, and leave their receipts."""
    must_be_text_or_json(format, "a release")
    context = open_context(open_workspace(root), builder, build_arg)
    must_be_pushed(context, allow_unpushed)
    _apply(context, plan or _kept_plan(context), only, force or "", jobs, key, format)


def _kept_plan(context: ReleaseContext) -> str:
    """Return the place of the plan that `release.plan` left here. Raises UsageError where there is none."""
    place = context.folder / PLAN
    if not place.exists():
        raise UsageError(
            f"there is no plan in {place}; make one with `seatrial release.plan`, or name the file of another, "
            "such as `seatrial release.apply plan.json`"
        )
    return str(place)


def _apply(
    context: ReleaseContext,
    path: str,
    only: str | None,
    force: str,
    jobs: str | None,
    key: str | None,
    format: str | None,
) -> None:
    """Do a plan. Its `force` counts only with that of the person who applies it, as anybody may have written it."""
    names = [name.strip() for name in (only or "").split(",") if name.strip()]
    made, chosen, state, left = _resume(context, path, names, alone=not only)
    counts = made.force if force else ""
    if made.force:
        how = "as do you" if force else 'which counts only with your own --force "REASON"'
        note(f"the plan releases in spite of failed checks, {how}: {made.force}")
    with _files(context) as files:
        outcome = planner.must_pass(context, state, counts, left, files, jobs_of(jobs), note)
        _report_findings(context, outcome, quiet=format == "json")
        _publish(context, chosen, made, left, files, jobs, key, format, whole=not only, forced=bool(counts))


def finish(
    plan: str | None,
    receipts: str | None,
    allow_unpushed: bool,
    root: str | None,
    jobs: str | None,
    format: str | None,
    build_arg: list[str],
) -> None:
    """Write index, pointers and git tags of a plan whose content was published by others, from their receipts."""
    must_be_text_or_json(format, "a release")
    if plan and not receipts:
        raise UsageError(
            "name the folder of the receipts after the plan, such as `seatrial release.finish plan.json receipts`"
        )
    context = open_context(open_workspace(root), None, build_arg)
    must_be_pushed(context, allow_unpushed)
    left = receipts or str(context.folder / RECEIPTS)
    _finish(context, plan or _kept_plan(context), left, jobs, None, format)


def _finish(
    context: ReleaseContext, path: str, receipts: str, jobs: str | None, key: str | None, format: str | None
) -> None:
    made, chosen, state, left = _resume(context, path, (), alone=False)
    found = list(planner.with_receipts(made, left, planner.receipts(Path(receipts)), state))
    parts = [one for one in found if isinstance(one, Part)]
    failures = [one for one in found if isinstance(one, Failure)]
    with _files(context) as files:
        planner.must_pass(context, state, "", parts, files, jobs_of(jobs), note)
        _publish(context, chosen, made, parts, files, jobs, key, format, failures=failures)


def _resume(
    context: ReleaseContext, path: str, names: Sequence[str], alone: bool
) -> tuple[Plan, Sequence[Integration], State, Sequence[Part]]:
    """Return the plan in a file, its integrations, the present state, and what is left to do. Raises UsageError."""
    made = plan_of_json(_read(path), path)
    parts = planner.parts_of(made, names)
    paths = {part.candidate.path for part in parts}
    chosen = [one for one in context.workspace.integrations if one.path in paths]
    state = planner.still_valid(context, made, parts, chosen, alone)
    return made, chosen, state, [planner.remaining(part, state) for part in parts]


def _read(path: str) -> bytes:
    try:
        return read_plain(path)
    except (OSError, Unreadable) as failed:
        raise UsageError(
            f"the plan {path} cannot be read: {reason(failed)}; make one with "
            f"`seatrial release.plan --output {shlex.quote(path)}`"
        ) from failed


def _publish(
    context: ReleaseContext,
    chosen: Sequence[Integration],
    made: Plan,
    parts: Sequence[Part],
    files: Files,
    jobs: str | None,
    key: str | None,
    format: str | None,
    whole: bool = True,
    failures: Sequence[Failure] = (),
    forced: bool = False,
) -> None:
    """Do these parts of a plan, and if it is the whole plan, what is done once for all; report the result.

    What the plan holds back fails only the whole.
    """
    todo = [part for part in parts if part.steps]
    path = Path(key) if key else None
    if path and (warning := signing.warning(path)):
        note(warning)
    total = sum(len(part.steps) for part in todo)
    with progress(total) as notify, publication(context, made, files, path, notify, forced) as run:
        applied = publishing.apply(run, todo, {one.path: one for one in chosen}, jobs_of(jobs))
        unfinished = publishing.finish(run, applied.done) if whole else []
    failed = (*failures, *applied.failures, *unfinished)
    _tell(context, release_result.result(context, made, applied.done, failed, whole, run.before), format)
    held = made.held if whole else ()
    for part in () if whole else made.held:
        note(f"{part.title}, of another part of the plan, is held back: {part.reason}")
    _report(held, failed)
    _end(held, failed)


@contextmanager
def progress(total: int) -> Iterator[Callable[[Event], None]]:
    """Report each step as it comes, of `total` steps: by a bar on a terminal, by lines in a log."""
    if not sys.stderr.isatty() or not total:
        yield _line
        return
    advance, close = open_bar(total)
    try:
        yield lambda event: advance(f"{event.subject} {event.step.value}", int(event.word != "begin"))
    finally:
        close()


def _line(event: Event) -> None:
    """Write one line for the end of a step."""
    if event.word == "begin":
        return
    seconds = f" ({event.seconds:.0f} s)" if event.seconds >= 1 else ""
    note(f"{event.subject}: {event.step.value} {event.word}{seconds}{event.details.get('lacking', '')}")


def _tell(context: ReleaseContext, result: ReleaseResult, format: str | None) -> None:
    """Tell the result of a release: on standard error, as JSON if asked for, and to GitHub Actions."""
    if result.published:
        for row in result_tables.result_lines(result):
            note(row)
    elif not result.failed and not result.held:
        note("nothing to release: everything is published")
    if format == "json":
        say(result_tables.result_json(result))
    texts = {
        "GITHUB_STEP_SUMMARY": result_tables.step_summary,
        "GITHUB_OUTPUT": result_tables.github_outputs,
    }
    for variable, text in texts.items():
        if os.environ.get(variable) and not context.place:
            _add(Path(os.environ[variable]), text(result), context.workspace.checkout)


def _add(file: Path, text: str, checkout: Path) -> None:
    """Add text to a file of GitHub Actions. A release that is done does not fail because it cannot be written."""
    try:
        append(file, text, root=checkout)
    except ServiceError as failed:
        note(f"seatrial: {failed}")


def _report(held: Sequence[Part], failures: Sequence[Failure]) -> None:
    """Write what is held back and what failed to standard error."""
    for titles, why in _by_reason((part.title, part.reason) for part in held):
        note(f"seatrial: {_listed(titles)} {'are' if titles[1:] else 'is'} held back: {why}")
    for titles, why in _by_reason((failure.subject, failure.reason) for failure in failures):
        note(f"seatrial: {_listed(titles)}: {why}")
    if failures:
        note("`seatrial release` goes on from here; what is done is not done again")


def _by_reason(told: Iterable[tuple[str, str]]) -> Iterator[tuple[Sequence[str], str]]:
    """Yield each reason once, with the titles that it is told of."""
    found: dict[str, list[str]] = {}
    for title, why in told:
        found.setdefault(why, []).append(title)
    yield from ((titles, why) for why, titles in found.items())


def _listed(titles: Sequence[str]) -> str:
    more = len(titles) - SHOWN
    return ", ".join(titles[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _end(held: Sequence[Part], failures: Sequence[Failure]) -> None:
    """End with the status for what is held back and what failed; what a person holds back is not a failure."""
    has_failed = bool(failures) or any(part.hold is Hold.SERVICE for part in held)
    end(has_failed, any(part.hold is Hold.FAULT for part in held))


def status(
    integration: list[str],
    root: str | None,
    format: str | None,
    jobs: str | None,
    where: str | None = None,
) -> None:
    """Show what is published, and what a release would repair."""
    workers = jobs_of(jobs)
    must_be_text_or_json(format, "the status")
    context = open_context(open_workspace(root))
    state, would = planner.forecast(context, selected(context.workspace, integration, where), workers)
    say(status_json(state, would) if format == "json" else commands_in_make(status_table(state, would)))
    if any(isinstance(one.image, Unknown) for one in state.statuses.values()):
        raise Ended(code=EXIT_SERVICE)


def yank(
    type: str | None,
    version: str | None,
    reason: str | None,
    built_with: str | None,
    dry_run: bool,
    root: str | None,
) -> None:
    """Take a version out of the index, or with `built_with` all that were built with a package."""
    if built_with and version:
        raise UsageError("--built-with chooses the versions; leave out the version, or --built-with")
    if not built_with and not (type and version):
        raise UsageError(
            "name the type and the version, such as `seatrial release.yank jira 1.2.3 --reason TEXT`"
        )
    _must_have_reason(reason)
    context = open_services(open_workspace(root))
    chosen: dict[str, tuple[str, ...]] = {type or "": (version or "",)}
    unknown: list[str] = []
    if built_with:
        chosen, unknown = _built_with(context, type, yanking.filter_of(built_with))
    for name, versions in chosen.items():
        if dry_run:
            note(f"would yank {name} {', '.join(versions)}")
        else:
            _yank(context, name, versions, reason or "", back=False)
    if built_with and not chosen:
        note(f"no published version is known to be built with {built_with}")
    if unknown:
        note(f"seatrial: not known of {len(unknown)}, as their SBOM is missing: {', '.join(unknown[:SHOWN])}")
        raise Ended(code=EXIT_SERVICE)


def _built_with(
    context: ReleaseContext, type: str | None, wanted: yanking.PackageFilter
) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Return the versions of each type that were built with a package, and those for which it is unknown."""
    types = [type] if type else sorted(latest.current(context.store).versions)
    found = [yanking.built_with(context.store, context.images, one, wanted) for one in types]
    unknown = [f"{one.type} {version}" for one in found for version in one.unknown]
    return {one.type: one.versions for one in found if one.versions}, unknown


def unyank(type: str | None, version: str | None, reason: str | None, root: str | None) -> None:
    """Take a yank back."""
    if not type or not version:
        raise UsageError(
            "name the type and the version, such as `seatrial release.unyank jira 1.2.3 --reason TEXT`"
        )
    _must_have_reason(reason)
    _yank(open_services(open_workspace(root)), type, (version,), reason or "", back=True)


def _must_have_reason(reason: str | None) -> None:
    if not reason:
        raise UsageError("say why, for those who look for it: --reason TEXT")


def _yank(context: ReleaseContext, type: str, versions: Sequence[str], reason: str, back: bool) -> None:
    by = person(os.environ)
    change = yanking.YankChange(type, context.repository(type), versions, reason, by, back, context.habits)
    for done in yanking.yank(context.store, context.images, change, Holder.anyone(by)):
        note(done)
