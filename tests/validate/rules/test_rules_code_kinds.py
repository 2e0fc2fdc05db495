"""Rules of family COD about kinds and selectors, which report nothing where the code cannot be resolved."""

from __future__ import annotations

import pytest

from seatrial.core.model import MemoryFolder
from seatrial.validate.rules import BY_CODE
from support.code_cases import APP_CONFIG, SPEC, Edit, edited, facts, heard, problems, said
from support.good import facts_of

LISTED = "      - kind: task\n"
RESYNC = "@ocean.on_resync(Kind.TASK)\n"
PROJECT = 'the selector of "project" has no key'
TASK = 'the selector of "task" has no key'
NO_RESYNC = "no function is registered with on_resync for the kind"
OPEN_CLASS: Edit = ("integration.py", "kind: Literal[Kind.TASK]", "kind: str")
ALLOWED: Edit = ("integration.py", "(PortAppConfig):\n", "(PortAppConfig):\n    allow_custom_kinds = True\n")
OPEN_RESYNC: Edit = ("main.py", RESYNC, "@ocean.on_resync()\n")


@pytest.mark.parametrize(
    ("code", "edits", "finding"),
    [
        (
            "COD201",
            [(SPEC, "- kind: task", "- kind: Task")],
            f'{SPEC}:12:15 no resource class accepts the kind "Task"; did you mean "task"?',
        ),
        (
            "COD201",
            [(SPEC, LISTED, LISTED + "      - kind: milestone\n")],
            f'{SPEC}:13:15 no resource class accepts the kind "milestone"',
        ),
        (
            "COD202",
            [(APP_CONFIG, "- kind: task", "- kind: tasks")],
            f'{APP_CONFIG}:20:11 no resource class accepts the kind "tasks"; did you mean "task"?',
        ),
        (
            "COD202",
            [("integration.py", "ResourceConfig | TaskResourceConfig", "ResourceConfig")],
            f'{APP_CONFIG}:20:11 no resource class accepts the kind "task"',
        ),
        (
            "COD203",
            [
                ("main.py", RESYNC, "@ocean.on_resync('other')\n"),
                (APP_CONFIG, "- kind: task", "- kind: project"),
            ],
            f'{SPEC}:12:15 {NO_RESYNC} "task"',
        ),
        ("COD204", [("main.py", RESYNC, "")], f'{APP_CONFIG}:20:11 {NO_RESYNC} "task"'),
        (
            "COD204",
            [("main.py", RESYNC, "@ocean.on_resync('tasks')\n")],
            f'main.py:24:18 {NO_RESYNC} "task", but for "tasks"',
        ),
        (
            "COD205",
            [OPEN_CLASS, ALLOWED, OPEN_RESYNC, (SPEC, "- kind: task", "- kind: good-service-task")],
            f'{SPEC}:12:15 the kind "good-service-task" is mapped as "task"',
        ),
        (
            "COD205",
            [
                ("integration.py", "kind: Literal[Kind.PROJECT]", "kind: str"),
                (APP_CONFIG, "- kind: task", "- kind: TASK"),
                ("main.py", "Kind.PROJECT", ""),
            ],
            f'{APP_CONFIG}:20:11 the kind "TASK" is listed in the spec as "task"',
        ),
        (
            "COD206",
            [(SPEC, LISTED, "")],
            f'{APP_CONFIG}:20:11 the kind "task" is mapped, but not in the spec',
        ),
        (
            "COD207",
            [(APP_CONFIG, "state: open", "State: open")],
            f'{APP_CONFIG}:23:7 {TASK} "State"; did you mean "state"?',
        ),
        (
            "COD207",
            [(APP_CONFIG, "includeArchived", "include_archived")],
            f'{APP_CONFIG}:7:7 {PROJECT} "include_archived"; did you mean "includeArchived"?',
        ),
        (
            "COD207",
            [(APP_CONFIG, "includeArchived", "state")],
            f'{APP_CONFIG}:7:7 {PROJECT} "state"',
        ),
    ],
)
def test_a_mistake_is_reported_at_its_place(code: str, edits: list[Edit], finding: str) -> None:
    assert said(code, *edits) == [finding]


