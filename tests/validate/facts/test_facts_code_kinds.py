"""Tests of similar kinds, and of the comparison of spec and mapping."""

from __future__ import annotations

import pytest

from seatrial.validate.facts.code import meant
from support.code_cases import APP_CONFIG, SPEC, facts


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("issues", ["issue", "team"], "issue"),
        ("Issue", ["issue"], "issue"),
        ("pull_request", ["pull-request"], "pull-request"),
        ("host", ["datadogHost", "monitor"], "datadogHost"),
        ("sloHistory", ["datadogSlo", "datadogSloHistory"], "datadogSloHistory"),
        ("datadogHost", ["host"], "host"),
        ("webhook_secret", ["okta_webhook_secret", "token"], "okta_webhook_secret"),
        ("AWS::S3::Bucket", ["s3-bucket"], "s3-bucket"),
        ("secret", ["api_secret", "webhook_secret"], None),
        ("issue", ["tissue", "incident"], None),
        ("issue", [], None),
        ("", ["issue"], None),
        ("issue", ["", "::"], None),
    ],
)
def test_a_name_may_mean_another(name: str, known: list[str], found: str | None) -> None:
    assert meant(name, known) == found


def test_a_kind_that_is_mapped_twice_is_compared_once() -> None:
    kinds = facts((APP_CONFIG, "- kind: task", "- kind: project")).kinds
    assert kinds
    assert [(one.kind, one.where.line) for one in kinds.mapped] == [("project", 4)]


def test_a_kind_of_the_spec_is_paired_with_one_mapped_kind_only() -> None:
    found = facts(
        (SPEC, "- kind: task", "- kind: goodTask"),
        (APP_CONFIG, "- kind: project", "- kind: GOOD_TASK"),
        ("integration.py", "kind: Literal[Kind.TASK]", "kind: str"),
        ("main.py", "on_resync(Kind.TASK)", "on_resync()"),
    ).kinds
    assert found
    assert [(one.kind, right) for one, right in found.misspelled()] == [("goodTask", "GOOD_TASK")]


@pytest.mark.parametrize(("path", "text"), [(SPEC, "["), (APP_CONFIG, "["), (SPEC, "3")])
def test_kinds_are_not_compared_where_one_side_cannot_be_read(path: str, text: str) -> None:
    assert facts((path, "", text)).kinds is None
