"""The preview of an integration: every example mapped by its resource, each entity checked against its blueprint."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from seatrial.core.framework import Framework
from seatrial.core.model import Integration
from seatrial.preview.cases import ExampleSet, PreviewCase, Stray
from seatrial.preview.evaluator import Evaluator
from seatrial.preview.goldens import (
    Comparison,
    ExpectedFile,
    MadeEntities,
    compared,
    expected_of,
    lacking,
    recorded_text,
)
from seatrial.preview.mapping import MappingRefused, Programs, read_resource
from seatrial.preview.paths import End, Trace, traces
from seatrial.preview.processor import Mapped, ObjectVerdict, Value, map_all
from seatrial.preview.upsert import Remark, held_against


@dataclass(frozen=True)
class PreviewRow:
    """An object of a file, mapped; `number` counts from 0, `remarks` say where its entity breaks the blueprint."""

    file: str
    number: int
    mapped: Mapped
    remarks: tuple[Remark, ...] = ()

    @property
    def nulls(self) -> tuple[Value, ...]:
        """The values that are null."""
        return tuple(value for value in self.mapped.values if value.is_null)

    @property
    def ended(self) -> tuple[Value, ...]:
        """The programs that did not run to their end."""
        stopped = (self.mapped.stopped,) if self.mapped.stopped else ()
        return (*stopped, *(value for value in self.mapped.values if not value.answer.finished))

    def why(self, value: Value) -> str:
        """Return why a value is null: how far its paths lead, else what jq says."""
        if not value.answer.finished:
            return value.answer.message
        found = [one for one in self.traced(value) if one.end in (End.NULL, End.MISSING)]
        words = "; ".join(dict.fromkeys(map(str, found[:3])))
        return words or value.answer.message or "it is null"

    def traced(self, value: Value) -> list[Trace]:
        """Return the paths that a value's program reads."""
        return traces(value.program, self.mapped.data)


@dataclass(frozen=True)
class Group:
    """The rows of a resource; `refused` says why Ocean does not accept it."""

    kind: str
    path: str
    index: int
    rows: tuple[PreviewRow, ...] = ()
    refused: str = ""
    spelled: str = ""

    @property
    def entities(self) -> tuple[PreviewRow, ...]:
        """The rows with an entity."""
        return tuple(row for row in self.rows if row.mapped.verdict is ObjectVerdict.MAPPED)

    @property
    def blueprints(self) -> tuple[str, ...]:
        """The blueprints of its entities."""
        found = (row.mapped.entity["blueprint"] for row in self.entities if row.mapped.entity)
        return tuple(dict.fromkeys(str(one) for one in found))


@dataclass(frozen=True)
class Recording:
    """A file of recorded entities that is not there yet; `reason` says why it cannot be written."""

    path: str
    text: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Preview:
    """The preview of an integration."""

    integration: str
    framework: Framework
    groups: tuple[Group, ...] = ()
    strays: tuple[Stray, ...] = ()
    recorded: tuple[Comparison, ...] = ()
    recordings: tuple[Recording, ...] = ()
    unreadable: tuple[Stray, ...] = ()

    @property
    def stale(self) -> tuple[Comparison, ...]:
        """The recorded files that differ from what is made now."""
        return tuple(one for one in self.recorded if one.is_stale)

    @property
    def failed(self) -> bool:
        """Whether a file cannot be read, Ocean refuses a resource or fails on an object, or a program was ended."""
        rows = [row for group in self.groups for row in group.rows]
        failed = any(row.mapped.verdict is ObjectVerdict.FAILED or row.ended for row in rows)
        return failed or bool(self.unreadable) or any(group.refused for group in self.groups)


def preview_of(
    integration: Integration,
    examples: ExampleSet,
    cases: Iterable[PreviewCase],
    framework: Framework,
    evaluator: Evaluator,
) -> Preview:
    """Map the given cases of an integration. Raises ServiceError where jq cannot be run."""
    chosen = list(cases)
    groups = groups_of(chosen, framework, evaluator)
    made = _made(chosen, groups)
    kept = {case.name for case in examples.cases}
    known = expected_of(examples.outputs, kept, {one.name for one in examples.strays})
    recordings = tuple(_recordings(integration, lacking(known, made), made, kept))
    recorded = tuple(_compared(known, made, partial=not kept <= made.names))
    unreadable = tuple(examples.unreadable)
    strays = tuple(one for one in examples.strays if examples.installed or not unreadable)
    return Preview(integration.name, framework, groups, strays, recorded, recordings, unreadable)


def groups_of(cases: Iterable[PreviewCase], framework: Framework, evaluator: Evaluator) -> tuple[Group, ...]:
    """Map cases, and return a group for each resource. Raises ServiceError where jq cannot be run."""
    evaluator.begin()
    by_resource: dict[tuple[str, int], list[PreviewCase]] = {}
    for case in cases:
        by_resource.setdefault((case.source.path, case.source.index), []).append(case)
    tried = [_Tried.of(found, framework) for found in by_resource.values()]
    pairs = [(one.programs, one.objects) for one in tried if one.programs]
    rows = iter(map_all(pairs, framework, evaluator))
    return tuple(one.group(next(rows) if one.programs else ()) for one in tried)


def _compared(known: Iterable[ExpectedFile], made: MadeEntities, *, partial: bool) -> Iterator[Comparison]:
    """Yield a comparison for each recorded file that can be compared with these entities."""
    for one in known:
        if made.tells(one) if one.examples else not partial:
            yield compared(one, made, partial=partial)


