"""The sections of `check`: each is run, and ends as a part of the verdict."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from seatrial.core.errors import SeatrialError, ServiceError
from seatrial.core.findings import Outcome
from seatrial.core.model import Finding, Integration
from seatrial.core.names import counted
from seatrial.core.rules import Rule
from seatrial.lint.interpreters import INSTALLABLE, installing
from seatrial.lint.own_code.framework_schema import SCHEMA_RULES
from seatrial.lint.own_code.unit_findings import outcome_of
from seatrial.lint.tools.registry import choose as tools_named
from seatrial.preview.evaluator import Evaluator
from seatrial.preview.previews import Preview
from seatrial.preview.processor import ObjectVerdict
from seatrial.release.plan.plan import Hold, Plan, plan
from seatrial.release.plan.state import Checks
from seatrial.release.run.checks import exported, lint_and_validate, linted_before
from seatrial.release.run.release_context import open_context
from seatrial.release.run.snapshot import read
from seatrial.report.verdict import Section, SectionState, section_of
from seatrial.system.remote_cache import RemoteCache
from seatrial.tasks.choice import Choice
from seatrial.tasks.cli import and_others, by_make, in_make, note, typed
from seatrial.tasks.newest_framework import behind
from seatrial.tasks.own_code import SCHEMA, UNIT, OwnCode, RunLimits, run_own_code
from seatrial.tasks.preview_cases import previews
from seatrial.tasks.progress import progress
from seatrial.tasks.section_names import LAYOUT, SECTIONS, SPEC
from seatrial.tasks.shared_cache import shared_cache
from seatrial.validate.facts.release_change import Change
from seatrial.validate.rules import Rulebook
from seatrial.validate.since import since
from seatrial.workspace.base_branch import default_revision

FAMILIES: Mapping[str, Sequence[str]] = {
    "layout": LAYOUT,
    "spec": SPEC,
    "version": ("PKG", "CHG"),
    "change": ("REL",),
    "lint": ("LNT",),
}
"""The families of the findings of a section."""

SCHEMA_CODES = frozenset(rule.code for rule in SCHEMA_RULES)
"""The codes of what the framework refuses, which are of family COD."""

MOST_NAMED = 5
"""The number of integrations up to which a command names them."""

LEFT_OUT = "left out with --without"

_COMMAND = re.compile(r"`((?:poetry|git|make|seatrial) [^`]+)`")
"""A command in the words of a repair."""


@dataclass(frozen=True)
class CheckOrder:
    """The options of a check: `left_out` names the sections that are not run, `seconds` limits the tests."""

    choice: Choice
    left_out: Collection[str]
    jobs: int
    strict: bool
    sandbox: str | None
    seconds: float

    def wants(self, section: str) -> bool:
        """Return whether a section is run."""
        return section not in self.left_out

    @cached_property
    def rules(self) -> Sequence[Rule]:
        """The rules of the sections that are run."""
        out = {family for name in self.left_out for family in FAMILIES.get(name, ())}
        book = Rulebook(self.choice.workspace.own)
        own = () if "spec" in self.left_out else book.own
        return [*(rule for rule in book.rules if not rule.origin and rule.family not in out), *own]

    @cached_property
    def shared(self) -> RemoteCache | None:
        """The results of other machines."""
        return shared_cache(self.choice.workspace, note)

    @cached_property
    def changes(self) -> Mapping[str, Change]:
        """What has changed in each integration, by its path. Raises as `since` where a revision was stated."""
        if self.choice.since is not None:
            return self.choice.changes(self.rules)
        return {} if isinstance(self._usual, str) else self._usual

    @property
    def uncompared(self) -> str:
        """Why nothing is compared, where nobody stated a revision; empty where there is one to compare with."""
        return self._usual if self.choice.since is None and isinstance(self._usual, str) else ""

    @cached_property
    def _usual(self) -> Mapping[str, Change] | str:
        """The changes since the usual revision, or why they cannot be known."""
        if not self.wants("change"):
            return {}
        try:
            workspace = self.choice.workspace
            return since(workspace, default_revision(workspace)).changes(self.choice.integrations)
        except SeatrialError as reason:
            return str(reason)


@dataclass
class SectionResults:
    """The results of the sections.

    `own_codes` are those of the repository's own rules, which are of section spec. `own` has by section
    the fingerprints of its findings where its family does not tell, `unjudged` by section and
    integration why there is no verdict, `missing` what is missing besides findings, `skipped` why a section was not
    run. `plan` is what a release would do, without what waits for the merge.
    """

    outcome: Outcome = field(default_factory=Outcome)
    checks: Mapping[str, Checks] = field(default_factory=dict)
    own: dict[str, frozenset[str]] = field(default_factory=dict)
    own_codes: frozenset[str] = frozenset()
    unjudged: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: dict[str, dict[str, str]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    plan: Plan | None = None

    def add(self, section: str, found: Outcome) -> None:
        """Add the findings of a section, but for those that another has found as well."""
        known = {_about(one): one.fingerprint for one in self.outcome.findings}
        new = [one for one in found.findings if _about(one) not in known]
        findings = sorted((*self.outcome.findings, *new), key=lambda one: one.sort_key)
        self.own[section] = frozenset(known.get(_about(one), one.fingerprint) for one in found.findings)
        unjudged = tuple(dict.fromkeys((*self.outcome.unjudged, *found.unjudged)))
        self.outcome = replace(self.outcome, findings=tuple(findings), unjudged=unjudged)

    @property
    def depends_on_service(self) -> bool:
        """True where a service or a tool failed, so that there is no verdict."""
        held = self.plan.held if self.plan else ()
        return bool(self.unjudged) or any(part.hold is Hold.SERVICE for part in held)

    def of(self, section: str) -> list[Finding]:
        """Return the findings of a section."""
        families, own = FAMILIES.get(section, ()), self.own.get(section, frozenset())
        return [
            one
            for one in self.outcome.findings
            if one.fingerprint in own
            or (one.code[:3] in families and one.code not in SCHEMA_CODES)
            or (section == "spec" and one.code in self.own_codes)
        ]


def _about(finding: Finding) -> tuple[str, ...]:
    """Return what is equal for two findings about the same: a missing lock, a line of code or mapping."""
    if finding.code == "LNT001":
        return finding.integration, finding.code
    if finding.code.startswith("COD"):
        return finding.integration, finding.path, str(finding.line)
    return (finding.fingerprint,)


def judged(order: CheckOrder, only_new: bool) -> tuple[SectionResults, list[Section]]:
    """Run all sections; return what was found, and the result of each section.

    With `only_new`, findings that were there before the change fail no section.
    """
    results = _run_sections(order)
    if only_new:
        compare(order, results)
    if order.wants("release"):
        _plan_release(order, results)
    return results, [_section(order, results, name, only_new) for name in SECTIONS]


def tell_unjudged(results: SectionResults) -> None:
    """Tell the failures that are not faults of an integration."""
    told = {(name, why): None for reasons in results.unjudged.values() for name, why in reasons.items()}
    for name, why in told:
        note(f"seatrial: {name}: {why}")


def _run_sections(order: CheckOrder) -> SectionResults:
    """Run all sections but the release plan, and tell of each that ends."""
    count = len(order.choice.integrations)
    wanted = [name for name in SECTIONS if order.wants(name)]
    note(f"checking {counted(count, 'integration')}: {', '.join(wanted)}")
    own_codes = frozenset(rule.code for rule in order.choice.workspace.own)
    results = SectionResults(skipped=dict.fromkeys(order.left_out, LEFT_OUT), own_codes=own_codes)
    _validate_and_lint(order, results)
    if order.wants("mapping"):
        _map_examples(order, results)
    for section in filter(order.wants, OWN_CODE):
        _run_own_code(order, results, section, order.shared)
    if order.wants("version"):
        _ask_newest_framework(order, results)
    return results


def _ask_newest_framework(order: CheckOrder, results: SectionResults) -> None:
    """Add what Ocean's workflow refuses of the integrations that have changed; tell it where that is not known."""
    workspace, chosen = order.choice.workspace, order.choice.integrations
    touched = [one for one in chosen if order.uncompared or one.path in order.changes]
    found = behind(workspace, touched)
    if found and order.uncompared:
        note(f"seatrial: {_told(found)[0]}")
    elif found:
        results.missing["version"] = dict(found)


