"""Family EXA, what the mapping makes of the examples: expressions that do not end, nulls, values Port does not take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from seatrial.core.framework import Framework
from seatrial.core.model import Fix, LineRange, Location, MemoryFolder, Problem, Severity
from seatrial.core.names import shown
from seatrial.core.rules import ADVICE, INFO, WARNING, Edited, Problems, rule
from seatrial.preview.cases import UPLOADED
from seatrial.preview.item_parsing import deleted_path
from seatrial.preview.jq_answers import JqOutcome
from seatrial.preview.paths import read_paths
from seatrial.preview.previews import Group, PreviewRow
from seatrial.preview.processor import Value
from seatrial.preview.upsert import Break
from seatrial.validate.facts.app_config import AppConfig
from seatrial.validate.facts.raw_examples import LIMITS, Examples, Tried, fits, null_in_all
from seatrial.validate.rules.examples import with_task, without_examples
from seatrial.validate.rules.shared import all_of, replaced

APP_CONFIG = ".port/resources/port-app-config.yaml"


def _mapped(old: str, new: str) -> Edited:
    """Return the edit that adds an example of the kind task, and changes the mapping."""
    return all_of(with_task(), replaced(APP_CONFIG, old, new))


_ENDED = {
    JqOutcome.SLOW: f"it does not end within {LIMITS.seconds:g} second of processor time",
    JqOutcome.MEMORY: f"it takes more than {LIMITS.memory // 1024**2} MiB of memory",
    JqOutcome.CRASHED: "it ends the process that runs it",
    JqOutcome.LARGE: f"its value has more than {LIMITS.characters // 1024**2:,} million characters",
}


@rule("EXA104", bad=_mapped("dueAt: .due_at\n", "dueAt: .due_at * 60000\n"))
def unbounded_expression(examples: Examples, tried: Tried) -> Problems:
    """Every expression of a mapping ends on every example, within limits that no real one comes near.

    Ocean runs it without any limit, and a resync that meets such an object never ends. All expressions of a
    mapping on one object have one second of processor time together; real ones take a thousandth of that. Where
    several had to be ended, or the examples are more than are ever kept, the others are not tried.
    """
    seen: dict[tuple[str, int, str], None] = {}
    for group, value in _ended(tried):
        key = (group.path, group.index, value.where)
        if key not in seen:
            seen[key] = None
            message = f"{shown(value.program)} was stopped: {_ENDED[value.answer.outcome]}"
            fix = Fix("give it a bound, or write it without recursion")
            severity = None if tried.is_installed(group) else WARNING
            yield Problem(examples.place(group, value.where), message, fix, severity=severity)
    if not tried.is_whole:
        message = "not every expression was tried on every example: they take more than all may take together"
        fix = Fix("keep a few examples of each kind, and expressions that end")
        yield Problem(
            Location(tried.groups[0].path if tried.groups else APP_CONFIG), message, fix, severity=INFO
        )


def _ended(tried: Tried) -> Iterator[tuple[Group, Value]]:
    for group in tried.groups:
        for row in group.rows:
            yield from ((group, value) for value in row.ended if value.answer.outcome in _ENDED)


@rule(
    "EXA105",
    bad=all_of(
        without_examples,
        replaced(
            APP_CONFIG,
            "      state: open\n    port:\n",
            "      state: open\n    port:\n      itemsToParse: '[.]'\n",
        ),
    ),
)
def items_without_path(app_config: AppConfig, framework: Framework) -> Problems:
    """`itemsToParse` begins with the path of the list in the object, unless the list is to stay in the object.

    Ocean takes what that path leads to out of the object before it maps the items. Where it finds no path, it takes
    out the whole object, and no entity is made of any.
    """
    if not framework.has("items-are-taken-out"):
        return
    for resource in app_config.resources:
        items = resource.port.value.get("itemsToParse")
        stays = resource.port.value.get("itemsToParseTopLevelTransform", True)
        if isinstance(items, str) and items.strip() and stays is True and deleted_path(items) == ".":
            where = app_config.document.at(*resource.port.way("itemsToParse"))
            message = f"{shown(items.strip())} begins with no path, so Ocean leaves nothing of the object"
            fix = Fix("begin with a path, as in .items, or add itemsToParseTopLevelTransform: false")
            yield Problem(where, message, fix)


@dataclass
class _Seen:
    """A break of the blueprint, and the files in which it was seen."""

    group: Group
    where: str
    message: str
    files: list[str] = field(default_factory=list)


def _breaks(tried: Tried, *sorts: Break) -> Iterator[_Seen]:
    """Yield each place that breaks its blueprint in one of these ways, once for each mapping."""
    found: dict[tuple[str, int, str], _Seen] = {}
    for group in tried.groups:
        for row in group.rows:
            remarks = [one for one in row.remarks if one.about in sorts]
            for remark in remarks if remarks and fits(row) else ():
                key = (group.path, group.index, remark.where)
                seen = found.setdefault(key, _Seen(group, remark.where, remark.message))
                seen.files.append(row.file)
    yield from found.values()


def _said(examples: Examples, one: _Seen, fix: str, severity: Severity | None) -> Problem:
    files = list(dict.fromkeys(one.files))
    more = f" and {len(files) - 1} more" if files[1:] else ""
    where = examples.place(one.group, one.where)
    message = f"{shown(one.where)}: {shown(one.message, 160)}"
    lines = examples.expression(one.group, one.where)
    return Problem(where, message, Fix(fix), f"{shown(files[0], 160)}{more}", severity, lines)


@rule("EXA204", severity=WARNING, bad=_mapped("labels: .labels", "labels: .title"))
def mistyped_value(examples: Examples, tried: Tried) -> Problems:
    """The value of an expression for the examples has its property's type, and is one or many as its relation states.

    How strict Port is about it is Port's to decide. A value that is only spelled otherwise, a number where a text is
    wanted or one identifier where many are, is told as information.
    """
    for one in _breaks(tried, Break.TYPE):
        yield _said(examples, one, "change the expression, or the blueprint", None)
    for one in _breaks(tried, Break.SPELLING):
        fix = "add | tostring or | tonumber to the expression, or change the type in the blueprint"
        yield _said(examples, one, fix, INFO)


_STANDS_FOR = re.compile(
    r"redacted|\*{3}|<[^<>]+>|\[[A-Z_ ]+\]|\bx{3,}\b|example|placeholder|masked", re.IGNORECASE
)
"""What is in a value that somebody made unrecognisable before the example was committed."""


@rule("EXA205", severity=WARNING, bad=with_task('"state": "open"', '"state": "paused"'))
def value_out_of_bounds(examples: Examples, tried: Tried) -> Problems:
    """The value of an expression for the examples is in the property's enum, of its format, and within its bounds.

    The service gives values that the blueprint does not foresee, and Port rejects the entity. A value that was made
    unrecognisable before it was committed is not reported.
    """
    for one in _breaks(tried, Break.LIMIT):
        if not _STANDS_FOR.search(one.message.partition(" is ")[0]):
            yield _said(examples, one, "add the value to the blueprint, or change it in the expression", None)


@rule("EXA206", severity=WARNING, bad=with_task('"state": "open",\n', ""))
def unfilled_by_examples(examples: Examples, tried: Tried) -> Problems:
    """Each property and relation that the blueprint requires is filled by some example of the kind.

    Port rejects an entity without it. Where none of the examples fills it, the expression, the blueprint or the
    examples are not as the service answers.
    """
    for group in tried.complete:
        for where in sorted(_unfilled(group)) if tried.is_installed(group) else ():
            message = f"{shown(where)} is required, and null in every example of the kind"
            fix = Fix("correct the expression or the examples, or do not require it")
            yield Problem(
                examples.place(group, where), message, fix, rests_on=examples.expression(group, where)
            )


def _unfilled(group: Group) -> set[str]:
    """Return the required places that no example fills, without those that read what only code adds."""
    rows = [{one.where for one in row.remarks if one.about is Break.REQUIRED} for row in group.entities]
    found = set.intersection(*rows) if rows else set()
    if not found or not any(map(fits, group.entities)):
        return set()
    programs = {where: values[0].program for where, values in null_in_all(group)}
    return {where for where in found if "__" not in "".join(read_paths(programs.get(where, "")))}


@rule("EXA207", severity=INFO, bad=with_task('"due_at"', '"dueAt"'))
def misspelled_path(examples: Examples, tried: Tried) -> Problems:
    """No expression reads a path that no example has, where each has a nearly equal one that nothing reads.

    The property is then null for every object, silently. A path that is there and null is right.
    """
    for one in tried.missing:
        near, first = one.meant, one.traces[0]
        if near:
            message = f"no example has {shown(first.at)}, which {shown(one.where)} reads, but each has {shown(near)}"
            is_sure = _bare(near) == _bare(first.at.removeprefix(first.reached))
            fix = Fix(f"write {shown(first.reached)}.{shown(near)}, if that is meant")
            severity = WARNING if is_sure else INFO
            where = examples.place(one.group, one.where)
            lines = LineRange(where.path, where.line, where.line)
            yield Problem(where, message, fix, severity=severity, rests_on=lines)


def _bare(words: str) -> str:
    return re.sub(r"[\W_]", "", words).lower()


@rule("EXA208", severity=ADVICE, bad=with_task('"due_at": "2026-03-01T00:00:00Z",\n  ', ""))
def missing_path(examples: Examples, tried: Tried) -> Problems:
    """Every path that an expression reads is in some example of the kind.

    Services leave out what is empty, so this may be right. An example that has it would show that the path is; the
    same look has a path that is misspelled.
    """
    for one in tried.missing:
        if not one.meant:
            message = f"{shown(one.where)} is null in every example: {shown(str(one.traces[0]), 160)}"
            fix = Fix("give an example that has it, or correct the path")
            yield Problem(examples.place(one.group, one.where), message, fix)


@rule("EXA209", severity=ADVICE, bad=lambda folder: _twice(with_task()(folder)))
def repeated_entity(tried: Tried) -> Problems:
    """Each example of a kind makes an entity of its own.

    Of two that make the same one, the later replaces the earlier, so that either an example is needless, or the
    identifier does not tell the objects apart.
    """
    for group in tried.groups:
        first: dict[tuple[str, str], PreviewRow] = {}
        told: set[str] = set()
        for row in group.entities:
            entity = row.mapped.entity or {}
            key = (str(entity.get("blueprint")), str(entity.get("identifier")))
            if not row.file.startswith(UPLOADED) or not tried.is_installed(group):
                continue
            other = first.setdefault(key, row)
            if (other.file, other.number) != (row.file, row.number) and row.file not in told:
                told.add(row.file)
                message = f'it makes the entity "{shown(key[1])}", as {other.file} does'
                fix = Fix("delete one of them, or make the identifier tell them apart")
                yield Problem(Location(row.file), message, fix)


def _twice(folder: MemoryFolder) -> MemoryFolder:
    return folder.having(f"{UPLOADED}task/b.json", folder.text(f"{UPLOADED}task/a.json"))
