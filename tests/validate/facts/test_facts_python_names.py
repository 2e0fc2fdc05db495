"""Tests of following names through the modules of an integration."""

from __future__ import annotations

import pytest

from seatrial.core.model import MemoryFolder
from seatrial.validate.facts.python_modules import (
    AssignedValue,
    ExternalName,
    LocalClass,
    Names,
    PythonFiles,
    Scope,
)
from support.good import integration_of

PACKAGES = {
    "kinds.py": """
from enum import StrEnum
ISSUE = "issue"
class Kind(StrEnum):
    ISSUE = ISSUE
    TEAM = "team"
""",
    "okta/__init__.py": "from .inner import *\nfrom okta.inner import Base as Foundation\n",
    "okta/inner.py": "from abc import ABC\n\nclass Base(ABC):\n    class Config:\n        extra = 'allow'\n",
    "loop_a.py": "from loop_b import X\n",
    "loop_b.py": "from loop_a import X\n",
    "self.py": "X = X\nclass A(A): ...\n",
}


def names_of(main: str) -> Names:
    return Names(PythonFiles(integration_of(MemoryFolder.of({**PACKAGES, "main.py": main}))))


def described(names: Names, name: str) -> str:
    match names.meaning(name, Scope("main.py")):
        case LocalClass(definition, path):
            return f"{path}:{definition.qualified_name}"
        case AssignedValue(expression, scope):
            return f"{scope.path}={expression.text}"
        case ExternalName(full):
            return full
    return "?"


@pytest.mark.parametrize(
    ("main", "name", "meaning"),
    [
        ("X = 3", "X", "main.py=3"),
        ("X: int = 3", "X", "main.py=3"),
        ("class A: ...", "A", "main.py:A"),
        ("class A:\n    class B: ...", "A.B", "main.py:A.B"),
        ("class A:\n    x = 1", "A.x", "main.py=1"),
        ("class A:\n    x = 1\nclass B(A): ...", "B.x", "main.py=1"),
        ("class A:\n    x = 1\nclass B(A): ...\nC = B", "C.x", "main.py=1"),
        ("from kinds import Kind", "Kind", "kinds.py:Kind"),
        ("from kinds import Kind as K", "K.TEAM", 'kinds.py="team"'),
        ("from kinds import Kind", "Kind.TEAM.value", 'kinds.py="team"'),
        ("import kinds", "kinds.Kind.TEAM", 'kinds.py="team"'),
        ("import okta.inner", "okta.inner.Base", "okta/inner.py:Base"),
        ("import okta.inner as i", "i.Base", "okta/inner.py:Base"),
        ("from okta import inner", "inner.Base", "okta/inner.py:Base"),
        ("from okta import Base", "Base", "okta/inner.py:Base"),
        ("from okta import Foundation", "Foundation.Config", "okta/inner.py:Base.Config"),
        ("from kinds import *", "ISSUE", 'kinds.py="issue"'),
        ("if True:\n    from kinds import Kind\nelse:\n    Kind = None", "Kind", "main.py=None"),
        ("try:\n    from kinds import Kind\nexcept ImportError: ...", "Kind", "kinds.py:Kind"),
        ("from typing import Literal", "Literal", "typing.Literal"),
        ("import typing as t", "t.Literal", "typing.Literal"),
        ("", "str", "builtins.str"),
    ],
)
def test_a_name_means_what_it_is_bound_to(main: str, name: str, meaning: str) -> None:
    assert described(names_of(main), name) == meaning


@pytest.mark.parametrize(
    ("main", "name"),
    [
        ("", "X"),
        ("X = 1\nX = 2", "X"),
        ("class A: ...\nclass A: ...", "A"),
        ("from kinds import Kind\nfrom okta import Kind", "Kind"),
        ("from kinds import Nothing", "Nothing"),
        ("from .missing import X", "X"),
        ("from okta.missing import X", "X"),
        ("from kinds import Kind", "Kind.NOTHING"),
        ("from okta import inner", "inner"),
        ("def f():\n    X = 1\n    class Y: ...", "Y"),
        ("X, Y = 1, 2", "X"),
        ("from loop_a import X", "X"),
        ("from self import X", "X.y"),
        ("", ""),
    ],
)
def test_an_unknown_name_has_no_meaning(main: str, name: str) -> None:
    assert described(names_of(main), name) == "?"


def test_names_in_a_class_are_looked_up_in_it_first() -> None:
    names = names_of("X = 1\nclass A:\n    X = 2\n    class B: ...\nclass B: ...")
    inside = names.module("main.py").classes["A"].inside
    assert [names.meaning(name, inside) is not names.meaning(name, Scope("main.py")) for name in "XB"] == [
        True,
        True,
    ]


def lineage(main: str, name: str = "C") -> tuple[list[str], bool]:
    names = names_of(main)
    found = names.lineage(names.module("main.py").classes[name])
    ancestors = [one.definition.name for one in found.local] + [one.name for one in found.external]
    return ancestors, found.whole


@pytest.mark.parametrize(
    ("main", "ancestors", "whole"),
    [
        ("class C: ...", ["C"], True),
        ("from x import Y\nclass B(Y): ...\nclass C(B): ...", ["C", "B", "x.Y"], True),
        ("class A: ...\nclass L(A): ...\nclass R(A): ...\nclass C(L, R): ...", ["C", "L", "R", "A"], True),
        ("from typing import Generic, T\nclass C(Generic[T]): ...", ["C", "typing.Generic"], True),
        ("class B: ...\nAlias = B\nclass C(Alias): ...", ["C", "B"], True),
        ("class C(missing.B): ...", ["C"], False),
        ("class C(make()): ...", ["C"], False),
        ("class C(C): ...", ["C"], False),
    ],
)
def test_ancestors_come_nearest_first(main: str, ancestors: list[str], whole: bool) -> None:
    assert lineage(main) == (ancestors, whole)


def test_a_field_is_not_inherited_past_an_unknown_base() -> None:
    names = names_of("class A:\n    x = 1\nclass C(unknown.B, A):\n    y = 1")
    local = names.module("main.py").classes["C"]
    assert names.field(local, "x") is None
    assert names.field(local, "y")


@pytest.mark.parametrize(
    "main",
    [
        "\n".join(f"class C{n}(C{n + 1}, C{n + 2}, C{n + 3}): ..." for n in range(60)),
        "\n".join(f"X{n} = X{n + 1}" for n in range(500)),
        "class C0(" + ", ".join(["C0"] * 1000) + "): ...",
    ],
)
def test_following_names_in_hostile_code_ends(main: str) -> None:
    names = names_of(main)
    assert names.meaning("X0.y", Scope("main.py")) is None
    for local in list(names.module("main.py").classes.values())[:1]:
        assert not names.lineage(local).whole


def test_following_modules_that_import_all_names_of_each_other_ends() -> None:
    stars = "".join(f"from m{n} import *\n" for n in range(40))
    files = PythonFiles(integration_of(MemoryFolder.of({f"m{n}.py": stars for n in range(40)})))
    assert Names(files).meaning("X", Scope("m0.py")) is None
