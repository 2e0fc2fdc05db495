"""The files of an integration for the layout rules: the tree, left-over files, raw texts, the shared Makefile."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from posixpath import splitext

from seatrial.core.errors import Unreadable
from seatrial.core.model import Edit, Entry, Fleet, Integration, Kind, Location
from seatrial.core.suggest import nearest
from seatrial.documents import json, toml, yaml
from seatrial.documents.document import Document, Fault, FaultKind
from seatrial.documents.integration import RESOURCES, SPEC_FILES
from seatrial.validate.facts.credentials import credential

MISNAMED = 0.88
"""Least similarity of a misspelled name: `spec.ymal` is one of `spec.yaml`, `domain.py` none of `main.py`."""

ENOUGH = 3
"""Least number of other integrations from which a convention is concluded."""

SHARED = "../_infra/Makefile"
"""The shared Makefile, relative to an integration's folder."""

_VIRTUAL = "is a virtual environment, which Poetry makes anew on each machine"
_EDITOR = "holds somebody's settings of an editor"
_CACHE = "is the cache of a tool"
_COPY = "is a copy that an editor or a merge left behind"
_COMPILED = "is compiled Python"
_COVERAGE = "holds a measurement of test coverage"
_DESKTOP = "was left behind by a desktop"

_LEFT_OVER = {
    ".venv": _VIRTUAL, "venv": _VIRTUAL, "__pycache__": _COMPILED,
    "node_modules": "holds packages that npm installed",
    ".mypy_cache": _CACHE, ".pytest_cache": _CACHE, ".ruff_cache": _CACHE, ".hypothesis": _CACHE,
    ".tox": "holds environments of tox", ".nox": "holds environments of nox",
    ".eggs": "holds packages that setuptools fetched",
    ".idea": _EDITOR, ".vscode": _EDITOR, ".ipynb_checkpoints": _COPY,
    ".DS_Store": _DESKTOP, "Thumbs.db": _DESKTOP, "htmlcov": _COVERAGE, ".coverage": _COVERAGE,
}  # fmt: skip
"""The nature of files and folders that tools leave behind, by name."""

_LEFT_OVER_SUFFIXES = {".pyc": _COMPILED, ".orig": _COPY, ".rej": _COPY, ".bak": _COPY}

_BUILT = "holds what a build made"
_MARK = re.compile(
    r"(?P<virtual>.+)/(?:pyvenv\.cfg|conda-meta/history)|(?P<egg>.+\.egg-info)/PKG-INFO"
    r"|(?P<built>(?:.+/)?(?:dist(?=/[^/]+(?:\.whl|\.tar\.gz)$)|build(?=/(?:lib|bdist\.[^/]+)/.+\.(?:pyd?|so)$))).*"
)
"""A path that tells what its folder is, whatever the folder is called."""
_SECRETS = re.compile(r"(?:.*/)?\.env$")

_MARKER_OR_FENCE = re.compile(rb"^(?:(?:<{7}|>{7}) \S| {0,3}(?P<fence>```|~~~))", re.MULTILINE)
_READ_ELSEWHERE = frozenset({*SPEC_FILES, "pyproject.toml", "poetry.lock", "CHANGELOG.md"})
_NOT_OURS = re.compile(r"(?:.*/)?(?:\.(?!port/)|[^/]*(?:test|fixture)[^/]*/)", re.IGNORECASE)
_LOADERS: Mapping[str, Callable[[str, bytes], tuple[Fault, ...]]] = {
    ".json": lambda path, data: json.load(path, data).faults,
    ".toml": lambda path, data: toml.load(path, data).faults,
    ".yaml": lambda _, data: yaml.syntax_faults(data),
    ".yml": lambda _, data: yaml.syntax_faults(data),
}


def left_over(paths: Sequence[str]) -> Mapping[str, str]:
    """The files and folders that tools left behind, with their nature; a folder stands for all below it."""
    return _left_over(tuple(paths))


