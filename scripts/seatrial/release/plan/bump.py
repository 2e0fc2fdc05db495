"""The next version of an integration that has intents: texts in, texts out, nothing is written here.

Each new text is parsed again, and must have the content of the old one except for the version or the entry; so a
file is changed correctly or not at all, in any style it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from typing import Any

from seatrial import documents
from seatrial.core.edits import repaired
from seatrial.core.errors import Unreadable, UsageError
from seatrial.core.model import Edit, Integration
from seatrial.core.version import BUMPS, Version
from seatrial.documents import changelog, toml
from seatrial.documents.changelog import MARKER
from seatrial.documents.document import Document, Keys
from seatrial.validate.facts.changelog_entries import CHANGELOG
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.package_metadata import PYPROJECT, Package
from seatrial.validate.facts.release_change import BotChange, Fold, Intents
from seatrial.validate.facts.spec import Spec

SECTIONS = {
    "breaking": "Breaking Changes",
    "deprecation": "Deprecations",
    "feature": "Features",
    "improvement": "Improvements",
    "bugfix": "Bug Fixes",
    "doc": "Improved Documentation",
}
"""The section of each type of change, in the order of sections."""


@dataclass(frozen=True)
class ChangelogEntry:
    """A change of one of the types above. Of further lines of its text, `- ` begins an item of its own."""

    type: str
    text: str


def with_entry(changelog: str, version: str, day: date, changes: Sequence[ChangelogEntry]) -> str:
    """Return a changelog with a new entry below its marker; all else is unchanged, line ends included.

    Raises ValueError where it has no marker.
    """
    if MARKER not in changelog:
        raise ValueError(f'the changelog has no line "{MARKER}", below which new entries go')
    before, _, rest = changelog.partition(MARKER)
    end, newline, below = rest.partition("\n")
    ending = "\r\n" if end.endswith("\r") or (not newline and "\r\n" in before) else "\n"
    older = below.lstrip()
    added = "\n\n" + entry(version, day, changes) + ("\n\n" if older else "")
    return before + MARKER + end.removesuffix("\r") + added.replace("\n", ending) + older


def entry(version: str, day: date, changes: Sequence[ChangelogEntry]) -> str:
    """Return an entry in the form of towncrier 23, which Ocean's checker requires.

    That is the heading, two blank lines, and the sections with one between them; a text occurs once in a section.
    """
    sections = (_section(name, changes) for name in SECTIONS)
    return f"## {version} ({day.isoformat()})\n\n\n" + "\n".join(section for section in sections if section)


def _section(type: str, changes: Sequence[ChangelogEntry]) -> str:
    texts = dict.fromkeys(change.text for change in changes if change.type == type)
    bullets = "".join(f"{line}\n" for text in texts for line in _bullets(text))
    return f"### {SECTIONS[type]}\n\n{bullets}" if bullets else ""


def _bullets(text: str) -> Iterator[str]:
    """Yield the lines of a text as items of a list, further lines indented, as Ocean's release writes them."""
    first, *more = text.splitlines()
    yield f"- {first.removeprefix('- ')}"
    for line in more:
        yield line if line.startswith("- ") else f"  {line.strip()}"


@dataclass(frozen=True)
class FileChange:
    """A file of an integration, before and after; None after is a file that is removed."""

    path: str
    before: str
    after: str | None


@dataclass(frozen=True)
class Bump:
    """The change of an integration to its next version, by so many intents and commits of bots, and with a fold."""

    name: str
    path: str
    before: str
    after: str
    intents: int
    files: tuple[FileChange, ...]
    bots: int = 0
    fold: Fold | None = None


def bump(facts: Facts, day: date, bots: Sequence[BotChange] = (), fold: Fold | None = None) -> Bump:
    """Return the change to the next version: the highest bump that intents, bots and a fold ask for, all their texts.

    Raises UsageError for an integration that cannot be bumped.
    """
    others: list[BotChange | Fold] = [*bots, *([fold] if fold else [])]
    parts = [part for part in (facts.intents.bump, *(one.bump for one in others)) if part]
    with _telling(facts.integration):
        texts = chain(_changes(facts.intents), (ChangelogEntry(one.type, one.text) for one in others))
        made = _raised(facts, day, max(parts, key=BUMPS.index, default=""), texts)
        gone = [FileChange(one.path, _text(facts.integration, one.path), None) for one in facts.intents.all]
        return replace(made, intents=len(gone), files=(*made.files, *gone), bots=len(bots), fold=fold)


