"""The changelog: its newest entry, the form of its older entries, and its fragments.

A changelog has hundreds of entries and grows by one with each release, so only its head is parsed.
Ocean's pull-request gate reads every entry, and refuses a change to the changelog for what was wrong years ago.
Source: the changelog checker in Ocean's repository, as of August 2026.
Fragments are files of one change each, which towncrier writes into `CHANGELOG.md`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise, takewhile

from seatrial.core.errors import Unreadable
from seatrial.core.model import Fleet, Integration
from seatrial.documents import changelog
from seatrial.documents.changelog import MARKER, VersionEntry
from seatrial.documents.document import Fault, FaultKind
from seatrial.validate.facts.package_metadata import TITLE_FORMAT, Package
from seatrial.validate.facts.tree import Tree, content, doing, first_marker

CHANGELOG = "CHANGELOG.md"
FOLDER = "changelog"

MAX_HEAD = 128 * 1024
"""No more bytes than this are parsed; the largest real head has 1,141."""

SEARCHED = 100
"""Characters of a heading in which its version is searched."""

CANONICAL = rb"## \d+\.\d+\.\d+(?:-[a-zA-Z0-9.]+)?\s+\(\d{4}-\d\d-\d\d\)"
DATED = re.compile(rb"^(?![-*\s])[^\n]*\(\d{4}-(?:\d\d-\d\d|\d\d?-\d\d?)\)[ \t]*$", re.MULTILINE)
_DAY = re.compile(rb"\(\d{4}-\d\d-\d\d\)\n")
_LOOSE = re.compile(rb"\(\d{4}-(?:\d-\d\d?|\d\d-\d)\)")
_ENDED = re.compile(CANONICAL + rb"\n\n\n(?=\S)")
_TIDY = re.compile(rb"\n\n\n" + _ENDED.pattern)
_TRAILING = re.compile(rb"(?<![ \t])[ \t]++\n")
_MARKER = MARKER.encode()
_UNDERLINE = re.compile(rb"\s*(?:-{3,}|={3,}|\*{3,})\s*")
_BEFORE_VERSION = re.compile(rb"(?!-)(?:#{0,3} *|[\w# -]* )v?")
_HEADING = re.compile(CANONICAL.decode())

_PARTS = {"version": r"v?\d+\.\d+\.\d+\S*", "project_date": r"\d{4}-\d\d-\d\d", "name": r"[\w .-]*"}
_READABLE = (["project_date", "version"], ["name", "project_date", "version"])


@dataclass(frozen=True)
class ChangelogText:
    """A changelog; `head` is the parsed text down to the third dated heading."""

    data: bytes
    head: changelog.Changelog

    @classmethod
    def of(cls, integration: Integration) -> ChangelogText | None:
        """None where there is no changelog, or a merge left it in two versions."""
        if not integration.has(CHANGELOG):
            return None
        try:
            data = plain(integration.read(CHANGELOG))
            if first_marker(data, is_markdown=True):
                return None
        except Unreadable as reason:
            fault = Fault(FaultKind.UNREADABLE, str(reason))
            return cls(b"", changelog.Changelog(CHANGELOG, faults=(fault,)))
        return cls(
            data, changelog.parse(CHANGELOG, data if _is_refused_whole(data) else data[: _end_of_head(data)])
        )

    @cached_property
    def versioned(self) -> Sequence[VersionEntry]:
        """The newest entries with a version, at least two where the changelog has two."""
        return [entry for entry in self.head.entries if entry.version]

    @cached_property
    def top(self) -> VersionEntry | None:
        """The newest entry."""
        return self.versioned[0] if self.versioned else None

    @cached_property
    def second(self) -> VersionEntry | None:
        """The entry below the newest."""
        return self.versioned[1] if len(self.versioned) > 1 else None

    @cached_property
    def strays(self) -> list[VersionEntry]:
        """The headings without a version, of the size of those with one, between the newest entry and the next."""
        below = [entry for entry in self.head.entries if self.top and entry.line > self.top.line]
        return list(takewhile(lambda entry: not entry.version, below))

    def underline(self) -> int:
        """The first line of the newest entry that is only a rule or an underline; 0 for none."""
        lines = self.data.split(b"\n", self.second.line if self.second else -1)
        start = self.top.line if self.top else len(lines)
        end = self.second.line - 1 if self.second else len(lines)
        return next((number + 1 for number in range(start, end) if _UNDERLINE.fullmatch(lines[number])), 0)

    def lines_like(self, pattern: re.Pattern[bytes]) -> list[tuple[int, re.Match[bytes]]]:
        """The numbers and the matches of the lines of the newest entry that a pattern matches; none beside code."""
        if self.top is None or b"```" in self.data:
            return []
        lines = self.data.split(b"\n", self.second.line - 1 if self.second else -1)
        end = self.second.line - 1 if self.second else len(lines)
        found = ((number + 1, pattern.match(lines[number])) for number in range(self.top.line, end))
        return [(number, match) for number, match in found if match]

    @cached_property
    def markers(self) -> list[int]:
        """The first two lines of the marker below which new entries are written; there should be one."""
        return [self._line(match.start()) for match in islice(re.finditer(_MARKER, self.data), 2)]

    def repeated(self, version: str) -> int:
        """The line of the second heading of a version; 0 where there is none."""
        found = re.finditer(re.escape(f"{version} (".encode()), self.data)
        headings = (match.start() for match in found if self._is_heading(match.start()))
        return next((self._line(index) for index in islice(headings, 1, None)), 0)

    def _is_heading(self, index: int) -> bool:
        first = max(index - SEARCHED, 0)
        start = self.data.rfind(b"\n", max(first - 1, 0), index) + 1
        return (start > 0 or first == 0) and _BEFORE_VERSION.fullmatch(self.data[start:index]) is not None

    @cached_property
    def untidy(self) -> tuple[int, int]:
        """The line of the first older heading that the gate would refuse, and the number of such headings."""
        indexes = refused(self.data)
        return (self._line(indexes[0]), len(indexes)) if indexes else (0, 0)

    def _line(self, index: int) -> int:
        return self.data.count(b"\n", 0, index) + 1


def plain(data: bytes) -> bytes:
    """The text with line feeds only, and no blanks before them, as the gate reads it."""
    data = data.replace(b"\r\n", b"\n")
    return _TRAILING.sub(b"\n", data) if b" \n" in data or b"\t\n" in data else data


def _is_refused_whole(data: bytes) -> bool:
    """True where the parser must see all of the bytes, to report the fault of a text that it refuses."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return True
    return len(data) > changelog.MAX_CHANGELOG_BYTES


