"""What a verdict depends on: its key, and what is said of the differences."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.model import Integration, MemoryFolder
from seatrial.lint.run.explanations import changes
from seatrial.lint.run.fingerprint import Fingerprint
from seatrial.lint.run.jobs import LintFolder, LintJob
from seatrial.lint.tools import ruff

FOLDER = LintFolder(
    Integration("jira", "integrations/jira", MemoryFolder.of({})),
    Path("/workspace/integrations/jira"),
    Path("/workspace"),
    Fingerprint({}, around={"../../pyproject.toml": "bb"}),
)
JOB = LintJob(
    folder=FOLDER,
    tool=ruff.TOOL,
    version="0.6.9",
    arguments=("check", "."),
    python="cpython 3.12.1, linux x86_64",
    files={"main.py": "aa", "README.md": ""},
)
BARE = replace(FOLDER, fingerprint=Fingerprint({}))


@pytest.mark.parametrize(
    "other",
    [
        {"version": "0.7.0"},
        {"arguments": ("check", ".", "--fix")},
        {"python": "cpython 3.12.2, linux x86_64"},
        {"files": {"main.py": "ab", "README.md": ""}},
        {"files": {"main.py": "aa"}},
        {"files": {"main.py": "aa", "README.rst": ""}},
        {"folder": BARE},
    ],
)
def test_the_key_changes_with_everything_a_verdict_depends_on(other: dict[str, Any]) -> None:
    assert replace(JOB, **other).key != JOB.key


def test_the_key_does_not_depend_on_the_order_of_the_files() -> None:
    turned = dict(reversed(JOB.files.items()))
    assert replace(JOB, files=turned).key == JOB.key


def test_a_name_that_is_not_unicode_has_a_key() -> None:
    assert replace(JOB, files={"\udcff.py": "aa"}).key != JOB.key


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"version": "0.7.0"}, ["ruff 0.7.0 now, ruff 0.6.9 then"]),
        ({"files": {"main.py": "ab", "README.md": ""}}, ["main.py changed"]),
        ({"files": {"README.md": "", "setup.py": "cc"}}, ["main.py is gone", "setup.py is new"]),
        ({"folder": BARE}, ["../../pyproject.toml is gone"]),
        ({"arguments": ("check",)}, ['called with "check" now, "check ." then']),
        ({}, []),
    ],
)
def test_changes_are_described_in_words(other: dict[str, Any], said: list[str]) -> None:
    assert list(changes(JOB.record(), replace(JOB, **other).record())) == said


@pytest.mark.parametrize("before", [{}, {"files": 3}, {"files": ["main.py"], "tool": None, "recipe": "old"}])
def test_a_record_of_another_shape_differs_as_a_whole(before: dict[str, Any]) -> None:
    assert "main.py is new" in list(changes(before, JOB.record()))
