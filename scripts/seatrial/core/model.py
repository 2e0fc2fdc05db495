"""The types all rooms share: locations, problems, findings, folders, integrations."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

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


@dataclass(frozen=True)
class Edit:
    """Replace the text `old` at `where` by `new`."""

    where: Location
    old: str
    new: str


@dataclass(frozen=True)
class Fix:
    """A repair: an instruction in the imperative, and an edit that carries it out if nothing has to be guessed."""

    title: str
    edit: Edit | None = None

    @property
    def safe(self) -> bool:
        """Whether `seatrial fix` tries the edit; it is written only if it then proves itself (`validate.repair`)."""
        return self.edit is not None


@dataclass(frozen=True)
class Problem:
    """A fault that a rule yields.

    `evidence` cites the other integrations of the workspace; it is printed behind the message and not part of
    the fingerprint. `severity` lowers the rule's own for this one problem.
    """

    where: Location
    message: str
    fix: Fix | None = None
    evidence: str = ""
    severity: Severity | None = None


@dataclass(frozen=True)
class Finding:
    """A problem with its rule, ready to print; `path` is relative to the root.

    `old` tells that it was there before the change that is judged, so that it does not fail the run.
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

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """The order in which findings are shown."""
        return (self.path, self.line, self.column, self.code, self.message)


class Kind(enum.Enum):
    """The kind of an entry; a link has the kind of its target if that can be read.

    The target of an escaping link is outside of what may be read; that of an ignored one is what git leaves out.
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
        """Every path that is not a folder, sorted."""

    def irregular(self) -> Sequence[str]:
        """Those of `paths()` that are not plain files: links, pipes and the like, sorted."""

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
    """A folder in which some files have other bytes, in memory; nothing is written."""

    under: Folder
    changed: Mapping[str, bytes]

    def paths(self) -> Sequence[str]:
        return self.under.paths()

    def irregular(self) -> Sequence[str]:
        return self.under.irregular()

    def entry(self, path: str) -> Entry | None:
        entry = self.under.entry(path)
        return replace(entry, size=len(self.changed[path])) if entry and path in self.changed else entry

    def read(self, path: str) -> bytes:
        return self.changed[path] if path in self.changed else self.under.read(path)


class Fleet:
    """All integrations of a workspace, for rules that compare.

    Computed values are kept.
    """

    def __init__(self, integrations: Iterable[Integration] = ()) -> None:
        self.integrations = tuple(integrations)
        self._kept: dict[Any, Any] = {}

    def others(self, integration: Integration) -> tuple[Integration, ...]:
        """Return every integration but this one."""
        return tuple(i for i in self.integrations if i.path != integration.path)

    def keep(self, question: Any, answer: Callable[[], T]) -> T:
        """Return the value for `question`, computed once."""
        if question not in self._kept:
            self._kept[question] = answer()
        return self._kept[question]  # type: ignore[no-any-return]


class Integration:
    """One integration: its name, its path from the root, and its files.

    Rules read through it and it records what they read: `reads` holds ("list", ""), ("irregular", ""),
    ("entry", path) and ("bytes", path). A verdict depends on nothing else of the folder.
    """

    def __init__(self, name: str, path: str, folder: Folder) -> None:
        self.name = name
        self.path = path
        self.reads: set[tuple[str, str]] = set()
        self._folder = folder

    def __repr__(self) -> str:
        return f"Integration({self.name!r}, {self.path!r})"

    def below(self, path: str) -> str:
        """Return a path of the integration, relative to the root."""
        return join(self.path, path)

    def paths(self) -> Sequence[str]:
        """Return every path that is not a folder, sorted, relative to the integration."""
        self.reads.add(("list", ""))
        return self._folder.paths()

    def irregular(self) -> Sequence[str]:
        """Return those of `paths()` that are not plain files: links, pipes and the like, sorted."""
        self.reads.add(("irregular", ""))
        return self._folder.irregular()

    def entry(self, path: str) -> Entry | None:
        """Return the entry at `path`; None if there is none."""
        self.reads.add(("entry", path))
        return self._folder.entry(path)

    def has(self, path: str) -> bool:
        """Return whether `path` is a readable file."""
        entry = self.entry(path)
        return entry is not None and entry.kind is Kind.FILE

    def read(self, path: str) -> bytes:
        """Return the bytes of a file. Raises Unreadable."""
        self.reads.add(("bytes", path))
        return self._folder.read(path)

    def peek(self, path: str) -> bool:
        """Return whether `path` exists, as evidence of the fleet; not recorded in `reads`."""
        return self._folder.entry(path) is not None

    def having(self, changed: Mapping[str, bytes]) -> Integration:
        """Return the integration with other bytes in these files, in memory."""
        return Integration(self.name, self.path, Overlay(self._folder, changed))