def _validate_and_lint(order: CheckOrder, results: SectionResults) -> None:
    workspace, chosen = order.choice.workspace, order.choice.integrations
    tools = len(tools_named(None, workspace.profile)) * len(chosen)
    changes = order.changes
    if order.uncompared:
        results.skipped["change"] = order.uncompared
    with progress(tools, workspace.settings) as tell:
        found = lint_and_validate(
            workspace,
            chosen,
            order.jobs,
            note,
            changes,
            order.sandbox,
            order.rules,
            order.wants("lint"),
            tell,
            order.shared,
        )
    results.outcome, results.checks = found.outcome, found.checks
    names = {one.path: one.name for one in chosen}
    for path, checks in found.checks.items():
        if checks.validate.unjudged:
            results.unjudged.setdefault("spec", {})[names[path]] = checks.validate.unjudged
        if checks.lint and checks.lint.unjudged:
            results.unjudged.setdefault("lint", {})[names[path]] = checks.lint.unjudged


def _map_examples(order: CheckOrder, results: SectionResults) -> None:
    try:
        with Evaluator() as evaluator:
            found = previews(order.choice, None, None, evaluator)
    except ServiceError as reason:
        results.unjudged["mapping"] = dict.fromkeys(
            (one.name for one in order.choice.integrations), str(reason)
        )
        return
    if not any(one.failed or any(group.rows for group in one.groups) for one in found):
        results.skipped["mapping"] = "no integration has examples"
    failed = {one.integration: _failing(one) for one in found if one.failed}
    if failed:
        results.missing["mapping"] = failed


