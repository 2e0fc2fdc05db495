"""The raw objects that an integration keeps as examples, and the resource of a mapping that maps each of them.

The installed mapping maps `.port/examples/<kind>/*.json`. A file below `examples/` is mapped by the mapping recorded
beside it, or in the nearest folder above it; if there is none, by the installed one. The name of its folder or of the
file itself tells the kind of a file, in many spellings: see `kind_of`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any

from seatrial import documents
from seatrial.core.model import Integration
from seatrial.core.suggest import hint
from seatrial.documents.document import Document
from seatrial.documents.integration import read_document, resource_path

UPLOADED = ".port/examples/"
RECORDED = "examples/"

_SUFFIXES = (".json", ".yaml", ".yml")
_NOISE = re.compile(r"\b(?:raw|data|example|examples|sample|response|entity|payload|input|object)\b")
_OUTPUT = re.compile(r"expected|output|after|result|mapped")
_PART = re.compile(r"[^a-z0-9]+")

MOST_FILES = 2_000
"""The most files of an integration that are read; the largest real one has 160."""

MOST_BYTES = 64 * 1024 * 1024
"""The most bytes of those files together; the largest real ones have 1.3 MB."""

MOST_RESOURCES = 1_000
"""The most resources of the installed mapping, and of all recorded ones together; the largest real mapping has 8."""

MOST_CASES = 5_000
"""The most pairs of a file and a resource; the largest real integration has 61."""

MOST_OBJECTS = 500
"""The most objects of one file that are mapped."""


@dataclass(frozen=True)
class MappingSource:
    """A resource of a mapping: `path` is the mapping's file, `index` its number in `resources`, from 0."""

    path: str
    index: int
    resource: Any

    @property
    def kind(self) -> str:
        """The kind, as it is written; empty where there is none."""
        found = self.resource.get("kind") if isinstance(self.resource, dict) else None
        return str(found) if isinstance(found, str | int | float) else ""


@dataclass(frozen=True)
class PreviewCase:
    """Raw objects of a file, a resource that maps them, and the blueprints that its entities belong to.

    `spelled` is the kind as the folder or file spells it, if the resource spells it otherwise.
    """

    name: str
    objects: Sequence[Any]
    source: MappingSource
    blueprints: Sequence[Any] = ()
    spelled: str = ""

    @property
    def resource(self) -> Any:
        """The resource as it stands in the mapping."""
        return self.source.resource


@dataclass(frozen=True)
class Stray:
    """An example file that no resource maps or that cannot be read, with the reason."""

    name: str
    reason: str
    kind: str = ""


@dataclass
class ExampleSet:
    """The examples of an integration: the resources it installs, its cases, and the files that no resource maps.

    `outputs` are files below `examples/` that hold entities. `unreadable` holds the installed mapping and the
    blueprints if they cannot be read. `is_cut` says that there are more cases or resources than are read.
    `documents` holds every file that was read, by its path.
    """

    documents: dict[str, Document] = field(default_factory=dict)
    installed: list[MappingSource] = field(default_factory=list)
    blueprints: list[Any] = field(default_factory=list)
    cases: list[PreviewCase] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    outputs: list[Document] = field(default_factory=list)
    unreadable: list[Stray] = field(default_factory=list)
    is_cut: bool = False


def example_set_of(integration: Integration, known: Iterable[Document] = ()) -> ExampleSet:
    """Return the examples of an integration; `known` are documents of it that were read before."""
    kept = {one.path: one for one in known}
    mapping, blueprints = (_resource(integration, stem, kept) for stem in ("port-app-config", "blueprints"))
    installed = sources(mapping)
    example_set = ExampleSet(kept, installed[:MOST_RESOURCES], is_cut=len(installed) > MOST_RESOURCES)
    example_set.unreadable.extend(_fault(one) for one in (mapping, blueprints) if one and not one.readable)
    if blueprints and isinstance(blueprints.value, list):
        example_set.blueprints = blueprints.value
    files = list(_files(integration))
    recorded = _Recorded.of(integration, [one for one in files if one.startswith(RECORDED)], kept)
    for path in files:
        if path.startswith(UPLOADED) and path.endswith(".json"):
            words = _folder(path)
            beside = _Beside(example_set.installed, example_set.blueprints)
            if not kind_of(words, example_set.installed):
                beside = recorded.for_kind(words) or beside
            _file(example_set, path, _read(integration, path, kept), words, beside)
    recorded.add_to(example_set)
    example_set.outputs.extend(recorded.outputs)
    return example_set