@lru_cache(maxsize=1)
def _left_over(paths: tuple[str, ...]) -> Mapping[str, str]:
    marked = _marked(paths)
    found: dict[str, str] = {}
    for path in paths:
        if place := _topmost(path, marked):
            found.setdefault(*place)
    return found


def _marked(paths: Sequence[str]) -> Mapping[str, str]:
    """The folders that hold a file by which a tool's folder is recognised; a package of Python is none."""
    marks = (match for path in paths if path.endswith(_MARK_ENDS) and (match := _MARK.fullmatch(path)))
    folders = {match[match.lastgroup or 0]: match.lastgroup == "virtual" for match in marks}
    packages = {path.removesuffix("/__init__.py") for path in paths if path.endswith("/__init__.py")}
    return {
        folder: _VIRTUAL if is_virtual else _BUILT
        for folder, is_virtual in folders.items()
        if is_virtual or folder not in packages
    }


_MARK_ENDS = ("pyvenv.cfg", "/history", "/PKG-INFO", ".whl", ".tar.gz", ".py", ".pyd", ".so")


def _topmost(path: str, marked: Mapping[str, str]) -> tuple[str, str] | None:
    """The topmost folder of a path that a tool left behind, or the path itself, with its nature."""
    end = -1
    while (end := path.find("/", end + 1)) >= 0:
        folder = path[:end]
        nature = _LEFT_OVER.get(folder.rpartition("/")[2]) or marked.get(folder)
        if nature:
            return folder, nature
    name = path.rpartition("/")[2]
    nature = _LEFT_OVER.get(name) or _LEFT_OVER_SUFFIXES.get(splitext(name)[1])
    return (path, nature) if nature else None


def kept(paths: Sequence[str]) -> Sequence[str]:
    """These paths without those that tools left behind."""
    left = left_over(paths)
    return [path for path in paths if left.keys().isdisjoint((path, *_folders_of(path)))] if left else paths


def content(integration: Integration, path: str) -> bytes | None:
    """The bytes of a file; None where it cannot be read."""
    try:
        return integration.read(path)
    except Unreadable:
        return None


@dataclass(frozen=True)
class Tree:
    """Every path that is not a folder nor left behind by a tool, and the entries of those that are not plain files."""

    files: frozenset[str]
    irregular: Mapping[str, Entry]

    @classmethod
    def of(cls, integration: Integration) -> Tree:
        """The tree of the integration without what tools left behind, which one rule reports."""
        files = frozenset(kept(integration.paths()))
        odd = (path for path in integration.irregular() if path in files)
        return cls(files, {path: entry for path in odd if (entry := integration.entry(path))})

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that holds a file."""
        return frozenset(folder for path in self.files for folder in _folders_of(path))

    def has(self, *paths: str) -> bool:
        """True where there is a file or folder at one of these paths."""
        return any(path in self.files or path in self.folders for path in paths)

    def is_blocked(self, path: str) -> bool:
        """True where something else is in the place of a folder of `path`."""
        return any(folder in self.files for folder in _folders_of(path))

    def plain_files(self) -> list[str]:
        """The files that are not links, sorted."""
        return sorted(self.files - self.irregular.keys())

    def within(self, folder: str) -> set[str]:
        """The names of the files and folders directly in a folder; `""` is the integration's own."""
        prefix = f"{folder}/" if folder else ""
        below = (path[len(prefix) :] for path in self.files if path.startswith(prefix))
        return {path.partition("/")[0] for path in below}

    def misnamed(self, path: str) -> str | None:
        """The path in the same folder that is probably a misspelling of `path`, which does not exist."""
        folder, slash, name = path.rpartition("/")
        near = nearest(name, self.within(folder), cutoff=MISNAMED)
        return f"{folder}{slash}{near}" if near else None

    def linked(self, *kinds: Kind) -> Iterator[tuple[str, Entry]]:
        """The links that lead to an entry of one of these kinds."""
        for path, entry in self.irregular.items():
            if entry.target is not None and entry.kind in kinds:
                yield path, entry


