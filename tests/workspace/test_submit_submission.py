"""The steps of a submission, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seatrial.core.errors import UsageError
from seatrial.workspace.submission import BranchCommit, Clone, SubmitStep, plan

ME = "me@x.y"
FRESH = Clone(
    name="jira",
    folder="integrations/jira",
    branch="main",
    upstream="upstream",
    target="main",
    fork="origin",
    email=ME,
    uncommitted=["integrations/jira/main.py"],
    existing=["main"],
    protected=["main"],
)
OWN = replace(FRESH, branch="mine", existing=["main", "mine"])
MADE = BranchCommit("c1", ME, ["integrations/jira/main.py"])


def test_changes_on_the_main_branch_go_to_a_new_branch() -> None:
    made = plan(FRESH)
    assert (made.branch, list(made.steps)) == ("integration/jira", list(SubmitStep))


def test_work_on_a_branch_of_ones_own_continues_there() -> None:
    made = plan(OWN)
    assert (made.branch, list(made.steps)) == ("mine", [SubmitStep.COMMIT, SubmitStep.PUSH, SubmitStep.OPEN])


def test_what_is_pushed_already_only_brings_the_request_up_to_date() -> None:
    state = replace(OWN, uncommitted=[], commits=[MADE], pushed="c1")
    assert list(plan(state).steps) == [SubmitStep.OPEN]


def test_what_is_committed_and_not_pushed_is_pushed() -> None:
    state = replace(OWN, uncommitted=[], commits=[MADE], pushed="c0")
    assert list(plan(state).steps) == [SubmitStep.PUSH, SubmitStep.OPEN]


def test_a_detached_commit_gets_a_branch() -> None:
    assert plan(replace(FRESH, branch="")).steps[0] is SubmitStep.BRANCH


@pytest.mark.parametrize(
    ("state", "wanted", "said"),
    [
        (replace(OWN, uncommitted=[]), "", "there is nothing to submit"),
        (replace(OWN, commits=[replace(MADE, email="other@x.y")]), "", "holds commits of other@x.y"),
        (replace(OWN, commits=[replace(MADE, paths=["README.md"])]), "", "README.md outside of"),
        (replace(OWN, commits=[replace(MADE, paths=["integrations/jira-server/x"])]), "", "outside of"),
        (FRESH, "main", "main branch, which is never pushed to"),
        (replace(FRESH, protected=["main", "trunk"]), "trunk", "main branch, which is never pushed to"),
        (OWN, "main", "main branch, which is never pushed to"),
        (replace(FRESH, existing=["main", "integration/jira"]), "", "git switch integration/jira"),
    ],
)
def test_what_is_refused(state: Clone, wanted: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        plan(state, wanted)


def test_a_branch_protected_in_the_fork_is_left_for_a_new_one() -> None:
    assert plan(replace(OWN, protected=["main", "mine"])).branch == "integration/jira"


def test_addresses_of_authors_are_compared_without_case() -> None:
    assert plan(replace(OWN, commits=[replace(MADE, email="Me@X.y")])).branch == "mine"
