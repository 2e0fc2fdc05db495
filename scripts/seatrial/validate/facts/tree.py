"""The tree of an integration's files, as the laws about its layout see it.

What machines and tools leave behind in a folder, and what its `.gitignore` says of it.

The raw texts of an integration: what holds for every file, whatever it means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import islice

from seatrial.core.errors import Unreadable
from seatrial.core.model import Entry, Fleet, Integration, Kind, Location
from seatrial.core.suggest import nearest
from seatrial.documents import json, toml, yaml
from seatrial.documents.document import Fault, FaultKind
from seatrial.documents.integration import RESOURCES, SPEC_FILES

_FOLDERS = r"__pycache__|\.?venv|\.(?:mypy|pytest|ruff)_cache|\.tox|node_modules|\.idea|\.vscode"
_FILES = r"\.DS_Store|Thumbs\.db"
_SUFFIXES = "pyc|orig|rej|bak"
_LITTER = re.compile(rf"(?:.*?/)??(?:{_FOLDERS}|{_FILES})(?=/|$)|.*\.(?:{_SUFFIXES})$")
_SECRETS = re.compile(r"(?:.*/)?\.env$")


@dataclass(frozen=True)
class Litter:
    """What should not be there: `.env` files, and what tools made; folders stand for all below them."""

    secrets: Sequence[str]
    junk: Sequence[str]
    ignored: frozenset[str]
    """Those of both that the integration's own `.gitignore` names, so that git may not hold them."""

    @classmethod
    def of(cls, integration: Integration) -> Litter:
        """Of the whole integration."""
        paths = integration.paths()
        secrets = [path for path in paths if _SECRETS.match(path)]
        junk = sorted({match.group() for path in paths if (match := _LITTER.match(path))})
        patterns = _patterns(integration) if secrets or junk else []
        return cls(secrets, junk, frozenset(path for path in (*secrets, *junk) if _is_named(path, patterns)))


def _patterns(integration: Integration) -> list[str]:
    """The names in `.gitignore`, less the slashes around them."""
    try:
        lines = integration.read(".gitignore").decode(errors="replace").splitlines()
    except Unreadable:
        return []
    return [line.strip().strip("/") for line in lines if line.strip() and not line.startswith(("#", "!"))]


def _is_named(path: str, patterns: Iterable[str]) -> bool:
    parts = path.split("/")
    return any(fnmatchcase(part, pattern) for pattern in patterns for part in parts)


MISNAMED = 0.88
"""How alike two names are for one to be a slip for the other: `spec.ymal` is, `domain.py` no `main.py`."""

ENOUGH = 3
"""Fewer other integrations than this prove no custom."""


@dataclass(frozen=True)
class Tree:
    """Every path that is not a folder, and what those are that are no plain files."""

    files: frozenset[str]
    irregular: Mapping[str, Entry]

    @classmethod
    def of(cls, integration: Integration) -> Tree:
        """Of the whole integration."""
        irregular = {path: integration.entry(path) for path in integration.irregular()}
        there = {path: entry for path, entry in irregular.items() if entry is not None}
        return cls(frozenset(integration.paths()), there)

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder in which a file lies."""
        return frozenset(folder for path in self.files for folder in _folders_of(path))

    def has(self, *paths: str) -> bool:
        """Whether anything stands at one of these paths."""
        return any(path in self.files or path in self.folders for path in paths)

    def is_blocked(self, path: str) -> bool:
        """Whether something else stands where a folder of `path` would have to."""
        return any(folder in self.files for folder in _folders_of(path))

    def plain_files(self) -> list[str]:
        """The files that are no links, sorted."""
        return sorted(self.files - self.irregular.keys())

    def within(self, folder: str) -> set[str]:
        """The names of the files and folders that lie right in a folder, `""` being the integration's own."""
        prefix = f"{folder}/" if folder else ""
        below = (path[len(prefix) :] for path in self.files if path.startswith(prefix))
        return {path.partition("/")[0] for path in below}

    def misnamed(self, path: str) -> str | None:
        """The path, in the same folder, that was probably meant to be `path`, at which nothing stands."""
        folder, slash, name = path.rpartition("/")
        near = nearest(name, self.within(folder), cutoff=MISNAMED)
        return f"{folder}{slash}{near}" if near else None

    def linked(self, *kinds: Kind) -> Iterator[tuple[str, Entry]]:
        """The links that lead to one of these."""
        for path, entry in self.irregular.items():
            if entry.target is not None and entry.kind in kinds:
                yield path, entry


@dataclass(frozen=True)
class Custom:
    """How many of the other integrations of a workspace do something, of how many."""

    having: int
    others: int

    @classmethod
    def of(cls, integration: Integration, fleet: Fleet, *paths: str) -> Custom:
        """Of having something at one of these paths."""
        having = fleet.keep(("having any", paths), lambda: _having(fleet, paths))
        return cls.among(integration, fleet, having)

    @classmethod
    def among(cls, integration: Integration, fleet: Fleet, having: frozenset[str]) -> Custom:
        """Of being one of `having`, which are places of integrations."""
        return cls(len(having - {integration.path}), len(fleet.others(integration)))

    @property
    def is_shown(self) -> bool:
        """Whether there are enough others to speak of a custom."""
        return self.others >= ENOUGH

    @property
    def is_rare(self) -> bool:
        """Whether it is plainly no custom: fewer than half do so."""
        return self.is_shown and 2 * self.having < self.others

    @property
    def is_common(self) -> bool:
        """Whether it is plainly a custom: at least nine of ten do so."""
        return self.is_shown and 10 * self.having >= 9 * self.others

    @property
    def is_unheard_of(self) -> bool:
        """Whether fewer than one of ten do so."""
        return self.is_shown and 10 * self.having < self.others

    def evidence(self, doing: str) -> str:
        """`48 of the 49 other integrations` and what they do; nothing where nothing is shown."""
        if not self.is_shown:
            return ""
        count = {0: "none of", self.others: "all"}.get(self.having, f"{self.having:,} of")
        return f"{count} the {self.others:,} other integrations {doing}"


def _having(fleet: Fleet, paths: tuple[str, ...]) -> frozenset[str]:
    return frozenset(one.path for one in fleet.integrations if any(map(one.peek, paths)))


def _folders_of(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


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
