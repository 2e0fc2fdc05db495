"""Golden files: the entities that integrations record for their examples, compared with those that are made now.

Integrations record them in several forms, all of which are read:

* `issue-expected-output.json` or `issue.entity.json` beside `issue-raw-data.json`, `issue.response.json` or
  `raw_issue.json`: the entity of that example, or the list of its entities;
* `after_mapping.json`, or another output that is not named after an example: entities of any of the examples beside it,
  as a list, or as the values of an object.

One form is written: `examples/issue/a-expected-output.json` for `.port/examples/issue/a.json`, and a file of the same
ending beside an example below `examples/`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seatrial.documents.document import Document
from seatrial.preview.cases import RECORDED, UPLOADED
from seatrial.preview.differences import ValueDifference, at, differences

ENDING = "-expected-output.json"
"""The ending of the names of files that are written."""

Entity = Mapping[str, Any]

_ORDER = ("identifier", "title", "blueprint", "icon", "team", "properties", "relations")
_PORTS = ("createdAt", "createdBy", "updatedAt", "updatedBy", "resolvedAt", "scorecards")
"""Keys of an entity that Port itself fills."""

_OUTPUT = re.compile(
    r"[-_. ]?(?:expected(?:[-_. ](?:outputs?|results?|entity|entities))?|outputs?|results?|mapped|entity|entities)$",
    re.IGNORECASE,
)
_RAW = re.compile(
    r"^raw[-_. ]|(?:^|[-_. ])(?:raw(?:[-_. ]data)?|response|input|payload|example|sample|object|data)$",
    re.IGNORECASE,
)
_SOME = re.compile(r"\.(?:entity|entities)\.json$", re.IGNORECASE)


@dataclass(frozen=True)
class ExpectedFile:
    """A file of recorded entities, and the examples that make them.

    It holds all of their entities if `whole`, else some. `closed` says that no other example makes any of them.
    """

    document: Document
    examples: tuple[str, ...]
    whole: bool
    closed: bool = True

    @property
    def path(self) -> str:
        """The path of the file in the integration."""
        return self.document.path


@dataclass(frozen=True)
class Comparison:
    """A file of recorded entities compared with those that are made now.

    `reason` says why nothing is compared, `fault` why the file cannot be read; `text` is the content of the file
    brought up to date, None if that is not known.
    """

    path: str
    examples: tuple[str, ...] = ()
    differences: tuple[ValueDifference, ...] = ()
    reason: str = ""
    fault: str = ""
    text: str | None = None

    @property
    def is_stale(self) -> bool:
        """Whether the file does not hold what is made now."""
        return bool(self.differences or self.fault)


@dataclass(frozen=True)
class MadeEntities:
    """The entities that examples make now, by path; `unknown` says why those of other examples are not."""

    entities: Mapping[str, Sequence[Entity]]
    unknown: Mapping[str, str]

    @cached_property
    def names(self) -> frozenset[str]:
        """The examples that were mapped."""
        return frozenset([*self.entities, *self.unknown])

    def tells(self, expected: ExpectedFile) -> bool:
        """Return whether a recorded file can be compared with these entities, as a whole or in part."""
        known = self.names
        return (
            known.issuperset(expected.examples) if expected.whole else not known.isdisjoint(expected.examples)
        )

    def of(self, examples: Iterable[str]) -> list[Entity]:
        """Return the entities of some examples, in order."""
        return [entity for path in examples for entity in self.entities.get(path, ())]

    def why_not(self, examples: Iterable[str]) -> str:
        """Return why the entities of some examples are unknown; empty if they are known."""
        return next((self.unknown[path] for path in examples if path in self.unknown), "")


def place_of(example: str) -> str:
    """Return where the entities of an example are recorded."""
    if example.startswith(UPLOADED):
        return f"{RECORDED}{example.removeprefix(UPLOADED).removesuffix('.json')}{ENDING}"
    folder, _, name = example.rpartition("/")
    stem = _RAW.sub("", name.removesuffix(".json"))
    return f"{folder}/{stem}{ENDING}" if stem else f"{folder}/{ENDING[1:]}"


def expected_of(
    outputs: Iterable[Document], examples: Collection[str], strays: Collection[str] = ()
) -> list[ExpectedFile]:
    """Return the recorded files, each with the examples that it belongs to, which may be none.

    `strays` are examples that no resource maps.
    """
    places: dict[str, list[str]] = {}
    folders: dict[str, list[str]] = {}
    for one in examples:
        places.setdefault(place_of(one), []).append(one)
        folders.setdefault(one.rpartition("/")[0], []).append(one)
    open_folders = {one.rpartition("/")[0] for one in strays}
    return [_expected(document, places, folders, open_folders) for document in outputs]


def _expected(
    document: Document,
    places: Mapping[str, Sequence[str]],
    folders: Mapping[str, Sequence[str]],
    open_folders: Collection[str],
) -> ExpectedFile:
    folder, _, name = document.path.rpartition("/")
    stem = _OUTPUT.sub("", name.removesuffix(".json"))
    place = f"{folder}/{stem}{ENDING}" if stem else f"{folder}/{ENDING[1:]}"
    own = [one for one in places.get(place, ()) if stem or len(folders.get(folder, ())) == 1]
    if own:
        return ExpectedFile(document, tuple(own), not _SOME.search(name))
    return ExpectedFile(document, tuple(folders.get(folder, ())), False, folder not in open_folders)


def compared(expected: ExpectedFile, made: MadeEntities, *, partial: bool) -> Comparison:
    """Compare a recorded file with the entities made; with `partial`, some examples were not mapped."""
    document, examples = expected.document, expected.examples
    if not examples:
        return Comparison(document.path, reason="no example goes with it")
    if reason := made.why_not(examples):
        return Comparison(document.path, examples, reason=reason)
    entities = made.of(examples)
    if not document.readable:
        text = rendered(_shaped(entities, None)) if expected.whole else None
        return Comparison(document.path, examples, fault=document.faults[0].message, text=text)
    recorded = _rows(document.value)
    if recorded is None:
        return Comparison(document.path, examples, reason="it holds no entities")
    pairs = list(_pairs(recorded, entities, expected.whole))
    may_lack = not expected.whole and (partial or not expected.closed)
    if may_lack and not any(one.new for one in pairs):
        return Comparison(document.path, examples, reason="no example makes any of it")
    found = [one for pair in pairs for one in pair.differences(may_lack)]
    can_follow = expected.whole or any(one.is_other for one in pairs)
    text = rendered(_updated(document.value, pairs, expected.whole)) if found and can_follow else None
    return Comparison(document.path, examples, tuple(found), text=text)


def lacking(found: Iterable[ExpectedFile], made: MadeEntities) -> dict[str, list[str]]:
    """Return the examples without recorded entities, by the path of the file for these."""
    covered = {path for one in found for path in one.examples if _covers(one, path, made)}
    places: dict[str, list[str]] = {}
    for path in [*made.entities, *made.unknown]:
        if path not in covered:
            places.setdefault(place_of(path), []).append(path)
    return places


def rendered(value: Any) -> str:
    """Return the text of a recorded file."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def recorded_text(entities: Sequence[Entity]) -> str:
    """Return the text of a new file: the entity, or a list of entities unless there is exactly one."""
    return rendered(_shaped(entities, None))


