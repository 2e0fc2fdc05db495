"""The types all rooms share: locations, problems, findings, folders, integrations."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, Protocol, TypeAlias, TypeVar

from seatrial.core.errors import Unreadable

T = TypeVar("T")


def join(folder: str, name: str) -> str:
    """Return the path of `name` in `folder`, which is empty for the root."""
    return f"{folder}/{name}" if folder else name


class Severity(enum.Enum):
    """The severity of a finding. Only errors fail a run that is not strict; advice is shown on request."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    ADVICE = "advice"

    @property
    def rank(self) -> int:
        """0 for the gravest severity."""
        return list(Severity).index(self)


class Profile(enum.Enum):
    """A contract of publishing: the file in which an integration keeps its version and type."""

    GUIDE = "guide"
    OCEAN = "ocean"


@dataclass(frozen=True, order=True)
class Location:
    """A place in a file of an integration; line and column are 1-based, columns count code points."""

    path: str
    line: int = 1
    column: int = 1


REPLACE, MAKE, REMOVE = "replace", "make", "remove"


@dataclass(frozen=True)
class Edit:
    """Replace the text `old` at `where` by `new`; or MAKE the file with the text `new`, or REMOVE it."""

    where: Location
    old: str
    new: str
    act: str = REPLACE


@dataclass(frozen=True)
class Fix:
    """A repair: an instruction in the imperative, and an edit that carries it out.

    A `guessed` edit is one of several that could be meant, or loses something that somebody wrote.
    """

    title: str
    edit: Edit | None = None
    guessed: bool = False

    @property
    def safe(self) -> bool:
        """Whether `seatrial fix` tries the edit; it is written only if it then proves itself (`validate.repair`).

        With `--unsafe`, it tries guessed ones as well.
        """
        return self.edit is not None and not self.guessed


@dataclass(frozen=True)
class LineRange:
    """Lines of a file, the first and the last among them."""

    path: str
    first: int
    last: int

    def contains(self, where: Location) -> bool:
        """Return whether a place is in these lines."""
        return where.path == self.path and self.first <= where.line <= self.last


@dataclass(frozen=True)
class Problem:
    """A fault that a rule yields.

    `evidence` cites the other integrations of the workspace; it is printed behind the message and not part of
    the fingerprint. `severity` lowers the rule's own for this one problem. `rests_on` are lines that the problem was
    derived from: if they have faults themselves, those explain the problem, and it is left out.
    """

    where: Location
    message: str
    fix: Fix | None = None
    evidence: str = ""
    severity: Severity | None = None
    rests_on: LineRange | None = None


@dataclass(frozen=True)
class Waiver:
    """The reason for which an integration suppresses a finding, and the last day on which it does; empty for no end."""

    reason: str
    until: str = ""


@dataclass(frozen=True)
class Finding:
    """A problem with its rule, ready to print; `path` is relative to the root.

    An `old` finding was there before the change that is judged, and does not fail the run. Only a suppressed finding
    has a `waiver`.
    """

    code: str
    name: str
    severity: Severity
    integration: str
    path: str
    line: int
    column: int
    message: str
    fix: Fix | None
    fingerprint: str
    old: bool = False
    waiver: Waiver | None = None

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """The order in which findings are shown."""
        return (self.path, self.line, self.column, self.code, self.message)

    @property
    def is_fixable(self) -> bool:
        """Whether its repair is safe to apply."""
        return self.fix is not None and self.fix.safe


class Kind(enum.Enum):
    """The kind of an entry; a link has the kind of its target if that can be read.

    An escaping link leads out of the folders that may be read, and an ignored one to a file that git ignores.
    """

    FILE = "file"
    FOLDER = "folder"
    SPECIAL = "special"
    DANGLING = "dangling"
    ESCAPING = "escaping"
    IGNORED = "ignored"


@dataclass(frozen=True)
class Entry:
    """A file, folder or other entry at a path; `target` is the text of a symbolic link."""

    kind: Kind
    size: int = 0
    target: str | None = None


class Folder(Protocol):
    """A tree of files, on disk or in memory. Paths are relative, with `/`."""

    def paths(self) -> Sequence[str]:
        """Return every path that is not a folder, sorted."""

    def irregular(self) -> Sequence[str]:
        """Return those of `paths()` that are not plain files: links, pipes and the like, sorted."""

    def entry(self, path: str) -> Entry | None:
        """Return the entry at `path`; None if there is none."""

    def read(self, path: str) -> bytes:
        """Return the bytes of a file. Raises Unreadable."""


