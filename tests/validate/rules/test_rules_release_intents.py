"""Rules of family REL about intents and the changelog marker, beyond the example of each rule."""

from __future__ import annotations

import pytest

from seatrial.core.edits import repaired
from seatrial.core.model import MemoryFolder, Profile
from seatrial.documents.changelog import MARKER
from seatrial.validate.rules import BY_NAME, RULES
from seatrial.validate.rules.release_intents import EXAMPLE
from support.good import facts_of, good_folder, problems_of

FAMILY = [rule for rule in RULES if rule.code.startswith("REL1")]
PATH = ".ocean-release/read-pages-once.yaml"
GOOD = good_folder(Profile.OCEAN)


def waiting(text: str | bytes) -> MemoryFolder:
    return GOOD.having(PATH, text)


def said(folder: MemoryFolder) -> list[str]:
    facts = facts_of(folder, Profile.OCEAN)
    return [
        f"{p.where.line}:{p.where.column} {rule.name}: {p.message}"
        for rule in FAMILY
        for p in rule.problems(facts)
    ]


def repaired_text(folder: MemoryFolder, path: str = PATH) -> str:
    """Return the file after every safe repair."""
    problems = [problem for rule in FAMILY for problem in rule.problems(facts_of(folder, Profile.OCEAN))]
    return repaired(folder.text(path), [one.fix.edit for one in problems if one.fix and one.fix.edit])


@pytest.mark.parametrize(
    "text",
    [
        EXAMPLE,
        EXAMPLE.replace("\n", "\r\n"),
        EXAMPLE.replace("patch", '"Patch"').replace("changelog-type", "changelog_type"),
        "# why: x\n\nissue: 12\n" + EXAMPLE,
        EXAMPLE.replace("Fixed", "'Fixed: > | #"),
        EXAMPLE.replace("twice", "twice\n  and rows\n  - as well\n\n- and more"),
        EXAMPLE + "- in a list\nissue: 12\n",
    ],
)
def test_intents_that_the_release_can_read_are_clean(text: str) -> None:
    assert said(waiting(text)) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("patch", "pacth", '1:7 invalid-bump: "pacth" is no bump'),
        ("patch", "'pacth'", '1:7 invalid-bump: "pacth" is no bump'),
        ("patch", "patch # small", '1:7 invalid-bump: "patch # small" is no bump'),
        ("bugfix", "improvements", '2:17 invalid-change-type: "improvements" is no type of change'),
        (
            "changelog-type: bugfix",
            "changelog_type: Fix",
            '2:17 invalid-change-type: "Fix" is no type of change',
        ),
        (
            "changelog:",
            "changelog-message:",
            '3:1 malformed-intent: "changelog" is missing; "changelog-message" means',
        ),
        ("bump", "- bump", '1:1 malformed-intent: "bump" is missing; "- bump" means nothing'),
        ("changelog-type", "type", '1:1 malformed-intent: "changelog-type" is missing'),
        ("bump: patch\n", "", '1:1 malformed-intent: "bump" is missing'),
        ("patch", "", '1:1 malformed-intent: "bump" says nothing'),
        ("bugfix", "''", '2:1 malformed-intent: "changelog-type" says nothing'),
        ("Fixed a page that was read twice", '" "', '3:1 malformed-intent: "changelog" says nothing'),
        ("Fixed a page that was read twice", ">-", '3:12 malformed-intent: ">-" would be the whole text'),
        ("page", MARKER, f'3:12 malformed-intent: the text holds "{MARKER}", which belongs to the changelog'),
        (
            "read twice",
            "read\n  twice: more",
            '4:3 malformed-intent: "twice: more" is taken for a key and is lost, because a ":" is in it',
        ),
        ("patch", "patch\n  twice", '2:3 malformed-intent: "twice" has no key; each line is read by itself'),
        ("Fixed", ">-\n  Fixed", '3:12 malformed-intent: ">-" would be a part of the text'),
        ("bump: patch\n", "---\nbump: patch\n", '1:1 malformed-intent: "---" has no key'),
        (
            "bump: patch\n",
            "bump: patch\nbump: minor\n",
            '2:1 malformed-intent: the key "bump" is given twice',
        ),
        (EXAMPLE, "# nothing\n", "1:1 malformed-intent: the file says nothing"),
        (EXAMPLE, "", "1:1 malformed-intent: the file says nothing"),
    ],
)
def test_one_fault_is_one_finding_at_its_place(old: str, new: str, message: str) -> None:
    found = said(waiting(EXAMPLE.replace(old, new, 1)))
    assert [one[: len(message)] for one in found] == [message]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("patch", "patch # small"),
        ("patch", "'patch # small'"),
        ("bugfix", "Fix"),
        ("bugfix", "'fix'"),
        ("changelog:", "Changelog:"),
        ("bump:", "- bump:"),
    ],
)
def test_a_mistake_with_one_possible_meaning_is_repaired(old: str, new: str) -> None:
    text = repaired_text(waiting(EXAMPLE.replace(old, new, 1)))
    assert text.replace("'", "") == EXAMPLE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("patch", "pacth"),
        ("patch", "patch, as it is small"),
        ("bugfix", "bugfixs"),
        ("changelog:", "changelog-message:"),
    ],
)
def test_a_mistake_whose_meaning_is_guessed_is_left_to_a_person(old: str, new: str) -> None:
    text = EXAMPLE.replace(old, new, 1)
    assert repaired_text(waiting(text)) == text


