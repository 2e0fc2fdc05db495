"""Rules of family CHG, beyond the example of each rule."""

from __future__ import annotations

import pytest

from seatrial.core.edits import repaired
from seatrial.core.model import MemoryFolder, Profile, Severity
from seatrial.documents.changelog import MARKER
from seatrial.validate.rules import BY_NAME, RULES
from seatrial.validate.run import check
from support.good import facts_of, good_folder, problems_of

CHANGELOG, PYPROJECT = "CHANGELOG.md", "pyproject.toml"
OCEAN = good_folder(Profile.OCEAN)
TITLE_FORMAT = 'title_format = "## {version} ({project_date})"\n'
FAMILY = [rule for rule in RULES if rule.family == "CHG"]

LOG = f"""# Changelog

{MARKER}

## 0.1.0 (2026-01-31)


### Features

- Added labels

### Bug Fixes

- Counted pages


## 0.0.2 (2026-01-30)


### Improvements

- Bumped ocean version


## 0.0.1 (2026-01-29)


### Features

- Added projects
"""


def logged(old: str = "", new: str = "") -> MemoryFolder:
    """Return the good folder of profile ocean with the changelog above, in which one text is replaced."""
    assert LOG.count(old) == 1 or not old
    return OCEAN.having(CHANGELOG, LOG.replace(old, new) if old else LOG)


def said(folder: MemoryFolder, *names: str, **context: object) -> list[str]:
    rules = [BY_NAME[name] for name in names] or FAMILY
    facts = facts_of(folder, Profile.OCEAN, **context)  # type: ignore[arg-type]
    return [f"{p.where.line}: {rule.name}: {p.message}" for rule in rules for p in rule.problems(facts)]


def test_a_changelog_as_towncrier_writes_it_is_clean() -> None:
    assert said(logged()) == []


@pytest.mark.parametrize("newline", ["\r\n", " \n", "\t\n"])
def test_line_endings_and_trailing_blanks_do_not_matter(newline: str) -> None:
    assert said(OCEAN.having(CHANGELOG, LOG.replace("\n\n", newline + newline))) == []


@pytest.mark.parametrize(
    ("heading", "fix_title"),
    [
        ("# 0.1.0 (2026-01-31)", 'write "## 0.1.0 (2026-01-31)"'),
        ("## v0.1.0 (2026-01-31)", 'write "## 0.1.0 (2026-01-31)"'),
        ("# Port_Ocean 0.1.0 (2026-01-31)", 'write "## 0.1.0 (2026-01-31)"'),
        ("## 0.1.0", 'write "## 0.1.0 (YYYY-MM-DD)"'),
        ("## [0.1.0] - 2026-01-31", 'write "## 0.1.0 (2026-01-31)"'),
        ("## 0.1.0 (31.01.2026)", 'write "## 0.1.0 (YYYY-MM-DD)"'),
        ("0.1.0 (2026-01-31)", 'write "## 0.1.0 (2026-01-31)"'),
    ],
)
def test_the_newest_heading_has_the_declared_form(heading: str, fix_title: str) -> None:
    folder = logged("## 0.1.0 (2026-01-31)", heading)
    assert said(folder)[0] == f'5: malformed-changelog-heading: "{heading}" is no heading of an entry'
    (problem,) = problems_of(BY_NAME["malformed-changelog-heading"], folder)
    assert problem.fix
    assert problem.fix.title == fix_title


def test_a_repaired_heading_is_correct() -> None:
    folder = logged("## 0.1.0 (2026-01-31)", "# v0.1.0 (2026-01-31)")
    (problem,) = problems_of(BY_NAME["malformed-changelog-heading"], folder, profile=Profile.OCEAN)
    assert problem.fix
    assert problem.fix.edit
    assert repaired(folder.text(CHANGELOG), [problem.fix.edit]) == LOG


@pytest.mark.parametrize(
    ("declared", "heading", "is_right"),
    [
        ('title_format = "{version} ({project_date})"\n', "0.1.0 (2026-01-31)\n==================", True),
        ('title_format = "{version} ({project_date})"\n', "# Port_Ocean 0.1.0 (2026-01-31)", False),
        ('title_format = "# {name} {version} ({project_date})"\n', "# Port_Ocean 0.1.0 (2026-01-31)", True),
        ('title_format = "{a}{b}{c} {version}"\n', "# Port_Ocean 0.1.0 (2026-01-31)", True),
        ("", "# Port_Ocean 0.1.0 (2026-01-31)", True),
        ("", "#  0.1.0 (2026-01-31)", True),
        ("title_format = 3\n", "# 0.1.0 (2026-01-31)", True),
        ('title_format = "{version} ({project_date})"\n', "## 0.1.0 (2026-01-31)", True),
    ],
)
def test_older_forms_are_accepted_where_they_are_declared(
    declared: str, heading: str, is_right: bool
) -> None:
    text = LOG.replace("## ", "# ").replace("# 0.1.0 (2026-01-31)", heading).replace("\n\n\n#", "\n\n#")
    folder = OCEAN.edited(PYPROJECT, TITLE_FORMAT, declared).having(CHANGELOG, text.replace("## #", "###"))
    assert (said(folder) == []) is is_right