@dataclass(frozen=True)
class MemoryFolder:
    """A folder held in memory; each edit returns another folder."""

    files: Mapping[str, bytes]
    entries: Mapping[str, Entry] = field(default_factory=dict)

    @classmethod
    def of(cls, files: Mapping[str, str | bytes]) -> MemoryFolder:
        """Return a folder of these texts."""
        return cls({p: t.encode() if isinstance(t, str) else t for p, t in files.items()})

    def paths(self) -> Sequence[str]:
        return sorted({*self.files, *self.irregular()})

    def irregular(self) -> Sequence[str]:
        return sorted(p for p, e in self.entries.items() if e.target is not None or e.kind is not Kind.FOLDER)

    def entry(self, path: str) -> Entry | None:
        if path in self.entries:
            return self.entries[path]
        if path in self.files:
            return Entry(Kind.FILE, len(self.files[path]))
        prefix = path.rstrip("/") + "/" if path else ""
        inside = any(p.startswith(prefix) for p in (*self.files, *self.entries))
        return Entry(Kind.FOLDER) if inside else None

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise Unreadable("no such file")
        return self.files[path]

    def text(self, path: str) -> str:
        """Return the text of a file."""
        return self.read(path).decode()

    def having(self, path: str, text: str | bytes) -> MemoryFolder:
        """Return the folder with this file added or replaced."""
        data = text.encode() if isinstance(text, str) else text
        return replace(self, files={**self.files, path: data})

    def without(self, path: str) -> MemoryFolder:
        """Return the folder without this file, or without all files below this folder."""
        gone = {p for p in self.files if p == path or p.startswith(path + "/")}
        if not gone:
            raise KeyError(path)
        return replace(self, files={p: t for p, t in self.files.items() if p not in gone})

    def moved(self, path: str, to: str) -> MemoryFolder:
        """Return the folder with a file under another name."""
        return self.without(path).having(to, self.files[path])

    def linked(self, path: str, target: str, kind: Kind = Kind.FILE) -> MemoryFolder:
        """Return the folder with a symbolic link at `path` whose target is of this kind."""
        return replace(self, entries={**self.entries, path: Entry(kind, target=target)})

    def edited(self, path: str, old: str, new: str) -> MemoryFolder:
        """Return the folder with `old` replaced by `new`. Raises ValueError unless `old` occurs exactly once."""
        text = self.text(path)
        if text.count(old) != 1:
            raise ValueError(f"{path}: {text.count(old)} places read {old!r}, not one")
        return self.having(path, text.replace(old, new))


@dataclass(frozen=True)
class Overlay:
    """A folder in which some files have other bytes, None for no file, in memory; nothing is written."""

    under: Folder
    changed: Mapping[str, bytes | None]

    def paths(self) -> Sequence[str]:
        there = {path for path, data in self.changed.items() if data is not None}
        return sorted(({*self.under.paths()} - {*self.changed}) | there)

    def irregular(self) -> Sequence[str]:
        return [path for path in self.under.irregular() if path not in self.changed]

    def entry(self, path: str) -> Entry | None:
        entry = self.under.entry(path)
        if path in self.changed:
            data = self.changed[path]
            return None if data is None else replace(entry or Entry(Kind.FILE), size=len(data))
        prefix = f"{path}/"
        if not any(one.startswith(prefix) for one in self.changed):
            return entry
        is_filled = any(one.startswith(prefix) for one in self.paths())
        return entry or Entry(Kind.FOLDER) if is_filled else None

    def read(self, path: str) -> bytes:
        data = self.changed[path] if path in self.changed else self.under.read(path)
        if data is None:
            raise Unreadable("no such file")
        return data


Question: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """The answer to a question about the integration at a path, and what was read for it, as in `Integration`."""

    question: Question
    path: str
    answer: Any
    reads: frozenset[tuple[str, str]]
    seen: Mapping[str, str | None]


def _question(ask: Callable[..., Any]) -> str:
    """Return the name of a question: the function's own, with its module and code for functions outside Seatrial."""
    if ask.__module__.partition(".")[0] == "seatrial":
        return ask.__name__
    return f"{ask.__module__}:{ask.__qualname__}:{getattr(ask, '__code__', None)}"


