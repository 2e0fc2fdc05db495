"""Tests of the release that a change requires."""

from __future__ import annotations

import pytest

from seatrial.core.model import Profile
from seatrial.validate.facts.contract import ContractChange
from seatrial.validate.facts.release_change import Change
from support.good import facts_of, good_folder

GOOD = good_folder(Profile.GUIDE)


def change_from(version: str, *paths: str, profile: Profile = Profile.GUIDE) -> Change:
    """A change of these paths in an integration that had this version."""
    folder = GOOD.edited("pyproject.toml", 'version = "0.1.0"', f'version = "{version}"')
    return Change("origin/main", paths, facts_of(folder, profile))


@pytest.mark.parametrize(
    ("path", "guide", "ocean"),
    [
        ("client.py", True, True),
        ("poetry.lock", True, True),
        (".port/spec.yaml", True, True),
        (".port/examples/a.md", False, False),
        ("README.md", False, False),
        ("CHANGELOG.md", False, False),
        ("changelog/1.bugfix.md", False, False),
        ("changelog/.gitignore", False, True),
        ("tests/test_client.py", False, True),
        (".ocean-release/x.yaml", False, False),
        ("a.mdx", True, True),
    ],
)
def test_documentation_and_intents_need_no_release(path: str, guide: bool, ocean: bool) -> None:
    change = change_from("1.0.0", path)
    assert bool(change.shipped(Profile.GUIDE)) is guide
    assert bool(change.shipped(Profile.OCEAN)) is ocean


@pytest.mark.parametrize(
    ("before", "after", "move"),
    [
        ("1.2.3", "1.2.4", "patch"),
        ("1.2.3", "1.3.0", "minor"),
        ("1.2.3", "2.0.0", "major"),
        ("1.2.3", "1.3.1", "minor"),
        ("1.2.3", "1.2.3-post1", "patch"),
        ("1.2.3-beta", "1.2.3", "patch"),
        ("1.2.3", "1.2.2", "fall"),
        ("1.2.3", "1.2.3-beta", "fall"),
        ("0.3.10-dev", "0.1.0", ""),
        ("0.3.10-beta", "0.1.0", "fall"),
        ("1.2.3.rc4", "1.2.3.rc5", "patch"),
        ("1.2", "1.3.0", ""),
        ("1.2.3", "next", ""),
    ],
)
def test_a_move_has_the_name_of_the_first_part_that_differs(before: str, after: str, move: str) -> None:
    assert change_from(before).move(after) == move


@pytest.mark.parametrize(
    ("before", "strict", "shifted"),
    [("1.2.3", ("minor", "major"), ("minor", "major")), ("0.2.3", ("minor", "major"), ("patch", "minor"))],
)
def test_before_the_first_major_version_a_repository_may_require_one_part_less(
    before: str, strict: tuple[str, str], shifted: tuple[str, str]
) -> None:
    change = change_from(before)
    added, removed = ([ContractChange(breaking, "x", "y")] for breaking in (False, True))
    assert (change.least(added, "strict"), change.least(removed, "strict")) == strict
    assert (change.least(added, "shifted"), change.least(removed, "shifted")) == shifted
    assert change.least([], "strict") == "patch"


@pytest.mark.parametrize(
    ("version", "preview"),
    [
        ("1.2.3", False), ("1.2.3-post1", False), ("1.2.3-dev", True), ("1.2.3-beta", True), ("1.2.3.rc4", True),
        ("1.2.3.post1", True), ("1.2", False),
    ],
)  # fmt: skip
def test_previews_promise_nothing(version: str, preview: bool) -> None:
    assert change_from(version).is_preview is preview


def test_only_intents_in_the_change_announce_it_and_ocean_ignores_edited_ones() -> None:
    text = "bump: patch\nchangelog-type: bugfix\nchangelog: x\n"
    before = GOOD.having(".ocean-release/old.yaml", text).having(".ocean-release/edited.yaml", text)
    now = facts_of(before.having(".ocean-release/new.yaml", text))
    change = Change("x", (".ocean-release/edited.yaml", ".ocean-release/new.yaml"), facts_of(before))
    named = {
        profile: [one.path.removeprefix(".ocean-release/") for one in change.announcing(now.intents, profile)]
        for profile in Profile
    }
    assert named == {Profile.GUIDE: ["edited.yaml", "new.yaml"], Profile.OCEAN: ["new.yaml"]}


def test_a_new_integration_had_no_version_and_no_contract() -> None:
    change = Change("x", ("main.py",), None)
    found = change.differences(facts_of(GOOD).contract, {})
    assert (change.is_new, change.version, found, change.is_by_hand("1.0.0")) == (True, "", [], False)
    assert change.move("1.0.0") == ""
