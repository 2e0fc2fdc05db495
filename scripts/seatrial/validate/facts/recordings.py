"""What integrations recorded below `examples/`: expected entities, mappings and blueprints, beside what holds now."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from seatrial.core.framework import Framework
from seatrial.documents.document import Document, Keys
from seatrial.preview.cases import RECORDED, UPLOADED, MappingSource, sources
from seatrial.preview.mapping import MappingRefused, read_resource
from seatrial.preview.previews import Group, PreviewRow
from seatrial.validate.facts.raw_examples import Examples, Tried, is_mapped, keys_of

MOST_ENTITIES = 500
"""The entities of a file that are compared."""

MOST_EXPECTED = 2_000
"""The entities of an integration that are compared."""

_EXPECTED = re.compile(r"expected|output|after", re.IGNORECASE)
_TAIL = re.compile(
    r"[-_.]?(?:raw[-_.]?data|raw|expected[-_.]?output|expected|output|response|entity|data|example)$",
    re.IGNORECASE,
)
_OUTSIDE = re.compile(r"\b(?:now|localtime|strflocaltime|env|ENV|input)\b")
"""What makes the value of an expression depend on more than the object, such as the time."""

_SECTIONS = ("properties", "relations")


@dataclass(frozen=True)
class Expected:
    """A recorded entity: its file, the keys that lead to it there, and its value."""

    document: Document
    keys: Keys
    entity: Mapping[str, Any]

    @property
    def identity(self) -> tuple[str, str]:
        """Its blueprint, empty where none is recorded, and its identifier."""
        return str(self.entity.get("blueprint") or ""), str(self.entity.get("identifier"))


@dataclass(frozen=True)
class Difference:
    """The first place at which an entity is not as recorded; None stands for nothing there."""

    expected: Expected
    group: Group
    keys: Keys
    was: Any
    now: Any

    @property
    def where(self) -> str:
        """The place in the entity, such as `properties.url`."""
        words = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.keys)
        return "".join(words).removeprefix(".")


def expected_entities(examples: Examples) -> Iterator[Expected]:
    """Yield the recorded entities: those in files whose names say that they hold what is expected."""
    for path, document in examples.example_set.documents.items():
        name = path.rpartition("/")[2]
        if path.startswith(RECORDED) and path.endswith(".json") and _EXPECTED.search(name):
            yield from _entities(document)


def _entities(document: Document) -> Iterator[Expected]:
    """Yield the entity, or those in a list or under the keys of an object."""
    value = document.value
    if isinstance(value, dict) and "identifier" not in value:
        rows: Iterable[tuple[Keys, Any]] = (((key,), one) for key, one in value.items())
    elif isinstance(value, list):
        rows = (((at,), one) for at, one in enumerate(value[:MOST_ENTITIES]))
    else:
        rows = [((), value)]
    for keys, one in rows:
        if isinstance(one, dict) and "identifier" in one:
            yield Expected(document, keys, one)


def differences(examples: Examples, tried: Tried) -> Iterator[Difference]:
    """Yield the first difference of each recorded entity from what the recorded mapping makes now."""
    found = islice(expected_entities(examples), MOST_EXPECTED)
    by_file: dict[str, list[Expected]] = {}
    for one in found:
        by_file.setdefault(one.document.path, []).append(one)
    folders: dict[str, _Beside] = {}
    for path, entities in by_file.items():
        folder = path.rpartition("/")[0]
        if folder not in folders:
            folders[folder] = _Beside.of(list(_beside(path, tried)))
        beside = folders[folder]
        for expected, row in _pairs(entities, beside):
            mapped = {value.where.partition(".")[0] for value in row.mapped.values}
            moving = {value.where for value in row.mapped.values if _OUTSIDE.search(value.program)}
            places = _differing(_claimed(expected.entity, mapped), row.mapped.entity or {}, ())
            first = next((one for one in places if ".".join(map(str, one[0][:2])) not in moving), None)
            if first:
                yield Difference(expected, beside.groups[id(row)], *first)


@dataclass(frozen=True)
class _Beside:
    """The rows of a folder, with the group of each.

    `known` is the first row of each blueprint and identifier, and that of each identifier under an empty blueprint.
    """

    rows: Sequence[PreviewRow]
    groups: Mapping[int, Group]
    known: Mapping[tuple[str, str], PreviewRow]

    @classmethod
    def of(cls, found: Sequence[tuple[Group, PreviewRow]]) -> _Beside:
        known: dict[tuple[str, str], PreviewRow] = {}
        for _, row in found:
            entity = row.mapped.entity or {}
            identifier = str(entity.get("identifier"))
            for blueprint in ("", str(entity.get("blueprint"))):
                known.setdefault((blueprint, identifier), row)
        return cls([row for _, row in found], {id(row): group for group, row in found}, known)


def _beside(path: str, tried: Tried) -> Iterator[tuple[Group, PreviewRow]]:
    """Yield the rows of the raw objects in the folder of a file; those published have one of the same name there."""
    folder = path.rpartition("/")[0]
    for group in tried.groups:
        for row in group.rows:
            home = row.file.replace(UPLOADED, RECORDED, 1) if row.file.startswith(UPLOADED) else row.file
            if home.rpartition("/")[0] == folder and is_mapped(row) and not row.ended:
                yield group, row


def _pairs(entities: Sequence[Expected], beside: _Beside) -> Iterator[tuple[Expected, PreviewRow]]:
    """Yield each recorded entity with the one that is made of its object.

    A file with one entity goes with the only object of the raw file that is called like it; others are found by
    blueprint and identifier, and those that are not found are not compared.
    """
    same = [row for row in beside.rows if _stem(row.file) == _stem(entities[0].document.path)]
    if len(entities) == len(same) == 1:
        yield entities[0], same[0]
        return
    for one in entities:
        if one.identity in beside.known:
            yield one, beside.known[one.identity]


def _stem(path: str) -> str:
    name = path.rpartition("/")[2].removesuffix(".json")
    while (cut := _TAIL.sub("", name)) not in (name, ""):
        name = cut
    return name


def _claimed(entity: Mapping[str, Any], mapped: Iterable[str]) -> Mapping[str, Any]:
    """Return the parts of a recorded entity that its mapping decides; Port adds others, such as dates and an icon."""
    return {key: entity[key] for key in ("identifier", "title", "blueprint", *_SECTIONS) if key in entity} | {
        key: entity[key] for key in ("icon", "team") if key in entity and key in mapped
    }


def _differing(was: Any, now: Any, keys: Keys) -> Iterator[tuple[Keys, Any, Any]]:
    """Yield the places that differ; what is null or empty is the same as what is not there."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in was if not keys else dict.fromkeys((*was, *now)):
            yield from _differing(was.get(key), now.get(key), (*keys, key))
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for at, (old, new) in enumerate(zip(was, now, strict=True)):
            yield from _differing(old, new, (*keys, at))
    elif was != now and not (_is_nothing(was) and _is_nothing(now)):
        yield keys, was, now