def _end_of_head(data: bytes) -> int:
    """The index of the third dated heading, counted from the marker where there is one."""
    dated = DATED.finditer(data, max(data.find(_MARKER), 0))
    third = next(islice(dated, 2, None), None)
    end = third.start() if third else len(data)
    return end if end <= MAX_HEAD else data.rfind(b"\n", 0, MAX_HEAD) + 1


def is_declared(package: Package) -> bool:
    """True where the integration declares today's form of headings, so that its changelog must have it."""
    return package.towncrier.get("title_format") == TITLE_FORMAT


def has_declared_form(package: Package, entry: VersionEntry) -> bool:
    """True where a heading has today's form or the declared one; without a declared form, every heading has it."""
    declared = package.towncrier.get("title_format")
    if not isinstance(declared, str) or _HEADING.fullmatch(entry.heading):
        return True
    parts = re.split(r"\{(\w+)\}", declared)
    if declared == TITLE_FORMAT or sorted(parts[1::2]) not in _READABLE:
        return declared != TITLE_FORMAT
    pattern = "".join(_PARTS[part] if at % 2 else re.escape(part) for at, part in enumerate(parts))
    return re.fullmatch(pattern, entry.heading.strip()) is not None


def refused(data: bytes) -> list[int]:
    """The indexes of the headings below the newest that the pull-request gate would refuse.

    Like the gate, it accepts a date such as `2024-12-2` and any blank lines below such an entry.
    The blank lines below the newest entry count as part of it.
    """
    newest = _DAY.search(data)
    if newest is None:
        return []
    below = newest.end() - 1
    if len(_DAY.findall(data, below + 1)) == len(_TIDY.findall(data, below)) and b"\n\n\n\n#" not in data:
        return []
    dated = list(DATED.finditer(data))
    tidy = {
        match.start() + 3
        for match in _TIDY.finditer(data)
        if data[match.start() - 1 : match.start()] != b"\n"
    }
    if len(dated) > 1 and _ENDED.match(data, dated[1].start()):
        tidy.add(dated[1].start())
    return [
        one.start() for above, one in pairwise(dated) if one.start() not in tidy and _is_refused(above, one)
    ]


def _is_refused(above: re.Match[bytes], match: re.Match[bytes]) -> bool:
    """True where the gate refuses a heading that is not tidy: for its form, or its spacing below a right one."""
    if _LOOSE.search(match.group()):
        return False
    return not (re.fullmatch(CANONICAL, match.group()) and _LOOSE.search(above.group()))


def tidy_changelogs(fleet: Fleet) -> frozenset[str]:
    """The paths of the integrations whose older entries have today's form."""
    return doing(fleet, is_tidy)


def is_tidy(integration: Integration) -> bool:
    """True where the older entries of `CHANGELOG.md` have today's form."""
    data = content(integration, CHANGELOG)
    return data is not None and not refused(plain(data))


@dataclass(frozen=True)
class Fragment:
    """A change that is not yet in the changelog, and its text."""

    path: str
    text: str

    def has_type(self, types: Collection[str]) -> bool:
        """True where its name holds one of these types, as `<issue>.<type>.md` does."""
        return any(part in types for part in self.path.rpartition("/")[2].split(".")[1:])

    def stands_in(self, changelog: bytes) -> bool:
        """True where its first line is already in the changelog."""
        line = next((line.strip() for line in self.text.split("\n") if line.strip()), "")
        return bool(line) and line.encode() in changelog


def fragments_of(integration: Integration, tree: Tree) -> tuple[Fragment, ...]:
    """The fragments by name; one that cannot be read has no text."""
    names = (name for name in tree.within(FOLDER) if not name.lower().startswith((".", "readme", "template")))
    paths = (path for name in sorted(names) if (path := f"{FOLDER}/{name}") in tree.files)
    return tuple(
        Fragment(path, (content(integration, path) or b"").decode("utf-8", "replace")) for path in paths
    )
