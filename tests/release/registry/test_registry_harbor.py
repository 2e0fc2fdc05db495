"""Harbor answers NOT_FOUND for a missing manifest and for much else; only its message distinguishes them."""

from __future__ import annotations

import json

import pytest
from urllib3 import HTTPHeaderDict

from seatrial.release.registry.http import Reply
from seatrial.release.registry.responses import is_absent


def reply(code: str, message: str, status: int = 404) -> Reply:
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return Reply(status, HTTPHeaderDict(), body, "")


@pytest.mark.parametrize(
    "message", ["artifact org/port-ocean-jira:1.2.3 not found", "repository org/x not found"]
)
def test_a_missing_artifact_or_repository_is_absence(message: str) -> None:
    assert is_absent(reply("NOT_FOUND", message))


@pytest.mark.parametrize(
    ("code", "message", "status"),
    [
        ("NOT_FOUND", "project org not found", 404),
        ("NOT_FOUND", "not found", 404),
        ("NOT_FOUND", "", 404),
        ("FORBIDDEN", "artifact org/x:1 not found", 404),
        ("NOT_FOUND", "artifact org/x:1 not found", 403),
        ("NOT_FOUND", "artifact org/x:1 not found in this cache, ask later", 404),
    ],
)
def test_other_words_under_not_found_do_not_mean_absence(code: str, message: str, status: int) -> None:
    assert not is_absent(reply(code, message, status))
