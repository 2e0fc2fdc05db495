"""The raw examples that an integration keeps, and the entities that its mappings make of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seatrial.core.framework import Framework
from seatrial.core.model import Integration, LineRange, Location
from seatrial.documents.document import Document, Keys
from seatrial.preview.cases import (
    RECORDED,
    UPLOADED,
    ExampleSet,
    MappingSource,
    PreviewCase,
    example_set_of,
    kind_of,
)
from seatrial.preview.evaluator import Limits, shared_evaluator
from seatrial.preview.jq_answers import JqOutcome
from seatrial.preview.paths import End, Trace, read_paths, trace
from seatrial.preview.previews import Group, PreviewRow, groups_of
from seatrial.preview.processor import ObjectVerdict, Value

LIMITS = Limits(stops=3, all_seconds=20.0, all_bytes=64 * 1024 * 1024)
"""What the programs of an integration may use while rules run; those of real ones take 0.1 seconds together."""

MOST_PAIRS = 1_000
"""The pairs of a raw object and a resource that are tried of an integration; the most real ones have 70."""

MOST_PROGRAMS = 50_000
"""The programs that are run for them, each counted for each object; the most real ones are 1,600."""

_CLOCK = re.compile(r"(?:\b|\\[nrt])(?:now|localtime|strflocaltime)\b")
"""The names in jq of what reads the time or the time zone, in a value as Python shows it."""


MOST_TRACES = 1_000
"""The objects in which names like missing ones are looked for, each counted for each place; real ones have 20."""


@dataclass(frozen=True)
class Examples:
    """The files of examples of an integration, and the resources and blueprints that go with them."""

    example_set: ExampleSet

    @classmethod
    def of(cls, integration: Integration, known: Iterable[Document]) -> Examples | None:
        """None for an integration without examples. `known` are its documents that were read before."""
        if not any(path.startswith((UPLOADED, RECORDED)) for path in integration.paths()):
            return None
        return cls(example_set_of(integration, known))

    @cached_property
    def uploaded(self) -> Mapping[str, Document]:
        """The examples that are published, by path: those in a folder below `.port/examples`."""
        return {path: one for path, one in self.example_set.documents.items() if path.startswith(UPLOADED)}

    @cached_property
    def raw(self) -> Mapping[str, Document]:
        """The files with raw objects, by path."""
        recorded = {case.name for case in self.example_set.cases}
        return {
            path: one
            for path, one in self.example_set.documents.items()
            if path.startswith(UPLOADED) or path in recorded
        }

    @cached_property
    def folders(self) -> Mapping[str, list[str]]:
        """The files of each folder below `.port/examples`, by the name of the folder."""
        found: dict[str, list[str]] = {}
        for path in self.uploaded:
            folder, mark, _ = path.removeprefix(UPLOADED).partition("/")
            if mark:
                found.setdefault(folder, []).append(path)
        return found

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The names of folders whose kind some mapping has."""
        mapped = {case.name for case in self.example_set.cases}
        return frozenset(folder for folder, paths in self.folders.items() if mapped & set(paths))

    def at(self, path: str, *keys: str | int) -> Location:
        """Return the place of a value in a file that was read, or that of its nearest parent."""
        document = self.example_set.documents.get(path)
        return document.at(*keys) if document else Location(path)

    def resource(self, group: Group) -> LineRange:
        """Return the lines of the resource of a group."""
        first = self.at(group.path, "resources", group.index).line
        after = self.at(group.path, "resources", group.index + 1).line
        return LineRange(group.path, first, after - 1 if after > first else LAST)

    def expression(self, group: Group, where: str) -> LineRange:
        """Return the line of the expression that has this place in the entity; its resource where there is none."""
        keys = keys_of(group.index, where)
        line = self.at(group.path, *keys).line
        is_there = self.at(group.path, *keys) != self.at(group.path, *keys[:-1])
        return LineRange(group.path, line, line) if is_there else self.resource(group)

    def place(self, group: Group, where: str) -> Location:
        """Return the place of an expression of a mapping, which has this place in the entity."""
        return self.at(group.path, *keys_of(group.index, where))


LAST = 10**9
"""A line behind all others."""


def keys_of(resource: int, where: str) -> Keys:
    """Return the keys in a mapping that lead to the expression of a place, in the resource of this number."""
    section, mark, name = where.partition(".")
    inner = (section, name.partition(".rules[")[0]) if mark else (section,)
    return ("resources", resource, *_OUTSIDE.get(where, ("port", "entity", "mappings", *inner)))


_OUTSIDE: Mapping[str, Keys] = {
    "selector.query": ("selector", "query"),
    "itemsToParse": ("port", "itemsToParse"),
}


def same_kind(words: str, kinds: Iterable[str]) -> list[str]:
    """Return the kinds that these words spell."""
    return [one.kind for one in kind_of(words, [MappingSource("", 0, {"kind": kind}) for kind in kinds])]