def _covers(expected: ExpectedFile, example: str, made: MadeEntities) -> bool:
    if expected.whole or _SOME.search(expected.path):
        return True
    known = {key for _, one in _rows(expected.document.value) or () for key in _keys(one)[:2]}
    return all(known.intersection(_keys(one)[:2]) for one in made.of([example]))


@dataclass(frozen=True)
class _Pair:
    """A recorded entity and the one that is made now, either of them None if there is none; `name` is its place."""

    name: str
    old: Entity | None
    new: Entity | None

    @property
    def is_other(self) -> bool:
        """Whether both are there and differ."""
        return self.old is not None and self.new is not None and any(self.differences(True))

    def differences(self, may_lack: bool) -> Iterator[ValueDifference]:
        if self.old is None or self.new is None:
            if not (may_lack and self.new is None):
                yield ValueDifference(self.name, self.old, self.new)
            return
        new = self.new if "blueprint" in self.old else {**self.new, "blueprint": None}
        yield from differences(_plain(self.old), _plain(new), self.name)


def _plain(entity: Entity) -> dict[str, Any]:
    """Return an entity without what Port fills, and with all its parts."""
    rest = {key: value for key, value in entity.items() if key not in _PORTS}
    return rest | {key: rest.get(key) or {} for key in ("properties", "relations")}


