"""The classes of the mapping as Ocean's schema gate wants them; the expected verdicts are those of the gate itself."""

from __future__ import annotations

import pytest

from seatrial.core.model import Profile, Severity
from seatrial.validate.rules import BY_CODE
from support.code_cases import Edit, edited, heard, problems, said
from support.good import facts_of

KIND = "kind: Literal[Kind.TASK] = Field("
GATE = [f"COD{number}" for number in range(101, 107)]
OWN = "class GoodServicePortAppConfig(PortAppConfig):\n"


def gate(*edits: Edit) -> list[str]:
    """What the rules of the gate say, without the file."""
    return [finding.partition(" ")[2] for code in GATE for finding in said(code, *edits)]


def code(old: str, new: str) -> Edit:
    return ("integration.py", old, new)


def added(text: str) -> Edit:
    return code("\n\nclass TaskSelector", f"\n\n{text}\n\n\nclass TaskSelector")


BAD: dict[str, tuple[list[Edit], str]] = {
    "two kinds in one class": (
        [code(KIND, 'kind: Literal[Kind.TASK, "old"] = Field(')],
        'the kind of "TaskResourceConfig" is one of 2: "task", "old"',
    ),
    "two kinds by an alias": (
        [code(KIND, "kind: Kinds = Field("), added('Kinds = Literal["a", "b"]')],
        'the kind of "TaskResourceConfig" is one of 2: "a", "b"',
    ),
    "one kind in two classes": (
        [code("Literal[Kind.TASK]", 'Literal["project"]')],
        'the kind "project" of "TaskResourceConfig" is that of "ProjectResourceConfig" in integration.py too',
    ),
    "any kind": (
        [code(KIND, "kind: str = Field(")],
        '"TaskResourceConfig" is of any kind, but "GoodServicePortAppConfig" does not allow custom kinds',
    ),
    "no kind of its own": (
        [code(KIND, "kind_: str = Field(")],
        '"TaskResourceConfig" is of any kind, but "GoodServicePortAppConfig" does not allow custom kinds',
    ),
    "an enumeration": (
        [code(KIND, "kind: Kind = Field(")],
        'the kind of "TaskResourceConfig" is declared as Kind',
    ),
    "a literal or any text": (
        [code(KIND, 'kind: Literal["task"] | str = Field(')],
        'the kind of "TaskResourceConfig" is declared as Literal["task"] | str',
    ),
    "no title": (
        [code('        title="State",\n', "")],
        'the field "state" of "TaskSelector" has no title',
    ),
    "no description": (
        [code('        description="Only objects in this state are exported.",\n', "")],
        'the field "state" of "TaskSelector" has no description',
    ),
    "a title that is None": (
        [code('title="State"', "title=None")],
        'the field "state" of "TaskSelector" has no title',
    ),
    "no Field": (
        [code("class TaskSelector(Selector):\n", "class TaskSelector(Selector):\n    more: int = 3\n")],
        'the field "more" of "TaskSelector" has no title and no description',
    ),
    "a setting of the whole mapping": (
        [code(OWN, f"{OWN}    more: int | None = None\n")],
        'the field "more" of "GoodServicePortAppConfig" has no title and no description',
    ),
    "a model in a list": (
        [
            code(
                "class TaskSelector(Selector):\n",
                "class Inner(BaseModel):\n    path: str\n\n\nclass TaskSelector(Selector):\n"
                '    inner: list[Inner] | None = Field(title="Inner", description="Inner")\n',
            ),
            code("import Field", "import BaseModel, Field"),
        ],
        'the field "path" of "Inner" has no title and no description',
    ),
    "a class that is not handed on": (
        [code("        CONFIG_CLASS = GoodServicePortAppConfig\n", "        ...\n")],
        '"GoodServicePortAppConfig" is not handed to Ocean: no class has it as CONFIG_CLASS',
    ),
    "Ocean's own class handed on": (
        [code("CONFIG_CLASS = GoodServicePortAppConfig", "CONFIG_CLASS = PortAppConfig")],
        '"GoodServicePortAppConfig" is not handed to Ocean: no class has it as CONFIG_CLASS',
    ),
}


