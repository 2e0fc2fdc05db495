"""Did you mean: the likeliest known word, and none rather than a far one."""

from __future__ import annotations

import pytest

from seatrial.core.suggest import did_you_mean, hint, nearest


@pytest.mark.parametrize(
    ("word", "known", "wanted"),
    [
        ("requierd", ["required", "type"], "required"),
        ("Issue", ["issue", "issues"], "issue"),
        ("issues", ["issue", "tissue"], "issue"),
        ("pull_request", ["pull-request"], "pull-request"),
        ("spc10l", ["spc101"], "spc101"),
        ("", ["a"], None),
        ("weather", ["required", "type"], None),
        ("a" * 10_000, ["a" * 10_001], None),
        ("x", [], None),
    ],
)
def test_the_nearest_known_word(word: str, known: list[str], wanted: str | None) -> None:
    assert nearest(word, known) == wanted


def test_a_hint_is_the_end_of_a_message() -> None:
    assert hint("requierd", ["required"], "see the list") == '; did you mean "required"?'
    assert hint("weather", ["required"], "see the list") == "; see the list"
    assert hint("weather", ["required"]) == ""
    assert did_you_mean("x") == '; did you mean "x"?'
