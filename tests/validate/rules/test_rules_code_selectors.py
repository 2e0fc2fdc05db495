"""Values of selectors and settings against the `Literal` or enumeration by which the code reads them."""

from __future__ import annotations

import pytest

from support.code_cases import APP_CONFIG, Edit, edited, heard, problems, said

STATE = edited().text("integration.py").split("class TaskSelector(Selector):\n")[1].split("\n\n\n")[0]
SELECTOR = 'in the selector of "task"'


def field(declared: str, *before: str) -> Edit:
    """The template's code with `state` declared in another way, and with these definitions before its class."""
    code = edited().text("integration.py").replace(STATE, f"    {declared}")
    added = "\n".join(
        ("import enum", "from typing import Optional", "from pydantic.v1 import BaseModel", *before)
    )
    return ("integration.py", "", code.replace("\n\nclass TaskSelector", f"\n{added}\n\nclass TaskSelector"))


def value(text: str) -> Edit:
    return (APP_CONFIG, "state: open", f"state: {text}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("opened", f'"state" {SELECTOR} does not take "opened"; did you mean "open"?'),
        ("Open", f'"state" {SELECTOR} does not take "Open"; did you mean "open"?'),
        ("true", f'"state" {SELECTOR} does not take true'),
        ("3", f'"state" {SELECTOR} does not take 3'),
        ("[open]", f'"state" {SELECTOR} does not take ["open"]'),
    ],
)
def test_a_value_outside_of_its_literal_is_reported_with_what_is_taken(text: str, message: str) -> None:
    [problem] = problems("COD215", value(text))
    assert (problem.where.path, problem.where.line, problem.message) == (APP_CONFIG, 23, message)
    assert problem.fix
    assert problem.fix.title == 'write "open", "closed" or "all"'
    assert heard(value(text)) == ["COD215"]


REFUSING: dict[str, tuple[Edit, str, str]] = {
    "an optional literal": (field("state: Optional[Literal['open']] = None"), "opn", '"state"'),
    "a list of a literal": (field("state: list[Literal['open']] = []"), "[open, opn]", '"state"'),
    "a text where a list is wanted": (field("state: list[Literal['open']] = []"), "open", '"state"'),
    "an alias of a literal": (field("state: States", "States = Literal['open'] | None"), "opn", '"state"'),
    "a literal of a literal": (field("state: Literal[States]", "States = Literal['open']"), "opn", '"state"'),
    "an enumeration": (
        field("state: State", "class State(str, enum.Enum):\n    OPEN = 'open'\n"),
        "opn",
        '"state"',
    ),
    "a member of an enumeration": (
        field("state: Literal[State.OPEN]", "class State(enum.StrEnum):\n    OPEN = 'open'\n"),
        "opn",
        '"state"',
    ),
    "a field by its alias": (field("status: Literal['open'] = Field(alias='state')"), "opn", '"state"'),
    "a nested model": (
        field("state: Inner", "class Inner(BaseModel):\n    deep: list[Literal['a']]\n"),
        "{deep: [a, b]}",
        '"state.deep"',
    ),
    "an inherited field": (
        (
            "integration.py",
            "",
            edited()
            .text("integration.py")
            .replace("TaskSelector(Selector)", "BaseTaskSelector(Selector)")
            .replace(
                "class TaskResourceConfig",
                "class TaskSelector(BaseTaskSelector): ...\n\n\nclass TaskResourceConfig",
            ),
        ),
        "opn",
        '"state"',
    ),
    "numbers": (field("state: Literal[1, 2] = 1"), "'2'", '"state"'),
    "a boolean": (field("state: bool = False"), "maybe", '"state"'),
    "an optional boolean": (field("state: Optional[bool] = None"), "2", '"state"'),
    "a whole number": (field("state: int = 3"), "many", '"state"'),
    "a whole number with a fraction in quotes": (field("state: int = 3"), "'2.5'", '"state"'),
    "a number": (field("state: 'float | None' = None"), "fast", '"state"'),
    "a literal or a number": (field("state: Literal['all'] | int = 3"), "al", '"state"'),
    "a list for a text": (field("state: str = ''"), "[open]", '"state"'),
    "an object for a text": (field("state: str = ''"), "{open: true}", '"state"'),
    "a text for a list of texts": (field("state: list[str] = []"), "open", '"state"'),
    "an object for a list of numbers": (field("state: list[int] = []"), "{a: 1}", '"state"'),
    "a list of numbers with a text": (field("state: list[int] = []"), "[1, x]", '"state"'),
    "a validator that runs afterwards": (
        field("state: Literal['open'] = 'open'\n\n    @validator('state')\n    def f(cls, v): ..."),
        "opn",
        '"state"',
    ),
}


@pytest.mark.parametrize(("code", "text", "subject"), REFUSING.values(), ids=REFUSING.keys())
def test_the_type_is_followed(code: Edit, text: str, subject: str) -> None:
    [finding] = said("COD215", code, value(text))
    assert f"{subject} {SELECTOR}" in finding