def _is_nothing(value: Any) -> bool:
    return value is None or value == {}


@dataclass(frozen=True)
class Contradiction:
    """A place that a recorded mapping or blueprint gives another meaning than the installed one."""

    path: str
    keys: Keys
    what: str
    recorded: str
    installed: str


def mapping_contradictions(examples: Examples, framework: Framework) -> Iterator[Contradiction]:
    """Yield the fields of recorded resources whose expressions differ from those of the installed kind.

    Only a kind that each of the two mappings has once is compared, and only what both fill of one blueprint.
    """
    installed = _once(examples.example_set.installed)
    for path, document in examples.example_set.documents.items():
        if path.startswith(RECORDED):
            for kind, source in _once(sources(document)).items():
                if kind in installed:
                    yield from _fields(source, installed[kind], framework)


def _once(found: Sequence[MappingSource]) -> Mapping[str, MappingSource]:
    counts: dict[str, list[MappingSource]] = {}
    for one in found:
        counts.setdefault(one.kind, []).append(one)
    return {kind: rows[0] for kind, rows in counts.items() if kind and len(rows) == 1}


def _fields(
    recorded: MappingSource, installed: MappingSource, framework: Framework
) -> Iterator[Contradiction]:
    try:
        ours, theirs = (dict(read_resource(one.resource, framework).named) for one in (recorded, installed))
    except MappingRefused:
        return
    if _plain(ours.get("blueprint")) != _plain(theirs.get("blueprint")):
        return
    for where, text in ours.items():
        if where in theirs and _plain(text) != _plain(theirs[where]):
            keys = keys_of(recorded.index, where)
            yield Contradiction(recorded.path, keys, where, text or "null", theirs[where] or "null")


def _plain(text: str | None) -> str:
    return re.sub(r"\s+", "", text or "").strip("()").replace("'", '"')


def blueprint_contradictions(examples: Examples) -> Iterator[Contradiction]:
    """Yield the properties and relations whose type or target in a recorded blueprint is not the installed one."""
    installed = _blueprints(examples.example_set.blueprints)
    for path, document in examples.example_set.documents.items():
        if path.startswith(RECORDED) and path.endswith(".json"):
            rows = document.value if isinstance(document.value, list) else [document.value]
            for at, row in enumerate(rows):
                ours = _blueprints([row])
                for name in ours.keys() & installed.keys():
                    keys = (at,) if isinstance(document.value, list) else ()
                    yield from _members(path, keys, row, installed[name])


def _blueprints(rows: Iterable[Any]) -> Mapping[str, Mapping[str, Any]]:
    found = (one for one in rows if isinstance(one, dict) and isinstance(one.get("schema"), dict))
    return {one["identifier"]: one for one in found if isinstance(one.get("identifier"), str)}


_COMPARED = ((("schema", "properties"), "type"), (("relations",), "target"), (("relations",), "many"))


def _members(
    path: str, keys: Keys, recorded: Mapping[str, Any], installed: Mapping[str, Any]
) -> Iterator[Contradiction]:
    for inside, fact in _COMPARED:
        ours, theirs = _inner(recorded, inside), _inner(installed, inside)
        for name in ours:
            if name in theirs:
                was, now = (_fact(one[name], fact) for one in (ours, theirs))
                if was != now and None not in (was, now):
                    yield Contradiction(
                        path, (*keys, *inside, name, fact), f"{fact} of {name}", str(was), str(now)
                    )


def _inner(value: Any, keys: Iterable[str]) -> Mapping[str, Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _fact(value: Any, name: str) -> Any:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str | bool) else None
