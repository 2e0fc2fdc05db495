"""The texts that applying intents gives: one line of each document, one entry of the changelog, nothing else."""

from __future__ import annotations

import difflib
from datetime import date

import pytest

from seatrial.core.errors import UsageError
from seatrial.core.model import MemoryFolder, Profile
from seatrial.documents.changelog import MARKER
from seatrial.release.plan.bump import Bump, bump
from seatrial.validate.rules import RULES
from support.good import facts_of, good_folder, problems_of

DAY = date(2026, 2, 1)
PYPROJECT, SPEC, CHANGELOG = "pyproject.toml", ".port/spec.yaml", "CHANGELOG.md"
GUIDE, OCEAN = good_folder(Profile.GUIDE), good_folder(Profile.OCEAN)


def waiting(folder: MemoryFolder, *intents: tuple[str, str, str]) -> MemoryFolder:
    """With intents of these bumps, types and texts."""
    for number, (part, kind, text) in enumerate(intents or (("patch", "bugfix", "Fixed a page"),)):
        content = f"bump: {part}\nchangelog-type: {kind}\nchangelog: {text}\n"
        folder = folder.having(f".ocean-release/{number}.yaml", content)
    return folder


def bumped(folder: MemoryFolder, profile: Profile = Profile.GUIDE) -> Bump:
    return bump(facts_of(folder, profile), DAY)


def difference(made: Bump) -> dict[str, list[str]]:
    """The lines that go and come, by file; a file that goes has one line."""
    found = {}
    for file in made.files:
        lines = difflib.ndiff(
            file.before.splitlines(keepends=True), (file.after or "").splitlines(keepends=True)
        )
        found[file.path] = ["gone"] if file.after is None else [line for line in lines if line[0] in "+-"]
    return found


def at_version(folder: MemoryFolder, version: str, old: str = "0.1.0") -> MemoryFolder:
    for path in (PYPROJECT, SPEC, CHANGELOG):
        folder = folder.having(path, folder.text(path).replace(old, version))
    return folder


def test_an_intent_changes_a_line_of_each_document_adds_an_entry_and_is_removed() -> None:
    made = bumped(waiting(GUIDE))
    assert (made.name, made.path, made.before, made.after, made.intents) == (
        "good-service",
        "integrations/good-service",
        "0.1.0",
        "0.1.1",
        1,
    )
    assert difference(made) == {
        PYPROJECT: ['- version = "0.1.0"\n', '+ version = "0.1.1"\n'],
        SPEC: ["- version: 0.1.0\n", "+ version: 0.1.1\n"],
        CHANGELOG: [
            f"+ {line}\n"
            for line in ("## 0.1.1 (2026-02-01)", "", "", "### Bug Fixes", "", "- Fixed a page", "", "")
        ],
        ".ocean-release/0.yaml": ["gone"],
    }


def test_in_profile_ocean_the_spec_has_no_version_and_stays() -> None:
    made = bumped(waiting(OCEAN), Profile.OCEAN)
    assert list(difference(made)) == [PYPROJECT, CHANGELOG, ".ocean-release/0.yaml"]


def test_several_intents_are_one_version_by_the_highest_bump_with_all_texts() -> None:
    intents = [
        ("patch", "bugfix", "B"),
        ("minor", "feature", "F"),
        ("patch", "bugfix", "A"),
        ("patch", "doc", "B"),
    ]
    made = bumped(waiting(GUIDE, *intents))
    assert (made.after, made.intents) == ("0.2.0", 4)
    text = next(file.after or "" for file in made.files if file.path == CHANGELOG)
    assert text.partition(f"{MARKER}\n\n")[2].startswith(
        "## 0.2.0 (2026-02-01)\n\n\n### Features\n\n- F\n\n### Bug Fixes\n\n- B\n- A\n\n"
        "### Improved Documentation\n\n- B\n\n\n## 0.1.0 ("
    )
    assert [file.path for file in made.files if file.after is None] == [
        f".ocean-release/{n}.yaml" for n in range(4)
    ]


def test_a_text_of_several_lines_becomes_items_as_in_oceans_release() -> None:
    folder = waiting(
        GUIDE, ("patch", "bugfix", "Fixed pages\n  read twice\n  - Fixed rows\n    of two lines")
    )
    text = next(file.after or "" for file in bumped(folder).files if file.path == CHANGELOG)
    assert "\n\n- Fixed pages\n  read twice\n- Fixed rows\n  of two lines\n\n\n## 0.1.0 (" in text
    rules = [rule for rule in RULES if rule.code.startswith("CHG1")]
    assert [p for rule in rules for p in problems_of(rule, GUIDE.having(CHANGELOG, text))] == []