@dataclass(frozen=True)
class Tried:
    """What the mappings of an integration make of its examples; `is_all` where no object had to be left out.

    `reads_clock` tells that an expression may give something else later.
    """

    groups: tuple[Group, ...]
    installed: str
    is_all: bool = True
    reads_clock: bool = False

    @classmethod
    def of(cls, examples: Examples | None, framework: Framework) -> Tried | None:
        """None for an integration without examples. Raises ServiceError where jq cannot be run."""
        if examples is None or not examples.example_set.cases:
            return None
        example_set = examples.example_set
        cases = list(affordable(example_set.cases))
        groups = groups_of(cases, framework, shared_evaluator(LIMITS))
        count = sum(len(one.objects) for one in example_set.cases)
        installed = example_set.installed[0].path if example_set.installed else ""
        is_all = not example_set.is_cut and sum(len(one.objects) for one in cases) == count
        return cls(groups, installed, is_all, any(_CLOCK.search(str(one.resource)) for one in cases))

    def is_installed(self, group: Group) -> bool:
        """Return whether a group is of the mapping that the integration installs, not of a recorded one."""
        return group.path == self.installed

    @cached_property
    def is_whole(self) -> bool:
        """Whether every expression was run on every object, or had to be ended itself."""
        values = (value for group in self.groups for row in group.rows for value in row.ended)
        return self.is_all and not any(value.answer.outcome is JqOutcome.NOT_RUN for value in values)

    @property
    def is_cut(self) -> bool:
        """Whether some expression was ended, or not run, for want of time or memory."""
        return any(row.ended for group in self.groups for row in group.rows)

    @cached_property
    def complete(self) -> tuple[Group, ...]:
        """The groups with entities of which every example was tried to its end."""
        return tuple(
            group
            for group in self.groups
            if self.is_all and group.entities and not any(row.ended for row in group.rows)
        )

    @cached_property
    def missing(self) -> tuple[Missing, ...]:
        """What no example has and an expression reads: as many places as can be looked at."""
        found = ((group, where, path) for group in self.complete for where, path in _missing(group))
        left = MOST_TRACES
        missing = []
        for group, where, path in found:
            left -= len(group.entities)
            if left < 0:
                break
            missing.append(Missing(group, where, [trace(path, row.mapped.data) for row in group.entities]))
        return tuple(missing)

    @cached_property
    def fates(self) -> Mapping[tuple[str, int], list[tuple[Group, PreviewRow]]]:
        """What became of each object, by its file and number."""
        found: dict[tuple[str, int], list[tuple[Group, PreviewRow]]] = {}
        for group in self.groups:
            for row in group.rows:
                found.setdefault((row.file, row.number), []).append((group, row))
        return found


@dataclass(frozen=True)
class Missing:
    """A place of a group that is null because no example has what it reads, with a trace of its first path in each.

    A path is not missing where an object has it with the value null, nor where code adds it: Ocean's integrations
    put what they find out themselves under names that begin with two underscores.
    """

    group: Group
    where: str
    traces: Sequence[Trace]

    @property
    def meant(self) -> str:
        """The key that is meant by the missing one: near it in every example, and read by nothing else."""
        first = self.traces[0]
        near = {one.near for one in self.traces}
        name = near.pop() if len(near) == 1 else ""
        if not name:
            return ""
        path = f"{first.reached}.{name}"
        values = self.group.entities[0].mapped.values
        used = {one for value in values for one in read_paths(value.program)}
        is_used = any(one == path or one.startswith((f"{path}.", f"{path}[", f"{path}?")) for one in used)
        return "" if is_used else name


def affordable(cases: Iterable[PreviewCase]) -> Iterator[PreviewCase]:
    """Yield the cases, up to the one with which they become too many to be tried."""
    pairs = programs = 0
    sizes: dict[tuple[str, int], int] = {}
    for case in cases:
        key = (case.source.path, case.source.index)
        if key not in sizes:
            sizes[key] = _texts(case.resource)
        pairs += len(case.objects)
        programs += len(case.objects) * sizes[key]
        if pairs > MOST_PAIRS or programs > MOST_PROGRAMS:
            return
        yield case


def _texts(value: Any) -> int:
    """Return the number of values in a resource that may be programs."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(map(_texts, inner)) if isinstance(value, dict | list) else 1


def fits(row: PreviewRow) -> bool:
    """Return whether a mapping reads anything that an object has; else the object is of another shape."""
    texts = {value.program: None for value in row.mapped.values}
    seen = (trace(path, row.mapped.data, near=False) for text in texts for path in read_paths(text))
    first = next(seen, None)
    return first is None or bool(first.reached) or any(one.reached for one in seen)


def null_in_all(group: Group) -> Iterator[tuple[str, Sequence[Value]]]:
    """Yield each place that is null in every entity of a group, with its value in each."""
    rows = [row.mapped.values for row in group.entities]
    for values in zip(*rows, strict=False):
        if all(value.is_null for value in values):
            yield values[0].where, values


def _missing(group: Group) -> Iterator[tuple[str, str]]:
    """Yield each place that is null because no object has what it reads, and the first path that it reads."""
    if not all(map(fits, group.entities)):
        return
    for where, values in null_in_all(group):
        paths = read_paths(values[0].program)
        found = (trace(path, row.mapped.data, near=False) for row in group.entities for path in paths)
        if paths and all(one.end is End.MISSING and "__" not in one.at for one in found):
            yield where, paths[0]


def is_mapped(row: PreviewRow) -> bool:
    """Return whether an object made an entity."""
    return row.mapped.verdict is ObjectVerdict.MAPPED
