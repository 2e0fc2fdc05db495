"""Tests of the meaning of constants and types."""

from __future__ import annotations

import pytest

from seatrial.core.model import MemoryFolder
from seatrial.validate.facts.python_modules import LocalClass, Names, PythonFiles, Scope
from support.good import integration_of

BEFORE = """
import typing
from enum import StrEnum
from typing import Annotated, Final, List, Literal, Optional, TypeAlias, Union
class Kind(StrEnum):
    A = "a"
    B = "b"
    C = make()
    D = "d", "e"
NAME: Final = "n"
Both = Literal["a", "b"]
class One: ...
class Two: ...
Any2: TypeAlias = One | Two
type Newer = One | Two
"""


def expression_in(annotation: str) -> tuple[Names, object, Scope]:
    folder = MemoryFolder.of({"main.py": f"{BEFORE}\nx: {annotation}\n"})
    names = Names(PythonFiles(integration_of(folder)))
    return names, names.files.source("main.py").assignments[-1].annotation, Scope("main.py")


@pytest.mark.parametrize(
    ("annotation", "found"),
    [
        ('"a"', {"a"}),
        ('"a" "b"', {"ab"}),
        ("NAME", {"n"}),
        ("Kind.A", {"a"}),
        ("Kind.A.value", {"a"}),
        ('Literal["a"]', {"a"}),
        ('typing.Literal["a", "b"]', {"a", "b"}),
        ("Literal[Kind.A, Kind.B, NAME]", {"a", "b", "n"}),
        ('Literal["a"] | Literal["b"]', {"a", "b"}),
        ('Union[Literal["a"], Literal["b"]]', {"a", "b"}),
        ("Both", {"a", "b"}),
        ('(Literal["a"])', {"a"}),
    ],
)
def test_texts_are_found(annotation: str, found: set[str]) -> None:
    assert Names.texts(*expression_in(annotation)) == found  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "annotation",
    [
        "str",
        "missing",
        "Kind.C",
        "Kind.D",
        "Literal[missing]",
        'Literal["a", Kind.C]',
        "3",
        'f"{x}"',
        'b"a"',
        "f()",
        '["a"]',
        '("a", "b")',
        "x",
        "Literal[" * 40 + '"a"' + "]" * 40,
    ],
)
def test_unknown_texts_are_none(annotation: str) -> None:
    assert Names.texts(*expression_in(annotation)) is None  # type: ignore[arg-type]


def named(found: object) -> set[str] | None:
    if found is None:
        return None
    return {one.definition.name if isinstance(one, LocalClass) else one.name for one in found}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("annotation", "found"),
    [
        ("One", {"One"}),
        ("None", set()),
        ("One | None", {"One"}),
        ("list[One | Two]", {"One", "Two"}),
        ("List[Union[One, Two]]", {"One", "Two"}),
        ("Optional[list[One]]", {"One"}),
        ("list[Any2]", {"One", "Two"}),
        ("list[Newer]", {"One", "Two"}),
        ('list["One"]', {"One"}),
        ('"list[One | Two]"', {"One", "Two"}),
        ("Annotated[One, 3]", {"One"}),
        ('Literal["a"]', {"builtins.str"}),
        ("dict[str, One]", {"builtins.dict"}),
        ("str | int", {"builtins.str", "builtins.int"}),
    ],
)
def test_the_classes_of_a_type_are_found(annotation: str, found: set[str]) -> None:
    assert named(Names.types(*expression_in(annotation))) == found  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "annotation", ["missing", "One | missing", "list[missing]", "f()", "3", '"["', '""', "[One]"]
)
def test_unknown_types_are_none(annotation: str) -> None:
    assert Names.types(*expression_in(annotation)) is None  # type: ignore[arg-type]


def test_a_long_union_of_unions_is_read_once() -> None:
    unions = "\n".join(f"U{n} = Union[{', '.join([f'U{n + 1}'] * 20)}]" for n in range(8))
    names, _, scope = expression_in("U0")
    folder = MemoryFolder.of({"main.py": f"from typing import Union\n{unions}\nU8 = str\nx: U0\n"})
    names = Names(PythonFiles(integration_of(folder)))
    assert names.types(names.files.source("main.py").assignments[-1].annotation, scope) is None


def test_a_union_of_a_hundred_members_is_read() -> None:
    found = Names.texts(*expression_in(" | ".join(f'Literal["k{n}"]' for n in range(100))))  # type: ignore[arg-type]
    assert found is not None
    assert len(found) == 100
