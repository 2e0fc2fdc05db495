"""Changelogs in Markdown as towncrier writes them: entries by version, sections, bullets, and their spacing.

Also understood are the forms of older days: `1.0.1 (2023-07-20)`, bare or underlined, `# 0.1.2 (2023-08-11)`,
`# Port_Ocean v0.1.2 (2023-08-11)` and `## [0.1.0] - 2024-01-01`. Every line is looked at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from seatrial.documents.document import Fault
from seatrial.documents.text import BOM, RefusedError, decoded
from seatrial.model import Location

MAX_CHANGELOG_BYTES = 8 * 1024 * 1024
"""Changelogs only ever grow; the largest real one has 0.2 MB."""

MARKER = "<!-- towncrier release notes start -->"
"""New entries are written below this line."""

_SEARCHED = 200  # characters of a heading
_VERSION = re.compile(r"(?<![\w.-])v?(\d+(?:\.\d+)+(?:[-.+]?[A-Za-z][\w.+-]*)?)")
_DATE = re.compile(r"\(([^()]*)\)|(\d{4}-\d{1,2}-\d{1,2})")
_NUMBERED = re.compile(r" {0,3}(?:[A-Za-z][\w-]* )?v?\d+(?:\.\d+)+[\w.+-]* \(\d{4}-\d\d-\d\d\)\s*")
_HASHES = re.compile(r"( {0,3})(#{1,6})(?![#\w])\s*(.*)|( {0,3})(#{1,3})(v?\d.*)")
_UNDERLINE = re.compile(r"(={3,}|-{3,})\s*")
_BULLET = re.compile(r" {0,3}([-*+])\s+(.*)")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")


@dataclass(frozen=True)
class Bullet:
    """A list item of the outermost level; `sign` is what it starts with."""

    line: int
    sign: str
    text: str


@dataclass(frozen=True)
class Section:
    """A heading inside an entry and what stands below it.

    `level` counts the `#`; blank lines are those directly around the heading; `content`
    counts the lines below it that are not blank, bullets or not.
    """

    name: str
    level: int
    line: int
    column: int
    blank_before: int
    blank_after: int
    bullets: tuple[Bullet, ...]
    content: int


@dataclass(frozen=True)
class Entry:
    """A heading of a version and what stands below it.

    `heading` is the line as written and `text` what it says; `level` counts the `#`, 0 for
    none. `version` comes without `v`; `date` is what stands in brackets behind it, a date or
    not; both are None where there are none. `bullets` and `content` are what stands before the
    first section.
    """

    heading: str
    text: str
    level: int
    underlined: bool
    version: str | None
    date: str | None
    line: int
    column: int
    blank_before: int
    blank_after: int
    bullets: tuple[Bullet, ...]
    content: int
    sections: tuple[Section, ...]

    @property
    def empty(self) -> bool:
        """Whether it says nothing at all."""
        return not self.content and not any(section.content for section in self.sections)


@dataclass(frozen=True)
class Changelog:
    """What a changelog says; empty where `faults` is not. `markers` are line numbers."""

    path: str
    markers: tuple[int, ...] = ()
    entries: tuple[Entry, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def newest(self) -> Entry | None:
        """The first entry with a version below the marker, or in the whole file if none stands there."""
        below = self.markers[0] if self.markers else 0
        with_version = [entry for entry in self.entries if entry.version]
        return next((e for e in with_version if e.line > below), next(iter(with_version), None))

    def at(self, part: Entry | Section) -> Location:
        """Where an entry or a section stands."""
        return Location(self.path, part.line, part.column)

    def where(self, fault: Fault) -> Location:
        """Where a fault stands."""
        return Location(self.path, fault.line, fault.column)


def parse(path: str, data: bytes) -> Changelog:
    """What a changelog says. Markdown has no syntax errors: the only faults are of bytes and size."""
    try:
        text = decoded(data, MAX_CHANGELOG_BYTES).removeprefix(BOM)
    except RefusedError as refusal:
        return Changelog(path, faults=(refusal.fault,))
    lines = text.replace("\r\n", "\n").split("\n")
    markers = tuple(number for number, line in enumerate(lines, 1) if MARKER in line)
    return Changelog(path, markers, tuple(_entries(lines)))


@dataclass(frozen=True)
class _Heading:
    """A heading: where it stands in the list of lines, and where what follows it starts."""

    index: int
    body: int
    indent: int
    level: int
    text: str
    underlined: bool = False


def _entries(lines: Sequence[str]) -> Iterator[Entry]:
    headings = [*_headings(lines), _Heading(len(lines), len(lines), 0, 1, "")]
    starts = [n for n, heading in enumerate(headings) if _is_outer(heading)]
    for start, end in pairwise(starts):
        parts = headings[start : end + 1]
        if parts[0].level != 1 or _version(parts[0].text):
            yield _entry(lines, parts)


def _entry(lines: Sequence[str], headings: Sequence[_Heading]) -> Entry:
    """The entry of the first heading; the last one is that of the next entry, between them are sections."""
    first, after = headings[:2]
    version = _version(first.text)
    return Entry(
        heading=lines[first.index],
        text=first.text,
        level=first.level,
        underlined=first.underlined,
        version=version[1] if version else None,
        date=_date(first.text[version.end() if version else 0 :]),
        line=first.index + 1,
        column=first.indent + 1,
        blank_before=_blank(lines[first.index - 1 :: -1] if first.index else ()),
        blank_after=_blank(lines[first.body :]),
        bullets=tuple(_bullets(lines, first, after)),
        content=_content(lines, first, after),
        sections=tuple(_section(lines, heading, after) for heading, after in pairwise(headings[1:])),
    )
