from __future__ import annotations

import pytest

from seatrial.core.model import Integration, MemoryFolder
from seatrial.validate.facts.changelog_entries import ChangelogText, refused

ENTRY = "## 0.{n}.0 (2026-01-31)\n\n\n### Features\n\n- Added {n}\n\n\n"


def changelog_of(text: str | bytes) -> ChangelogText | None:
    return ChangelogText.of(Integration("x", "integrations/x", MemoryFolder.of({"CHANGELOG.md": text})))


def test_only_the_head_is_parsed_however_long_the_changelog_is() -> None:
    changelog = changelog_of("# Log\n\n" + "".join(ENTRY.format(n=n) for n in range(500, 0, -1)))
    assert changelog
    assert [entry.version for entry in changelog.versioned] == ["0.500.0", "0.499.0"]
    assert changelog.top is changelog.versioned[0]


def test_without_the_file_there_is_no_changelog() -> None:
    assert ChangelogText.of(Integration("x", "integrations/x", MemoryFolder({}))) is None


def test_bytes_far_down_that_are_not_text_are_found() -> None:
    changelog = changelog_of("".join(ENTRY.format(n=n) for n in range(9)).encode() + b"\xff")
    assert changelog
    assert [fault.line for fault in changelog.head.faults] == [73]


@pytest.mark.parametrize(
    ("heading", "is_untidy"),
    [
        ("## 0.1.0 (2026-01-31)", False),
        ("## 0.1.0-beta (2026-01-31)", False),
        ("## 0.1.0 (2026-1-31)", False),
        ("# 0.1.0 (2026-01-31)", True),
        ("Port_Ocean 0.1.0 (2026-01-31)", True),
        ("##\u00a00.1.0 (2026-01-31)", True),
    ],
)
def test_an_older_heading_is_untidy_where_the_gate_would_refuse_it(heading: str, is_untidy: bool) -> None:
    older = ENTRY.replace("## 0.{n}.0 (2026-01-31)", heading).format(n=1)
    text = "# Log\n\n" + "".join(ENTRY.format(n=n) for n in (5, 4, 3)) + older + ENTRY.format(n=0)
    assert bool(refused(text.encode())) is is_untidy


def test_a_head_without_an_end_is_cut_between_lines() -> None:
    changelog = changelog_of("## 0.1.0 (2026-01-31)\n" + "\u00e9\n" * 200_000)
    assert changelog
    assert changelog.head.faults == ()
    assert changelog.top
    assert changelog.top.version == "0.1.0"


def test_a_long_line_full_of_versions_is_searched_in_time() -> None:
    changelog = changelog_of("## 0.1.0 (2026-01-31)\n" + "## 0.1.0 (" * 400_000)
    assert changelog
    assert changelog.repeated("0.1.0") == 2
    assert changelog_of("x" * 200 + "0.1.0 (").repeated("0.1.0") == 0  # type: ignore[union-attr]
