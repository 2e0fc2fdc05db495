"""The changelog as the release and its gate see it: the newest entry whole, the older ones by their form.

A changelog has hundreds of entries and grows by one with each release, so only its head is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, takewhile

from seatrial.documents import changelog
from seatrial.documents.changelog import MARKER, Entry
from seatrial.documents.document import Fault, FaultKind
from seatrial.errors import Unreadable
from seatrial.model import Integration
from seatrial.subjects.changelog_gate import CANONICAL, DATED, plain, refused
from seatrial.subjects.package import TITLE_FORMAT, Package

CHANGELOG = "CHANGELOG.md"

MAX_HEAD = 128 * 1024
"""No more bytes than this are parsed; the largest real head has 1,141."""

SEARCHED = 100
"""A version stands in the first so many characters of its heading."""

_MARKER = MARKER.encode()
_UNDERLINE = re.compile(rb"\s*(?:-{3,}|={3,}|\*{3,})\s*")
_BEFORE_VERSION = re.compile(rb"(?!-)(?:#{0,3} *|[\w# -]* )v?")
_HEADING = re.compile(CANONICAL.decode())

_PARTS = {"version": r"v?\d+\.\d+\.\d+\S*", "project_date": r"\d{4}-\d\d-\d\d", "name": r"[\w .-]*"}
_READABLE = (["project_date", "version"], ["name", "project_date", "version"])


@dataclass(frozen=True)
class Changelog:
    """A changelog; `head` is what the parser says of the text down to the third dated heading."""

    data: bytes
    head: changelog.Changelog

    @classmethod
    def of(cls, integration: Integration) -> Changelog | None:
        """None where there is no changelog."""
        if not integration.has(CHANGELOG):
            return None
        try:
            data = plain(integration.read(CHANGELOG))
        except Unreadable as reason:
            fault = Fault(FaultKind.UNREADABLE, str(reason))
            return cls(b"", changelog.Changelog(CHANGELOG, faults=(fault,)))
        whole = changelog.parse(CHANGELOG, data) if _is_odd(data) else None
        return cls(data, whole or changelog.parse(CHANGELOG, data[: _end_of_head(data)]))

    @cached_property
    def versioned(self) -> Sequence[Entry]:
        """The newest entries with a version, two at least where there are as many."""
        return [entry for entry in self.head.entries if entry.version]

    @cached_property
    def top(self) -> Entry | None:
        """The newest entry."""
        return self.versioned[0] if self.versioned else None

    @cached_property
    def second(self) -> Entry | None:
        """The entry below the newest."""
        return self.versioned[1] if len(self.versioned) > 1 else None

    @cached_property
    def strays(self) -> list[Entry]:
        """The headings as large as those of versions, but of none, below the newest and above the next."""
        below = [entry for entry in self.head.entries if self.top and entry.line > self.top.line]
        return list(takewhile(lambda entry: not entry.version, below))

    def underline(self) -> int:
        """The first line of the newest entry that holds nothing but a rule or an underline; 0 for none."""
        lines = self.data.split(b"\n", self.second.line if self.second else -1)
        start = self.top.line if self.top else len(lines)
        end = self.second.line - 1 if self.second else len(lines)
        return next((number + 1 for number in range(start, end) if _UNDERLINE.fullmatch(lines[number])), 0)

    @cached_property
    def markers(self) -> list[int]:
        """The first two lines below which new entries are written; there should be one."""
        places = [match.start() for match in islice(re.finditer(_MARKER, self.data), 2)]
        return [self._line(place) for place in places]

    def repeated(self, version: str) -> int:
        """The line of the second heading of a version; 0 where there is none."""
        headings = (place for place in _places(self.data, f"{version} (".encode()) if self._is_heading(place))
        return next((self._line(place) for place in islice(headings, 1, None)), 0)

    def _is_heading(self, place: int) -> bool:
        before = self.data[self.data.rfind(b"\n", 0, place) + 1 : place][:SEARCHED]
        return _BEFORE_VERSION.fullmatch(before) is not None

    @cached_property
    def untidy(self) -> tuple[int, int]:
        """The line of the first older heading that the gate would refuse, and how many such there are."""
        places = refused(self.data)
        return (self._line(places[0]), len(places)) if places else (0, 0)

    def _line(self, place: int) -> int:
        return self.data.count(b"\n", 0, place) + 1


def is_declared(package: Package) -> bool:
    """Whether the integration declares today's form of headings, so that its changelog can be held to it."""
    return package.towncrier.get("title_format") == TITLE_FORMAT


def has_declared_form(package: Package, entry: Entry) -> bool:
    """Whether a heading has today's form or the one that is declared; any form does, where none is."""
    declared = package.towncrier.get("title_format")
    if not isinstance(declared, str) or _HEADING.fullmatch(entry.heading):
        return True
    parts = re.split(r"\{(\w+)\}", declared)
    if declared == TITLE_FORMAT or sorted(parts[1::2]) not in _READABLE:
        return declared != TITLE_FORMAT
    pattern = "".join(_PARTS[part] if at % 2 else re.escape(part) for at, part in enumerate(parts))
    return re.fullmatch(pattern, entry.heading.strip()) is not None


def _places(data: bytes, text: bytes) -> Iterator[int]:
    place = data.find(text)
    while place >= 0:
        yield place
        place = data.find(text, place + 1)


def _is_odd(data: bytes) -> bool:
    """Whether the bytes are no text, so that the parser must see all of them to say where."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return True
    return len(data) > changelog.MAX_CHANGELOG_BYTES


def _end_of_head(data: bytes) -> int:
    """Where the third dated heading starts; behind the marker, where there is one."""
    dated = DATED.finditer(data, max(data.find(_MARKER), 0))
    third = next(islice(dated, 2, None), None)
    end = third.start() if third else len(data)
    return end if end <= MAX_HEAD else data.rfind(b"\n", 0, MAX_HEAD) + 1