def raised(facts: Facts, day: date, part: str, changes: Sequence[ChangelogEntry]) -> Bump:
    """Return the change to the next version by a part, with these changes; intents are left for another bump.

    Raises UsageError for an integration that cannot be bumped.
    """
    with _telling(facts.integration):
        return _raised(facts, day, part, changes)


@contextmanager
def _telling(integration: Integration) -> Iterator[None]:
    try:
        yield
    except (ValueError, Unreadable) as wrong:
        raise UsageError(f"{integration.path or integration.name} cannot be bumped: {wrong}") from None


def _raised(facts: Facts, day: date, part: str, changes: Iterable[ChangelogEntry]) -> Bump:
    package = _package(facts)
    after = str(Version.parse(package.version).bumped(part))
    files = tuple(_files(facts, package, after, day, changes))
    return Bump(facts.integration.name, facts.integration.path, package.version, after, 0, files)


def _package(facts: Facts) -> Package:
    if facts.package is None:
        raise ValueError(f"{PYPROJECT} cannot be read")
    return facts.package


def _files(
    facts: Facts, package: Package, after: str, day: date, changes: Iterable[ChangelogEntry]
) -> Iterator[FileChange]:
    integration = facts.integration
    way = package.way("version")
    yield revised(integration, package.document, way, package.version, after, toml.load)
    if facts.spec_document is not None:
        yield from _spec(integration, facts.spec_document, package.version, after)
    yield _with_new_entry(integration, after, day, changes)


def _spec(integration: Integration, document: Document, before: str, after: str) -> Iterator[FileChange]:
    """Yield the change of the spec if it states a version; a `v` before it is kept."""
    spec = Spec.of(document)
    if spec is None:
        raise ValueError(f"{document.path} cannot be read")
    if "version" not in spec.root.value:
        return
    stated = spec.root.text("version")
    if stated.removeprefix("v") != before:
        raise ValueError(f'the version in {document.path} is not "{before}", that in {PYPROJECT}')
    new = "v" * stated.startswith("v") + after
    yield revised(integration, document, ("version",), stated, new, documents.load)


def revised(
    integration: Integration,
    document: Document,
    way: Keys,
    old: str,
    new: str,
    load: Callable[[str, bytes], Document],
) -> FileChange:
    """Return a document with `new` in place of `old`, otherwise unchanged to the letter.

    Raises ValueError where the value is written in another way.
    """
    path = document.path
    before = _text(integration, path)
    after = repaired(before, [Edit(document.at(*way), old, new)])
    if load(path, after.encode()).value != _replaced(document.value, way, new):
        raise ValueError(
            f'the version in {path} cannot be changed as it is written; write it plainly, "{old}"'
        )
    return FileChange(path, before, after)


def _replaced(value: Any, way: Keys, new: str) -> Any:
    copy = deepcopy(value)
    inner = copy
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = new
    return copy


def _with_new_entry(
    integration: Integration, version: str, day: date, changes: Iterable[ChangelogEntry]
) -> FileChange:
    """Return the changelog with the entry of the version above the others."""
    before = _text(integration, CHANGELOG)
    known = _versions(before)
    if version in known:
        raise ValueError(f'{CHANGELOG} has an entry of "{version}" already')
    after = with_entry(before, version, day, list(changes))
    if _versions(after) != [version, *known]:
        raise ValueError(
            f"an entry below the marker of {CHANGELOG} would not be its first; see what precedes it"
        )
    return FileChange(CHANGELOG, before, after)


def _changes(intents: Intents) -> Iterator[ChangelogEntry]:
    for intent in intents.all:
        if not intent.is_whole:
            raise ValueError(f"{intent.path} is not a complete intent; `seatrial check-version` says why")
        yield ChangelogEntry(intent.type, intent.text)


def _versions(text: str) -> list[str]:
    """Return the versions that have an entry, in their order."""
    entries = changelog.parse(CHANGELOG, text.encode()).entries
    return [entry.version for entry in entries if entry.version]


def _text(integration: Integration, path: str) -> str:
    try:
        return integration.read(path).decode()
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not text in UTF-8") from None
    except Unreadable as reason:
        raise ValueError(f"{path}: {reason}") from None