def _failing(found: Preview) -> str:
    """Return the first reason for which Ocean does not map the examples of an integration."""
    for stray in found.unreadable:
        return f"{stray.name} cannot be read: {stray.reason}"
    for group in found.groups:
        if group.refused:
            return f"{group.path} resource {group.index + 1} ({group.kind}): {group.refused}"
        for row in group.rows:
            if row.mapped.verdict is ObjectVerdict.FAILED:
                return f"{row.file} as {group.kind}: {row.mapped.reason}"
            if row.ended:
                return f"{row.file} as {group.kind}: {row.ended[0].where}: {row.ended[0].answer.message}"
    return ""


OWN_CODE: Mapping[str, OwnCode] = {"unit": UNIT, "schema": SCHEMA}
"""The sections that run an integration's own code."""


def _run_own_code(
    order: CheckOrder, results: SectionResults, section: str, shared: RemoteCache | None = None
) -> None:
    workspace, chosen = order.choice.workspace, order.choice.integrations
    limits = RunLimits(order.jobs, order.seconds, order.sandbox)
    try:
        cells = run_own_code(OWN_CODE[section], workspace, chosen, limits, shared)
    except ServiceError as reason:
        results.unjudged[section] = {one.name: str(reason) for one in chosen}
        return
    results.add(section, outcome_of(cells, workspace))
    failed = {cell.integration.name: cell.failure for cell in cells if cell.failure}
    if failed:
        results.unjudged[section] = failed


def compare(order: CheckOrder, results: SectionResults) -> None:
    """Mark the findings that the merge base has as well; it is linted and tested only where something was found."""
    compared, workspace = order.choice.since, order.choice.workspace
    if compared is None:
        return
    rules = Rulebook(workspace.own).rules
    before = [*compared.findings_before(order.choice.integrations, rules, order.jobs)]
    named = _with_new(order, results.of("lint"), before)
    if named:
        note(f"linting {len(named)} of them as they were, to tell what is new")
        before += linted_before(workspace, compared.base, named, order.jobs, note, order.sandbox)
    for section, own in OWN_CODE.items():
        named = _with_new(order, results.of(section), before)
        if named:
            note(f"{own.doing} {len(named)} of them as they were, to tell what is new")
            with exported(workspace, compared.base, named) as (then, there):
                old = SectionResults()
                _run_own_code(replace(order, choice=Choice(then, there)), old, section)
                before += old.outcome.findings
    results.outcome = results.outcome.comparing(compared.rev, before)


def _with_new(order: CheckOrder, found: Sequence[Finding], before: Sequence[Finding]) -> list[Integration]:
    """Return the integrations with a finding that is not known to be old."""
    known = {one.fingerprint for one in before}
    named = {one.integration for one in found if one.fingerprint not in known}
    return [one for one in order.choice.integrations if one.name in named]