@pytest.mark.parametrize("date", ["2026-13-31", "2026-02-30", "0000-01-01"])
def test_the_newest_date_is_a_real_date(date: str) -> None:
    assert said(logged("2026-01-31", date)) == [f'5: invalid-changelog-date: "{date}" is no date']


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("(2026-01-31)\n\n\n", "(2026-01-31)\n\n", "5: 1 blank line below this heading, not 2"),
        ("(2026-01-31)\n\n\n", "(2026-01-31)\n", "5: 0 blank lines below this heading, not 2"),
        ("Fixes\n\n", "Fixes\n\n\n\n", "12: 3 blank lines below this heading, not 1"),
        ("pages\n\n\n", "pages\n\n", "16: 1 blank line above this heading, not 2"),
        ("pages\n\n\n", "pages\n\n\n\n", "18: 3 blank lines above this heading, not 2"),
    ],
)
def test_blank_lines_of_the_newest_entry_are_counted(old: str, new: str, wanted: str) -> None:
    assert said(logged(old, new)) == [wanted.replace(": ", ": wrong-changelog-spacing: ")]


@pytest.mark.parametrize(
    ("old", "new"),
    [("(2026-01-31)\n\n\n", "(2026-01-31)\n"), ("Fixes\n\n", "Fixes\n\n\n"), ("pages\n\n\n", "pages\n\n")],
)
def test_repaired_spacing_is_correct(old: str, new: str) -> None:
    folder = logged(old, new)
    (problem,) = problems_of(BY_NAME["wrong-changelog-spacing"], folder, profile=Profile.OCEAN)
    assert problem.fix
    assert problem.fix.edit
    assert repaired(folder.text(CHANGELOG), [problem.fix.edit]) == LOG


def test_spacing_is_a_warning_where_older_entries_differ_too() -> None:
    text = LOG.replace("(2026-01-31)\n\n\n", "(2026-01-31)\n\n")
    folder = OCEAN.having(CHANGELOG, text.replace("(2026-01-29)\n\n\n", "(2026-01-29)\n\n"))
    (problem,) = problems_of(BY_NAME["wrong-changelog-spacing"], folder, profile=Profile.OCEAN)
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("new", "fix_title"),
    [
        ("### Bugfixes", 'write "### Bug Fixes"'),
        ("## Bug Fixes", 'write "### Bug Fixes"'),
        (
            "### Added",
            "write ### and one of Breaking Changes, Deprecations, Features, Improvements, Bug Fixes, "
            "Improved Documentation, Vulnerabilities",
        ),
    ],
)
def test_the_newest_entry_has_the_usual_sections(new: str, fix_title: str) -> None:
    folder = logged("### Bug Fixes", new)
    assert said(folder) == [f'12: unknown-changelog-section: "{new}" is no section']
    (problem,) = problems_of(BY_NAME["unknown-changelog-section"], folder)
    assert problem.fix
    assert problem.fix.title == fix_title


@pytest.mark.parametrize(
    ("locked", "severity"), [("0.47.2", Severity.WARNING), ("0.48.9", None), ("0.51.0", None)]
)
@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("wrong-changelog-spacing", "pages\n\n\n", "pages\n\n"),
        ("unknown-changelog-section", "### Bug Fixes", "## Fix"),
    ],
)
def test_before_the_pull_request_check_read_changelogs_their_form_is_a_warning(
    rule: str, old: str, new: str, locked: str, severity: Severity | None
) -> None:
    folder = logged(old, new).having(
        "poetry.lock", f'[[package]]\nname = "port-ocean"\nversion = "{locked}"\n'
    )
    assert [problem.severity for problem in problems_of(BY_NAME[rule], folder, profile=Profile.OCEAN)] == [
        severity
    ]


def test_an_underline_in_the_newest_entry_is_reported() -> None:
    folder = logged("### Bug Fixes\n", "### Bug Fixes\n-----\n")
    assert said(folder) == ["13: malformed-changelog-heading: nothing is underlined in an entry"]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("", 'the entry of "0.1.0" says nothing'),
        ("### Features\n\n\n\n", 'the entry of "0.1.0" says nothing'),
        ("- Added labels\n\n\n", 'the entry of "0.1.0" has no section'),
    ],
)
def test_the_newest_entry_needs_text_in_a_section(body: str, wanted: str) -> None:
    start, end = LOG.index("### Features\n\n- Added labels"), LOG.index("## 0.0.2")
    folder = OCEAN.having(CHANGELOG, LOG[:start] + body + LOG[end:])
    assert said(folder, "empty-changelog-entry") == [f"5: empty-changelog-entry: {wanted}"]