@pytest.mark.parametrize(
    ("version", "bump", "messages"),
    [
        ("1.2.3.rc4", "patch", []),
        (
            "1.2.3.rc4",
            "minor",
            ['1:7 invalid-bump: "1.2.3.rc4" can only be bumped by patch, because of how it ends'],
        ),
        (
            "1.2.3rc4",
            "major",
            ['1:7 invalid-bump: "1.2.3rc4" can only be bumped by patch, because of how it ends'],
        ),
        ("1.2.3-beta", "minor", []),
        ("1.2", "minor", []),
        ("", "minor", []),
    ],
)
def test_a_version_in_the_old_form_can_only_be_bumped_by_patch(
    version: str, bump: str, messages: list[str]
) -> None:
    folder = waiting(EXAMPLE.replace("patch", bump))
    assert said(folder.edited("pyproject.toml", 'version = "0.1.0"', f'version = "{version}"')) == messages


def test_each_of_several_intents_is_checked() -> None:
    folder = GOOD
    for name in ("b", "a", "deep/c"):
        folder = folder.having(f".ocean-release/{name}.yaml", EXAMPLE.replace("patch", "pach"))
    problems = problems_of(BY_NAME["invalid-bump"], folder, profile=Profile.OCEAN)
    assert [one.where.path for one in problems] == [
        f".ocean-release/{name}.yaml" for name in ("a", "b", "deep/c")
    ]


def test_a_file_that_is_not_read_as_an_intent_gets_a_new_name() -> None:
    folder = GOOD.having(".ocean-release/fix.json", "{}").having(".ocean-release/README.md", "How to\n")
    problem = problems_of(BY_NAME["misnamed-intent"], folder)[0]
    assert (problem.where.path, problem.message) == (
        ".ocean-release/fix.json",
        '"fix.json" is not read as an intent',
    )
    assert problem.fix is not None
    assert problem.fix.title == 'rename it to "fix.yaml", or move it elsewhere'


@pytest.mark.parametrize(
    ("behind", "what"),
    [(" ", "blanks stand"), (" \t", "blanks stand"), (" ## 0.1.0", "text stands"), ("-->", "text stands")],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_nothing_follows_the_marker_on_its_line(behind: str, what: str, newline: str) -> None:
    text = GOOD.text("CHANGELOG.md").replace(MARKER, MARKER + behind).replace("\n", newline)
    folder = GOOD.having("CHANGELOG.md", text)
    assert said(folder) == [f"8:1 text-behind-marker: {what} behind the marker below which new entries go"]
    wanted = GOOD.text("CHANGELOG.md").replace("\n", newline) if what == "blanks stand" else text
    assert repaired_text(folder, "CHANGELOG.md") == wanted


def test_the_line_of_the_marker_has_a_line_end() -> None:
    folder = GOOD.having("CHANGELOG.md", f"# Changelog\n\n{MARKER}")
    assert said(folder) == [
        "3:1 text-behind-marker: no line ends behind the marker below which new entries go"
    ]


@pytest.mark.parametrize("text", ["", f"{MARKER}\n", f"x {MARKER}\r\n", f"\n{MARKER}\n{MARKER} x\n"])
def test_a_marker_at_its_line_end_is_right_and_a_missing_one_is_for_another_rule(text: str) -> None:
    assert said(GOOD.having("CHANGELOG.md", text)) == []


@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 99,
        b"\xff",
        b":" * 60_000,
        b":\n" * 30_000,
        b"x: y\n" * 10_000,
        b"a\n" * 30_000,
        "\ufeff".encode(),
    ]
    + [f"{n}hangelog: x\n".encode() * 5_000 for n in range(3)],
)
def test_hostile_intents_yield_findings_about_themselves_only(data: bytes) -> None:
    found = said(waiting(data))
    assert found
    assert all("intent" in one for one in found)