@pytest.mark.parametrize(
    ("edits", "codes"),
    [
        ([(SPEC, "- kind: task", "- kind: tasks")], ["COD201"]),
        ([(APP_CONFIG, "- kind: task", "- kind: tasks")], ["COD202"]),
        (
            [(SPEC, "- kind: task", "- kind: tasks"), (APP_CONFIG, "- kind: task", "- kind: tasks")],
            ["COD202"],
        ),
        ([("main.py", RESYNC, "")], ["COD204"]),
        ([("kinds.py", '"task"', '"tasks"')], ["COD202"]),
        ([OPEN_CLASS, ALLOWED, OPEN_RESYNC, (SPEC, "- kind: task", "- kind: Task")], ["COD205"]),
        ([OPEN_CLASS, ALLOWED, OPEN_RESYNC, (SPEC, "- kind: task", "- kind: chore")], ["COD206"]),
        ([(SPEC, "- kind: task", "- task")], []),
        ([(SPEC, "- kind: task", "- kinds: task")], []),
    ],
)
def test_one_fault_is_reported_once(edits: list[Edit], codes: list[str]) -> None:
    assert heard(*edits) == codes


CLEAN: dict[str, list[Edit]] = {
    "a class for any kind": [
        OPEN_CLASS,
        ALLOWED,
        OPEN_RESYNC,
        (SPEC, LISTED, LISTED + "      - kind: other\n"),
    ],
    "Ocean's own class": [
        ("integration.py", "ResourceConfig | TaskResourceConfig", "ResourceConfig | ResourceConfig"),
        OPEN_RESYNC,
        (APP_CONFIG, "      state: open\n", ""),
        (SPEC, LISTED, LISTED + "      - kind: other\n"),
    ],
    "a resync for any kind": [OPEN_RESYNC],
    "a resync in a loop": [
        ("main.py", RESYNC, "register = ocean.on_resync\n"),
        ("main.py", "Kind.PROJECT", "kind"),
    ],
    "a resync by keyword": [("main.py", "on_resync(Kind.TASK)", "on_resync(kind=Kind.TASK)")],
    "a kind as text": [("main.py", "Kind.TASK", '"task"')],
    "a kind as a constant": [
        ("main.py", "on_resync(Kind.TASK)", "on_resync(TASK)"),
        ("main.py", "from kinds import Kind\n", "from kinds import Kind\n\nTASK = Kind.TASK.value\n"),
    ],
    "a class that cannot be resolved": [("integration.py", "| TaskResourceConfig", "| make()"), OPEN_RESYNC],
    "a kind that cannot be resolved": [("kinds.py", '"task"', "auto()"), OPEN_RESYNC],
    "a selector for any key": [
        ("integration.py", "class TaskSelector(Selector):", "class TaskSelector(Selector, extra='allow'):"),
        (APP_CONFIG, "state: open", "status: open"),
    ],
    "a selector that parses itself": [
        (
            "integration.py",
            "    state: Literal",
            "    @root_validator(pre=True)\n    def f(cls, v): ...\n\n    state: Literal",
        ),
        (APP_CONFIG, "state: open", "status: open"),
    ],
    "a selector without a class": [
        ("integration.py", "    selector: TaskSelector", "    selector: make()"),
        (APP_CONFIG, "state: open", "status: open"),
    ],
    "what every selector may have": [(APP_CONFIG, "state: open", "exportEnvVariables: [HOME]")],
}


@pytest.mark.parametrize("edits", CLEAN.values(), ids=CLEAN.keys())
def test_correct_and_undecidable_code_is_not_reported(edits: list[Edit]) -> None:
    assert heard(*edits) == []


NESTED = """
class Dates(BaseModel):
    after: str | None = Field(alias="createdAfter")


class TaskSelector(Selector):
    state: str
    filters: Dates | None
    several: list[Dates]
    loose: dict[str, str] | None
"""


def nested(mapping: str) -> list[str]:
    text = edited().text("integration.py")
    start, end = text.index("class TaskSelector"), text.index("class TaskResourceConfig")
    code = text[:start].replace("import Field", "import BaseModel, Field") + NESTED + text[end:]
    return said("COD207", ("integration.py", "", code), (APP_CONFIG, "      state: open\n", mapping))


