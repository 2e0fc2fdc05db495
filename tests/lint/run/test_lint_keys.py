"""What a verdict depends on: its key, and what is said of the differences."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seatrial.lint.run.keys import Basis, changes

BASIS = Basis(
    tool="ruff 0.6.9",
    arguments=("check", "."),
    python="cpython 3.12.1, linux x86_64",
    files={"main.py": "aa", "README.md": ""},
    around={"../../pyproject.toml": "bb"},
)


@pytest.mark.parametrize(
    "other",
    [
        {"tool": "ruff 0.7.0"},
        {"arguments": ("check", ".", "--fix")},
        {"python": "cpython 3.12.2, linux x86_64"},
        {"files": {"main.py": "ab", "README.md": ""}},
        {"files": {"main.py": "aa"}},
        {"files": {"main.py": "aa", "README.rst": ""}},
        {"around": {}},
    ],
)
def test_the_key_changes_with_everything_a_verdict_depends_on(other: dict[str, Any]) -> None:
    assert replace(BASIS, **other).key != BASIS.key


def test_the_key_does_not_depend_on_the_order_of_the_files() -> None:
    turned = dict(reversed(BASIS.files.items()))
    assert replace(BASIS, files=turned).key == BASIS.key


def test_a_name_that_is_no_unicode_has_a_key_too() -> None:
    assert replace(BASIS, files={"\udcff.py": "aa"}).key != BASIS.key


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"tool": "ruff 0.7.0"}, ["ruff 0.7.0 now, ruff 0.6.9 then"]),
        ({"files": {"main.py": "ab", "README.md": ""}}, ["main.py changed"]),
        ({"files": {"README.md": "", "setup.py": "cc"}}, ["main.py is gone", "setup.py is new"]),
        ({"around": {}}, ["../../pyproject.toml is gone"]),
        ({"arguments": ("check",)}, ['called with "check" now, "check ." then']),
        ({}, []),
    ],
)
def test_what_changed_is_said_in_words(other: dict[str, Any], said: list[str]) -> None:
    assert list(changes(BASIS.record(), replace(BASIS, **other).record())) == said


@pytest.mark.parametrize("before", [{}, {"files": 3}, {"files": ["main.py"], "tool": None, "recipe": "old"}])
def test_a_record_of_another_shape_differs_as_a_whole(before: dict[str, Any]) -> None:
    assert "main.py is new" in list(changes(before, BASIS.record()))