@pytest.mark.parametrize(("edits", "message"), BAD.values(), ids=BAD.keys())
def test_what_the_gate_refuses_is_reported_once(edits: list[Edit], message: str) -> None:
    assert gate(*edits) == [message]


GOOD: dict[str, list[Edit]] = {
    "the template": [],
    "an optional kind": [code(KIND, 'kind: Literal["task"] | None = Field(')],
    "a kind as a constant": [code(KIND, "kind: Literal[TASK] = Field("), added('TASK = "task"')],
    "custom kinds that are allowed": [
        code(KIND, "kind: str = Field("),
        code(OWN, f"{OWN}    allow_custom_kinds: ClassVar[bool] = True\n"),
    ],
    "a kind that is not known": [code(KIND, "kind: make() = Field(")],
    "a title as a constant": [code('title="State"', "title=TITLE")],
    "a field as a constant": [
        code("class TaskSelector(Selector):\n", "class TaskSelector(Selector):\n    more: int = MORE\n"),
        added('MORE = Field(title="More", description="More")'),
    ],
    "a field that a function makes": [
        code("class TaskSelector(Selector):\n", "class TaskSelector(Selector):\n    more: int = more()\n")
    ],
    "a field with settings that are not known": [
        code(
            "class TaskSelector(Selector):\n",
            "class TaskSelector(Selector):\n    more: int = Field(**MORE)\n",
        )
    ],
    "a class variable and a private name": [
        code(
            "class TaskSelector(Selector):\n",
            "class TaskSelector(Selector):\n    count: ClassVar[int] = 3\n    _own: int = 3\n",
        )
    ],
    "a selector without a title": [
        code(
            "    selector: TaskSelector = Field(\n"
            '        title="Task selector",\n'
            '        description="Which objects of this kind to export.",\n    )\n',
            "    selector: TaskSelector\n",
        )
    ],
    "resources without a title": [
        code(
            "Field(  # type: ignore[assignment]\n        default_factory=list,\n"
            '        title="Resources",\n'
            '        description="What to export, and how it becomes entities.",\n    )',
            "Field(default_factory=list)",
        )
    ],
    "a class that is unknown": [code("| TaskResourceConfig", "| make()")],
}


@pytest.mark.parametrize("edits", GOOD.values(), ids=GOOD.keys())
def test_what_the_gate_passes_or_only_a_run_would_show_is_not_reported(edits: list[Edit]) -> None:
    assert gate(*edits) == []


def in_framework(version: str, *edits: Edit) -> dict[str, Severity | None]:
    """What the rules of the gate find with a version of Ocean, each with a severity of its own or None."""
    lock = ("poetry.lock", "", edited().text("poetry.lock").replace("0.48.12", version))
    return {code: one.severity for code in GATE for one in problems(code, *edits, lock)}


def test_a_framework_without_the_gate_only_advises_what_the_form_needs() -> None:
    for edits, _ in list(BAD.values())[:13]:
        assert set(in_framework("0.48.9", *edits).values()) <= {Severity.ADVICE}
    assert in_framework("0.48.9", *BAD["no title"][0]) == {"COD105": Severity.ADVICE}
    assert in_framework("0.36.0", *BAD["an enumeration"][0]) == {"COD104": Severity.ADVICE}
    assert in_framework("0.48.12", *BAD["no title"][0]) == {"COD105": None}
    assert in_framework("0.35.9", *BAD["no title"][0], *BAD["any kind"][0]) == {}


def test_two_classes_of_any_kind_are_one_too_many() -> None:
    edits = [
        code(KIND, "kind: str = Field("),
        code("kind: Literal[Kind.PROJECT]", "kind: str"),
        code(OWN, f"{OWN}    allow_custom_kinds: ClassVar[bool] = True\n"),
    ]
    assert gate(*edits) == ['"TaskResourceConfig" is of any kind, and so is "ProjectResourceConfig"']


def test_the_gate_is_an_error_where_it_runs() -> None:
    assert {BY_CODE[name].severities[Profile.OCEAN] for name in GATE} == {Severity.ERROR}
    assert BY_CODE["COD105"].severities[Profile.GUIDE] is Severity.INFO


