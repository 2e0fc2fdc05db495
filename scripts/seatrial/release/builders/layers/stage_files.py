"""The files that a build adds to a base image, and what it can know of those in it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from pathlib import Path

MAX_LINKS = 40
MAX_FILES = 500_000

PASSWD, SHADOW, GROUP, GSHADOW = "etc/passwd", "etc/shadow", "etc/group", "etc/gshadow"


class StepFault(ValueError):
    """A step that cannot be done; the message says why, to be put after its line."""


class EntryKind(Enum):
    """The kinds of entries that images of this builder have, by their sign in an archive."""

    FILE = b"0"
    LINK = b"2"
    FOLDER = b"5"


@dataclass(frozen=True)
class StageEntry:
    """A file, folder or symbolic link. `content` is the file with a file's bytes, or they themselves.

    `installed` says that it belongs to the locked dependencies.
    """

    kind: EntryKind
    mode: int = 0o755
    uid: int = 0
    gid: int = 0
    target: str = ""
    content: Path | bytes = b""
    installed: bool = False


@dataclass(frozen=True)
class BaseFiles:
    """The files of a base image: entries by path, without content, and the text of a few."""

    entries: Mapping[str, StageEntry] = field(default_factory=dict)
    texts: Mapping[str, bytes] = field(default_factory=dict)


@dataclass
class StageTree:
    """The files of a stage: those that it has added, over those of its base, which are read when first needed.

    Paths are relative to the root of the image, without a slash at their ends.
    """

    base_of: Callable[[], BaseFiles]
    added: dict[str, StageEntry] = field(default_factory=dict)

    @cached_property
    def base(self) -> BaseFiles:
        """The files of the base image."""
        return self.base_of()

    def entry(self, path: str) -> StageEntry | None:
        """Return what is at a path; None for nothing."""
        if path == "":
            return StageEntry(EntryKind.FOLDER)
        return self.added.get(path) or self.base.entries.get(path)

    def resolved(self, path: str, last: bool = True) -> str:
        """Return a path with the links on its way followed, and if `last` that at its end. Raises StepFault."""
        done: list[str] = []
        todo = [part for part in path.split("/") if part not in ("", ".")]
        for _ in range(MAX_LINKS + len(todo) * MAX_LINKS):
            if not todo:
                return "/".join(done)
            part = todo.pop(0)
            if part == "..":
                done = done[:-1]
                continue
            here = self.entry("/".join([*done, part]))
            if here and here.kind is EntryKind.LINK and (todo or last):
                done = [] if here.target.startswith("/") else done
                todo = [one for one in here.target.split("/") if one not in ("", ".")] + todo
            elif here and here.kind is EntryKind.FILE and todo:
                raise StepFault(f"/{'/'.join([*done, part])} is a file, and no folder")
            else:
                done.append(part)
        raise StepFault(f"too many links on the way to /{path}")

    def put(self, path: str, entry: StageEntry) -> None:
        """Set an entry whose folder is there. Raises StepFault where it would replace a folder."""
        before = self.entry(path)
        if before and before.kind is EntryKind.FOLDER and entry.kind is not EntryKind.FOLDER:
            raise StepFault(f"/{path} is a folder already")
        if before and before.kind is not EntryKind.FOLDER and entry.kind is EntryKind.FOLDER:
            raise StepFault(f"/{path} is there already, and no folder")
        if len(self.added) > MAX_FILES:
            raise StepFault(f"it makes more than {MAX_FILES:,} files")
        self.added[path] = entry

    def make_folders(self, path: str, like: StageEntry | None = None) -> str:
        """Make a folder and those that it is in, where they are missing; return its resolved path."""
        real = self.resolved(path)
        parts = real.split("/") if real else []
        for end in range(1, len(parts) + 1):
            here = "/".join(parts[:end])
            found = self.entry(here)
            if found is None:
                self.put(here, like or StageEntry(EntryKind.FOLDER))
            elif found.kind is not EntryKind.FOLDER:
                raise StepFault(f"/{here} is there already, and no folder")
        return real

    def below(self, path: str) -> Iterator[tuple[str, StageEntry]]:
        """Yield the added entries below a folder, with their paths below it."""
        prefix = f"{path}/" if path else ""
        for one, entry in self.added.items():
            if one.startswith(prefix) and one != path:
                yield one.removeprefix(prefix), entry

    def in_base_below(self, path: str) -> bool:
        """Return whether the base image has a file or link below a path."""
        kept = (one for one, entry in self.base.entries.items() if entry.kind is not EntryKind.FOLDER)
        return any(one.startswith(f"{path}/") for one in kept)

    def text(self, path: str) -> bytes:
        """Return the bytes of a file that was added, or one of the few of the base that are known; else none."""
        added = self.added.get(path)
        if added is not None and isinstance(added.content, bytes):
            return added.content
        return self.base.texts.get(path, b"")


def changed(tree: StageTree, path: str, recursive: bool, change: Callable[[StageEntry], StageEntry]) -> None:
    """Change an entry, and if `recursive` those below it. Raises StepFault for a file that the base image has.

    Such a file would have to be stored again; a folder need not.
    """
    real = tree.resolved(path)
    below = [f"{real}/{name}" for name, _ in tree.below(real)]
    more = [one for one in tree.base.entries if one.startswith(f"{real}/") and one not in tree.added]
    for one in [real, *below, *more] if recursive else [real]:
        entry = tree.entry(one)
        if entry is None:
            raise StepFault(f"/{one} is not there")
        if entry.kind is EntryKind.FILE and one not in tree.added:
            raise StepFault(f"it changes /{one}, a file of the base image")
        if entry.kind is not EntryKind.LINK:
            tree.added[one] = change(entry)


def with_mode(mode: str) -> Callable[[StageEntry], StageEntry]:
    """Return a function that gives an entry the mode of a chmod, under the umask 022."""
    if mode.isdecimal():
        return lambda entry: replace(entry, mode=int(mode, 8))
    return lambda entry: replace(entry, mode=_lettered(mode, entry))


_SHIFTS = {"u": 6, "g": 3, "o": 0}
_CLAUSE = re.compile(r"([ugoa]*)([-+=])([rwxX]*)")


def _lettered(stated: str, entry: StageEntry) -> int:
    mode = entry.mode
    for clause in stated.split(","):
        found = _CLAUSE.fullmatch(clause)
        assert found is not None
        who, how, letters = found.groups()
        bits = sum({"r": 4, "w": 2, "x": 1}.get(letter, 0) for letter in set(letters) - {"X"})
        if "X" in letters and (entry.kind is EntryKind.FOLDER or mode & 0o111):
            bits |= 1
        sides = "ugo" if who == "" or "a" in who else who
        mask = sum(bits << _SHIFTS[side] for side in set(sides)) & (0o755 if who == "" else 0o777)
        whole = sum(7 << _SHIFTS[side] for side in set(sides))
        mode = mode | mask if how == "+" else mode & ~mask if how == "-" else (mode & ~whole) | mask
    return mode


def owner_of(tree: StageTree, stated: str) -> tuple[int, int | None]:
    """Return the numbers of an owner `user`, `user:group` or in digits; None for no group stated. Raises StepFault."""
    user, colon, group = stated.partition(":")
    return _number(tree, PASSWD, user), _number(tree, GROUP, group) if colon and group else None


def _number(tree: StageTree, file: str, name: str) -> int:
    if re.fullmatch(r"\d{1,9}", name):
        return int(name)
    for line in tree.text(file).decode(errors="replace").splitlines():
        fields = line.split(":")
        if fields[0] == name and len(fields) > 2 and fields[2].isdecimal():
            return int(fields[2])
    raise StepFault(f'"{name[:40]}" is not in /{file}')


def add_group(tree: StageTree, name: str, number: int) -> None:
    """Add the lines of groupadd. Raises StepFault where name or number is taken."""
    _must_be_free(tree, GROUP, name, number)
    _append(tree, GROUP, f"{name}:x:{number}:")
    if GSHADOW in tree.base.entries:
        _append(tree, GSHADOW, f"{name}:!::")


def add_account(tree: StageTree, name: str, number: int, group: str, home: str, shell: str, day: int) -> None:
    """Add the lines of `useradd --system`, as on a `day` since 1970. Raises StepFault where name or number is taken."""
    _must_be_free(tree, PASSWD, name, number)
    gid = _number(tree, GROUP, group)
    _append(tree, PASSWD, f"{name}:x:{number}:{gid}::{home or f'/home/{name}'}:{shell or _shell(tree)}")
    if SHADOW in tree.base.entries:
        _append(tree, SHADOW, f"{name}:!:{day}::::::")


def _shell(tree: StageTree) -> str:
    found = re.search(rb"^SHELL=(\S+)", tree.text("etc/default/useradd"), re.MULTILINE)
    return found[1].decode(errors="replace") if found else ""


def _must_be_free(tree: StageTree, file: str, name: str, number: int) -> None:
    if not tree.text(file):
        raise StepFault(f"the base image has no /{file}")
    for line in tree.text(file).decode(errors="replace").splitlines():
        fields = line.split(":")
        if fields[0] == name or fields[2:3] == [str(number)]:
            raise StepFault(
                f"/{file} of the base image has {fields[0]} with the number {''.join(fields[2:3])} already"
            )


def _append(tree: StageTree, file: str, line: str) -> None:
    path = tree.resolved(file)
    before = tree.entry(path)
    if before is None or before.kind is not EntryKind.FILE:
        raise StepFault(f"the base image has no /{file}")
    text = tree.text(file)
    text += b"" if text.endswith(b"\n") or not text else b"\n"
    tree.added[path] = replace(before, content=text + line.encode() + b"\n")


def relative(path: str) -> str:
    """Return an absolute path without its slash."""
    return posixpath.normpath("/" + path).lstrip("/")


def above(path: str) -> Iterator[str]:
    """Yield the folders that a path is in, without the root."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
