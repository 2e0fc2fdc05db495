"""The raw texts of an integration: what holds for every file, whatever it means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from seatrial.documents import json, toml, yaml
from seatrial.documents.document import Fault, FaultKind
from seatrial.errors import Unreadable
from seatrial.model import Integration, Location
from seatrial.subjects.reading import RESOURCES, SPEC_FILES
from seatrial.subjects.tree import Tree

_MARK_OR_FENCE = re.compile(rb"^(?:(?:<{7}|>{7}) \S| {0,3}(?P<fence>```|~~~))", re.MULTILINE)
_READ_ELSEWHERE = frozenset({*SPEC_FILES, "pyproject.toml", "poetry.lock", "CHANGELOG.md"})
_LOADERS: Mapping[str, Callable[[str, bytes], tuple[Fault, ...]]] = {
    ".json": lambda path, data: json.load(path, data).faults,
    ".toml": lambda path, data: toml.load(path, data).faults,
    ".yaml": lambda _, data: yaml.syntax_faults(data),
    ".yml": lambda _, data: yaml.syntax_faults(data),
}
_NOT_OURS = re.compile(r"(?:.*/)?(?:\.(?!port/)|[^/]*(?:test|fixture)[^/]*/)", re.IGNORECASE)


@dataclass(frozen=True)
class Texts:
    """What is wrong with the bytes of the plain files, whatever they mean.

    `conflicts` holds the first line of each file that a merge left behind; `malformed` the
    data files that no other family reads, less tests and fixtures, with their fault; `blank`
    the files that say nothing; `unread` why a file of which no other family speaks could not
    be read. The bytes themselves are not kept.
    """

    conflicts: tuple[Location, ...]
    malformed: tuple[tuple[str, Fault], ...]
    blank: frozenset[str]
    unread: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, integration: Integration, tree: Tree) -> Texts:
        """Reads every plain file of the integration once."""
        conflicts: list[Location] = []
        malformed: list[tuple[str, Fault]] = []
        blank, unread = set(), []
        for path in tree.plain_files():
            try:
                data = integration.read(path)
            except Unreadable as reason:
                unread.append((path, str(reason)))
                continue
            if not data or data.isspace():
                blank.add(path)
            conflicts += _conflict(path, data)
            malformed += _syntax_fault(path, data)
        spoken = (one for one in unread if not (one[0].endswith(".py") or _is_read_elsewhere(one[0])))
        return cls(tuple(conflicts), tuple(malformed), frozenset(blank), tuple(spoken))


def _conflict(path: str, data: bytes) -> Iterator[Location]:
    if b"<<<<<<< " in data or b">>>>>>> " in data:
        line = _first_mark(data, is_markdown=path.endswith(".md"))
        if line:
            yield Location(path, line)


def _first_mark(data: bytes, is_markdown: bool) -> int:
    """The line of the first mark of a conflict, 0 for none; in Markdown, what is fenced off is an example."""
    is_fenced = False
    for match in _MARK_OR_FENCE.finditer(data):
        if match["fence"]:
            is_fenced = is_markdown and not is_fenced
        elif not is_fenced:
            return data.count(b"\n", 0, match.start()) + 1
    return 0


def _is_read_elsewhere(path: str) -> bool:
    return path in _READ_ELSEWHERE or path.startswith(f"{RESOURCES}/")


def _syntax_fault(path: str, data: bytes) -> Iterator[tuple[str, Fault]]:
    load = next((load for suffix, load in _LOADERS.items() if path.endswith(suffix)), None)
    if load and not _is_read_elsewhere(path) and not _NOT_OURS.match(path):
        faults = (fault for fault in load(path, data) if fault.kind in (FaultKind.SYNTAX, FaultKind.ENCODING))
        yield from ((path, fault) for fault in islice(faults, 1))