def _made(cases: Sequence[PreviewCase], groups: Iterable[Group]) -> MadeEntities:
    """Return the entities of each example, equal ones once; those of an example that was not mapped are unknown."""
    met: dict[str, set[str]] = {}
    entities: dict[str, list[Mapping[str, Any]]] = {case.name: [] for case in cases}
    unknown: dict[str, str] = {}
    for group in groups:
        for row in group.rows:
            entity = row.mapped.entity if row.mapped.verdict is ObjectVerdict.MAPPED else None
            text = json.dumps(entity)
            if entity and text not in met.setdefault(row.file, set()):
                met[row.file].add(text)
                entities[row.file].append(entity)
            if reason := _unsure(row):
                unknown.setdefault(row.file, reason)
    refused = {(group.path, group.index): group.refused for group in groups if group.refused}
    for case in cases:
        refusal = refused.get((case.source.path, case.source.index))
        if refusal:
            unknown.setdefault(case.name, f"Ocean refuses its mapping: {refusal}")
    return MadeEntities({name: rows for name, rows in entities.items() if name not in unknown}, unknown)


_TEXT = re.compile(r'"(?:[^"\\]|\\.)*+"')
_OUTSIDE = re.compile(r"(?<![\w.$])(?:(now|localtime|strflocaltime)|env(?!\s*:))\b|\$ENV\b")


def _unsure(row: PreviewRow) -> str:
    """Return why the entity of a row cannot be recorded; empty if it can."""
    if row.mapped.verdict is ObjectVerdict.FAILED:
        return f"an object failed: {row.mapped.reason}"
    if row.ended:
        return f"{row.ended[0].where}: {row.ended[0].answer.message}"
    for one in row.mapped.values:
        found = _OUTSIDE.search(_TEXT.sub(_interpolated, one.program))
        if found:
            return f"{one.where} reads {'the time' if found[1] else 'the environment'}"
    return ""


def _interpolated(text: re.Match[str]) -> str:
    """Return a text of a program if it has programs in it, else an empty one."""
    return text[0] if "\\(" in text[0] else '""'


def _recordings(
    integration: Integration, places: Mapping[str, Sequence[str]], made: MadeEntities, kept: Set[str]
) -> Iterator[Recording]:
    for path, examples in places.items():
        if not kept >= set(examples):
            continue
        reason = made.why_not(examples)
        if not reason and integration.entry(path):
            reason = "something else is there"
        yield Recording(path, "" if reason else recorded_text(made.of(examples)), reason)


@dataclass(frozen=True)
class _Tried:
    """The cases of a resource and its programs, None if Ocean does not accept it; `refused` says why."""

    cases: Sequence[PreviewCase]
    programs: Programs | None
    refused: str = ""

    @classmethod
    def of(cls, cases: Sequence[PreviewCase], framework: Framework) -> _Tried:
        try:
            return cls(cases, read_resource(cases[0].resource, framework))
        except MappingRefused as reason:
            return cls(cases, None, str(reason))

    @property
    def objects(self) -> list[Any]:
        """The raw objects of all cases."""
        return [one for case in self.cases for one in case.objects]

    def group(self, mapped: Iterable[Mapped]) -> Group:
        """Return the group of the mapped objects."""
        source, spelled = self.cases[0].source, self.cases[0].spelled
        rows = tuple(self._rows(mapped))
        return Group(source.kind, source.path, source.index, rows, self.refused, spelled)

    def _rows(self, mapped: Iterable[Mapped]) -> Iterator[PreviewRow]:
        places = [(case, number) for case in self.cases for number in range(len(case.objects))]
        for one in mapped:
            case, number = places[one.source]
            entity = one.entity if one.verdict is ObjectVerdict.MAPPED else None
            remarks = held_against(entity, case.blueprints) if entity else []
            yield PreviewRow(case.name, number, one, tuple(remarks))


def as_json(preview: Preview) -> Mapping[str, Any]:
    """Return a preview in the form of `--format json`."""
    return {
        "integration": preview.integration,
        "framework": str(preview.framework),
        "kinds": [_group_json(group) for group in preview.groups],
        "recorded": [_comparison_json(one) for one in preview.recorded],
        "strays": [
            {"path": one.name, "kind": one.kind, "reason": one.reason}
            for one in (*preview.unreadable, *preview.strays)
        ],
    }


def _comparison_json(one: Comparison) -> Mapping[str, Any]:
    state = "differs" if one.is_stale else "not_compared" if one.reason else "same"
    return {
        "path": one.path,
        "examples": list(one.examples),
        "state": state,
        "reason": one.reason or one.fault or None,
        "differences": [{"where": row.where, "old": row.old, "new": row.new} for row in one.differences],
    }


def _group_json(group: Group) -> Mapping[str, Any]:
    return {
        "kind": group.kind,
        "mapping": group.path,
        "resource": group.index,
        "refused": group.refused or None,
        "objects": [_row_json(row) for row in group.rows],
    }


def _row_json(row: PreviewRow) -> Mapping[str, Any]:
    mapped = row.mapped
    return {
        "path": row.file,
        "number": row.number,
        "item": mapped.item,
        "verdict": mapped.verdict.name.lower(),
        "reason": mapped.reason or None,
        "entity": mapped.entity if mapped.verdict is ObjectVerdict.MAPPED else None,
        "nulls": [
            {
                "where": one.where,
                "expression": one.program,
                "outcome": one.answer.outcome.name.lower(),
                "why": row.why(one),
            }
            for one in row.nulls
        ],
        "breaks": [{"where": one.where, "message": one.message} for one in row.remarks],
    }