def _folders_of(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def doing(fleet: Fleet, ask: Callable[..., bool], *arguments: str) -> frozenset[str]:
    """The paths of the integrations of which a function of a module says yes."""
    told = (ask.__name__, *arguments)
    return fleet.keep(
        told, lambda: frozenset(path for path, yes in fleet.each(ask, *arguments).items() if yes)
    )


def has_any(integration: Integration, *paths: str) -> bool:
    """True where there is something at one of these paths."""
    return any(map(integration.holds, paths))


@dataclass(frozen=True)
class Convention:
    """The number of other integrations of a workspace that do something, and the number of all others."""

    having: int
    others: int

    @classmethod
    def of(cls, integration: Integration, fleet: Fleet, *paths: str) -> Convention:
        """The convention of having something at one of these paths."""
        return cls.among(integration, fleet, doing(fleet, has_any, *paths))

    @classmethod
    def among(cls, integration: Integration, fleet: Fleet, having: Collection[str]) -> Convention:
        """The convention of being one of `having`, which are paths of integrations and quickly looked up."""
        own = integration.path
        return cls(len(having) - (own in having), len(fleet.paths) - (own in fleet.paths))

    @property
    def is_shown(self) -> bool:
        """True where there are enough others to conclude a convention."""
        return self.others >= ENOUGH

    @property
    def is_rare(self) -> bool:
        """True where fewer than half do so, so that it is clearly not a convention."""
        return self.is_shown and 2 * self.having < self.others

    @property
    def is_common(self) -> bool:
        """True where at least nine of ten do so, so that it is clearly a convention."""
        return self.is_shown and 10 * self.having >= 9 * self.others

    @property
    def is_unheard_of(self) -> bool:
        """True where fewer than one of ten do so."""
        return self.is_shown and 10 * self.having < self.others

    def evidence(self, doing: str) -> str:
        """`48 of the 49 other integrations` and what they do; empty where no convention can be concluded."""
        if not self.is_shown:
            return ""
        count = {0: "none of", self.others: "all"}.get(self.having, f"{self.having:,} of")
        return f"{count} the {self.others:,} other integrations {doing}"


@dataclass(frozen=True)
class Litter:
    """Files that do not belong there: `.env` files, and what tools left behind, with its nature."""

    secrets: Sequence[str]
    junk: Mapping[str, str]
    ignored: frozenset[str]
    """The secrets and junk that the integration's own `.gitignore` names, so that git may not hold them."""

    @classmethod
    def of(cls, integration: Integration) -> Litter:
        """The litter of the whole integration."""
        paths = integration.paths()
        secrets = [path for path in paths if _SECRETS.match(path)]
        junk = left_over(paths)
        patterns = _patterns(integration) if secrets or junk else []
        ignored = (
            path
            for path in (*secrets, *junk)
            if any(fnmatchcase(part, pattern) for pattern in patterns for part in path.split("/"))
        )
        return cls(secrets, junk, frozenset(ignored))


def _patterns(integration: Integration) -> list[str]:
    """The names in `.gitignore`, without the slashes around them."""
    lines = (content(integration, ".gitignore") or b"").decode(errors="replace").splitlines()
    return [line.strip().strip("/") for line in lines if line.strip() and not line.startswith(("#", "!"))]


@dataclass(frozen=True)
class Texts:
    """Faults in the bytes of the plain files, independent of their meaning.

    `conflicts` holds the first conflict marker of each file that has one; `malformed` the data
    files that no other family reads, without tests and fixtures, with their fault; `blank` the
    empty files; `unread` the reason why a file that no other family reports could not be read;
    `credentials` the first one of each file, in words; `large` the size of files that are no lock
    and larger than `LARGE`. The bytes themselves are not kept.
    """

    conflicts: tuple[Location, ...]
    malformed: tuple[tuple[str, Fault], ...]
    blank: frozenset[str]
    unread: tuple[tuple[str, str], ...]
    credentials: tuple[tuple[Location, str], ...] = ()
    large: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(
        cls,
        integration: Integration,
        tree: Tree,
        held: Callable[[str], bytes | None] = lambda _: None,
        parsed: Mapping[str, Document] | None = None,
    ) -> Texts:
        """Read every plain file of the integration once.

        `held` gives the bytes of those that were read before, `parsed` the documents of examples.
        """
        found = _Seen(parsed or {})
        for path in tree.plain_files():
            try:
                found.add(path, held(path) or integration.read(path))
            except Unreadable as reason:
                if not (path.endswith(".py") or _is_read_elsewhere(path)):
                    found.unread.append((path, str(reason)))
        return cls(
            tuple(found.conflicts),
            tuple(found.malformed),
            frozenset(found.blank),
            tuple(found.unread),
            tuple(found.credentials),
            tuple(found.large),
        )


@dataclass
class _Seen:
    """What was seen in the files so far, as in `Texts`; `parsed` holds documents that were read before."""

    parsed: Mapping[str, Document] = field(default_factory=dict)
    conflicts: list[Location] = field(default_factory=list)
    malformed: list[tuple[str, Fault]] = field(default_factory=list)
    blank: set[str] = field(default_factory=set)
    unread: list[tuple[str, str]] = field(default_factory=list)
    credentials: list[tuple[Location, str]] = field(default_factory=list)
    large: list[tuple[str, int]] = field(default_factory=list)

    def add(self, path: str, data: bytes) -> None:
        """Look at the bytes of a file."""
        if not data or data.isspace():
            self.blank.add(path)
        if line := first_marker(data, is_markdown=path.endswith(".md")):
            self.conflicts.append(Location(path, line))
        if fault := _syntax_fault(path, data, self.parsed):
            self.malformed.append((path, fault))
        if not path.endswith(_LOCKS):
            self._add_unwanted(path, data)

    def _add_unwanted(self, path: str, data: bytes) -> None:
        if len(data) > LARGE:
            self.large.append((path, len(data)))
        if path != "CHANGELOG.md" and (found := credential(data, is_of_tests(path))):
            self.credentials.append((Location(path, found[1]), found[0]))


@dataclass(frozen=True)
class Tidiness:
    """The ends of the lines of texts that no formatter keeps.

    `unended` holds the files whose last line has no end, or that end in empty lines; `trailing` the first line of
    each that ends in blanks; each with the edit that tidies the file, None where there is more than one way.
    """

    unended: tuple[tuple[Location, Edit | None], ...]
    trailing: tuple[tuple[Location, Edit | None], ...]

    @classmethod
    def of(cls, integration: Integration, tree: Tree) -> Tidiness:
        """Read the texts of the integration; those that cannot be read are reported elsewhere."""
        unended: list[tuple[Location, Edit | None]] = []
        trailing: list[tuple[Location, Edit | None]] = []
        for path in tree.plain_files():
            with suppress(Unreadable):
                data = integration.read(path)
                if _is_written_by_hand(path, data):
                    unended += [(Location(path, line), _ended(path, data)) for line in _unended(data)]
                    trailing += [(Location(path, line), _trimmed(path, data)) for line in _trailing(data)]
        return cls(tuple(unended), tuple(trailing))


LARGE = 500 * 1024
"""The size of the largest file that Ocean's pre-commit hook lets in."""

_LOCKS = (".lock", "package-lock.json")
_OF_TESTS = re.compile(r"(?:.*/)?[^/]*(?:test|mock|fixture)", re.IGNORECASE)
_BLANK_ENDS = (b" \n", b"\t\n", b" \r\n", b"\t\r\n")
_BLANKS = re.compile(rb"[ \t]+\r?(?=\n)")


def is_of_tests(path: str) -> bool:
    """True for a file of tests, where values are made up."""
    return _OF_TESTS.match(path) is not None


def _is_written_by_hand(path: str, data: bytes) -> bool:
    """True for a text that no formatter keeps tidy: no Python, no lock, no data of tests, nothing binary."""
    return not path.endswith((".py", *_LOCKS)) and not is_of_tests(path) and b"\0" not in data


def _unended(data: bytes) -> Iterator[int]:
    if data and not data.endswith(b"\n"):
        yield data.count(b"\n") + 1
    elif data.endswith((b"\n\n", b"\n\r\n")) or data == b"\n":
        yield data.rstrip(b"\r\n").count(b"\n") + 2


def _trailing(data: bytes) -> Iterator[int]:
    if any(end in data for end in _BLANK_ENDS) and (match := _BLANKS.search(data)):
        yield data.count(b"\n", 0, match.start()) + 1


_LINE_BREAK = re.compile(r"\S  +\r?\n[ \t]*\S")
"""Markdown's line break: two blanks at the end of a line that another follows."""


def _ended(path: str, data: bytes) -> Edit | None:
    """The edit after which the last line that says something ends in one line end."""
    try:
        text = data.decode()
    except UnicodeError:
        return None
    body = text.rstrip()
    last = body.rpartition("\n")[2]
    old = last + text[len(body) :].replace("\r\n", "\n")
    return Edit(Location(path, body.count("\n") + 1), old, f"{last}\n") if last else None


def _trimmed(path: str, data: bytes) -> Edit | None:
    """The edit that takes the blanks from the ends of all lines, none where they mean something."""
    try:
        text = data.decode().replace("\r\n", "\n")
    except UnicodeError:
        return None
    found = list(_TRAILING.finditer(text))
    if not found or (path.endswith(".md") and _LINE_BREAK.search(text)):
        return None
    start, end = found[0].start(), found[-1].end() + 1
    head = text[:start]
    where = Location(path, head.count("\n") + 1, start - head.rfind("\n"))
    return Edit(where, text[start:end], _TRAILING.sub("", text[start:end]))


_TRAILING = re.compile(r"[ \t]+(?=\n)")


def first_marker(data: bytes, is_markdown: bool) -> int:
    """The line of the first conflict marker, 0 for none; in Markdown, those in fenced code are examples."""
    if b"<<<<<<< " not in data and b">>>>>>> " not in data:
        return 0
    is_fenced = False
    for match in _MARKER_OR_FENCE.finditer(data):
        if match["fence"]:
            is_fenced = is_markdown and not is_fenced
        elif not is_fenced:
            return data.count(b"\n", 0, match.start()) + 1
    return 0


def _is_read_elsewhere(path: str) -> bool:
    return path in _READ_ELSEWHERE or path.startswith(f"{RESOURCES}/")


def _syntax_fault(path: str, data: bytes, parsed: Mapping[str, Document]) -> Fault | None:
    load = next((load for suffix, load in _LOADERS.items() if path.endswith(suffix)), None)
    if load is None or _is_read_elsewhere(path) or _NOT_OURS.match(path):
        return None
    kinds = (FaultKind.SYNTAX, FaultKind.ENCODING)
    is_sound = path in parsed and not parsed[path].faults
    faults = () if is_sound else load(path, data)
    return next((fault for fault in faults if fault.kind in kinds), None)


def is_shared(integration: Integration) -> bool:
    """True where its Makefile is a link to the shared one, or includes it and holds nothing else."""
    entry = integration.entry("Makefile")
    if entry is None or entry.kind is not Kind.FILE:
        return False
    if entry.target is not None:
        return entry.target == SHARED
    return (content(integration, "Makefile") or b"").strip() == f"include {SHARED}".encode()


def sharing(fleet: Fleet) -> frozenset[str]:
    """The paths of the integrations that use the shared Makefile."""
    return doing(fleet, is_shared)


_COLLECTED = re.compile(r"(?:.*/)?(?:test_[^/]*|[^/]*_test)\.py")
_TEST = re.compile(rb"^[ \t]*(?:async[ \t]+)?def[ \t]+test", re.MULTILINE)


def is_tested(integration: Integration) -> bool:
    """True where pytest collects a test, as it is set up by default."""
    paths = (path for path in kept(integration.paths()) if _COLLECTED.fullmatch(path))
    return any(_TEST.search(content(integration, path) or b"") for path in paths)
