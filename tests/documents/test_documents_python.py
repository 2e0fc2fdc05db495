"""Python files: what they declare and say, and that newer Python is read by older."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import seatrial
from seatrial.core.model import Location
from seatrial.documents import FaultKind, python, python_syntax
from seatrial.documents.python import Assignment, Class, Expression, PythonSource
from seatrial.documents.syntax import text_of


def source(text: str) -> PythonSource:
    parsed = python.load("a.py", text.encode())
    assert parsed.faults == ()
    return parsed


def value(text: str) -> Expression:
    """The expression that a text is."""
    (assignment,) = source(f"x = {text}").assignments
    assert assignment.value
    return assignment.value


def only_class(text: str) -> Class:
    (found,) = source(text).classes
    return found


def annotation(assignment: Assignment) -> Expression:
    assert assignment.annotation
    return assignment.annotation


NEWER = [
    "type X[T] = list[T]",
    "def f[T: int, *A, **P](x: T) -> T: ...",
    "class C[T]: pass",
    'f"{x["y"]} {f\'{z}\'}"',
    "try:\n    pass\nexcept* (A, B):\n    pass",
    "try:\n    pass\nexcept A, B:\n    pass",
    "match x:\n    case {'a': [1, *_], **rest} if rest: pass",
    "with (open(a) as b, open(c) as d): pass",
    "t'{x}'",
    "if (n := 1): pass",
    "async def f():\n    return [x async for x in y]",
    "",
    "# only a comment",
    "\ufeffx = 1",
]


@pytest.mark.parametrize("text", NEWER)
def test_newer_python_than_ours_has_no_faults(text: str) -> None:
    assert source(text)


@pytest.mark.parametrize(
    ("data", "kind", "line"),
    [
        (b"x = 1\nfoo(a b)\n", FaultKind.SYNTAX, 2),
        (b"x = 1\n\ny = = 2\n", FaultKind.SYNTAX, 3),
        (b"def (:\n", FaultKind.SYNTAX, 1),
        (b"x = 'a\n", FaultKind.SYNTAX, 1),
        (b"x = 1\n\0\n", FaultKind.SYNTAX, 2),
        (b"x = '\xff'", FaultKind.ENCODING, 1),
        (b"(" * 100_000, FaultKind.SYNTAX, 1),
        (b"-" * 100_000 + b"1", FaultKind.LIMIT, 1),
        (b"x" + b"()" * 100_000, FaultKind.LIMIT, 1),
        (b"x" + b".x" * 100_000, FaultKind.LIMIT, 1),
        (b"#" * 2_000_000, FaultKind.LIMIT, 1),
        (b"\\\n" * 250_000, FaultKind.LIMIT, 1),
        (b"if x:\n    y\n" + "# a\u2028b\n\n".encode() * 40_000, FaultKind.LIMIT, 1),
    ],
    ids=[
        *("call", "equals", "def", "quotes", "nul", "utf-8", "brackets", "signs", "calls", "dots", "large"),
        *("continued", "comments"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_nothing_else(
    data: bytes, kind: FaultKind, line: int
) -> None:
    parsed = python.load("a.py", data)
    assert [(fault.kind, fault.line) for fault in parsed.faults] == [(kind, line)]
    assert parsed.where(parsed.faults[0]).path == "a.py"
    assert parsed.classes == parsed.assignments == parsed.imports == ()


def test_columns_count_code_points() -> None:
    assert value("'é😀' + y").where == Location("a.py", 1, 5)
    assert source("é = '😀'; y = 1").assignments[1].where == Location("a.py", 1, 10)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'a'", "a"),
        ('"a"', "a"),
        ("'''a\nb'''", "a\nb"),
        ("u'a'", "a"),
        ("r'\\d'", "\\d"),
        ("'\\n\\t\\\\\\'\\x41\\u00e9\\U0001F600\\101'", "\n\t\\'Aé😀A"),
        ("'\\d\\N{BULLET}'", "\\d\\N{BULLET}"),
        ("'a\\\nb'", "ab"),
        ("'a' 'b'", "ab"),
        ("('a' # why\n 'b')", "ab"),
        ("('a')", "a"),
        ("''", ""),
        ("b'a'", None),
        ("f'a'", None),
        ("f'{a}' 'b'", None),
        ("a", None),
        ("1", None),
    ],
)
def test_a_text_literal_has_a_value(text: str, expected: str | None) -> None:
    assert value(text).string == expected


@pytest.mark.parametrize(
    "literal", ["'\\U00110000'", "'\\UFFFFFFFF'", "'\\400'", "'\\ud800'", "'\\'", "x", "", "'"]
)
def test_an_odd_literal_does_no_harm(literal: str) -> None:
    assert text_of(literal) is None or isinstance(text_of(literal), str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a", "a"), ("a.b.c", "a.b.c"), ("(a . b)", "a.b"), ("a().b", None), ("'a'", None), ("a[b]", None)],
)
def test_a_name_keeps_its_dots(text: str, expected: str | None) -> None:
    assert value(text).name == expected


def test_a_subscript_has_a_value_and_keys() -> None:
    found = value("t.Literal['a', K.B]").subscript
    assert found
    assert (found.value.name, [key.text for key in found.keys]) == ("t.Literal", ["'a'", "K.B"])


def test_a_call_has_its_function_and_arguments() -> None:
    found = value("self.get('a', *rest, key=K.A, **more)").call
    assert found
    assert (found.function.name, found.method) == ("self.get", "get")
    assert [argument.string for argument in found.arguments] == ["a"]
    assert {name: argument.name for name, argument in found.keywords.items()} == {"key": "K.A"}


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("[a, 'b']", ["a", "'b'"]),
        ("(a, b)", ["a", "b"]),
        ("{a, b}", ["a", "b"]),
        ("a, b", ["a", "b"]),
        ("[]", []),
        ("{'a': b}", []),
        ("a + b", []),
    ],
)
def test_a_collection_has_items(text: str, items: list[str]) -> None:
    assert [item.text for item in value(text).items] == items


def test_a_dict_has_pairs() -> None:
    pairs = value("{'a': b, # why\n **c, 'd': ('e'),}").pairs
    assert [(key.string, value.text) for key, value in pairs] == [("a", "b"), ("d", "'e'")]


def test_names_are_found_inside_of_an_expression() -> None:
    found = value("Annotated[Literal['a', K.B] | None, Field(alias='c' 'd', default=f().x)]")
    assert found.names() == ("Annotated", "Literal", "K.B", "Field", "f")


CLASSES = '''\
class Selector(Base[T], m.Mixin, metaclass=Meta):
    """Text."""
    kind: Literal["issue"] = Field(alias="k")
    bare: int
    a = b = 1
    x, y = 1, 2
    x += 1
    if True:
        inside = 1
    class Config:
        extra = "forbid"

    @validator("a")
    def check(self) -> None:
        local = 1

    async def run(self): ...

def make():
    class Local: pass
'''


def test_a_class_has_its_bases_assignments_and_methods() -> None:
    selector, config, local = source(CLASSES).classes
    assert (selector.name, selector.where) == ("Selector", Location("a.py", 1, 7))
    assert [base.text for base in selector.bases] == ["Base[T]", "m.Mixin"]
    assert [one.name for one in selector.assignments] == ["kind", "bare", "a", "b", "inside"]
    assert selector.methods == ("check", "run")
    assert config.assignments[0].value
    assert config.assignments[0].value.string == "forbid"
    assert local.name == "Local"


def test_an_assignment_has_an_annotation_and_a_value() -> None:
    kind, bare, *_ = only_class(CLASSES.partition("    class")[0]).assignments
    assert kind.where == Location("a.py", 3, 5)
    assert annotation(kind).text == 'Literal["issue"]'
    assert kind.value
    assert kind.value.text == 'Field(alias="k")'
    assert (annotation(bare).name, bare.value) == ("int", None)


def test_a_module_assigns_outside_of_functions_and_classes_only() -> None:
    text = "A = 1\nif x:\n    B = 2\nelse:\n    C: int = 3\ntry:\n    D = 4\nexcept E:\n    F = 5\n"
    text += "finally:\n    G = 6\nwith x:\n    H = 7\ntype I[T] = list[T]\n"
    text += "def f():\n    Y = 1\nclass Z:\n    Y = 1\nfor Y in x:\n    pass\n"
    assert "".join(one.name for one in source(text).assignments) == "ABCDFGHI"


def test_every_imported_name_is_found() -> None:
    text = "import os, a.b, c.d as e\nfrom f import (g, h as i)\nfrom ..j.k import *\nfrom . import l\n"
    text += "def f():\n    from m import n\n"
    assert [(one.module, one.name, one.bound, one.level) for one in source(text).imports] == [
        ("os", None, "os", 0),
        ("a.b", None, "a", 0),
        ("c.d", None, "e", 0),
        ("f", "g", "g", 0),
        ("f", "h", "i", 0),
        ("j.k", "*", "*", 2),
        ("", "l", "l", 1),
        ("m", "n", "n", 0),
    ]


@pytest.mark.parametrize(
    ("text", "importer", "files"),
    [
        ("import a.b", "main.py", ("a/b.py", "a/b/__init__.py")),
        ("from a.b import c", "x/y.py", ("a/b.py", "a/b/__init__.py")),
        ("from .a import c", "x/y/z.py", ("x/y/a.py", "x/y/a/__init__.py")),
        ("from ..a import c", "x/y/z.py", ("x/a.py", "x/a/__init__.py")),
        ("from . import c", "x/y.py", ("x.py", "x/__init__.py")),
        ("from . import c", "y.py", ("__init__.py",)),
        ("from .. import c", "y.py", ()),
    ],
)
def test_a_module_is_looked_for_where_python_would(text: str, importer: str, files: tuple[str, ...]) -> None:
    (imported,) = source(text).imports
    assert imported.files(importer) == files


TANGLED = """
import os; import classes.imports as classes
from importing import (print as class_, import_)
x = "class A: import b; print(1)"  # class B: print(2)
class A(print("class")): import c; print = classes
@print
class B(A):
    class classes: pass
    def print(self): return [print, self.print(print(3)), self.prints(), print (4), self. print(5), self.print]
