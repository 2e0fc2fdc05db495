"""What the pull-request gate says of the older entries of a changelog, by their form alone.

The gate reads every entry, and refuses a change to the changelog for what was wrong years ago.
Source: the changelog checker in Ocean's repository, as of August 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from seatrial.errors import Unreadable
from seatrial.model import Fleet

DATED = re.compile(rb"^(?![-*\s])[^\n]*\(\d{4}-(?:\d\d-\d\d|\d\d?-\d\d?)\)[ \t]*$", re.MULTILINE)
_DAY = re.compile(rb"\(\d{4}-\d\d-\d\d\)\n")
_LOOSE = re.compile(rb"\(\d{4}-(?:\d-\d\d?|\d\d-\d)\)")
CANONICAL = rb"## \d+\.\d+\.\d+(?:-[a-zA-Z0-9.]+)?\s+\(\d{4}-\d\d-\d\d\)"
_ENDED = re.compile(CANONICAL + rb"\n\n\n(?=\S)")
_TIDY = re.compile(rb"\n\n\n" + _ENDED.pattern)
_TRAILING = re.compile(rb"(?<![ \t])[ \t]++\n")


def refused(data: bytes) -> list[int]:
    """Where the headings below the newest stand that the pull-request gate would refuse.

    As it does, a date such as `2024-12-2` is passed over, and so are the blank lines below such an
    entry. Those below the newest entry are its own.
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
    """Whether a heading that is not tidy would be refused: for its form, or its spacing below a right one."""
    if _LOOSE.search(match.group()):
        return False
    return not (re.fullmatch(CANONICAL, match.group()) and _LOOSE.search(above.group()))


def tidy_ones(fleet: Fleet) -> frozenset[str]:
    """The places of the integrations whose older entries have today's form."""
    return fleet.keep("tidy changelogs", lambda: frozenset(_tidy_ones(fleet)))


def _tidy_ones(fleet: Fleet) -> Iterator[str]:
    for integration in fleet.integrations:
        try:
            if not refused(plain(integration.read("CHANGELOG.md"))):
                yield integration.path
        except Unreadable:
            continue


def plain(data: bytes) -> bytes:
    """With line feeds alone at the ends of lines, and no blanks before them, as the gate reads it."""
    data = data.replace(b"\r\n", b"\n")
    return _TRAILING.sub(b"\n", data) if b" \n" in data or b"\t\n" in data else data
