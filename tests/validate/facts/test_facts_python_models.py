"""Tests of the keys that pydantic models read."""

from __future__ import annotations

import pytest

from seatrial.core.model import MemoryFolder
from seatrial.validate.facts.python_models import Model, model_of, models_of_value
from seatrial.validate.facts.python_modules import ExternalName, Names, PythonFiles
from support.good import integration_of

BEFORE = """
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal
from port_ocean.core.handlers.port_app_config.models import PortAppConfig, Selector
from pydantic.v1 import AliasChoices, BaseModel, ConfigDict, Extra, Field, root_validator
NAME = "named"
class State(StrEnum):
    OPEN = "open"
class Inner(BaseModel):
    depth: int
class Loose(BaseModel):
    class Config:
        extra = "allow"
"""


def names_of(text: str) -> Names:
    return Names(PythonFiles(integration_of(MemoryFolder.of({"integration.py": f"{BEFORE}\n{text}\n"}))))


def model(text: str) -> Model | None:
    names = names_of(text)
    return model_of(names, names.module("integration.py").classes["M"])


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("class M(BaseModel): ...", set()),
        ("class M(BaseModel):\n    a: str\n    b: int = 3", {"a", "b"}),
        ("class M(Selector):\n    a: str", {"query", "exportEnvVariables", "a"}),
        ('class M(BaseModel):\n    a: str = Field(alias="aA")', {"aA"}),
        ('class M(BaseModel):\n    a: str = Field(default="", validation_alias="aA")', {"aA"}),
        ("class M(BaseModel):\n    a: str = Field(alias=NAME)", {"named"}),
        ('class M(BaseModel):\n    a: Annotated[str, Field(alias="aA")]', {"aA"}),
        ('class M(BaseModel):\n    a: str = pydantic.Field(alias="aA")', {"aA"}),
        ("class B(BaseModel):\n    a: str\nclass M(B):\n    b: str", {"a", "b"}),
        ('class B(BaseModel):\n    a: str\nclass M(B):\n    a: str = Field(alias="aA")', {"aA"}),
        (
            "class M(BaseModel):\n    _a: str\n    b: ClassVar[str] = 'x'\n    C = 3\n    def f(self): ...",
            set(),
        ),
        ('class M(BaseModel):\n    a: str\n    class Config:\n        extra = "forbid"', {"a"}),
        ("class M(BaseModel, extra=Extra.ignore):\n    a: str", {"a"}),
        ("class M(BaseModel):\n    model_config = ConfigDict(extra='forbid')\n    a: str", {"a"}),
        ("class M(BaseModel):\n    model_config = {'extra': 'ignore'}\n    a: str", {"a"}),
        ("class M(BaseModel):\n    a: str\n    @root_validator\n    def f(cls, v): ...", {"a"}),
        (
            "class M(BaseModel):\n    a: str\n    @root_validator(pre=False)\n    def f(cls, v): ...",
            {"a"},
        ),
        (
            "class M(BaseModel):\n    a: str\n    @model_validator(mode='after')\n    def f(cls, v): ...",
            {"a"},
        ),
    ],
)
def test_the_keys_of_a_model_are_found(text: str, keys: set[str]) -> None:
    found = model(text)
    assert found
    assert set(found.keys) == keys


@pytest.mark.parametrize(
    "setting",
    [
        "class Config:\n        allow_population_by_field_name = True",
        "class Config:\n        populate_by_name = True",
        "model_config = ConfigDict(populate_by_name=True)",
        "model_config = {'validate_by_name': True}",
    ],
)
def test_a_setting_of_the_model_makes_fields_readable_by_name_too(setting: str) -> None:
    found = model(f'class M(BaseModel):\n    a: str = Field(alias="aA")\n    {setting}')
    assert found
    assert (set(found.keys), found.shadowed) == ({"a", "aA"}, {})


