"""Advice that the quality scale asks for: folders that are right although they look wrong, and the other way round."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.core.framework import minor_lag
from seatrial.core.model import MemoryFolder
from seatrial.core.rules import Rule
from seatrial.core.settings import Settings
from seatrial.validate.rules import BY_CODE
from seatrial.workspace.config import settings_of
from support.good import good_folder, problems_of

EXAMPLE, RECORDED, TEST, LENGTH, CORE = (
    BY_CODE[code] for code in ("EXA220", "EXA221", "TST140", "SPC160", "PKG150")
)
SPEC = ".port/spec.yaml"
CONFIG = ".port/resources/port-app-config.yaml"


def said(rule: Rule, folder: MemoryFolder, **context: Any) -> list[str]:
    return [one.message for one in problems_of(rule, folder, **context)]


def without(folder: MemoryFolder, *parts: str) -> MemoryFolder:
    for path in [path for path in folder.paths() if any(part in path for part in parts)]:
        folder = folder.without(path)
    return folder


def renamed(folder: MemoryFolder, old: str, new: str) -> MemoryFolder:
    """The kind under another name in spec, mapping and code; its folders of examples stay."""
    folder = folder.edited(SPEC, f"- kind: {old}", f"- kind: {new}")
    return folder.edited(CONFIG, f"- kind: {old}", f"- kind: {new}")


def test_each_kind_without_an_example_is_told_and_none_at_all_once() -> None:
    good = good_folder()
    one = without(good, "examples/task/")
    assert said(EXAMPLE, one) == ['there is no example of the kind "task"']
    assert said(EXAMPLE, without(good, "examples/")) == ["no kind has an example"]


def test_an_example_counts_in_every_place_and_spelling_of_its_kind() -> None:
    good = good_folder()
    data = good.read(next(path for path in good.paths() if path.startswith(".port/examples/task/")))
    bare = without(good, "examples/task/")
    for path in (
        ".port/examples/tasks/a.json",
        "examples/task/task-raw-data.json",
        "examples/task.response.json",
    ):
        assert said(EXAMPLE, bare.having(path, data)) == [], path
    listed = without(good, "examples/task/").edited(SPEC, "- kind: task", "- kind: extra")
    assert said(EXAMPLE, listed.having(".port/examples/extra/a.json", data)) == [], "listed, and not mapped"


def test_one_recorded_example_is_enough_for_a_kind() -> None:
    good = good_folder()
    raw = next(path for path in good.paths() if path.startswith(".port/examples/task/"))
    assert said(RECORDED, good.having(".port/examples/task/other.json", good.read(raw))) == []
    bare = without(good, "/task-expected-output.json")
    assert said(RECORDED, bare) == ['no entity of the kind "task" is recorded']
    other = bare.having("examples/task/after_mapping.json", '[{"identifier": "7", "blueprint": "x"}]')
    assert said(RECORDED, other) == [], "entities of any of the examples, in one file"
    assert said(RECORDED, without(good, "examples/")) == [], "told by the rule about examples"


@pytest.mark.parametrize(
    ("kind", "test"),
    [
        ("pull-request", "def test_pull_requests(): ...\n"),
        ("pull-request", 'KIND = "PullRequest"\n'),
        ("policy", "def test_policies(): ...\n"),
        ("policies", "def test_one_policy(): ...\n"),
        ("users", "async def test_a_user(): ...\n"),
        ("AWS::ECS::Cluster", "class TestEcsCluster: ...\n"),
        ("work_item", "assert KINDS.TICKET\n"),
    ],
)
def test_a_kind_is_named_in_any_spelling(kind: str, test: str) -> None:
    folder = without(renamed(good_folder(), "task", kind), "tests/test_")
    constant = folder.having("consts.py", 'class KINDS:\n    TICKET = "work_item"\n')
    assert said(TEST, constant.having("tests/test_x.py", "def test_project(): ...\n")) == [
        f'no test names the kind "{kind}"'
    ]
    assert said(TEST, constant.having("tests/test_x.py", "def test_project(): ...\n" + test)) == []


def test_the_path_of_a_test_names_a_kind_and_no_tests_are_told_elsewhere() -> None:
    folder = without(good_folder(), "tests/test_")
    assert said(TEST, folder.having("tests/task/test_project.py", "def test_it(): ...\n")) == []
    assert said(TEST, without(good_folder(), "tests/")) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "A token that may read each project and its tasks",
            "T" * 19,
            "the description has 19 characters, fewer than 20",
        ),
        ("A token that may read each project and its tasks", "T" * 20, None),
        ("A token that may read each project and its tasks", "T " * 250, None),
        (
            "A token that may read each project and its tasks",
            "T" * 501,
            "the description has 501 characters, more than 500",
        ),
        ("A token that may read each project and its tasks", '""', None),
    ],
)
def test_the_length_of_a_description_has_bounds(old: str, new: str, message: str | None) -> None:
    assert said(LENGTH, good_folder().edited(SPEC, old, new)) == ([message] if message else [])


@pytest.mark.parametrize(
    ("newest", "own", "lag"),
    [
        ((0, 48, 12), (0, 48, 1), 0),
        ((0, 48, 0), (0, 44, 9), 4),
        ((0, 48), (0, 49), 0),
        ((1, 2, 0), (0, 48, 0), 1000),
        ((2,), (0, 1), 2000),
        ((0, 48), (), 0),
        ((), (0, 48), 0),
    ],
)
def test_the_lag_counts_minor_versions(newest: tuple[int, ...], own: tuple[int, ...], lag: int) -> None:
    assert minor_lag(newest, own) == lag


def test_a_framework_is_compared_with_the_fleet_and_with_the_stated_release() -> None:
    good = good_folder()

    def newer(version: str) -> dict[str, MemoryFolder]:
        return {"newer": good.edited("poetry.lock", 'version = "0.48.12"', f'version = "{version}"')}

    assert said(CORE, good) == said(CORE, good, siblings=newer("0.51.0")) == []
    found = problems_of(CORE, good, siblings=newer("0.52.0"))
    assert [one.message for one in found] == [
        "port-ocean 0.48.12 is more than 3 minor versions older than the newest one in use"
    ]
    assert found[0].evidence == "that is 0.52.0" and found[0].where.path == "pyproject.toml"
    stated = settings_of(b'[quality]\ncore = "0.60"\n')
    assert stated.newest_core == (0, 60) and len(said(CORE, good, settings=stated)) == 1
    assert said(CORE, good, settings=Settings(newest_core=(0, 40))) == []
