"""Changelogs in Markdown as towncrier writes them: entries by version, sections, bullets, and their spacing.

Older forms are read too: `1.0.1 (2023-07-20)`, bare or underlined, `# 0.1.2 (2023-08-11)`, `# Port_Ocean
v0.1.2 (2023-08-11)` and `## [0.1.0] - 2024-01-01`. Every line is read once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from seatrial.core.model import Location
from seatrial.documents.document import BOM, Fault, FaultKind, RefusedError, decoded

MAX_CHANGELOG_BYTES = 8 * 1024 * 1024
"""Changelogs only ever grow; the largest real one has 0.2 MB."""

MAX_HEADINGS = 50_000
"""A changelog with more headings than this is refused; the largest real one has fewer than 2,000."""

MAX_LINES = 200_000
"""A changelog of more lines than this is refused; the largest real one has 12,000."""

MARKER = "<!-- towncrier release notes start -->"
"""New entries are written below this line."""

_SEARCHED = 200  # characters of a heading
_VERSION = re.compile(r"(?<![\w.-])v?(\d+(?:\.\d+)+(?:[-.+]?[A-Za-z][\w.+-]*)?)")
_DATE = re.compile(r"\(([^()]*)\)|(\d{4}-\d{1,2}-\d{1,2})")
_NUMBERED = re.compile(r" {0,3}(?:[A-Za-z][\w-]* )?v?\d+(?:\.\d+)+[\w.+-]* \(\d{4}-\d\d-\d\d\)\s*")
_HASHES = re.compile(r"( {0,3})(#{1,6})(?=v?\d|\s|$)(.*)")
_UNDERLINE = re.compile(r"(={3,}|-{3,})\s*")
_BULLET = re.compile(r" {0,3}([-*+])\s+(.*)")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")


@dataclass(frozen=True)
class Bullet:
    """A list item of the outermost level; `sign` is the character it starts with."""

    line: int
    sign: str
    text: str


@dataclass(frozen=True)
class EntrySection:
    """A heading inside an entry and the text below it.

    `level` counts the `#`; blank lines are those directly around the heading; `content` counts the lines
    below it that are not blank, bullets or not.
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
class VersionEntry:
    """A heading of a version and the text below it.

    `heading` is the line as written and `text` its text; `level` counts the `#`, 0 for none. `version` comes
    without `v`; `date` is the text in brackets behind it, a date or not; both are None if absent. `bullets`
    and `content` are those before the first section.
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
    sections: tuple[EntrySection, ...]

    @property
    def empty(self) -> bool:
        """True if it says nothing at all."""
        return not self.content and not any(section.content for section in self.sections)


@dataclass(frozen=True)
class Changelog:
    """A changelog; empty if there are `faults`. `markers` are line numbers."""

    path: str
    markers: tuple[int, ...] = ()
    entries: tuple[VersionEntry, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def newest(self) -> VersionEntry | None:
        """The first entry with a version below the marker, or in the whole file without a marker."""
        below = self.markers[0] if self.markers else 0
        with_version = [entry for entry in self.entries if entry.version]
        return next((e for e in with_version if e.line > below), next(iter(with_version), None))

    def at(self, part: VersionEntry | EntrySection) -> Location:
        """Return the place of an entry or a section."""
        return Location(self.path, part.line, part.column)

    def where(self, fault: Fault) -> Location:
        """Return the place of a fault."""
        return Location(self.path, fault.line, fault.column)


def parse(path: str, data: bytes) -> Changelog:
    """Read a changelog. Markdown has no syntax errors: the only faults are of bytes and size."""
    try:
        text = decoded(data, MAX_CHANGELOG_BYTES).removeprefix(BOM)
    except RefusedError as refusal:
        return Changelog(path, faults=(refusal.fault,))
    if text.count("\n") > MAX_LINES:
        return Changelog(path, faults=(Fault(FaultKind.LIMIT, f"more than {MAX_LINES:,} lines"),))
    lines = text.replace("\r\n", "\n").split("\n")
    if "```" in text or "~~~" in text:
        lines = _without_code(lines)
    headings = list(islice(_headings(lines), MAX_HEADINGS + 1))
    if len(headings) > MAX_HEADINGS:
        message = f"more than {MAX_HEADINGS:,} headings"
        fault = Fault(FaultKind.LIMIT, message, headings[-1].index + 1)
        return Changelog(path, faults=(fault,))
    markers = tuple(number for number, line in enumerate(lines, 1) if MARKER in line)
    return Changelog(path, markers, tuple(_entries(lines, headings)))


def _without_code(lines: list[str]) -> list[str]:
    """Return the lines with those of fenced code indented, so that nothing in them counts as Markdown."""
    fence = ""
    indented = []
    for line in lines:
        match = _FENCE.match(line)
        indented.append(f"    {line}" if fence or match else line)
        if fence and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        elif match and not fence:
            fence = match[1]
    return indented


@dataclass(frozen=True)
class _Heading:
    """A heading: the index of its line, and of the line below it and its underline."""

    index: int
    body: int
    indent: int
    level: int
    text: str
    underlined: bool

    @property
    def version(self) -> re.Match[str] | None:
        return _VERSION.search(self.text[:_SEARCHED])

    @property
    def is_outer(self) -> bool:
        """True if it ends the entry above it."""
        return self.level <= 2 or bool(_is_numbered(self.text))


def _entries(lines: Sequence[str], found: Sequence[_Heading]) -> Iterator[VersionEntry]:
    end = _Heading(len(lines), len(lines), 0, 1, "", underlined=False)
    headings = [*found, end]
    outer = [number for number, heading in enumerate(headings) if heading.is_outer]
    for start, stop in pairwise(outer):
        if headings[start].level != 1 or headings[start].version:
            yield _entry(lines, headings[start : stop + 1])


def _headings(lines: Sequence[str]) -> Iterator[_Heading]:
    for index, line in enumerate(lines):
        start = line.lstrip()[:1]
        if start and start not in "-*+<|":
            below = lines[index + 1] if index + 1 < len(lines) else ""
            heading = _heading(index, line, bool(_UNDERLINE.fullmatch(below)))
            if heading:
                yield heading


def _heading(index: int, line: str, underlined: bool) -> _Heading | None:
    body = index + 1 + underlined
    hashes = _HASHES.match(line)
    if hashes:
        return _Heading(index, body, len(hashes[1]), len(hashes[2]), hashes[3].strip(), underlined)
    if _is_numbered(line) or (underlined and _VERSION.search(line[:_SEARCHED])):
        return _Heading(index, body, len(line) - len(line.lstrip()), 0, line.strip(), underlined)
    return None


def _is_numbered(text: str) -> bool:
    return len(text) <= _SEARCHED and bool(_NUMBERED.fullmatch(text))


def _entry(lines: Sequence[str], headings: Sequence[_Heading]) -> VersionEntry:
    """Return the entry of the first heading; the last one is the next entry's, those between are sections."""
    first, after = headings[:2]
    version = first.version
    return VersionEntry(
        heading=lines[first.index],
        text=first.text,
        level=first.level,
        underlined=first.underlined,
        version=version[1] if version else None,
        date=_date(first.text[version.end() : _SEARCHED]) if version else None,
        line=first.index + 1,
        column=first.indent + 1,
        blank_before=_blank_before(lines, first.index),
        blank_after=_blank_after(lines, first.body),
        bullets=_bullets(lines, first, after),
        content=_content(lines, first, after),
        sections=tuple(_section(lines, section, below) for section, below in pairwise(headings[1:])),
    )