def test_a_changelog_of_one_entry_may_end_after_it() -> None:
    text = LOG[: LOG.index("\n\n## 0.0.2")]
    assert said(OCEAN.having(CHANGELOG, text)) == []
    assert said(OCEAN.having(CHANGELOG, text.rstrip("\n"))) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ["1: missing-changelog-marker", "1: no-changelog-entry"]),
        (f"# Changelog\n\n{MARKER}\n", ["3: no-changelog-entry"]),
        (LOG.replace(MARKER, ""), ["5: missing-changelog-marker"]),
        (f"{LOG}\n{MARKER}\n", ["32: repeated-changelog-marker"]),
    ],
)
def test_a_missing_or_repeated_marker_and_missing_entries_are_reported(text: str, wanted: list[str]) -> None:
    assert [line.rpartition(": ")[0] for line in said(OCEAN.having(CHANGELOG, text))] == wanted


def test_the_newest_version_has_no_second_entry() -> None:
    assert said(logged("0.1.0", "0.0.2"), "repeated-changelog-version") == [
        '5: repeated-changelog-version: "0.0.2" has an entry already, at line 17'
    ]


def test_the_newest_version_is_higher_than_the_one_below() -> None:
    assert said(logged("0.1.0", "0.0.1"), "falling-changelog-version") == [
        '5: falling-changelog-version: "0.0.1" is lower than "0.0.2" below it'
    ]


def test_mistakes_in_older_entries_are_not_reported() -> None:
    folder = logged("## 0.0.1 (2026-01-29)", "## 0.0.2 (2026-9-1)")
    assert said(folder) == []


@pytest.mark.parametrize(
    "text", ["- raised to 0.1.0 (again)", "10.1.0 (2026-01-01) was skipped", "> 0.1.0 (2026-01-31)"]
)
def test_a_version_in_running_text_is_not_a_heading(text: str) -> None:
    assert said(logged("- Added projects", text), "repeated-changelog-version") == []


def test_older_headings_are_checked_only_where_the_other_integrations_keep_the_form() -> None:
    old = logged("## 0.0.1 (2026-01-29)", "# Port_Ocean 0.0.1 (2026-01-29)")
    assert said(old) == []
    assert said(old, siblings={f"other-{number}": old for number in range(3)}) == []
    assert said(old, siblings={f"other-{number}": logged() for number in range(3)}) == [
        "25: malformed-older-entry: this heading has not the usual form and spacing",
    ]


@pytest.mark.parametrize(
    ("version", "agrees"),
    [("0.1.0", True), ("v0.1.0", True), ("0.1.1", False), ("0.1.0-rc4", False), ("0.1.0-beta", False)],
)
def test_the_newest_entry_is_for_the_version_in_pyproject(version: str, agrees: bool) -> None:
    folder = logged().edited(PYPROJECT, 'version = "0.1.0"', f'version = "{version}"')
    assert (said(folder, "changelog-version-disagrees") == []) is agrees


@pytest.mark.parametrize(
    ("path", "text", "wanted"),
    [
        ("changelog/1.bugfix.md", "Repaired paging\n", []),
        ("changelog/+3fa2.feature.1.md", "Added teams\n", []),
        ("changelog/README.md", "How it works\n", []),
        ("changelog/.gitkeep", "", []),
        ("changelog/improvement.md", "Added\n", ["malformed-fragment-name"]),
        ("changelog/1.fix.md", "Added\n", ["malformed-fragment-name"]),
        ("changelog/1.feature.md", "\n  Added labels  \n", ["leftover-fragment"]),
        ("changelog/1.feature.md", "", []),
        ("changelog/1.feature.md", b"\xff\xfe", []),
    ],
)
def test_fragments_need_a_type_and_are_deleted_once_released(
    path: str, text: str | bytes, wanted: list[str]
) -> None:
    assert [line.split(": ")[1] for line in said(logged().having(path, text))] == wanted


def test_an_older_section_of_two_hashes_counts_where_no_form_is_declared() -> None:
    text = LOG.replace("## 0", "# 0").replace("### ", "## ")
    folder = OCEAN.edited(PYPROJECT, TITLE_FORMAT, "").having(CHANGELOG, text)
    assert said(folder, "empty-changelog-entry") == []