def _fault(document: Document) -> Stray:
    fault = document.faults[0]
    return Stray(document.path, f"line {fault.line}, column {fault.column}: {fault.message}")


def _files(integration: Integration) -> Iterator[str]:
    """Yield the example files, at most MOST_FILES and MOST_BYTES of them."""
    size = 0
    for path in islice(
        (one for one in integration.paths() if one.startswith((UPLOADED, RECORDED))), MOST_FILES
    ):
        entry = integration.entry(path)
        size += entry.size if entry else 0
        if size > MOST_BYTES:
            return
        yield path


@dataclass(frozen=True)
class _Beside:
    """The mapping and the blueprints that a file goes with."""

    sources: Sequence[MappingSource]
    blueprints: Sequence[Any]


@dataclass(frozen=True)
class _Recorded:
    """The files below `examples/`: raw objects, mappings and blueprints."""

    raw: Mapping[str, Document]
    mappings: Mapping[str, list[MappingSource]]
    blueprints: Mapping[str, list[Any]]
    outputs: Sequence[Document]
    is_cut: bool

    @classmethod
    def of(cls, integration: Integration, paths: Sequence[str], kept: dict[str, Document]) -> _Recorded:
        documents = {path: _read(integration, path, kept) for path in paths if path.endswith(_SUFFIXES)}
        mappings = {path: found for path, one in documents.items() if (found := sources(one))}
        blueprints = {
            path: _rows(one.value) for path, one in documents.items() if _are_blueprints(path, one.value)
        }
        raw = {
            path: one
            for path, one in documents.items()
            if path.endswith(".json") and path not in mappings and path not in blueprints
            if not _OUTPUT.search(path.rpartition("/")[2]) and not _is_entity(one.value)
        }
        known = (raw, mappings, blueprints)
        outputs = [
            one
            for path, one in documents.items()
            if path.endswith(".json") and not any(path in rows for rows in known)
        ]
        looked_at = dict(_first(mappings))
        return cls(raw, looked_at, blueprints, outputs, len(looked_at) < len(mappings))

    def for_kind(self, words: str) -> _Beside | None:
        """Return the recorded mapping of a kind that the installed one does not have."""
        for path, found in self.mappings.items():
            if kind_of(words, found):
                return _Beside(found, _nearest(path, _by_folder(self.blueprints)) or ())
        return None

    def add_to(self, example_set: ExampleSet) -> None:
        """Add the cases of the raw objects."""
        example_set.is_cut = example_set.is_cut or self.is_cut
        mappings, rows = _by_folder(self.mappings), _by_folder(self.blueprints)
        for path, document in self.raw.items():
            near = _nearest(path, mappings)
            blueprints = _nearest(path, rows) or example_set.blueprints
            beside = _Beside(near or example_set.installed, blueprints)
            _file(
                example_set, path, document, _spelled(path), beside, alone=near is not None and len(near) == 1
            )


def sample_case(name: str, value: Any, example_set: ExampleSet, source: MappingSource) -> PreviewCase:
    """Return the case of a person's own sample: an object, or a list of objects."""
    return PreviewCase(name, objects_of(value), source, example_set.blueprints)


def _unmapped(words: str, beside: _Beside) -> str:
    kinds = {source.kind for source in beside.sources}
    return f'no resource of the mapping has the kind "{words}"{hint(words, kinds)}'


def objects_of(value: Any) -> Sequence[Any]:
    """Return the raw objects in a value: it, or its items."""
    return value[:MOST_OBJECTS] if isinstance(value, list) else (value,)


def sources(document: Document | None) -> list[MappingSource]:
    """Return the resources of a mapping; none if it is unreadable or has another form."""
    root = document.value if document else None
    found = root.get("resources") if isinstance(root, dict) else None
    if document is None or not isinstance(found, list):
        return []
    return [MappingSource(document.path, at, one) for at, one in enumerate(found) if isinstance(one, dict)]


