"""Advice about kinds that do not agree: at the likelier side, with its place, and never one that makes a finding."""

from __future__ import annotations

from itertools import product

import pytest

from seatrial.core.model import Location
from seatrial.validate.rules.kinds import KindMap, KindPlace, Use
from support.code_cases import APP_CONFIG, SPEC, Edit, edited, facts, heard, problems

LISTED: Edit = (SPEC, "- kind: task", "- kind: {}")
MAPPED: Edit = (APP_CONFIG, "- kind: task", "- kind: {}")
CLASS: Edit = ("integration.py", "Literal[Kind.TASK]", 'Literal["{}"]')
RESYNC: Edit = ("main.py", "on_resync(Kind.TASK)", 'on_resync("{}")')
CONSTANT: Edit = ("kinds.py", '"task"', '"{}"')
CODES = ("COD201", "COD202", "COD203", "COD204")


def named(kind: str, *places: Edit) -> list[Edit]:
    """The template with another kind in these places."""
    return [(path, old, new.format(kind)) for path, old, new in places]


def advice(*edits: Edit) -> list[tuple[str, str]]:
    """Where each disagreement is reported, and what to do."""
    found = [problem for code in CODES for problem in problems(code, *edits)]
    return [(f"{one.where.path}:{one.where.line}", one.fix.title if one.fix else "") for one in found]


@pytest.mark.parametrize(
    ("places", "where", "title"),
    [
        ([RESYNC], "main.py:24", 'change "tsak" to "task"'),
        ([CLASS], "integration.py:44", 'change "tsak", the kind of TaskResourceConfig, to "task"'),
        ([MAPPED], f"{APP_CONFIG}:20", 'change "tsak" to "task"'),
        ([LISTED], f"{SPEC}:12", 'change "tsak" to "task"'),
        (
            [LISTED, MAPPED],
            f"{APP_CONFIG}:20",
            f'change "tsak" to "task" here and in {SPEC}, line 12, or change "task", the kind of '
            'TaskResourceConfig, to "tsak" in kinds.py, line 6',
        ),
        (
            [CONSTANT],
            f"{APP_CONFIG}:20",
            f'change "task" to "tsak" here and in {SPEC}, line 12, or change "tsak", the kind of '
            'TaskResourceConfig, to "task" in kinds.py, line 6',
        ),
    ],
    ids=["resync", "class", "mapping", "spec", "spec and mapping", "constant"],
)
def test_the_place_that_stands_alone_is_the_one_to_change(places: list[Edit], where: str, title: str) -> None:
    assert advice(*named("tsak", *places)) == [(where, title)]
    assert len(heard(*named("tsak", *places))) == 1


def test_examples_of_a_kind_decide_where_the_places_are_even() -> None:
    example: Edit = (".port/examples/task/one.json", "", "{}")
    assert advice(*named("tsak", LISTED, MAPPED), example) == [
        (f"{APP_CONFIG}:20", f'change "tsak" to "task" here and in {SPEC}, line 12')
    ]


@pytest.mark.parametrize(
    ("places", "where", "title"),
    [
        (
            [LISTED, MAPPED],
            f"{APP_CONFIG}:20",
            f'if it was renamed, change "person" to "task" here and in {SPEC}, line 12, or change "task", the '
            'kind of TaskResourceConfig, to "person" in kinds.py, line 6',
        ),
        ([MAPPED], f"{APP_CONFIG}:20", 'if it was renamed, change "person" to "task"'),
        ([LISTED], f"{SPEC}:12", 'if it was renamed, change "person" to "task"'),
        ([RESYNC], f"{APP_CONFIG}:20", 'if it was renamed, change "person" to "task" in main.py, line 24'),
    ],
    ids=["spec and mapping", "mapping", "spec", "resync"],
)
def test_another_word_is_told_as_a_guess_behind_the_class_to_add(
    places: list[Edit], where: str, title: str
) -> None:
    [(at, said)] = advice(*named("person", *places))
    assert (at, said.partition("; ")[2]) == (where, title)
    first = "register a function in main.py" if places == [RESYNC] else "remove it, or add a resource class"
    assert said.startswith(first)
    assert len(heard(*named("person", *places))) == 1


def test_a_new_kind_names_the_class_and_file_that_lack_it() -> None:
    listed = (SPEC, "      - kind: task\n", "      - kind: task\n      - kind: person\n")
    assert advice(listed) == [
        (
            f"{SPEC}:13",
            'remove it, or add a resource class for it to the resources of "GoodServicePortAppConfig" '
            "in integration.py",
        )
    ]


def test_a_kind_that_the_spec_has_already_is_not_proposed_to_it() -> None:
    listed = (SPEC, "      - kind: task\n", "      - kind: task\n      - kind: tasks\n")
    assert advice(listed)[0][1].startswith("remove it, or add a resource class")


def test_every_advised_change_leaves_fewer_disagreements() -> None:
    kinds = [("task", "tasks", "job"), *product(("task", "tasks"), repeat=3)]
    for count, names in enumerate(kinds):
        places = zip(
            (KindPlace.SPEC, KindPlace.MAPPING, KindPlace.CLASS, KindPlace.RESYNC),
            ("task", *names),
            strict=True,
        )
        uses = tuple(Use(place, kind, Location(place.value, count + 1)) for place, kind in places)
        known = KindMap(uses, frozenset({KindPlace.CLASS, KindPlace.RESYNC}), frozenset())
        for kind in {use.kind for use in uses}:
            assert all(known.renamed(rename).faults < known.faults for rename in known.renames(kind))


STALE = [
    ("integration.py", "kind: Literal[Kind.TASK]", "kind: str"),
    ("main.py", "@ocean.on_resync(Kind.TASK)\n", "@ocean.on_resync()\n"),
]


@pytest.mark.parametrize(
    ("first", "second", "codes"),
    [
        ("folder", "chore", ["COD220"]),
        ("project", "chore", ["COD206"]),
        ("folder", "tasks", ["COD205", "COD206"]),
        ("project", "task", []),
    ],
)
def test_a_spec_that_lists_no_mapped_kind_is_stale(first: str, second: str, codes: list[str]) -> None:
    allowed = ("integration.py", "(PortAppConfig):\n", "(PortAppConfig):\n    allow_custom_kinds = True\n")
    spec = (
        edited()
        .text(SPEC)
        .replace("kind: project", f"kind: {first}")
        .replace("kind: task", f"kind: {second}")
    )
    assert heard(*STALE, allowed, (SPEC, "", spec)) == codes


def test_nothing_listed_or_nothing_mapped_is_not_stale() -> None:
    assert facts((APP_CONFIG, "", "resources: []\n")).kinds is not None
    assert problems("COD220", (APP_CONFIG, "", "resources: []\n")) == []
    assert problems("COD220", (SPEC, "      - kind: project\n      - kind: task\n", "")) == []


def test_a_single_stale_kind_is_told_in_the_singular() -> None:
    allowed = ("integration.py", "(PortAppConfig):\n", "(PortAppConfig):\n    allow_custom_kinds = True\n")
    spec = edited().text(SPEC).replace("kind: project\n      - kind: task", "kind: folder")
    (problem,) = problems("COD220", *STALE, allowed, (SPEC, "", spec))
    assert problem.message == "the kind in the spec is not mapped, but 2 others are"