def test_a_setting_is_inherited() -> None:
    base = "class B(BaseModel):\n    class Config:\n        allow_population_by_field_name = True\n"
    found = model(base + 'class M(B):\n    a: str = Field(alias="aA")')
    assert found
    assert set(found.keys) == {"a", "aA"}


def test_a_field_that_is_read_under_its_alias_only_is_shadowed() -> None:
    found = model('class M(BaseModel):\n    a: str = Field(alias="aA")\n    b: str')
    assert found
    assert found.shadowed == {"a": "aA"}


def test_the_app_config_of_ocean_reads_fields_by_their_names_too() -> None:
    found = model('class M(PortAppConfig):\n    a: str = Field(alias="aA")')
    assert found
    assert {"a", "aA", "resources", "deleteDependentEntities"} <= set(found.keys)


@pytest.mark.parametrize(
    "text",
    [
        "class M(Unknown): ...",
        "class M(Selector, Unknown): ...",
        "class M(make()): ...",
        "class M(BaseModel, extra=Extra.allow): ...",
        "class M(BaseModel, extra='allow'): ...",
        "class M(BaseModel, extra=chosen()): ...",
        "class M(Loose):\n    a: str",
        "class M(BaseModel):\n    model_config = ConfigDict(extra='allow')",
        "class M(BaseModel):\n    model_config = {'extra': 'allow'}",
        "class M(BaseModel):\n    model_config = shared()",
        "class M(BaseModel):\n    model_config = SHARED",
        "class M(BaseModel):\n    class Config(Base): ...",
        "class M(BaseModel):\n    class Config:\n        alias_generator = to_camel",
        "class M(BaseModel):\n    class Config:\n        fields = {'a': 'b'}",
        "class M(BaseModel):\n    a: str = Field(alias=AliasChoices('a', 'b'))",
        "class M(BaseModel):\n    a: str = Field(alias=make())",
        "class M(BaseModel):\n    @root_validator(pre=True)\n    def f(cls, v): ...",
        "class M(BaseModel):\n    @model_validator(mode='before')\n    def f(cls, v): ...",
        "class M(BaseModel):\n    @model_validator(mode=MODE)\n    def f(cls, v): ...",
        "class M(BaseModel):\n    def __init__(self, **k): ...",
        "class M(BaseModel):\n    @classmethod\n    def parse_obj(cls, o): ...",
    ],
)
def test_a_model_that_may_read_any_key_is_none(text: str) -> None:
    names = names_of(text)
    assert model_of(names, names.module("integration.py").classes["M"]) is None


@pytest.mark.parametrize(
    ("name", "is_known"),
    [
        ("port_ocean.core.handlers.port_app_config.models.Selector", True),
        ("other.Selector", False),
        ("pydantic.v1.BaseModel", True),
        ("port_ocean.core.handlers.port_app_config.models.Rule", False),
        ("builtins.dict", False),
    ],
)
def test_the_external_classes_of_ocean_are_known(name: str, is_known: bool) -> None:
    assert (model_of(names_of(""), ExternalName(name)) is not None) is is_known


@pytest.mark.parametrize(
    ("annotation", "keys"),
    [
        ("Inner", {"depth"}),
        ("Inner | None", {"depth"}),
        ("list[Inner]", {"depth"}),
        ("str | Inner", {"depth"}),
        ("Inner | State", {"depth"}),
        ('Literal["a"] | Inner', {"depth"}),
        ("str", None),
        ("State", None),
        ("Any", None),
        ("dict[str, Inner]", None),
        ("Inner | dict[str, Any]", None),
        ("Inner | Loose", None),
        ("Inner | Unknown", None),
        ("None", None),
    ],
)
def test_the_models_of_a_value_are_found(annotation: str, keys: set[str] | None) -> None:
    names = names_of(f"class M(BaseModel):\n    a: {annotation}")
    found = model_of(names, names.module("integration.py").classes["M"])
    nested = found.keys["a"] if found else None
    assert nested
    models = models_of_value(names, nested)
    assert ({key for one in models for key in one.keys} if models else None) == keys