def _section(lines: Sequence[str], heading: _Heading, after: _Heading) -> EntrySection:
    return EntrySection(
        name=heading.text,
        level=heading.level,
        line=heading.index + 1,
        column=heading.indent + 1,
        blank_before=_blank_before(lines, heading.index),
        blank_after=_blank_after(lines, heading.body),
        bullets=_bullets(lines, heading, after),
        content=_content(lines, heading, after),
    )


def _date(text: str) -> str | None:
    match = _DATE.search(text)
    return next(filter(None, match.groups()), None) if match else None


def _blank_before(lines: Sequence[str], index: int) -> int:
    """Count the blank lines that end just before this one."""
    start = index
    while start and not lines[start - 1].strip():
        start -= 1
    return index - start


def _blank_after(lines: Sequence[str], index: int) -> int:
    """Count the blank lines that start at this one."""
    end = index
    while end < len(lines) and not lines[end].strip():
        end += 1
    return end - index


def _bullets(lines: Sequence[str], heading: _Heading, after: _Heading) -> tuple[Bullet, ...]:
    matches = ((number, _BULLET.match(lines[number])) for number in range(heading.body, after.index))
    return tuple(Bullet(number + 1, match[1], match[2].strip()) for number, match in matches if match)


def _content(lines: Sequence[str], heading: _Heading, after: _Heading) -> int:
    return sum(1 for number in range(heading.body, after.index) if lines[number].strip())
