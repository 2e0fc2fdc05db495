"""The words every room speaks in: places, problems, findings, folders, integrations."""

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
    """How much a finding weighs. Only errors fail a run that is not strict."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


class Profile(enum.Enum):
    """A contract of publishing: where an integration keeps its version and type."""

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
    """Replace the text `old`, which stands at `where`, by `new`."""

    where: Location
    old: str
    new: str


@dataclass(frozen=True)
class Fix:
    """A repair: what to do in the imperative, and the edit that does it where that is safe."""

    title: str
    edit: Edit | None = None

    @property
    def safe(self) -> bool:
        """Whether a program may apply it without asking."""
        return self.edit is not None


@dataclass(frozen=True)
class Problem:
    """What a rule yields: where, and what is wrong.

    `evidence` is what the other integrations of the workspace show; it is printed
    behind the message and left out of the fingerprint. `severity` weakens the rule's
    own for this one instance.
    """

    where: Location
    message: str
    fix: Fix | None = None
    evidence: str = ""
    severity: Severity | None = None


@dataclass(frozen=True)
class Finding:
    """A problem stamped with who found it, ready to print; `path` is relative to the root."""

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

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Findings are shown in this order."""
        return (self.path, self.line, self.column, self.code, self.message)


class Kind(enum.Enum):
    """What stands at a path; a link that leads to something readable is what it leads to."""

    FILE = "file"
    FOLDER = "folder"
    SPECIAL = "special"
    DANGLING = "dangling"
    ESCAPING = "escaping"


@dataclass(frozen=True)
class Entry:
    """What stands at a path of a folder; `target` is set for symbolic links, as written."""

    kind: Kind
    size: int = 0
    target: str | None = None


class Folder(Protocol):
    """A tree of files, on disk or in memory. Paths are relative, with `/`."""

    def paths(self) -> Sequence[str]:
        """Every path that is not a folder, sorted."""

    def irregular(self) -> Sequence[str]:
        """Those of `paths()` that are no plain files: links, pipes and their like, sorted."""

    def entry(self, path: str) -> Entry | None:
        """What stands at `path`; None for nothing."""

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises Unreadable."""


@dataclass(frozen=True)
class MemoryFolder:
    """A folder held in memory; each edit returns another folder."""

    files: Mapping[str, bytes]
    entries: Mapping[str, Entry] = field(default_factory=dict)

    @classmethod
    def of(cls, files: Mapping[str, str | bytes]) -> MemoryFolder:
        """A folder of these texts."""
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
        """The text of a file."""
        return self.read(path).decode()

    def having(self, path: str, text: str | bytes) -> MemoryFolder:
        """With this file, new or replaced."""
        data = text.encode() if isinstance(text, str) else text
        return replace(self, files={**self.files, path: data})

    def without(self, path: str) -> MemoryFolder:
        """Without this file, or without all that lies below this folder."""
        gone = {p for p in self.files if p == path or p.startswith(path + "/")}
        if not gone:
            raise KeyError(path)
        return replace(self, files={p: t for p, t in self.files.items() if p not in gone})

    def moved(self, path: str, to: str) -> MemoryFolder:
        """With a file under another name."""
        return self.without(path).having(to, self.files[path])

    def linked(self, path: str, target: str, kind: Kind = Kind.FILE) -> MemoryFolder:
        """With a symbolic link at `path`; `kind` says what it leads to."""
        return replace(self, entries={**self.entries, path: Entry(kind, target=target)})

    def edited(self, path: str, old: str, new: str) -> MemoryFolder:
        """With the one place that reads `old` reading `new`. Raises ValueError where it is not one place."""
        text = self.text(path)
        if text.count(old) != 1:
            raise ValueError(f"{path}: {text.count(old)} places read {old!r}, not one")
        return self.having(path, text.replace(old, new))


class Fleet:
    """All integrations of a workspace: the evidence a rule may bring.

    Answers are worked out when first asked and kept.
    """

    def __init__(self, integrations: Iterable[Integration] = ()) -> None:
        self.integrations = tuple(integrations)
        self._kept: dict[Any, Any] = {}

    def others(self, integration: Integration) -> tuple[Integration, ...]:
        """Every integration but this one."""
        return tuple(i for i in self.integrations if i.path != integration.path)

    def keep(self, question: Any, answer: Callable[[], T]) -> T:
        """The answer to `question`, worked out once."""
        if question not in self._kept:
            self._kept[question] = answer()
        return self._kept[question]  # type: ignore[no-any-return]


class Integration:
    """One integration: its name, its place below the root, and its files.

    Rules read through it and it records what they read: `reads` holds ("list", ""),
    ("irregular", ""), ("entry", path) and ("bytes", path). A verdict depends on nothing else of the folder.
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
        """Every path that is not a folder, sorted, relative to the integration."""
        self.reads.add(("list", ""))
        return self._folder.paths()

    def irregular(self) -> Sequence[str]:
        """Those of `paths()` that are no plain files: links, pipes and their like, sorted."""
        self.reads.add(("irregular", ""))
        return self._folder.irregular()

    def entry(self, path: str) -> Entry | None:
        """What stands at `path`; None for nothing."""
        self.reads.add(("entry", path))
        return self._folder.entry(path)

    def has(self, path: str) -> bool:
        """Whether a readable file stands at `path`."""
        entry = self.entry(path)
        return entry is not None and entry.kind is Kind.FILE

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises Unreadable."""
        self.reads.add(("bytes", path))
        return self._folder.read(path)

    def peek(self, path: str) -> bool:
        """Whether anything stands at `path`, for the fleet's evidence; not recorded."""
        return self._folder.entry(path) is not None