@pytest.mark.parametrize(
    "data",
    [
        b"\xff",
        b"\x00",
        b"#" * 100_000,
        b"## 0.1.0 (2026-01-31)\n" * 50_000,
        b"## 0.1.0\n" * 100_000,
        b"0.1.0 (" * 100_000,
        b" " * 1_000_000,
        b"\n" * 1_000_000,
        b"----\n" * 100_000,
        MARKER.encode() * 20_000,
        b"## 0.1.0 (2026-01-31)\n\n\n" + b"### X\n\n" * 50_000,
        b"## 0.1.0 (2026-01-31)" + b" " * 500_000 + b"x",
    ],
)
def test_hostile_bytes_are_checked_quickly_and_yield_few_problems(data: bytes) -> None:
    assert len(said(OCEAN.having(CHANGELOG, data))) < 60


@pytest.mark.parametrize(
    ("below", "newest", "likely"),
    [
        ("0.1.4", "0.1.6", "0.1.5"),
        ("0.1.4", "0.3.0", "0.2.0"),
        ("0.1.4", "0.2.1", "0.2.0"),
        ("0.1.4", "2.0.0", "1.0.0"),
        ("0.1.4-beta", "0.1.6-beta", "0.1.5"),
        ("0.1.4", "0.1.5", None),
        ("0.1.4", "0.2.0", None),
        ("0.1.4", "1.0.0", None),
        ("0.1.4-beta", "0.1.4", None),
        ("0.1.9", "0.1.10-dev", None),
        ("0.1.4", "0.1.3", None),
        ("0.1.4.rc3", "0.1.4.rc5", None),
    ],
)
def test_the_newest_version_follows_the_one_below(below: str, newest: str, likely: str | None) -> None:
    text = LOG.replace("## 0.1.0", f"## {newest}").replace("## 0.0.2", f"## {below}")
    problems = problems_of(BY_NAME["skipped-changelog-version"], OCEAN.having(CHANGELOG, text))
    assert [problem.fix.title.split('"')[1] for problem in problems if problem.fix] == (
        [likely] if likely else []
    )


@pytest.mark.parametrize(
    ("day", "is_told"),
    [
        ("2026-01-31", False),
        ("2026-02-01", False),
        ("2026-02-02", True),
        ("9999-12-31", True),
        ("soon", False),
    ],
)
def test_a_date_may_be_one_day_ahead(day: str, is_told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1769860799")
    folder = logged("(2026-01-31)", f"({day})")
    assert bool(problems_of(BY_NAME["future-changelog-date"], folder)) is is_told


@pytest.mark.parametrize(
    ("day", "is_told"), [("2026-01-29", True), ("2026-01-30", False), ("2026-13-01", False)]
)
def test_the_newest_date_is_not_before_the_one_below(day: str, is_told: bool) -> None:
    folder = logged("(2026-01-31)", f"({day})")
    assert bool(problems_of(BY_NAME["falling-changelog-date"], folder)) is is_told


def test_what_differs_in_an_indented_heading_is_shown() -> None:
    folder = logged("## 0.1.0 (2026-01-31)", " ## 0.1.0 (2026-01-31)")
    facts = facts_of(folder, Profile.OCEAN)
    (finding,) = check(facts, [BY_NAME["malformed-changelog-heading"]]).findings
    assert finding.message == '"\u2423## 0.1.0 (2026-01-31)" is no heading of an entry'
    assert finding.fix
    assert finding.fix.title == 'write "## 0.1.0 (2026-01-31)"'


def test_a_heading_whose_version_is_too_short_is_told_once_with_the_version_of_the_package() -> None:
    folder = logged("## 0.1.0 (", "## 0.1 (")
    (problem,) = problems_of(BY_NAME["malformed-changelog-heading"], folder)
    assert problem.fix
    assert problem.fix.title == 'write "## 0.1.0 (2026-01-31)"'
    assert said(folder, "changelog-version-disagrees") == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("- Created", "-created", ["CHG116 13"]),
        ("- Created", "*Created", ["CHG116 13"]),
        ("- Created", "\u2022 Created", ["CHG116 13"]),
        ("- Created", "- Added the flag\n  -Wl\n- Created", []),
        ("- Created", "*Created* is the word:\n\n- Created", []),
        ("- Created", "- Created\n    -not a list item of this level", []),
        ("- Created", "```\n-Wl\n```\n- Created", []),
        ("### Features", "###Features", ["CHG107 11"]),
        ("### Features", "Features", ["CHG107 11"]),
        ("### Features", "**Features**", ["CHG107 11"]),
        ("### Features", "#### Features", ["CHG106 11"]),
        ("- Created", "#### Details\n\n- Created", []),
    ],
)
def test_a_broken_list_item_or_section_heading_is_told_where_it_stands(
    old: str, new: str, found: list[str]
) -> None:
    told = check(facts_of(good_folder().edited(CHANGELOG, old, new)), RULES).findings
    assert [f"{one.code} {one.line}" for one in told] == found