@pytest.mark.parametrize(
    ("version", "part", "next_version"),
    [
        ("1.2.3", "patch", "1.2.4"),
        ("1.2.3", "minor", "1.3.0"),
        ("1.2.3", "major", "2.0.0"),
        ("1.2.3-beta", "minor", "1.3.0-beta"),
        ("1.2.3-dev", "patch", "1.2.4-dev"),
        ("1.2.3-post1", "patch", "1.2.4-post1"),
        ("1.2.3.rc4", "patch", "1.2.3.rc5"),
    ],
)
def test_a_suffix_stays(version: str, part: str, next_version: str) -> None:
    folder = at_version(waiting(GUIDE, (part, "doc", "Text")), version)
    assert bumped(folder).after == next_version


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (PYPROJECT, 'version = "0.1.0"', "version   =  '0.1.0'  # of today"),
        (PYPROJECT, 'version = "0.1.0"', '"version" = "0.1.0"'),
        (PYPROJECT, "\n", "\r\n"),
        (SPEC, "version: 0.1.0", 'version:   "0.1.0" # of today'),
        (SPEC, "version: 0.1.0", "version: 'v0.1.0'"),
        (SPEC, "version: 0.1.0", "? version\n: 0.1.0"),
        (SPEC, "version: 0.1.0", "# é😀 0.1.0\nversion: 0.1.0"),
        (SPEC, "\n", "\r\n"),
        (CHANGELOG, "\n", "\r\n"),
    ],
)
def test_layout_and_comments_stay(path: str, old: str, new: str) -> None:
    folder = waiting(GUIDE.having(path, GUIDE.text(path).replace(old, new)))
    file = next(file for file in bumped(folder).files if file.path == path)
    before, after = file.before.splitlines(keepends=True), (file.after or "").splitlines(keepends=True)
    if path == CHANGELOG:
        assert [line for line in after if line not in before] == [
            "## 0.1.1 (2026-02-01)\r\n",
            "### Bug Fixes\r\n",
            "- Fixed a page\r\n",
        ]
        assert "".join(after).count("\n") == "".join(after).count("\r\n")
    else:
        changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
        assert [(a.replace("0.1.0", "0.1.1", 1)) for a, _ in changed] == [b for _, b in changed]
        assert len(changed) == 1


def test_a_spec_in_json_keeps_its_layout() -> None:
    spec = '{ "type": "good-service",\n\t"version" : "0.1.0" , "title": "0.1.0" }'
    folder = waiting(GUIDE.without(SPEC).having(".port/spec.json", spec))
    file = next(file for file in bumped(folder).files if file.path == ".port/spec.json")
    assert file.after == spec.replace("0.1.0", "0.1.1", 1)


@pytest.mark.parametrize(
    ("path", "old", "new", "why"),
    [
        (
            PYPROJECT,
            'version = "0.1.0"',
            'version = """0.1.0"""',
            "the version in pyproject.toml cannot be changed",
        ),
        (
            PYPROJECT,
            'version = "0.1.0"',
            'version = "0.1.\\u0030"',
            "the version in pyproject.toml cannot be changed",
        ),
        (PYPROJECT, 'version = "0.1.0"', "version = 0.1.0", "pyproject.toml cannot be read"),
        (PYPROJECT, 'version = "0.1.0"', 'version = "0.1"', '"0.1" is no version'),
        (PYPROJECT, 'version = "0.1.0"', "", '"" is no version'),
        (SPEC, "version: 0.1.0", "version: &v 0.1.0", "the version in .port/spec.yaml cannot be changed"),
        (SPEC, "version: 0.1.0", "version: >-\n  0.1.0", "the version in .port/spec.yaml cannot be changed"),
        (
            SPEC,
            "version: 0.1.0",
            "other: &v 0.1.0\nversion: *v",
            "the version in .port/spec.yaml cannot be changed",
        ),
        (SPEC, "version: 0.1.0", "version: 1.0", 'the version in .port/spec.yaml is not "0.1.0"'),
        (SPEC, "version: 0.1.0", "version: [", ".port/spec.yaml cannot be read"),
        (CHANGELOG, MARKER, "", "below which new entries go"),
        (CHANGELOG, MARKER, f"## 9.0.0 (2026-01-01)\n\n{MARKER}", "would not be its first"),
        (CHANGELOG, MARKER, f"```\n{MARKER}", "would not be its first"),
        (CHANGELOG, "## 0.1.0", "## 0.1.1", 'CHANGELOG.md has an entry of "0.1.1" already'),
        (".ocean-release/0.yaml", "patch", "pacth", "is no version|is no bump|a bump is patch"),
        (".ocean-release/0.yaml", "bugfix", "bug", ".ocean-release/0.yaml is not a complete intent"),
        (".ocean-release/0.yaml", "Fixed", "Fixed\n- it: all", "a bump is patch, minor or major"),
    ],
)
def test_a_file_that_cannot_be_changed_safely_is_not_changed(path: str, old: str, new: str, why: str) -> None:
    folder = waiting(GUIDE)
    folder = folder.having(path, folder.text(path).replace(old, new, 1))
    with pytest.raises(UsageError, match="integrations/good-service cannot be bumped: ") as told:
        bumped(folder)
    assert told.match(why)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("path", [CHANGELOG, PYPROJECT])
@pytest.mark.parametrize("data", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_named(path: str, data: bytes | None) -> None:
    folder = waiting(GUIDE)
    folder = folder.without(path) if data is None else folder.having(path, data)
    with pytest.raises(UsageError, match=path):
        bumped(folder)


def test_an_integration_without_a_spec_is_bumped_all_the_same() -> None:
    assert bumped(waiting(OCEAN.without(SPEC))).after == "0.1.1"
