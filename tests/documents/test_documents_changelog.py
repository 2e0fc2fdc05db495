"""Changelogs: entries, sections, spacing, and the forms of older days."""

from __future__ import annotations

import pytest

from seatrial.core.model import Location
from seatrial.documents import FaultKind, changelog
from seatrial.documents.changelog import MARKER, Bullet, Changelog, VersionEntry

TEXT = f"""\
# Changelog - Ocean - jira

{MARKER}

## 1.0.1-beta (2024-02-01)


### Bug Fixes

- Fixed the *thing*
  which went on
* Another

### Features
- New


## 1.0.0 (2024-01-01)

Just text.
"""


def parse(text: str) -> Changelog:
    parsed = changelog.parse("CHANGELOG.md", text.encode())
    assert parsed.faults == ()
    return parsed


def only_entry(text: str) -> VersionEntry:
    (entry,) = parse(text).entries
    return entry


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_an_entry_has_a_version_a_date_and_spacing(end: str, start: str) -> None:
    parsed = parse(start + TEXT.replace("\n", end))
    first, second = parsed.entries
    assert parsed.markers == (3,)
    assert (first.heading, first.text) == ("## 1.0.1-beta (2024-02-01)", "1.0.1-beta (2024-02-01)")
    assert (first.version, first.date, first.level) == ("1.0.1-beta", "2024-02-01", 2)
    assert (first.line, first.column, first.blank_before, first.blank_after) == (5, 1, 1, 2)
    assert (second.version, second.line, second.blank_before, second.blank_after) == ("1.0.0", 18, 2, 1)
    assert parsed.at(second) == Location("CHANGELOG.md", 18, 1)


def test_a_section_has_its_bullets_and_spacing() -> None:
    bugs, features = parse(TEXT).entries[0].sections
    assert (bugs.name, bugs.level, bugs.line, bugs.blank_before, bugs.blank_after) == (
        "Bug Fixes",
        3,
        8,
        2,
        1,
    )
    assert bugs.bullets == (Bullet(10, "-", "Fixed the *thing*"), Bullet(12, "*", "Another"))
    assert bugs.content == 3
    assert (features.name, features.line, features.blank_before, features.blank_after) == (
        "Features",
        14,
        1,
        0,
    )


def test_what_stands_before_the_first_section_belongs_to_the_entry() -> None:
    entry = only_entry("## 1.0.0 (2024-01-01)\n- one\n\ntext\n### Features\n- two\n")
    assert entry.bullets == (Bullet(2, "-", "one"),)
    assert entry.content == 2
    assert entry.sections[0].bullets == (Bullet(6, "-", "two"),)


@pytest.mark.parametrize(
    ("text", "empty"),
    [
        ("## 1.0.0 (2024-01-01)\n", True),
        ("## 1.0.0 (2024-01-01)\n\n\n### Features\n\n", True),
        ("## 1.0.0 (2024-01-01)\n### Features\nx", False),
        ("## 1.0.0 (2024-01-01)\nx", False),
    ],
)
def test_an_entry_is_empty_without_text_and_bullets(text: str, empty: bool) -> None:
    assert only_entry(text).empty == empty


