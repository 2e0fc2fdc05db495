"""Entries of changelogs, in the very form that towncrier 23 gives them and that Ocean's checker wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from seatrial.documents.changelog import MARKER

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
class Change:
    """A change of one of the types above, in one line."""

    type: str
    text: str


def with_entry(changelog: str, version: str, day: date, changes: Sequence[Change]) -> str:
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


def entry(version: str, day: date, changes: Sequence[Change]) -> str:
    """The heading, two blank lines, and the sections with one between them; a text of a section stands there once."""
    sections = (_section(name, changes) for name in SECTIONS)
    return f"## {version} ({day.isoformat()})\n\n\n" + "\n".join(section for section in sections if section)


def _section(type: str, changes: Sequence[Change]) -> str:
    texts = dict.fromkeys(change.text for change in changes if change.type == type)
    bullets = "".join(f"- {text}\n" for text in texts)
    return f"### {SECTIONS[type]}\n\n{bullets}" if bullets else ""
