"""What CPython refuses is said in its words, at its place; what only a newer one takes is not refused."""

from __future__ import annotations

import warnings

import pytest

from seatrial.documents import FaultKind, python, python_syntax


def fault(text: str) -> tuple[int, int, str] | None:
    """The line, column and words of the only fault of a text."""
    faults = python.load("a.py", text.encode()).faults
    assert len(faults) < 2
    return (faults[0].line, faults[0].column, faults[0].message) if faults else None


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("if x:\n    a\n   b\n", 3, 5, "unindent does not match any outer indentation level"),
        ("if x:\n\ta\n        b\n", 3, 1, "inconsistent use of tabs and spaces in indentation"),
        ("x = 1\n y = 2\n", 2, 1, "unexpected indent"),
        ("def f():\nx\n", 2, 1, "expected an indented block after function definition"),
        ("x = 1\nreturn x\n", 2, 1, "'return' outside function"),
        ("break\n", 1, 1, "'break' outside loop"),
        ("def f(a, a): pass\n", 1, 10, "duplicate argument 'a' in function definition"),
        ("x = f(a\nb = 3\n", 1, 6, "'(' was never closed"),
        ("x = (1]\n", 1, 7, "closing parenthesis ']' does not match opening parenthesis '('"),
        ("x = 1)\n", 1, 6, "unmatched ')'"),
        ("def f()\n    pass\n", 1, 8, "expected ':'"),
        ("x = 'a\n", 1, 5, "unterminated string literal"),
        ('x = "\u00e9"; return\n', 1, 10, "'return' outside function"),
        ("\u00e9 = (1\n", 1, 5, "'(' was never closed"),
        ("print 'a'\n", 1, 1, "Missing parentheses in call to 'print'. Did you mean print(...)?"),
        ("x = 012\n", 1, 5, "leading zeros in decimal integer literals are not permitted"),
        ("x = 1\r\nif x:\r\n    a\r\n  b\r\n", 4, 4, "unindent does not match any outer indentation level"),
        ("x = 1\0\n", 1, 6, "a null byte, which no source code may hold"),
    ],
)
def test_a_fault_is_said_as_cpython_says_it(text: str, line: int, column: int, words: str) -> None:
    found = fault(text)
    assert found is not None
    assert found[:2] == (line, column)
    assert found[2].startswith(words)


@pytest.mark.parametrize("text", ["{x", "{}", "}", "{x!}", "{x!z}", "{x:{y}", "{x}{"])
def test_a_fault_inside_an_f_string_is_found(text: str) -> None:
    found = fault(f'a = 1\nx = f"{text}"\ny = 2\n')
    assert found is not None
    assert found[0] == 2
    assert found[2].startswith("f-string")


def test_a_fault_of_an_expression_inside_an_f_string_is_found() -> None:
    found = fault('a = 1\nx = f"{a b}"\ny = 2\n')
    assert found is not None
    assert found[0] == 2
    assert "invalid syntax. Perhaps you forgot a comma?" in found[2]


NEWER = [
    'x = f"{a["b"]!r:>{w}} {{ }}"',
    'x = "a" f"{b["c"]}" "d"',
    'x = f"""\n{\n  b["""c"""]  # why\n}\n"""',
    "def f():\n    x = f'{yield}{yield 'a'}'",
    "type X[T: int = str, *Ts = *tuple[int], **P = []] = dict[T, P]",
    "def f[T: (int, str) = int](x: T) -> T: ...",
    "class A[\n    T\n](B): pass",
    "try:\n    x\nexcept A, B:\n    y",
    "x = [*a for a in b]",
    "x = t'{a!r:>{w}}'; y = rt'a'",
    "lazy import a\nlazy from b import c",
]


@pytest.mark.parametrize("text", NEWER)
def test_syntax_that_only_newer_python_takes_is_no_fault(text: str) -> None:
    assert fault(f"{text}\n") is None


@pytest.mark.parametrize("text", NEWER)
def test_a_fault_below_newer_syntax_is_found_at_its_place(text: str) -> None:
    line = text.count("\n") + 3
    assert fault(f"{text}\ny = 1\nz = (y\n") == (line, 5, "'(' was never closed")


def test_newer_syntax_is_read_too() -> None:
    found = python.load("a.py", b"class A[T = int](B):\n    x: str\n").classes
    assert [(one.name, one.bases[0].text) for one in found] == [("A", "B")]


def test_a_warning_of_the_compiler_is_not_shown_and_is_no_fault() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fault("x = '\\d'; y = x is 1; z = 1if y else 2\n") is None


@pytest.mark.parametrize(
    "text",
    ["if x: pass\n" + "elif x: pass\n" * 20_000, "x = 1\n" * 60_000, 'x = """' + "a\n" * 99_999 + '"""'],
)
def test_a_long_file_that_is_right_has_no_fault(text: str) -> None:
    assert fault(text) is None


@pytest.mark.parametrize(
    "block", ["def a(): ...\n", "x = lambda: 0\n", "x = [i for i in y]\n", "class A: pass\n"]
)
def test_thousands_of_blocks_that_look_alike_are_judged_without_the_last_step_of_the_compiler(
    block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python_syntax, "compile", lambda *given: pytest.fail("compiled"), raising=False)
    many = block * (python_syntax.MOST_BLOCKS + 1)
    assert fault(many) is None
    found = fault(many + "def f(a, a): pass\n")
    assert found is not None
    assert found[2] == "duplicate argument 'a' in function definition"


def test_up_to_the_limit_of_blocks_the_last_step_of_the_compiler_is_asked() -> None:
    found = [
        fault("def a(): ...\n" * count + "return\n")
        for count in (python_syntax.MOST_BLOCKS - 1, python_syntax.MOST_BLOCKS + 1)
    ]
    assert [one is not None for one in found] == [True, False]


@pytest.mark.parametrize("part", ["(", "[", "{", "{1:", "f(", 'f"{', "lambda x:", "(a for a in ", "not "])
def test_deeply_nested_code_that_is_broken_is_refused_at_once(part: str) -> None:
    kinds = [one.kind for one in python.load("a.py", (part * 90 + "\n").encode()).faults]
    assert kinds == [FaultKind.SYNTAX]