def _rows(value: Any) -> list[tuple[str, Entity]] | None:
    """Return the recorded entities with their places in a file; None if it holds something else."""
    if isinstance(value, dict) and "identifier" in value:
        return [("", value)]
    many = isinstance(value, dict | list)
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if many else ()
    rows = [(at("", key) if isinstance(key, str) else f"[{key}]", one) for key, one in pairs]
    is_right = many and all(isinstance(one, dict) and "identifier" in one for _, one in rows)
    return rows if is_right and (rows or isinstance(value, list)) else None


class _Unpaired:
    """The entities made that have no recorded one yet."""

    def __init__(self, made: Sequence[Entity]) -> None:
        self.rows = dict(enumerate(made))
        self._by: dict[tuple[str, ...], list[int]] = {}
        for number in reversed(self.rows):
            for key in _keys(self.rows[number]):
                self._by.setdefault(key, []).append(number)

    def take(self, key: tuple[str, ...]) -> Entity | None:
        """Return the first entity with this key, which is paired from now on; None if there is none."""
        numbers = self._by.get(key, [])
        while numbers:
            number = numbers.pop()
            if number in self.rows:
                return self.rows.pop(number)
        return None


def _keys(entity: Entity) -> list[tuple[str, ...]]:
    """Return the keys by which entities are paired, the most specific first: both, identifier, blueprint, any."""
    identifier, blueprint = _key(entity["identifier"]), _key(entity.get("blueprint"))
    known = [("both", identifier, blueprint), ("blueprint", blueprint)]
    return [known[0], ("identifier", identifier), known[1], ()]


def _key(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps([value], sort_keys=True)


def _pairs(recorded: Sequence[tuple[str, Entity]], made: Sequence[Entity], whole: bool) -> Iterator[_Pair]:
    """Yield pairs of recorded entities and those made: by identifier and blueprint, else in order."""
    left = _Unpaired(made)
    equal = len(recorded) == len(made)
    partners = [left.take(_keys(old)[0 if "blueprint" in old else 1]) for _, old in recorded]
    for (name, old), partner in zip(recorded, partners, strict=True):
        yield _Pair(name, old, partner or (_likely(old, left, whole) if whole or equal else None))
    if whole:
        start = len(recorded)
        yield from (_Pair(f"[{start + number}]", None, one) for number, one in enumerate(left.rows.values()))


def _likely(old: Entity, left: _Unpaired, whole: bool) -> Entity | None:
    """Return an entity of the same blueprint; if there is none, any other for a file that records all entities."""
    return left.take(_keys(old)[2]) or (left.take(()) if whole or "blueprint" not in old else None)


def _updated(value: Any, pairs: Sequence[_Pair], whole: bool) -> Any:
    """Return the value that a recorded file should hold; entities of a shared file that no example makes stay."""
    if whole or (isinstance(value, dict) and "identifier" in value):
        made = [_merged(one) for one in pairs if one.new is not None]
        return _shaped(made, value) if whole or made else value
    rows = [one.old if one.new is None else _merged(one) for one in pairs]
    return rows if isinstance(value, list) else dict(zip(value, rows, strict=True))


def _merged(pair: _Pair) -> Entity:
    """Return the entity that is made, with the keys that Port filled in the recorded one."""
    new, old = pair.new or {}, pair.old or {}
    return _ordered(new) | {key: old[key] for key in _PORTS if key in old}


def _shaped(entities: Sequence[Entity], before: Any) -> Any:
    rows = [_ordered(one) for one in entities]
    return rows[0] if len(rows) == 1 and not isinstance(before, list) else rows


def _ordered(entity: Entity) -> dict[str, Any]:
    return {key: entity[key] for key in dict.fromkeys([*_ORDER, *entity]) if key in entity}