def f():
    from . import import_
    class C: pass
    print(print)(6)
if x: print("print(7)")
else:
    def print(): ...
match = f"{print(8)} print(9)"
"""
"""Keywords and names in other names, in texts and comments, as attributes, arguments and definitions."""


def test_what_is_found_by_its_words_is_what_a_walk_over_the_whole_tree_finds() -> None:
    parsed = source(TANGLED)
    nodes = list(every_node(python_syntax.parser().parse(TANGLED.encode()).root_node))
    classes, functions, calls = (
        [node for node in nodes if node.type == kind]
        for kind in ("class_definition", "function_definition", "call")
    )
    imports = [node for node in nodes if node.type in ("import_statement", "import_from_statement")]
    assert [one.node.start_byte for one in parsed.classes] == [node.start_byte for node in classes]
    assert {one.where.line for one in parsed.imports} == {node.start_point.row + 1 for node in imports}
    assert [one.node.start_byte for one in parsed.functions("print")] == [
        node.start_byte for node in functions if node.child_by_field_name("name").text == b"print"
    ]
    assert [(one.call.where.line, one.call.where.column) for one in parsed.calls("print", "absent")] == [
        (node.start_point.row + 1, node.start_point.column + 1) for node in calls if callee(node) == b"print"
    ]


def every_node(node: Any) -> Iterator[Any]:
    yield node
    for child in node.children:
        yield from every_node(child)


def callee(call: Any) -> bytes:
    """The last name of what is called."""
    function = call.child_by_field_name("function")
    name = function.child_by_field_name("attribute") or function
    return bytes(name.text) if name.type == "identifier" else b""


def test_the_parser_is_loaded_only_when_it_is_needed() -> None:
    code = "import sys; from seatrial.documents import python; sys.exit('tree_sitter' in sys.modules)"
    home = Path(seatrial.__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", code], cwd=home, check=False).returncode == 0
