"""An intent is declared for each integration named, under a name that nobody else gives."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.documents.intents import load
from seatrial.handbook.rule_examples import good_folder
from seatrial.release.run.bumps import IntentRequest, declare
from seatrial.workspace.workspace import Workspace, open_workspace, select

DAY = date(2026, 2, 1)
WISH = IntentRequest("patch", "bugfix", "Fixed a page")


def fleet(root: Path, *names: str) -> Workspace:
    for name in names:
        folder = good_folder()
        for path in folder.paths():
            place = root / "integrations" / name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(folder.read(path))
    return open_workspace(str(root))


def declared(workspace: Workspace, wish: IntentRequest = WISH, *names: str) -> list[str]:
    return list(declare(workspace, select(workspace, names), wish, DAY))


def test_each_integration_gets_its_own_file(tmp_path: Path) -> None:
    paths = declared(fleet(tmp_path, "jira", "okta"))
    assert [path.split("/")[:3] for path in paths] == [
        ["integrations", "jira", ".ocean-release"],
        ["integrations", "okta", ".ocean-release"],
    ]
    for path in paths:
        assert (
            tmp_path / path
        ).read_text() == "bump: patch\nchangelog-type: bugfix\nchangelog: Fixed a page\n"
        assert (tmp_path / path).stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("message", "slug"),
    [
        ("Fixed a page", "fixed-a-page-"),
        ("Don't read `../../etc`: twice!", "dont-read-etc-twice-"),
        (
            "A text of so many words that not all of them fit into a name",
            "a-text-of-so-many-words-that-not-all-of-",
        ),
        ("é 😀", ""),
        ("x" * 300, ""),
    ],
)
def test_a_name_sorts_by_day_and_says_what_it_is_about(tmp_path: Path, message: str, slug: str) -> None:
    (path,) = declared(fleet(tmp_path, "jira"), IntentRequest("patch", "doc", message))
    assert re.fullmatch(rf"2026-02-01-{slug}[0-9a-f]{{8}}\.yaml", path.rpartition("/")[2])


def test_two_of_the_same_words_are_two_files(tmp_path: Path) -> None:
    workspace = fleet(tmp_path, "jira")
    assert len({*declared(workspace), *declared(workspace)}) == 2


def test_bump_and_type_may_be_typed_in_capitals(tmp_path: Path) -> None:
    (path,) = declared(fleet(tmp_path, "jira"), IntentRequest("Minor", "FEATURE", "Added labels"))
    assert load("x", (tmp_path / path).read_bytes()).value["bump"] == "minor"


@pytest.mark.parametrize(
    ("wish", "line"),
    [
        (IntentRequest(None, "doc", "x"), "say --bump patch, minor or major"),
        (
            IntentRequest("pach", "doc", "x"),
            '--bump is patch, minor or major, not "pach"; did you mean "patch"?',
        ),
        (IntentRequest("9", "doc", "x"), '--bump is patch, minor or major, not "9"'),
        (
            IntentRequest("patch", None, "x"),
            "say --type breaking, deprecation, feature, improvement, bugfix or doc",
        ),
        (
            IntentRequest("patch", "fix", "x"),
            '--type is breaking, deprecation, feature, improvement, bugfix or doc, not "fix"; did you mean "bugfix"?',
        ),
        (
            IntentRequest("patch", "doc", None),
            'say what changes for users, in one line, with --message "..."',
        ),
        (IntentRequest("patch", "doc", " "), "no intent can be made of --message: the text is empty"),
        (
            IntentRequest("patch", "doc", "a\nb"),
            "no intent can be made of --message: the text has more than one line",
        ),
        (IntentRequest("patch", "doc", "'a'"), "no intent can be made of --message: quotes at the ends"),
    ],
)
def test_a_request_that_cannot_be_fulfilled_is_one_line_and_writes_nothing(
    tmp_path: Path, wish: IntentRequest, line: str
) -> None:
    workspace = fleet(tmp_path, "jira")
    with pytest.raises(UsageError, match=re.escape(line)) as told:
        declared(workspace, wish)
    assert "\n" not in str(told.value)
    assert not (tmp_path / "integrations/jira/.ocean-release").exists()


@pytest.mark.parametrize(
    ("version", "line"),
    [
        ("0.1", 'okta has no next version: "0.1" is no version'),
        ("0.1.0.rc1", "okta has no next version: 0.1.0.rc1 can only be bumped by patch"),
        ("", 'okta has no next version: "" is no version'),
    ],
)
def test_a_version_that_cannot_be_bumped_is_reported_and_nothing_is_written(
    tmp_path: Path, version: str, line: str
) -> None:
    workspace = fleet(tmp_path, "jira", "okta")
    place = tmp_path / "integrations/okta/pyproject.toml"
    place.write_text(place.read_text().replace('version = "0.1.0"', f'version = "{version}"'))
    with pytest.raises(UsageError, match=re.escape(line)):
        declared(workspace, IntentRequest("minor", "doc", "x"))
    assert not (tmp_path / "integrations/jira/.ocean-release").exists()
