"""The tasks `validate`, `validate-spec`, `check-layout` and `check-version`."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from seatrial.core.errors import EXIT_FINDINGS, EXIT_SERVICE, ServiceError
from seatrial.system.cache import home, is_from_fork
from seatrial.tasks.choice import Choice, choose, deliver, tell_crashes
from seatrial.tasks.cli import Ended, jobs_of, note
from seatrial.tasks.section_names import EVERY, LAYOUT, SPEC, VERSION
from seatrial.tasks.shared_cache import shared_cache
from seatrial.tasks.watch import watch as watched
from seatrial.validate.facts.release_change import Change
from seatrial.validate.rules import Rulebook
from seatrial.validate.run import check_all
from seatrial.validate.verdict_cache import VerdictCache
from seatrial.workspace.base_branch import target_branch
from seatrial.workspace.workspace import Workspace


def judge(
    families: Sequence[str],
    choice: Choice,
    format: str | None,
    output: str | None,
    strict: bool,
    jobs: str | None,
    verbose: bool = False,
    advice: bool = False,
    only_new: bool = False,
    no_cache: bool = False,
    quiet: bool = False,
    statistics: bool = False,
    describe: Callable[[Choice, Mapping[str, Change]], None] = lambda choice, changes: None,
) -> None:
    """Check the chosen integrations by the rules of these families and end with the status.

    `verbose` shows the lines that findings are about, `advice` findings of that severity as well. With
    `only_new`, findings that were there before the change do not fail the run. `no_cache` takes no verdicts of
    earlier runs, and keeps none. `quiet` shows errors only, `statistics` the number of findings by code.
    `describe` tells about the changes before the findings are written.
    """
    workspace, chosen = choice.workspace, choice.integrations
    rules = Rulebook(workspace.own).of(families)
    for link in () if quiet else workspace.links:
        note(f'seatrial: "{link}" is a link to a folder and is not judged; judge the folder it leads to')
    changes = choice.changes(rules)
    describe(choice, changes)
    cache = None if no_cache else verdicts_of_earlier_runs(workspace)
    done = check_all(workspace, chosen, rules, jobs_of(jobs), changes, advice, cache=cache)
    outcome = choice.compared(done.outcome, rules, jobs_of(jobs), advice) if only_new else done.outcome
    tell_crashes(done.crashes)
    deliver(outcome, workspace, format, output, verbose, quiet=quiet, statistics=statistics)
    if done.crashes:
        raise Ended(code=EXIT_SERVICE)
    if outcome.errors or (strict and outcome.warnings):
        raise Ended(code=EXIT_FINDINGS)


def verdicts_of_earlier_runs(workspace: Workspace) -> VerdictCache | None:
    """Return the verdicts of earlier runs; None where there is no folder for them. A fork's run in CI adds none."""
    with suppress(ServiceError):
        place, keeping = home(os.environ) / "verdicts", not is_from_fork(os.environ)
        return VerdictCache(place, workspace, keeping=keeping, shared=shared_cache(workspace, note))
    return None


def means_new(since: str | None, new: bool, old: bool) -> bool:
    """Return whether only what the change brings may fail: as asked for, else with `since` in CI for a pull request."""
    return not old and (new or bool(since and target_branch(os.environ)))


def _families(
    families: Sequence[str],
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
    advice: bool,
    no_cache: bool,
    files: bool,
    quiet: bool,
    statistics: bool,
    watch: bool,
    where: str | None = None,
) -> None:
    only_new = means_new(since, new, old)
    chosen = partial(choose, root, integration, since, always=new, files=files, where=where)
    judging = partial(
        judge,
        families,
        format=format,
        output=output,
        strict=strict,
        jobs=jobs,
        verbose=verbose,
        advice=advice,
        only_new=only_new,
        no_cache=no_cache or watch,
        quiet=quiet,
        statistics=statistics,
    )
    if watch:
        watched(chosen, lambda choice: _again(judging, choice))
    else:
        judging(chosen())


def _again(judging: Callable[[Choice], None], choice: Choice) -> None:
    """Judge the integrations; findings do not end a watch."""
    with suppress(Ended):
        judging(choice)


validate = partial(_families, EVERY)
validate_spec = partial(_families, SPEC)
check_layout = partial(_families, LAYOUT)
check_version = partial(_families, VERSION)
