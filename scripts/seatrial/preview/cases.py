"""The raw objects that an integration keeps, and the resource of a mapping that goes with each.

`.port/examples/<kind>/*.json` goes with the mapping that the integration installs. A file below `examples/` goes with
the mapping recorded beside it, or in the nearest folder above; where there is none, with the installed one. Which
kind a file is of is told by its folder or its name, in many spellings: see `kind_of`.
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
"""The files of an integration that are looked at; the largest real one has 160."""

MOST_BYTES = 64 * 1024 * 1024
"""The bytes of those files; the largest real ones have 1.3 MB."""

MOST_RESOURCES = 1_000
"""The resources of the installed mapping, and of all recorded ones together; the largest real mapping installs 8."""

MOST_CASES = 5_000
"""The pairs of a file and a resource; the most real ones have 61."""

MOST_OBJECTS = 500
"""The objects of one file that are mapped."""


@dataclass(frozen=True)
class MappingSource:
    """A mapping, or one resource of it: `path` is its file, `index` its number in `resources`."""

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

    `spelled` is the kind as the folder or file spells it, where that is not the resource's.
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
    """A file of examples that goes with no resource, or cannot be read, and why."""

    name: str
    reason: str
    kind: str = ""


@dataclass
class Shelf:
    """What an integration keeps: the resources it installs, its cases, and files that go with nothing.

    `outputs` are files below `examples/` that hold entities. `unreadable` are the mapping that is installed and the
    blueprints, where they cannot be read. It `is_cut` where there are more cases or resources than are looked at.
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


def cases_of(integration: Integration) -> list[PreviewCase]:
    """Return the cases of an integration."""
    return shelf_of(integration).cases


def shelf_of(integration: Integration, known: Iterable[Document] = ()) -> Shelf:
    """Return what an integration keeps; `known` are documents of it that were read before."""
    kept = {one.path: one for one in known}
    mapping, blueprints = (_resource(integration, stem, kept) for stem in ("port-app-config", "blueprints"))
    installed = sources(mapping)
    shelf = Shelf(kept, installed[:MOST_RESOURCES], is_cut=len(installed) > MOST_RESOURCES)
    shelf.unreadable.extend(_fault(one) for one in (mapping, blueprints) if one and not one.readable)
    if blueprints and isinstance(blueprints.value, list):
        shelf.blueprints = blueprints.value
    files = list(_files(integration))
    recorded = _Recorded.of(integration, [one for one in files if one.startswith(RECORDED)], kept)
    for path in files:
        if path.startswith(UPLOADED) and path.endswith(".json"):
            words = _folder(path)
            beside = _Beside(shelf.installed, shelf.blueprints)
            if not kind_of(words, shelf.installed):
                beside = recorded.for_kind(words) or beside
            _file(shelf, path, _read(integration, path, kept), words, beside)
    recorded.add_to(shelf)
    shelf.outputs.extend(recorded.outputs)
    return shelf


def _fault(document: Document) -> Stray:
    fault = document.faults[0]
    return Stray(document.path, f"line {fault.line}, column {fault.column}: {fault.message}")


def _files(integration: Integration) -> Iterator[str]:
    """Yield the files of examples, as many as are looked at."""
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

    def add_to(self, shelf: Shelf) -> None:
        """Add the cases of the raw objects."""
        shelf.is_cut = shelf.is_cut or self.is_cut
        mappings, rows = _by_folder(self.mappings), _by_folder(self.blueprints)
        for path, document in self.raw.items():
            near = _nearest(path, mappings)
            blueprints = _nearest(path, rows) or shelf.blueprints
            beside = _Beside(near or shelf.installed, blueprints)
            _file(shelf, path, document, _spelled(path), beside, alone=near is not None and len(near) == 1)


def sample_case(name: str, value: Any, shelf: Shelf, source: MappingSource) -> PreviewCase:
    """Return the case of a sample that somebody has: an object, or a list of them."""
    return PreviewCase(name, objects_of(value), source, shelf.blueprints)


def _unmapped(words: str, beside: _Beside) -> str:
    kinds = {source.kind for source in beside.sources}
    return f'no resource of the mapping has the kind "{words}"{hint(words, kinds)}'


def objects_of(value: Any) -> Sequence[Any]:
    """Return the raw objects in a value: it, or its items."""
    return value[:MOST_OBJECTS] if isinstance(value, list) else (value,)


def sources(document: Document | None) -> list[MappingSource]:
    """Return the resources of a mapping; none where it is unreadable or of another form."""
    root = document.value if document else None
    found = root.get("resources") if isinstance(root, dict) else None
    rows = found if document and isinstance(found, list) else []
    return (
        [MappingSource(document.path, at, one) for at, one in enumerate(rows) if isinstance(one, dict)]
        if document
        else []
    )


def kind_of(words: str, known: Iterable[MappingSource]) -> list[MappingSource]:
    """Return the resources whose kind these words spell: exactly, else but for case, marks, plural or a prefix."""
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
    shelf: Shelf, path: str, document: Document, words: str, beside: _Beside, alone: bool = False
) -> None:
    """Add the cases of a file, or the reason why it has none."""
    if not document.readable:
        shelf.strays.append(Stray(path, document.faults[0].message))
        return
    found = kind_of(words, beside.sources) or (list(beside.sources) if alone else [])
    if not found:
        lacking = _unmapped(words, beside) if words else "its name tells no kind"
        shelf.strays.append(Stray(path, lacking, words))
    objects = objects_of(_unwrapped(path, document.value))
    room = MOST_CASES - len(shelf.cases)
    shelf.is_cut = shelf.is_cut or len(found) > room
    for one in found[:room]:
        spelled = "" if one.kind == words else words
        shelf.cases.append(PreviewCase(path, objects, one, beside.blueprints, spelled))


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
    """Yield the mappings, as many as are looked at."""
    left = MOST_RESOURCES
    for path, found in mappings.items():
        left -= len(found)
        if left < 0:
            return
        yield path, found


def _by_folder(found: Mapping[str, Sequence[Any]]) -> Mapping[str, list[Any]]:
    """Return what lies in files by the folder that it lies in."""
    folders: dict[str, list[Any]] = {}
    for path, rows in found.items():
        folders.setdefault(path.rpartition("/")[0], []).extend(rows)
    return folders


def _nearest(path: str, folders: Mapping[str, list[Any]]) -> list[Any] | None:
    """Return what lies in the folder of a path, or the nearest above that has any; None for nothing."""
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