TAKING: dict[str, tuple[Edit, str]] = {
    "a value of the literal": (field("state: Literal['open', 'shut']"), "shut"),
    "nothing": (field("state: Literal['open'] | None"), ""),
    "any text": (field("state: Literal['open'] | str"), "opn"),
    "a class that is not known": (field("state: make()"), "opn"),
    "a literal that is not known": (field("state: Literal[*NAMES]"), "opn"),
    "an enumeration with values that are not known": (
        field("state: State", "class State(enum.StrEnum):\n    OPEN = enum.auto()\n"),
        "opn",
    ),
    "an enumeration that takes other values too": (
        field(
            "state: State",
            "class State(enum.Enum):\n    OPEN = 'open'\n    def _missing_(cls, value): ...\n",
        ),
        "opn",
    ),
    "a field that a validator prepares": (
        field("state: Literal['open']\n\n    @validator('state', pre=True)\n    def f(cls, v): ..."),
        "opn",
    ),
    "a field that a shared validator prepares": (
        field("state: Literal['open']\n    _f = validator('state', pre=True, allow_reuse=True)(lower)"),
        "OPEN",
    ),
    "a field that a validator of pydantic 2 prepares": (
        field(
            "state: Literal['open']\n\n    @field_validator('state', mode='before')\n    def f(cls, v): ..."
        ),
        "opn",
    ),
    "one or several": (field("state: Literal['a'] | list[Literal['b']]"), "[b]"),
    "an annotation with more in it": (field("state: Annotated[Literal['a'], Before(lower)]"), "A"),
    "a number for a number": (field("state: Literal[1, 2] = 1"), "2"),
    "a boolean": (field("state: bool"), "false"),
    "a word that is a boolean in YAML 1.1": (field("state: bool"), "yes"),
    "such a word for a literal of booleans": (field("state: Literal[True] | None"), "yes"),
    "a boolean in quotes": (field("state: bool"), "'True'"),
    "a number for a boolean": (field("state: bool"), "1"),
    "a whole number": (field("state: int"), "90"),
    "a whole number in quotes": (field("state: int"), "' 1_000 '"),
    "a fraction that pydantic 1 cuts": (field("state: int"), "2.5"),
    "a boolean for a number": (field("state: int"), "true"),
    "a number in quotes": (field("state: float"), "'-.5e3'"),
    "a number for a text": (field("state: str"), "3"),
    "a list of numbers": (field("state: list[int]"), "['3', 4]"),
    "one text or several": (field("state: str | list[str]"), "open"),
    "several texts or one": (field("state: str | list[str]"), "[open]"),
    "a number or an object": (field("state: int | Inner", "class Inner(BaseModel):\n    a: int\n"), "{a: 1}"),
    "any object": (field("state: dict[str, int] | int"), "{a: x}"),
    "a class with the name of a type": (field("state: bool", "class bool:\n    pass\n"), "maybe"),
    "a boolean that a validator prepares": (
        field("state: bool\n\n    @validator('state', pre=True)\n    def f(cls, v): ..."),
        "maybe",
    ),
}


@pytest.mark.parametrize(("code", "text"), TAKING.values(), ids=TAKING.keys())
def test_what_is_taken_or_cannot_be_known_is_not_reported(code: Edit, text: str) -> None:
    assert said("COD215", code, value(text)) == []


def test_a_value_that_another_class_of_the_kind_takes_is_right() -> None:
    other = (
        "class OtherSelector(Selector):\n    state: str\n\n\n"
        "class OtherResourceConfig(ResourceConfig):\n    kind: str\n    selector: OtherSelector\n\n\n"
        "AnyResource = OtherResourceConfig | "
    )
    assert said("COD215", ("integration.py", "AnyResource = ", other), value("opn")) == []


def test_settings_beside_the_resources_are_checked_too() -> None:
    code = (
        "integration.py",
        "(PortAppConfig):\n",
        "(PortAppConfig):\n    visibility: Literal['all', 'own']\n",
    )
    setting = (
        APP_CONFIG,
        "deleteDependentEntities: true\n",
        "deleteDependentEntities: true\nvisibility: none\n",
    )
    assert said("COD215", code, setting) == [f'{APP_CONFIG}:3:13 "visibility" does not take "none"']


def test_a_selector_that_misspells_query_is_told_once() -> None:
    edit = (APP_CONFIG, "      query: 'true'\n      state", "      qury: 'true'\n      state")
    assert said("RES003", edit) == []
    assert said("COD207", edit) == [
        f'{APP_CONFIG}:22:7 the selector of "task" has no key "qury"; did you mean "query"?'
    ]
    assert len(said("RES003", (APP_CONFIG, "      query: 'true'\n      state", "      state"))) == 1