def _plan_release(order: CheckOrder, results: SectionResults) -> None:
    """Find out what a release would do. Failing to is not a fault of the integrations."""
    try:
        context = open_context(order.choice.workspace)
        paths = {one.path for one in order.choice.integrations}
        state = read(context, [one for one in context.workspace.integrations if one.path in paths])
    except SeatrialError as reason:
        results.skipped["release"] = f"what a release would do cannot be told: {reason}"
        return
    results.plan = plan(state, results.checks)


def _section(order: CheckOrder, results: SectionResults, name: str, only_new: bool) -> Section:
    """Return the result of a section.

    With `only_new`, nothing is missing from a release that is held back while there are old findings.
    """
    if name in results.skipped and not results.of(name):
        return Section(name, SectionState.SKIPPED, reasons=(results.skipped[name],))
    if name == "release":
        return _release(order, results, only_new)
    unjudged = results.unjudged.get(name, {})
    found = section_of(name, results.of(name), order.strict, _told(unjudged))
    lacking = results.missing.get(name, {})
    if lacking:
        found = replace(found, state=SectionState.FAILED, reasons=_told(lacking), integrations=tuple(lacking))
    return replace(found, command=_command(found, results.of(name)))


def _release(order: CheckOrder, results: SectionResults, only_new: bool) -> Section:
    held = [part for part in (results.plan.held if results.plan else ()) if not part.waits]
    faults = {part.candidate.name: part.reason for part in held if part.hold is Hold.FAULT}
    services = {part.candidate.name: part.reason for part in held if part.hold is Hold.SERVICE}
    if faults and not (only_new and results.outcome.old):
        state = SectionState.FAILED
    else:
        faults = {}
        state = SectionState.UNKNOWN if services else SectionState.PASSED
    reasons = {**faults, **services}
    found = Section("release", state, integrations=tuple(reasons), reasons=_told(reasons))
    return replace(found, command=_typed("release.plan", tuple(reasons)) if reasons else "")


def _told(reasons: Mapping[str, str]) -> tuple[str, ...]:
    """Return a line for each reason, with the integrations it holds for."""
    found: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        found.setdefault(reason, []).append(name)
    return tuple(f"{and_others(names)}: {reason}" for reason, names in found.items())


def _command(section: Section, findings: Sequence[Finding]) -> str:
    """Return what repairs a section, else what shows more of it; empty where nothing is missing."""
    if not section.is_missing:
        return ""
    lacking = "" if section.first else _python(section.reasons)
    if lacking:
        return lacking
    if section.name in ("mapping", "unit") and (section.first is None or section.first.code[:3] == "TST"):
        flags = ("--verbose", "VERBOSE=1") if section.name == "unit" else ("", "")
        return _typed({"mapping": "preview"}.get(section.name, section.name), section.integrations, *flags)
    if section.first is None:
        stated = _COMMAND.search(section.reasons[0]) if section.name == "version" else None
        if stated:
            return in_make(stated[1])
        shown = section.name if section.name in ("lint", "schema") else "validate"
        return _typed(shown, section.integrations)
    named = _COMMAND.search(section.first.fix.title) if section.first.fix else None
    if any(one.is_fixable for one in findings if not one.old):
        return _typed("fix", section.integrations)
    if any(one.code in ("LNT103", "LNT104") for one in findings if not one.old):
        return _typed("lint", section.integrations, "--fix", "FIX=1")
    if named and named[1] == "poetry lock":
        return _typed("fix", section.integrations, "--lock", "LOCK=1")
    return in_make(named[1]) if named else _explained(section.first.code)


def _python(reasons: Sequence[str]) -> str:
    """Return the command that installs a Python for want of which there is no verdict; else empty."""
    commands = filter(None, map(installing, INSTALLABLE))
    return next((one for one in commands if any(f"type `{one}`" in reason for reason in reasons)), "")


def _explained(code: str) -> str:
    return in_make(f"seatrial explain {code}") if by_make() else f"{typed('explain')} {code}"


def _typed(task: str, integrations: Sequence[str], flag: str = "", variable: str = "") -> str:
    """Return what to type for a task on integrations, with a flag, or its variable where make was typed."""
    names = ",".join(integrations) if len(integrations) <= MOST_NAMED else ""
    words = typed(task, names)
    more = variable if by_make() else flag
    return f"{words} {more}".rstrip()
