"""The raw texts of an integration: what holds for every file, whatever it means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seatrial.documents import json, toml, yaml
from seatrial.documents.document import Fault, FaultKind
from seatrial.errors import Unreadable
from seatrial.model import Integration, Location
from seatrial.subjects.reading import RESOURCES, SPEC_FILES
from seatrial.subjects.tree import Tree

_MARK = re.compile(rb"^(?:<{7}|>{7}) \S.*", re.MULTILINE)
_FENCE = re.compile(rb"^ {0,3}(```|~~~)", re.MULTILINE)
_READ_ELSEWHERE = frozenset({*SPEC_FILES, "pyproject.toml", "poetry.lock", "CHANGELOG.md"})
_NOT_OURS = re.compile(r"(?:.*/)?(?:\.(?!port/)|[^/]*(?:test|fixture)[^/]*/)", re.IGNORECASE)


@dataclass(frozen=True)
class Texts:
    """The bytes of every plain file, and why the others could not be read."""

    data: Mapping[str, bytes]
    unreadable: Mapping[str, str]

    @classmethod
    def of(cls, integration: Integration, tree: Tree) -> Texts:
        """Reads every plain file of the integration."""
        data, unreadable = {}, {}
        for path in tree.plain_files():
            try:
                data[path] = integration.read(path)
            except Unreadable as reason:
                unreadable[path] = str(reason)
        return cls(data, unreadable)

    def conflicts(self) -> Iterator[Location]:
        """The first line of each file that a merge left behind."""
        for path, data in self.data.items():
            if b"<<<<<<< " in data or b">>>>>>> " in data:
                line = _first_mark(data, is_markdown=path.endswith(".md"))
                if line:
                    yield Location(path, line)

    def malformed(self) -> Iterator[tuple[str, Fault]]:
        """The data files that no other family reads, less tests and fixtures, and what is wrong with each."""
        for path, data in self.data.items():
            if path.endswith((".json", ".yaml", ".yml", ".toml")) and not _is_elsewhere(path):
                fault = _syntax_fault(path, data)
                if fault:
                    yield path, fault

    def unread(self) -> Iterator[tuple[str, str]]:
        """The files that could not be read, and why, but for those of which another family speaks."""
        for path, reason in self.unreadable.items():
            if not (path in _READ_ELSEWHERE or path.startswith(f"{RESOURCES}/") or path.endswith(".py")):
                yield path, reason


def _first_mark(data: bytes, is_markdown: bool) -> int:
    """The line of the first mark of a conflict, 0 for none; in Markdown, what is fenced off is an example."""
    for mark in _MARK.finditer(data):
        before = data[: mark.start()]
        if not (is_markdown and len(_FENCE.findall(before)) % 2):
            return before.count(b"\n") + 1
    return 0


def _is_elsewhere(path: str) -> bool:
    return path in _READ_ELSEWHERE or path.startswith(f"{RESOURCES}/") or _NOT_OURS.match(path) is not None


def _syntax_fault(path: str, data: bytes) -> Fault | None:
    if path.endswith((".yaml", ".yml")):
        return next(iter(yaml.syntax_faults(data)), None)
    load = json.load if path.endswith(".json") else toml.load
    return next(
        (fault for fault in load(path, data).faults if fault.kind is not FaultKind.DUPLICATE_KEY), None
    )