@pytest.mark.parametrize(
    ("mapping", "findings"),
    [
        ("      filters:\n        createdAfter: x\n", []),
        ("      several:\n        - createdAfter: x\n", []),
        ("      loose:\n        anything: x\n", []),
        ("      filters: x\n      several: 3\n", []),
        (
            "      filters:\n        createdBefore: x\n",
            [f'{APP_CONFIG}:24:9 {TASK} "filters.createdBefore"'],
        ),
        (
            "      filters:\n        after: x\n",
            [f'{APP_CONFIG}:24:9 {TASK} "filters.after"; did you mean "createdAfter"?'],
        ),
        (
            "      several:\n        - createdAfter: x\n        - x: y\n",
            [f'{APP_CONFIG}:25:11 {TASK} "several.x"'],
        ),
        (
            "      createdAfter: x\n",
            [f'{APP_CONFIG}:23:7 {TASK} "createdAfter"; it is read below "filters"'],
        ),
    ],
)
def test_nested_keys_are_checked_too(mapping: str, findings: list[str]) -> None:
    assert nested(mapping) == findings


def test_without_a_class_only_keys_that_no_code_mentions_are_reported() -> None:
    unknown = ("integration.py", "CONFIG_CLASS = Good", "CONFIG_CLASS = Bad")
    assert said("COD207", unknown) == []
    assert said("COD207", unknown, (APP_CONFIG, "state: open", "lifecycle: open")) == [
        f'{APP_CONFIG}:23:7 {TASK} "lifecycle"'
    ]


@pytest.mark.parametrize(
    ("code", "edit", "title"),
    [
        ("COD201", (SPEC, "- kind: task", '- kind: "tasks"'), 'change "tasks" to "task"'),
        ("COD202", (APP_CONFIG, "- kind: task", "- kind: tasks"), 'change "tasks" to "task"'),
        ("COD207", (APP_CONFIG, "state: open", "State: open"), 'change "State" to "state"'),
    ],
)
def test_the_name_that_is_probably_meant_is_for_a_person_to_decide(code: str, edit: Edit, title: str) -> None:
    (fix,) = [problem.fix for problem in problems(code, edit)]
    assert fix is not None
    assert (fix.title, fix.safe) == (title, False)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (SPEC, "features: 3"),
        (SPEC, "features: [{resources: [3, {kind: 4}, {kind: }, {kind: []}]}]"),
        (SPEC, '{"features": [{"resources": [{"kind": "\\ud800"}]}]}'),
        (SPEC, "[]"),
        (APP_CONFIG, "resources: {}"),
        (
            APP_CONFIG,
            "resources: [3, {kind: task}, {kind: [], selector: 3}, {kind: task, selector: {1: {2: 3}, : 4}}]",
        ),
        (APP_CONFIG, "resources: [{kind: project, selector: {includeArchived: {deep: [[[{}]]]}}}]"),
        ("integration.py", ""),
        ("integration.py", "class A(A, B, *C, **D): resources: resources = resources\nCONFIG_CLASS = A"),
        ("integration.py", "class A:\n class B:\n  CONFIG_CLASS = A.B.CONFIG_CLASS"),
        ("integration.py", "from integration import *\nclass A:\n CONFIG_CLASS = X"),
        ("kinds.py", "Kind = Kind"),
        ("main.py", "ocean.on_resync(*kinds)(**more)\nocean.on_resync(kind=[])"),
    ],
)
def test_unusual_shapes_raise_nothing(path: str, text: str) -> None:
    there = facts((path, "", text))
    for code, rule in BY_CODE.items():
        if code.startswith("COD"):
            list(rule.problems(there))


def test_without_python_the_spec_and_the_mapping_are_still_compared() -> None:
    folder = edited((SPEC, "- kind: task", "- kind: Task"))
    bare = MemoryFolder({path: data for path, data in folder.files.items() if not path.endswith(".py")})
    found = {
        code: list(rule.problems(facts_of(bare))) for code, rule in BY_CODE.items() if code.startswith("COD")
    }
    assert [code for code, problems_ in found.items() if problems_] == ["COD205"]
