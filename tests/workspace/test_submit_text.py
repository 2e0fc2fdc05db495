"""The title and text of a pull request, and the place where it is opened."""

from __future__ import annotations

import json

import pytest

from seatrial.core.errors import UsageError
from seatrial.workspace.forge import (
    OpenRequest,
    PullRequest,
    RepositoryPlace,
    create_command,
    list_command,
    open_request_in,
    update_command,
)
from seatrial.workspace.pull_request import ChangeSummary, CheckResult, body, title

NEW = ChangeSummary("Jira", "jira", "new", "new, 0.1.0")
FIX = ChangeSummary("Jira", "jira", "bugfix", "intent patch", ["Read each page once."])
CHECKS = [CheckResult("validate", "0 errors", True), CheckResult("lint", "2 errors | more", False)]
TEMPLATE = """# Description

What -

## Type of change

- [ ] Bug fix (non-breaking change which fixes an issue)
- [ ] New Integration (non-breaking change which adds a new integration)
- [ ] Non-breaking change (fix of existing functionality)

### Checklist

- [ ] Add example raw data of each kind
- [ ] Handled pagination
"""


@pytest.mark.parametrize(
    ("brought", "habit", "ocean", "expected"),
    [
        (NEW, [], True, "[Integration][jira] Add the Jira integration"),
        (FIX, ["[Integration][x] a", "[Core] b", "c"], False, "[Integration][jira] Read each page once"),
        (FIX, ["fix things", "more"], False, "jira: Read each page once"),
        (FIX, [], False, "jira: Read each page once"),
    ],
)
def test_the_title_follows_the_habit_of_the_repository(brought, habit, ocean, expected) -> None:
    assert title(brought, habit, ocean) == expected


def test_a_stated_title_must_be_one_that_ocean_accepts() -> None:
    with pytest.raises(UsageError, match="Ocean does not accept"):
        title(FIX, [], True, "jira: mend")
    assert title(FIX, [], True, "[Docs] mend") == "[Docs] mend"
    assert title(FIX, [], False, "mend\n it") == "mend it"


def test_a_template_is_filled_in_as_far_as_the_change_proves() -> None:
    said = body(FIX, CHECKS, ["add example raw data"], TEMPLATE)
    assert "What - Read each page once (intent patch)" in said
    assert "- [x] Bug fix" in said
    assert "New Integration" not in said and "Non-breaking change (fix" not in said
    assert "- [x] Add example raw data" in said and "- [ ] Handled pagination" in said


def test_without_a_template_the_text_tells_what_the_change_brings() -> None:
    said = body(FIX, CHECKS, [])
    assert said.startswith("Read each page once\n\n- Read each page once.\n- Release: intent patch\n")


def test_the_checks_are_a_table_that_no_result_breaks() -> None:
    assert "| lint | FAILED: 2 errors \\| more |" in body(FIX, CHECKS, [])


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://github.com/port-labs/ocean.git", RepositoryPlace("github.com", "port-labs", "ocean")),
        ("git@github.com:me/ocean", RepositoryPlace("github.com", "me", "ocean")),
        ("ssh://git@GitHub.com:22/me/ocean.git", RepositoryPlace("github.com", "me", "ocean")),
        ("https://gitlab.com/a/b/c", RepositoryPlace("gitlab.com", "a/b", "c")),
        ("/srv/git/ocean.git", None),
        ("../ocean", None),
        ("file:///srv/ocean", None),
        ("https://github.com/ocean", None),
        ("https://github.com/a b/ocean", None),
    ],
)
def test_the_place_of_an_address(address: str, place: RepositoryPlace | None) -> None:
    assert RepositoryPlace.of(address) == place


UP, FORK = RepositoryPlace("github.com", "port-labs", "ocean"), RepositoryPlace("github.com", "me", "ocean")
REQUEST = PullRequest(UP, FORK, "main", "integration/jira", "A & b", "The\ntext")


def test_the_page_is_filled_in_and_its_address_never_too_long() -> None:
    assert REQUEST.address == (
        "https://github.com/port-labs/ocean/compare/main...me:integration%2Fjira?expand=1&title=A+%26+b&body=The%0Atext"
    )
    assert "body" not in PullRequest(UP, FORK, "main", "b", "A", "x" * 9_000).address
    lab = RepositoryPlace("gitlab.com", "a", "b")
    assert "merge_request%5Bsource_branch%5D=b" in PullRequest(lab, lab, "main", "b", "A", "x").address


def test_the_open_request_is_that_of_the_fork() -> None:
    rows = [
        {"number": 1, "url": "u1", "headRepositoryOwner": {"login": "other"}},
        {"number": 2, "url": "u2", "headRepositoryOwner": {"login": "Me"}},
    ]
    assert open_request_in(json.dumps(rows).encode(), REQUEST) == OpenRequest(2, "u2")
    assert open_request_in(b"[]", REQUEST) is None


@pytest.mark.parametrize("said", [b"", b"{}x", b'[{"number": 1}]', b"[1]"])
def test_another_answer_of_gh_is_an_error(said: bytes) -> None:
    with pytest.raises(ValueError):
        open_request_in(said, REQUEST)


def test_commands_name_repository_and_branch() -> None:
    assert list_command(REQUEST)[:7] == [
        "gh",
        "pr",
        "list",
        "--repo",
        "github.com/port-labs/ocean",
        "--head",
        "integration/jira",
    ]
    assert "me:integration/jira" in create_command(REQUEST, draft=True) and "--draft" in create_command(
        REQUEST, draft=True
    )
    assert update_command(REQUEST, OpenRequest(7, "u"))[7] == "repos/port-labs/ocean/pulls/7"
