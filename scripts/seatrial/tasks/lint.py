"""The task `lint`: the profile's tools over the chosen integrations."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from seatrial.core.model import Integration
from seatrial.core.printable import plain
from seatrial.lint.run import Cell, LintContext, lint_context
from seatrial.lint.run import lint as run_tools
from seatrial.lint.run.explanations import reasons, verbatim
from seatrial.lint.run.lint_table import table
from seatrial.lint.run.tool_findings import outcome_of
from seatrial.lint.run.tool_repairs import Repaired, repair
from seatrial.lint.tools.registry import TOOLS, choose
from seatrial.lint.tools.tool import Tool
from seatrial.report.text import wants_colour
from seatrial.tasks.choice import choose as choose_integrations
from seatrial.tasks.choice import deliver
from seatrial.tasks.cli import end, jobs_of, note, say, show, show_words, tell_failures
from seatrial.tasks.progress import progress
from seatrial.tasks.shared_cache import shared_cache
from seatrial.workspace.workspace import Workspace


@dataclass(frozen=True)
class LintOrder:
    """The request of a person: the integrations, the tools, and the options of the run."""

    workspace: Workspace
    chosen: Sequence[Integration]
    tools: str | None
    jobs: int
    fresh: bool = False
    fix: bool = False
    verbose: bool = False
    sandbox: str | None = None
    quiet: bool = False
    statistics: bool = False


def lint(
    integration: list[str],
    root: str | None,
    since: str | None,
    format: str | None,
    output: str | None,
    strict: bool,
    jobs: str | None,
    tools: str | None,
    fix: bool,
    no_cache: bool,
    why: str | None,
    verbose: bool,
    sandbox: str | None,
    files: bool,
    quiet: bool,
    statistics: bool,
    where: str | None = None,
) -> None:
    """Lint the chosen integrations, or say why the tools would run again on the one in `why`."""
    names, where = ([why], None) if why else (integration, where)
    choice = choose_integrations(root, names, since, files=files and not why, where=where)
    order = LintOrder(
        choice.workspace,
        choice.integrations,
        tools,
        jobs_of(jobs),
        no_cache,
        fix,
        verbose,
        sandbox,
        quiet,
        statistics,
    )
    if why:
        explain(order)
    else:
        run(order, format, output, strict)


def explain(order: LintOrder) -> None:
    """Say of each tool why it would run again, or not."""
    with _context(order) as here:
        lines = reasons(here, order.chosen, choose(order.tools, order.workspace.profile))
        say("".join(f"{plain(line)}\n" for line in lines))


def run(order: LintOrder, format: str | None, output: str | None, strict: bool) -> None:
    """Lint, hand over what was found, and end with the status."""
    wanted = choose(order.tools, order.workspace.profile)
    with _context(order) as here:
        if order.fix:
            _repair(here, order.chosen, wanted)
        cells = _lint(here, order.chosen, wanted, order.quiet)
        if order.verbose:
            _show(here, [cell for cell in cells if cell.tool in wanted])
    failures = tell_failures((cell.integration.name, cell.failure) for cell in cells)
    outcome = outcome_of(cells, wanted, order.workspace.settings)
    deliver(
        outcome,
        order.workspace,
        format,
        output,
        order.verbose,
        quiet=order.quiet,
        statistics=order.statistics,
    )
    end(failures, bool(outcome.errors or (strict and outcome.warnings)))


def _context(order: LintOrder) -> AbstractContextManager[LintContext]:
    shared = None if order.fresh else shared_cache(order.workspace, note)
    return lint_context(order.workspace, order.jobs, order.fresh, note, order.sandbox, shared)


def _lint(
    here: LintContext, chosen: Sequence[Integration], wanted: Sequence[Tool], quiet: bool
) -> Sequence[Cell]:
    """Return the cells of the tools wanted and of those that recognise a stale lock; print the table of the former."""
    asked = (*(tool for tool in TOOLS if tool.stale_law and tool not in wanted), *wanted)
    settings = here.workspace.settings
    with progress(len(chosen) * len(asked), settings) as tell:
        cells = run_tools(here, chosen, asked, tell)
    shown = [cell for cell in cells if cell.tool in wanted]
    if not quiet:
        show(table(shown, settings, wants_colour(sys.stderr.isatty(), os.environ)))
    return cells


def _repair(here: LintContext, chosen: Sequence[Integration], wanted: Sequence[Tool]) -> None:
    changes = repair(here, chosen, wanted)
    for change in changes:
        if isinstance(change, Repaired):
            note(f"repaired {change.path} (+{change.added} -{change.removed})")
        else:
            note(f"{change.integration} was not repaired: {change.reason}")
    if not changes:
        note("nothing to repair")


def _show(here: LintContext, cells: Iterable[Cell]) -> None:
    """Show on standard error the words of the tools that found something."""
    for cell, words in verbatim(here, cells):
        note(f"--- {cell.integration.name}: {cell.tool.name} {' '.join(cell.tool.plain)}")
        show_words(words)
