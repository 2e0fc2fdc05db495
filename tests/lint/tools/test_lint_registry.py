"""Which tools a profile runs, and how people choose among them."""

from __future__ import annotations

import pytest

from seatrial.core.errors import UsageError
from seatrial.core.model import Profile
from seatrial.lint.tools.registry import TOOLS, choose, tools_of


def names(tools: object) -> list[str]:
    return [tool.name for tool in tools]  # type: ignore[attr-defined]


def test_the_profiles_run_what_upstream_runs_in_its_order() -> None:
    assert names(tools_of(Profile.GUIDE)) == ["poetry", "mypy", "ruff", "black"]
    assert names(tools_of(Profile.OCEAN)) == ["poetry", "mypy", "ruff", "black", "yamllint"]


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("black,ruff", ["ruff", "black"]),
        (" Mypy , ", ["mypy"]),
        ("yamllint", ["yamllint"]),
        ("", ["poetry", "mypy", "ruff", "black"]),
        (None, ["poetry", "mypy", "ruff", "black"]),
        (" , ", ["poetry", "mypy", "ruff", "black"]),
    ],
)
def test_a_choice_is_made_by_name(text: str | None, chosen: list[str]) -> None:
    assert names(choose(text, Profile.GUIDE)) == chosen


@pytest.mark.parametrize(
    ("text", "hint"), [("blakc", 'did you mean "black"?'), ("pylint", "choose among poetry, mypy")]
)
def test_an_unknown_name_is_reported_with_the_known_ones(text: str, hint: str) -> None:
    with pytest.raises(UsageError, match="no lint tool is called") as error:
        choose(f"ruff,{text}", Profile.GUIDE)
    assert hint in str(error.value)


def test_each_tool_has_a_code_of_its_own() -> None:
    assert len({tool.code for tool in TOOLS}) == len(TOOLS)