class Fleet:
    """All integrations of a workspace, and their `paths`, for rules that compare.

    Computed values are kept. Rules learn about other integrations by questions; a question is the name of a function
    and its arguments. `asked` holds the questions since it was last emptied, and `news` the answers that were computed
    here. `prepare` is called before the first answer is computed, and may `tell` answers that are known already.
    """

    def __init__(self, integrations: Iterable[Integration] = ()) -> None:
        self.integrations = tuple(integrations)
        self.paths = frozenset(one.path for one in self.integrations)
        self.asked: set[Question] = set()
        self.news: list[Told] = []
        self.prepare: Callable[[], None] = lambda: None
        self._kept: dict[Any, tuple[Any, frozenset[Question]]] = {}
        self._told: dict[Question, dict[str, Any]] = {}
        self._whole: dict[Question, dict[str, Any]] = {}

    def others(self, integration: Integration) -> tuple[Integration, ...]:
        """Return every integration but this one."""
        return tuple(i for i in self.integrations if i.path != integration.path)

    def keep(self, name: Any, value: Callable[[], T]) -> T:
        """Return the value called `name`, computed once."""
        if name not in self._kept:
            before, self.asked = self.asked, set()
            try:
                self._kept[name] = value(), frozenset(self.asked)
            finally:
                self.asked = before
        kept, asked = self._kept[name]
        self.asked |= asked
        return kept  # type: ignore[no-any-return]

    def each(self, ask: Callable[..., T], *arguments: str) -> Mapping[str, T]:
        """Return what a function of a module answers for each integration, by path; each answer is computed once.

        The answers are plain data, so that they can be kept from run to run.
        """
        question = (_question(ask), *arguments)
        self.asked.add(question)
        if question not in self._whole:
            self.prepare()
            told = self._told.setdefault(question, {})
            self._whole[question] = {
                one.path: told[one.path] if one.path in told else self._ask(one, question, ask)
                for one in self.integrations
            }
        return self._whole[question]

    def _ask(self, one: Integration, question: Question, ask: Callable[..., T]) -> T:
        before, one.reads = one.reads, set()
        try:
            answer = ask(one, *question[1:])
            self.news.append(Told(question, one.path, answer, frozenset(one.reads), one.seen))
        finally:
            one.reads |= before
        return answer

    def having(self, changed: Mapping[str, Integration]) -> Fleet:
        """Return the fleet with these integrations, by path, in place of its own; answers about others are kept."""
        made = Fleet(changed.get(one.path, one) for one in self.integrations)
        for one in self.integrations:
            for question, answer in () if one.path in changed else self.of(one.path).items():
                made.tell(question, one.path, answer)
        return made

    def sharing(self, other: Fleet, paths: Collection[str]) -> Fleet:
        """Return the fleet with the integrations at these paths, and the answers about them, from another fleet."""
        theirs = {one.path: one for one in other.integrations if one.path in paths}
        made = Fleet(theirs.get(one.path, one) for one in self.integrations)
        for path in theirs:
            for question, answer in other.of(path).items():
                made.tell(question, path, answer)
        return made

    def of(self, path: str) -> Mapping[Question, Any]:
        """Return the answers about the integration at a path."""
        known = {**self._told, **self._whole}
        return {question: told[path] for question, told in known.items() if path in told}

    def tell(self, question: Question, path: str, answer: Any) -> None:
        """Take a known answer about an integration, which is then not computed."""
        self._told.setdefault(question, {})[path] = answer


MOST_HELD = 32 * 1024 * 1024
"""The most bytes of an integration that are kept while it is judged; the largest real one has 3 MB."""


def digest(data: bytes) -> str:
    """Return a short digest of bytes."""
    return blake2b(data, digest_size=16).hexdigest()


class Integration:
    """One integration: its name, its path from the root, and its files.

    Rules read files through it, and it records what they read: `reads` holds ("list", ""), ("irregular", ""),
    ("entry", path) and ("bytes", path). A verdict depends on nothing else of the folder. `seen` holds, by path, the
    digest of the bytes that were read, or why they could not be read, and None for a file that changed in between.
    What is read through `folder` itself is not recorded.
    """

    def __init__(self, name: str, path: str, folder: Folder) -> None:
        self.name = name
        self.path = path
        self.folder = folder
        self.reads: set[tuple[str, str]] = set()
        self.seen: dict[str, str | None] = {}
        self._held: dict[str, bytes] | None = None
        self._room = 0

    def __repr__(self) -> str:
        return f"Integration({self.name!r}, {self.path!r})"

    def below(self, path: str) -> str:
        """Return a path of the integration, relative to the root."""
        return join(self.path, path)

    def paths(self) -> Sequence[str]:
        """Return every path that is not a folder, sorted, relative to the integration."""
        self.reads.add(("list", ""))
        return self.folder.paths()

    def irregular(self) -> Sequence[str]:
        """Return those of `paths()` that are not plain files: links, pipes and the like, sorted."""
        self.reads.add(("irregular", ""))
        return self.folder.irregular()

    def entry(self, path: str) -> Entry | None:
        """Return the entry at `path`; None if there is none."""
        self.reads.add(("entry", path))
        return self.folder.entry(path)

    def has(self, path: str) -> bool:
        """Return whether `path` is a readable file."""
        entry = self.entry(path)
        return entry is not None and entry.kind is Kind.FILE

    def read(self, path: str) -> bytes:
        """Return the bytes of a file. Raises Unreadable."""
        self.reads.add(("bytes", path))
        if self._held and path in self._held:
            return self._held[path]
        try:
            data = self.folder.read(path)
        except Unreadable as refused:
            self._see(path, f"unreadable: {refused}")
            raise
        self._see(path, digest(data))
        if self._held is not None and len(data) <= self._room:
            self._held[path] = data
            self._room -= len(data)
        return data

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Keep the bytes of files that are read inside, so that they are read once; at most MOST_HELD in all."""
        self._held, self._room = {}, MOST_HELD
        try:
            yield
        finally:
            self._held = None

    def saw(self, told: Told) -> None:
        """Record what another process has read for an answer."""
        self.reads |= told.reads
        for path, what in told.seen.items():
            self._see(path, what)

    def _see(self, path: str, what: str | None) -> None:
        self.seen[path] = what if self.seen.get(path, what) == what else None

    def holds(self, path: str) -> bool:
        """Return whether there is anything at `path`."""
        return self.entry(path) is not None

    def having(self, changed: Mapping[str, bytes | None]) -> Integration:
        """Return the integration with other bytes in these files, None for no file, in memory."""
        return Integration(self.name, self.path, Overlay(self.folder, changed))
