"""The integrations a task is about, and the delivery of what was found in them."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from seatrial import report
from seatrial.core.errors import ConfigurationError, SeatrialError, Unreadable
from seatrial.core.findings import Outcome, RuleFacts
from seatrial.core.model import Finding, Integration, Profile
from seatrial.core.names import counted
from seatrial.core.printable import plain
from seatrial.core.rules import Rule
from seatrial.core.settings import ExemptionSettings
from seatrial.handbook.codes import known_codes
from seatrial.report import Options
from seatrial.report import statistics as statistics_report
from seatrial.report.text import repairable, summary, wants_colour
from seatrial.system import git
from seatrial.system.atomic import append, write_whole
from seatrial.system.cache import is_from_fork
from seatrial.tasks.cli import and_others, commands_in_make, in_make, note, say
from seatrial.validate.effects import idle_patterns, unknown_names
from seatrial.validate.exemptions import granted_by, ungranted
from seatrial.validate.facts.credentials import credential
from seatrial.validate.own_rules import with_own_rules
from seatrial.validate.rule_failures import MEND
from seatrial.validate.since import Choice as Choice
from seatrial.validate.since import Since, since
from seatrial.workspace.base_branch import default_revision, trusted_base
from seatrial.workspace.config import SETTINGS_FILE
from seatrial.workspace.workspace import Workspace, holding, passed_over, select
from seatrial.workspace.workspace import open_workspace as _open_workspace


def open_workspace(root: str | None, cwd: Path | None = None) -> Workspace:
    """Open the workspace at `root`, as every task does: codes in its `seatrial.toml` are checked."""
    workspace, told = with_own_rules(_open_workspace(root, cwd, known_codes), os.environ)
    if wrong := unknown_names(workspace):
        raise ConfigurationError(wrong)
    if told:
        note(f"seatrial: {told}")
    return workspace


def choose(
    root: str | None,
    integration: Sequence[str],
    revision: str | None,
    *,
    always: bool = False,
    files: bool = False,
    where: str | None = None,
    changing: bool = False,
) -> Choice:
    """Return what is chosen by the options; say so where nothing has changed, or nothing fits `where`.

    With `always`, and no revision stated, it is what has changed since the usual one. With `files`, the names are
    those of files. A task that is `changing` what is chosen is not given all for a file that nothing declares. Raises
    UsageError for an unknown name, revision or filter, ServiceError where git fails.
    """
    workspace = limited(open_workspace(root))
    chosen = selected(workspace, integration, where, files)
    if chosen is workspace.integrations:
        _tell_of(passed_over(workspace))
    _tell_of_ungranted(ungranted(workspace, chosen))
    stated = revision or (default_revision(workspace) if always else None)
    if stated is None:
        return Choice(workspace, chosen)
    compared = since(workspace, stated)
    touched = compared.touched(chosen, undeclared=not changing)
    _tell_of_shared(compared, changing)
    if not touched:
        note(f'nothing changed since "{stated}"')
    return Choice(workspace, touched, compared)


def _counted(format: str, outcome: Outcome, more: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
    """Return the report in text, and the keys for JSON, of the number of findings by code. Raises UsageError."""
    statistics_report.must_be_known(format)
    text = statistics_report.render(outcome) if format == "text" else None
    return text, {**more, "statistics": statistics_report.as_data(outcome)}


def selected(
    workspace: Workspace, integration: Sequence[str], where: str | None = None, files: bool = False
) -> Sequence[Integration]:
    """Return the named integrations, by default the one around the current folder, else all, which a filter fits.

    With `files`, the names are those of files in them. Nothing may be left, which is told. Raises UsageError for an
    unknown name or a wrong filter.
    """
    chosen = holding(workspace, integration) if files else select(workspace, integration)
    if where is None:
        return chosen
    from seatrial.fleet.filters import parse

    fitting = parse(where).chosen(workspace, chosen)
    if not fitting:
        note(f"none of {counted(len(chosen), 'integration')} fits --where {shlex.quote(where)}")
    return fitting


def limited(workspace: Workspace) -> Workspace:
    """Return a workspace as it is judged here: in CI for a fork, only exemptions that the merge base has hold.

    So do only its declarations of shared files.
    """
    if not is_from_fork(os.environ):
        return workspace
    try:
        return granted_by(workspace, git.merge_base(workspace.root, trusted_base(workspace.root, os.environ)))
    except SeatrialError as reason:
        note(
            f"seatrial: no exemption holds in a pull request from another repository whose base is unknown: {reason}"
        )
        settings = replace(workspace.settings, exemptions=ExemptionSettings({}), shared=())
        return replace(workspace, settings=settings)


def _tell_of_shared(compared: Since, changing: bool) -> None:
    """Tell why all are chosen where nothing says whom a change concerns, and of what is declared for no file."""
    for path, *others in [compared.undeclared] if compared.undeclared and not changing else ():
        more = f" and {counted(len(others), 'other file')}" if others else ""
        note(
            f"seatrial: all integrations are chosen, because nothing declares whom {plain(path)}{more} concerns; "
            f"declare it below [shared] of {SETTINGS_FILE}, for nobody: {json.dumps(plain(path))} = []"
        )
    for one in idle_patterns(compared.workspace, compared.around):
        all_in = (
            "" if one.pattern.endswith(("/", "*")) else f'; for all in a folder write "{plain(one.pattern)}/"'
        )
        note(f'seatrial: "{plain(one.pattern)}" below [shared] of {SETTINGS_FILE} fits no file{all_in}')


def _tell_of_ungranted(codes: Mapping[str, Sequence[str]]) -> None:
    for name, some in list(codes.items())[:MOST_TOLD]:
        note(
            f"seatrial: {name} exempts {', '.join(map(plain, some))} as the base does not; in a pull request from "
            "another repository that suppresses nothing"
        )


LINE_ENDS = re.compile(r"\r\n|\r|\n")

MOST_TOLD = 5
"""The most folders that are named that are passed over."""


def _tell_of(folders: Sequence[str]) -> None:
    """Name the folders with a `.port` that are not among the integrations."""
    for path in folders[:MOST_TOLD]:
        note(f'seatrial: "{path}" has a .port and is not judged; type --root {shlex.quote(path)} to judge it')
    if len(folders) > MOST_TOLD:
        note(f"seatrial: {len(folders) - MOST_TOLD} more folders have a .port and are not judged")


DESCRIBING = frozenset({"sarif"})
"""Formats that describe each rule."""


def deliver(
    outcome: Outcome,
    workspace: Workspace,
    format: str | None,
    output: str | None,
    verbose: bool = False,
    written: str | None = None,
    more: Mapping[str, Any] | None = None,
    quiet: bool = False,
    statistics: bool = False,
) -> None:
    """Write the findings in the chosen format, text where they go to a file, and GitHub's page of the run.

    On a terminal, and with `verbose`, text shows the lines that each finding is about. `written` is the report where
    a task writes its own in that format, `more` has further keys for JSON. With `quiet` only errors are shown, with
    `statistics` their number by code as well, in text instead of them. Raises UsageError for an
    unknown format, ServiceError where a file cannot be written.
    """
    name = report.choose({} if output or statistics else os.environ, format)
    outcome = outcome.only_errors() if quiet else outcome
    if statistics:
        written, more = _counted(name, outcome, more or {})
    colour = output is None and wants_colour(sys.stdout.isatty(), os.environ)
    seen = verbose or (output is None and sys.stdout.isatty())
    by_name = {one.name: one for one in workspace.integrations}
    lines = partial(_lines, by_name, {}) if seen else None
    rules = rule_facts(workspace.profile, workspace.own) if name in DESCRIBING else {}
    text = (
        report.render(name, outcome, Options(rules, colour, lines, more or {}))
        if written is None
        else written
    )
    text = commands_in_make(text) if name == "text" else text
    if output:
        write_whole(Path(output), text, root=workspace.checkout)
    else:
        say(text)
    explain = in_make("seatrial explain CODE").removesuffix("CODE")
    note(summary(outcome, explain) + repairable(outcome, in_make))
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        from seatrial.report.github import step_summary

        append(Path(os.environ["GITHUB_STEP_SUMMARY"]), step_summary(outcome), root=workspace.checkout)


def _lines(
    by_name: Mapping[str, Integration], kept: dict[str, Sequence[str]], finding: Finding
) -> Sequence[str]:
    """Return the lines of a finding's file, as they were read the first time."""
    if finding.path not in kept:
        kept[finding.path] = lines_of(by_name[finding.integration], finding)
    return kept[finding.path]


def lines_of(integration: Integration, finding: Finding) -> list[str]:
    """Return the lines of a finding's file; none if it may hold secrets, or cannot be read."""
    path = finding.path.removeprefix(integration.below(""))
    with suppress(Unreadable):
        data = b"" if _is_private(path) else integration.read(path)
        shown = bool(data) and credential(data, is_of_tests=False) is None
        return LINE_ENDS.split(data.decode("utf-8-sig", "replace")) if shown else []
    return []


def _is_private(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith(".env") or name.endswith(".env")


def tell_crashes(crashes: Mapping[str, Sequence[str]]) -> None:
    """Tell of each failure of a rule on which integrations it failed: it is no fault of theirs."""
    for failure, names in crashes.items():
        report_it = "" if failure.endswith(MEND) else "; please report it"
        note(f"seatrial: a rule failed on {and_others(names)}: {failure}{report_it}")


def rule_facts(profile: Profile, own: Sequence[Rule] = ()) -> dict[str, RuleFacts]:
    """Return the description of each rule for a report."""
    from seatrial.handbook.rule_pages import EVERY

    return {
        rule.code: RuleFacts(rule.code, rule.name, rule.law, rule.reason, rule.severities[profile])
        for rule in (*EVERY, *own)
    }