@pytest.mark.parametrize(
    ("text", "level", "underlined", "version", "date"),
    [
        ("## 1.0.0 (2024-01-01)", 2, False, "1.0.0", "2024-01-01"),
        ("## v1.0.0 (2024-1-1)", 2, False, "1.0.0", "2024-1-1"),
        ("##1.0.0 (soon)", 2, False, "1.0.0", "soon"),
        ("## 1.0.0", 2, False, "1.0.0", None),
        ("##\xa01.0.0 (2024-01-01)", 2, False, "1.0.0", "2024-01-01"),
        ("## [1.0.0-beta] - 2024-01-01", 2, False, "1.0.0-beta", "2024-01-01"),
        ("## 1.0.0-post1 (2024-01-01)\n====", 2, True, "1.0.0-post1", "2024-01-01"),
        ("## 1.0.0.dev1 (2024-01-01)", 2, False, "1.0.0.dev1", "2024-01-01"),
        ("## 1.0 (2024-01-01)", 2, False, "1.0", "2024-01-01"),
        ("## Unreleased", 2, False, None, None),
        ("## 2024-01-01", 2, False, None, None),
        ("## Port_Ocean 1.0.0 (2024-01-01)", 2, False, "1.0.0", "2024-01-01"),
        ("# 0.1.2 (2023-08-11)", 1, False, "0.1.2", "2023-08-11"),
        ("#  0.1.2 (2023-08-11)", 1, False, "0.1.2", "2023-08-11"),
        ("# Port_Ocean 0.1.2 (2023-08-11)", 1, False, "0.1.2", "2023-08-11"),
        ("# Port_Ocean v0.1.2 (2023-08-11)", 1, False, "0.1.2", "2023-08-11"),
        ("0.1.8 (2023-08-16)\n==================", 0, True, "0.1.8", "2023-08-16"),
        ("v0.1.8 (2023-08-16)\n---", 0, True, "0.1.8", "2023-08-16"),
        ("1.0.1 (2023-07-20)", 0, False, "1.0.1", "2023-07-20"),
        ("  1.0.1 (2023-07-20)", 0, False, "1.0.1", "2023-07-20"),
        ("### 0.1.38 (2024-01-01)", 3, False, "0.1.38", "2024-01-01"),
    ],
)
def test_headings_of_all_days_are_understood(
    text: str, level: int, underlined: bool, version: str | None, date: str | None
) -> None:
    entry = only_entry(f"# Changelog\n\n{text}\n\n- text\n")
    assert (entry.level, entry.underlined, entry.version, entry.date) == (level, underlined, version, date)
    assert entry.blank_after == 1
    assert entry.line == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# Changelog",
        "- 1.0.0 (2024-01-01)",
        "- 1.0.0 (2024-01-01)\n---",
        "Bumped to 1.0.0 (2024-01-01) at last",
        "1.0.0 and more",
        "    ## 1.0.0 (2024-01-01)",
        "#hash 1.0.0",
        "```\n## 1.0.0 (2024-01-01)\n```",
        "~~~~ text\n## 1.0.0 (2024-01-01)\n~~~\n## 1.0.0 (2024-01-01)\n~~~~",
        "```\n## 1.0.0 (2024-01-01)",
    ],
)
def test_what_is_no_heading_is_no_entry(text: str) -> None:
    assert parse(text).entries == ()


def test_an_entry_goes_on_behind_fenced_code() -> None:
    entry = only_entry("## 1.0.0 (2024-01-01)\n\n### Features\n\n- a\n\n```\n## 9.9.9\n- x\n```\n- b\n")
    assert [bullet.line for bullet in entry.sections[0].bullets] == [5, 11]
    assert entry.sections[0].content == 6


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (TEXT, "1.0.1-beta"),
        (f"## 9.0.0 (2030-01-01)\n{MARKER}\n## Unreleased\n## 1.0.0 (2024-01-01)\n", "1.0.0"),
        (f"## 9.0.0 (2030-01-01)\n{MARKER}\n", "9.0.0"),
        (f"{MARKER}\n## 2.0.0\n{MARKER}\n## 1.0.0\n", "2.0.0"),
        ("# Changelog\n\n0.1.8 (2023-08-16)\n===\n", "0.1.8"),
        ("# Changelog\n", None),
    ],
)
def test_the_newest_entry_is_the_first_below_the_marker(text: str, version: str | None) -> None:
    newest = parse(text).newest
    assert (newest.version if newest else None) == version


def test_bytes_that_are_not_utf_8_are_a_fault() -> None:
    parsed = changelog.parse("CHANGELOG.md", b"# Changelog\n\n- \xff")
    assert [(f.kind, f.line, f.column) for f in parsed.faults] == [(FaultKind.ENCODING, 3, 3)]
    assert parsed.where(parsed.faults[0]) == Location("CHANGELOG.md", 3, 3)
    assert parsed.entries == parsed.markers == ()


def test_a_changelog_beyond_the_limit_is_refused() -> None:
    data = b"\n" * (changelog.MAX_CHANGELOG_BYTES + 1)
    assert [f.kind for f in changelog.parse("f", data).faults] == [FaultKind.LIMIT]


@pytest.mark.parametrize("part", ["##\n", "\n", "1.0.0\n---\n", "###\n- a\n"])
def test_a_changelog_of_more_headings_or_lines_than_anyone_reads_is_refused(part: str) -> None:
    data = part.encode() * (4_000_000 // len(part))
    assert [f.kind for f in changelog.parse("f", data).faults] == [FaultKind.LIMIT]
