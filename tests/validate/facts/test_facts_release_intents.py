"""Tests of release intents: their files, their common bump, and the meaning of wrong words."""

from __future__ import annotations

import pytest

from seatrial.core.model import Kind, MemoryFolder
from seatrial.validate.facts.release_change import Intents, meant_bump, meant_type
from support.good import facts_of


def folder_of(*paths: str) -> MemoryFolder:
    return MemoryFolder.of(dict.fromkeys(paths, "bump: patch\nchangelog-type: doc\nchangelog: Text\n"))


def test_intents_are_the_yaml_files_below_their_folder_by_path() -> None:
    folder = folder_of(
        ".ocean-release/b.yml",
        ".ocean-release/deep/er/c.yaml",
        ".ocean-release/a.yaml",
        ".ocean-release/README.md",
        ".ocean-release/.gitkeep",
        ".ocean-releases/d.yaml",
        "ocean-release/e.yaml",
        "x/.ocean-release/f.yaml",
        "spec.yaml",
    )
    intents = facts_of(folder).intents
    assert [one.path for one in intents.all] == [
        ".ocean-release/a.yaml",
        ".ocean-release/b.yml",
        ".ocean-release/deep/er/c.yaml",
    ]
    assert intents.strays == ()
    assert all(one.is_whole for one in intents.all)


def test_other_files_among_intents_are_strays() -> None:
    folder = folder_of(".ocean-release/a.YAML", ".ocean-release/fix", ".ocean-release/b.yaml.txt")
    assert facts_of(folder).intents.strays == (
        ".ocean-release/a.YAML",
        ".ocean-release/b.yaml.txt",
        ".ocean-release/fix",
    )


def test_an_integration_without_intents_has_none() -> None:
    assert facts_of(folder_of("README.md")).intents == Intents((), ())


def test_links_that_lead_nowhere_or_out_are_left_to_the_layout_rules() -> None:
    folder = folder_of("README.md").linked(".ocean-release/a.yaml", "gone", Kind.DANGLING)
    folder = folder.linked(".ocean-release/b.yaml", "/etc/passwd", Kind.ESCAPING)
    assert facts_of(folder).intents == Intents((), ())


@pytest.mark.parametrize(
    ("bumps", "highest"),
    [
        (("patch",), "patch"),
        (("patch", "major", "minor"), "major"),
        (("minor", "patch", "PATCH"), "minor"),
        (("patch", "huge"), "patch"),
        (("huge",), ""),
        ((), ""),
    ],
)
def test_several_intents_require_the_highest_bump(bumps: tuple[str, ...], highest: str) -> None:
    folder = MemoryFolder.of({f".ocean-release/{n}.yaml": f"bump: {bump}\n" for n, bump in enumerate(bumps)})
    assert facts_of(folder).intents.bump == highest


def test_bump_and_type_are_read_in_lower_case_and_under_either_spelling_of_the_key() -> None:
    text = 'bump: "Patch"\nchangelog_type: BugFix\nchangelog: " It\'s so "\n'
    intent = facts_of(MemoryFolder.of({".ocean-release/a.yaml": text})).intents.all[0]
    assert (intent.bump, intent.type, intent.text) == ("patch", "bugfix", "It's so")
    assert (intent.stated("bump"), intent.type_key) == ("Patch", "changelog_type")
    both = MemoryFolder.of({".ocean-release/a.yaml": text + "changelog-type: doc\n"})
    assert facts_of(both).intents.all[0].type == "doc"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bump: patch\nchangelog-type: doc\n",
        "bump: huge\nchangelog-type: doc\nchangelog: a\n",
        "bump: patch\nchangelog-type: docs\nchangelog: a\n",
        "bump: patch\nchangelog-type: doc\nchangelog: ' '\n",
        "bump: patch\nmore\nchangelog-type: doc\nchangelog: a\n",
        "bump: patch\nchangelog-type: doc\nchangelog: a\n- b: c\n",
    ],
)
def test_an_intent_that_cannot_be_applied_is_not_whole(text: str) -> None:
    assert not facts_of(MemoryFolder.of({".ocean-release/a.yaml": text})).intents.all[0].is_whole


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("pacth", "patch"),
        ("Minor.", "minor"),
        ("patch # small", "patch"),
        ("mayor", "major"),
        ("big", None),
        ("", None),
    ],
)
def test_a_wrong_bump_means_the_nearest_one(word: str, meant: str | None) -> None:
    assert meant_bump(word) == meant


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("improvements", "improvement"),
        ("Bug Fixes", "bugfix"),
        ("bug-fix", "bugfix"),
        ("fix", "bugfix"),
        ("feat", "feature"),
        ("docs", "doc"),
        ("documentation", "doc"),
        ("feature # new", "feature"),
        ("misc", None),
        ("", None),
    ],
)
def test_a_wrong_type_means_the_nearest_one(word: str, meant: str | None) -> None:
    assert meant_type(word) == meant