def kind_of(words: str, known: Iterable[MappingSource]) -> list[MappingSource]:
    """Return the resources whose kind these words spell: exactly, else but for case, punctuation, plural or prefix."""
    resources = list(known)
    exact = [one for one in resources if one.kind == words]
    if exact or not _bare(words):
        return exact
    same = [one for one in resources if _bare(one.kind) == _bare(words)]
    ends = [one for one in resources if _bare(one.kind).endswith(_bare(words))]
    return same or (ends if len({one.kind for one in ends}) == 1 else [])


@lru_cache(maxsize=4096)
def _bare(words: str) -> str:
    return _PART.sub("", words.lower()).removesuffix("s")


def _folder(path: str) -> str:
    """Return the name of the first folder below `.port/examples`; empty for a file that lies in none."""
    first, mark, _ = path.removeprefix(UPLOADED).partition("/")
    return first if mark else ""


def _file(
    example_set: ExampleSet, path: str, document: Document, words: str, beside: _Beside, alone: bool = False
) -> None:
    """Add the cases of a file, or a stray with the reason why it has none."""
    if not document.readable:
        example_set.strays.append(Stray(path, document.faults[0].message))
        return
    found = kind_of(words, beside.sources) or (list(beside.sources) if alone else [])
    if not found:
        lacking = _unmapped(words, beside) if words else "its name tells no kind"
        example_set.strays.append(Stray(path, lacking, words))
    objects = objects_of(_unwrapped(path, document.value))
    room = MOST_CASES - len(example_set.cases)
    example_set.is_cut = example_set.is_cut or len(found) > room
    for one in found[:room]:
        spelled = "" if one.kind == words else words
        example_set.cases.append(PreviewCase(path, objects, one, beside.blueprints, spelled))


def _unwrapped(path: str, value: Any) -> Any:
    """Return the objects in a whole response of an API: the one list that its only keys lead to."""
    inner = value
    while path.endswith("response.json") and isinstance(inner, dict) and len(inner) == 1:
        inner = next(iter(inner.values()))
    is_list = isinstance(inner, list) and inner and all(isinstance(one, dict) for one in inner)
    return inner if is_list else value


def _spelled(path: str) -> str:
    """Return the words that tell the kind of a file below `examples/`: its name, else that of its folder."""
    *folders, name = path.removeprefix(RECORDED).split("/")
    words = _NOISE.sub(" ", _PART.sub(" ", name.removesuffix(".json").lower())).split()
    return "-".join(words) or (folders[-1] if folders else "")


def _first(mappings: Mapping[str, list[MappingSource]]) -> Iterator[tuple[str, list[MappingSource]]]:
    """Yield the mappings until they have more than MOST_RESOURCES resources."""
    left = MOST_RESOURCES
    for path, found in mappings.items():
        left -= len(found)
        if left < 0:
            return
        yield path, found


def _by_folder(found: Mapping[str, Sequence[Any]]) -> Mapping[str, list[Any]]:
    """Return the rows of files by the folder of each file."""
    folders: dict[str, list[Any]] = {}
    for path, rows in found.items():
        folders.setdefault(path.rpartition("/")[0], []).extend(rows)
    return folders


def _nearest(path: str, folders: Mapping[str, list[Any]]) -> list[Any] | None:
    """Return the rows in the folder of a path, or in the nearest folder above that has any; None if none has."""
    folder = path.rpartition("/")[0]
    while folder and folder not in folders:
        folder = folder.rpartition("/")[0]
    return folders.get(folder) if folder else None


def _are_blueprints(path: str, value: Any) -> bool:
    rows = _rows(value)
    if not all(isinstance(one, dict) and "identifier" in one for one in rows):
        return False
    return "blueprint" in path.rpartition("/")[2] or (bool(rows) and all("schema" in one for one in rows))


def _is_entity(value: Any) -> bool:
    rows = _rows(value)
    entity = {"identifier", "properties"}
    return bool(rows) and all(isinstance(one, dict) and entity <= one.keys() for one in rows)


def _resource(integration: Integration, stem: str, kept: dict[str, Document]) -> Document | None:
    path = resource_path(integration, stem)
    return _read(integration, path, kept) if path else None


def _read(integration: Integration, path: str, kept: dict[str, Document]) -> Document:
    """Return the document at a path, which is kept from then on."""
    if path not in kept:
        kept[path] = read_document(integration, path, documents.load) or Document(path)
    return kept[path]


def _rows(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
