"""What applying the intents of an integration changes in its files: texts in, texts out, nothing is written here.

Each new text is read again, and must say what the old one said but for the version or the entry; so whatever
way a file is written, it is changed rightly or not at all.

Entries of changelogs, in the very form that towncrier 23 gives them and that Ocean's checker wants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import Any

from seatrial.core.edits import repaired
from seatrial.core.errors import Unreadable, UsageError
from seatrial.core.model import Edit, Integration
from seatrial.core.version import Version
from seatrial.documents import changelog, json, toml, yaml
from seatrial.documents.changelog import MARKER
from seatrial.documents.document import Document, Keys
from seatrial.validate.facts.changelog import CHANGELOG
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.package import PYPROJECT, Package
from seatrial.validate.facts.release import Intents
from seatrial.validate.facts.spec import Spec

SECTIONS = {
    "breaking": "Breaking Changes",
    "deprecation": "Deprecations",
    "feature": "Features",
    "improvement": "Improvements",
    "bugfix": "Bug Fixes",
    "doc": "Improved Documentation",
}
"""The section of each type of change, in the order in which sections stand."""


@dataclass(frozen=True)
class ChangelogEntry:
    """A change of one of the types above, in one line."""

    type: str
    text: str


def with_entry(changelog: str, version: str, day: date, changes: Sequence[ChangelogEntry]) -> str:
    """A changelog with an entry more, right below its marker; all else stays as it is, line ends included.

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
    """The heading, two blank lines, and the sections with one between them; a text of a section stands there once."""
    sections = (_section(name, changes) for name in SECTIONS)
    return f"## {version} ({day.isoformat()})\n\n\n" + "\n".join(section for section in sections if section)


def _section(type: str, changes: Sequence[ChangelogEntry]) -> str:
    texts = dict.fromkeys(change.text for change in changes if change.type == type)
    bullets = "".join(f"- {text}\n" for text in texts)
    return f"### {SECTIONS[type]}\n\n{bullets}" if bullets else ""


@dataclass(frozen=True)
class FileChange:
    """A file of an integration, before and after; None after is a file that goes."""

    path: str
    before: str
    after: str | None


@dataclass(frozen=True)
class Bump:
    """An integration on the way to its next version, which comes of so many intents."""

    name: str
    path: str
    before: str
    after: str
    intents: int
    files: tuple[FileChange, ...]


def bump(subjects: Facts, day: date) -> Bump:
    """The next version of an integration that has intents: the highest bump they ask for, all their texts.

    Raises UsageError for an integration that cannot be bumped so.
    """
    integration = subjects.integration
    try:
        package = _package(subjects)
        after = str(Version.parse(package.version).bumped(subjects.intents.bump))
        files = tuple(_files(subjects, package, after, day))
    except (ValueError, Unreadable) as wrong:
        raise UsageError(f"{integration.path or integration.name} cannot be bumped: {wrong}") from None
    count = len(subjects.intents.all)
    return Bump(integration.name, integration.path, package.version, after, count, files)


def _package(subjects: Facts) -> Package:
    if subjects.package is None:
        raise ValueError(f"{PYPROJECT} cannot be read")
    return subjects.package


def _files(subjects: Facts, package: Package, after: str, day: date) -> Iterator[FileChange]:
    integration = subjects.integration
    way = package.way("version")
    yield _revised(integration, package.document, way, package.version, after, toml.load)
    if subjects.spec_document is not None:
        yield from _spec(integration, subjects.spec_document, package.version, after)
    yield _announced(integration, after, day, subjects.intents)
    for intent in subjects.intents.all:
        yield FileChange(intent.path, _text(integration, intent.path), None)


def _spec(integration: Integration, document: Document, before: str, after: str) -> Iterator[FileChange]:
    """The spec, where it states a version; a `v` in front of it stays."""
    spec = Spec.of(document)
    if spec is None:
        raise ValueError(f"{document.path} cannot be read")
    if "version" not in spec.root.value:
        return
    stated = spec.root.text("version")
    if stated.removeprefix("v") != before:
        raise ValueError(f'the version in {document.path} is not "{before}", that in {PYPROJECT}')
    load = json.load if document.path.endswith(".json") else yaml.load
    yield _revised(integration, document, ("version",), stated, "v" * stated.startswith("v") + after, load)


def _revised(
    integration: Integration,
    document: Document,
    way: Keys,
    old: str,
    new: str,
    load: Callable[[str, bytes], Document],
) -> FileChange:
    """A document that says `new` in the place of `old` and is else the same, to the letter."""
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


def _announced(integration: Integration, version: str, day: date, intents: Intents) -> FileChange:
    """The changelog with the entry of the version on top of the others."""
    before = _text(integration, CHANGELOG)
    known = _versions(before)
    if version in known:
        raise ValueError(f'{CHANGELOG} has an entry of "{version}" already')
    after = with_entry(before, version, day, list(_changes(intents)))
    if _versions(after) != [version, *known]:
        raise ValueError(
            f"an entry below the marker of {CHANGELOG} would not be its first; see what stands there"
        )
    return FileChange(CHANGELOG, before, after)


def _changes(intents: Intents) -> Iterator[ChangelogEntry]:
    for intent in intents.all:
        if not intent.is_whole:
            raise ValueError(f"{intent.path} is no whole intent; `seatrial check-version` says why")
        yield ChangelogEntry(intent.type, intent.text)


def _versions(text: str) -> list[str]:
    """The versions that have an entry, as they stand."""
    entries = changelog.parse(CHANGELOG, text.encode()).entries
    return [entry.version for entry in entries if entry.version]


def _text(integration: Integration, path: str) -> str:
    try:
        return integration.read(path).decode()
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no text in UTF-8") from None
    except Unreadable as reason:
        raise ValueError(f"{path}: {reason}") from None
