"""The one rule for the latest version."""

from __future__ import annotations

import itertools

import pytest

from seatrial.core.version import Version
from seatrial.release.plan.index import counts, is_stable, latest


def best(*texts: str) -> str | None:
    found = latest(Version.parse(text) for text in texts)
    return found.text if found else None


@pytest.mark.parametrize(
    ("versions", "wanted"),
    [
        ([], None),
        (["1.2.3"], "1.2.3"),
        (["1.2.3-dev"], None),
        (["1.2.3-dev", "0.0.1-beta"], "0.0.1-beta"),
        (["1.9.0", "1.10.0", "1.2.0"], "1.10.0"),
        (["1.0.0", "2.0.0-beta"], "1.0.0"),
        (["1.0.0-beta", "1.1.0-beta"], "1.1.0-beta"),
        (["1.0.0", "1.0.0-post1"], "1.0.0-post1"),
        (["1.0.1", "1.0.0-post1"], "1.0.1"),
        (["0.1.0.rc4", "0.1.0.rc10"], "0.1.0.rc10"),
        (["0.1.0", "0.2.0.rc1"], "0.1.0"),
        (["0.1.0.post2", "0.1.0"], "0.1.0.post2"),
        (["9.0.0-dev", "1.0.0", "2.0.0-beta"], "1.0.0"),
    ],
)
def test_the_highest_stable_one_is_the_latest_or_the_highest_that_counts(
    versions: list[str], wanted: str | None
) -> None:
    assert {best(*order) for order in itertools.permutations(versions)} == {wanted}


@pytest.mark.parametrize(
    ("text", "stable", "counted"),
    [
        ("1.2.3", True, True),
        ("1.2.3-post1", True, True),
        ("1.2.3.post4", True, True),
        ("1.2.3-beta", False, True),
        ("1.2.3.rc1", False, True),
        ("1.2.3-dev", False, False),
    ],
)
def test_stable_versions_and_versions_that_count(text: str, stable: bool, counted: bool) -> None:
    version = Version.parse(text)
    assert (is_stable(version), counts(version)) == (stable, counted)