def test_a_model_that_holds_itself_ends() -> None:
    text = 'class Inner(BaseModel):\n    inner: "Inner" = Field(title="Inner", description="Inner")'
    more = '    inner: Inner = Field(title="Inner", description="Inner")\n'
    edits = [added(text), code("class TaskSelector(Selector):\n", f"class TaskSelector(Selector):\n{more}")]
    facts = facts_of(edited(*edits))
    assert [list(BY_CODE[name].problems(facts)) for name in GATE] == [[]] * len(GATE)


@pytest.mark.parametrize(
    ("declared", "count"),
    [
        ("more: str", 1),
        ("more: str = Field(title='More')", 1),
        ("more: str = Field(..., title='More')", 1),
        ("more: list[str] = Field(alias='others')", 1),
        ("more: str = 'x'", 0),
        ("more: str = Field('x')", 0),
        ("more: str = Field(default='x')", 0),
        ("more: list[str] = Field(default_factory=list)", 0),
        ("more: str | None", 0),
        ("more: Optional[str] = Field(title='More')", 0),
        ("more: make()", 0),
        ("more: str = Field(**MORE)", 0),
        ("query: str", 0),
    ],
)
def test_a_field_of_a_selector_has_a_default(declared: str, count: int) -> None:
    edit = code("class TaskSelector(Selector):\n", f"class TaskSelector(Selector):\n    {declared}\n")
    assert len(said("COD117", edit)) == count


KINDS: dict[str, tuple[list[Edit], str, str]] = {
    "a class with the kind of another": (
        [code("Literal[Kind.TASK]", "Literal[Kind.PROJECT]")],
        "COD102 TaskResourceConfig",
        'change it to "task", which no class is of',
    ),
    "the first of the two classes": (
        [code("Literal[Kind.PROJECT]", "Literal[Kind.TASK]")],
        "COD102 ProjectResourceConfig",
        'change it to "project", which no class is of',
    ),
    "a class with another name": (
        [code("Literal[Kind.TASK]", "Literal[Kind.PROJECT]"), code("", "TaskResourceConfig=>ChoreConfig")],
        "COD102 ChoreConfig",
        'change it to "task", which no class is of',
    ),
    "a class with the kind of another beside its own": (
        [code("Literal[Kind.TASK]", "Literal[Kind.TASK, Kind.PROJECT]")],
        "COD101 TaskResourceConfig",
        'leave only "task" here: other classes are of the kind "project"',
    ),
}


@pytest.mark.parametrize(("edits", "what", "cure"), KINDS.values(), ids=KINDS.keys())
def test_one_wrong_kind_is_one_finding_at_its_class(edits: list[Edit], what: str, cure: str) -> None:
    text = edited().text("integration.py")
    for _, old, new in edits:
        was, renamed, now = new.partition("=>")
        text = text.replace(was, now) if renamed else text.replace(old, new)
    name_now = "ChoreConfig" if "ChoreConfig" in text else "TaskResourceConfig"
    user = edited().text("main.py").replace("TaskResourceConfig", name_now)
    whole: list[Edit] = [("integration.py", "", text), ("main.py", "", user)]
    number, _, name = what.partition(" ")
    assert heard(*whole) == [number]
    (problem,) = problems(number, *whole)
    line = text[: text.index(f"class {name}(")].count("\n") + 1
    assert line < problem.where.line <= line + 3
    assert problem.fix
    assert problem.fix.title == cure
    assert problem.severity is (Severity.ERROR if number == "COD102" else None)


def test_two_classes_of_one_kind_are_no_more_than_that_where_no_kind_lacks_a_class() -> None:
    again = added(
        'class OldResourceConfig(ResourceConfig):\n    kind: Literal["task"] = Field(title="T", description="D")'
    )
    listed = code("AnyResource = ", "AnyResource = OldResourceConfig | ")
    (problem,) = problems("COD102", again, listed)
    assert problem.severity is None
    assert problem.fix
    assert problem.fix.title == "give each class a kind of its own, or remove one of the two"
