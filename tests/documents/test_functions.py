"""Functions of a Python file: their shape, and the calls in them."""

from __future__ import annotations

import pytest

from seatrial.documents import functions, python

SOURCE = '''
import time


@ocean.on_resync("x")
async def first(a, b: int = open("x"), *c, **d):
    """Text."""
    for name, (other, *more) in c:
        time.sleep(1)
    with open(a) as held:
        import json
    inner = lambda: time.sleep(2)
    def nested(e):
        time.sleep(3)
    await sleep(4)
    raise Error("x")


class A:
    class B:
        async def check(self, payload) -> bool:
            """Text."""
            logger.info("x")
            return True

    def generate(self):
        yield 1
        return
'''


def source(text: str = SOURCE) -> python.PythonSource:
    return python.load("a.py", text.encode())


def test_calls_know_the_functions_around_them() -> None:
    found = [
        (one.call.where.line, [function.name for function in one.functions], one.awaited)
        for one in source().calls("sleep", "open")
    ]
    assert found == [
        (6, [], False),
        (9, ["first"], False),
        (10, ["first"], False),
        (12, ["", "first"], False),
        (14, ["nested", "first"], False),
        (15, ["first"], True),
    ]


def test_a_function_has_a_shape() -> None:
    [first] = source().decorated("on_resync")
    assert (first.name, first.is_async, first.parameters) == ("first", True, ("a", "b", "c", "d"))
    assert [
        name for name in ("a", "name", "other", "more", "held", "nested", "e", "time") if first.binds(name)
    ] == [
        "a",
        "name",
        "other",
        "more",
        "held",
        "nested",
    ]
    assert [raised.text for raised in first.raises] == ['Error("x")']
    assert (first.where.line, first.where.column, first.class_name, first.sole_return) == (6, 11, "", None)


def test_a_method_knows_its_class_and_what_it_returns() -> None:
    check, generate = source().functions("check", "generate")
    assert (check.class_name, generate.class_name) == ("B", "A")
    assert check.sole_return
    assert check.sole_return.text == "True"
    assert (check.yields, generate.yields, generate.returns) == (False, True, ())


@pytest.mark.parametrize(
    ("text", "forgiving"),
    [
        ('o.c["a"]', False),
        ('o.c["a"] if "a" in o.c else 1', True),
        ('try:\n    o.c["a"]\nexcept KeyError: ...', True),
        ('try:\n    o.c["a"]\nexcept (ValueError, LookupError) as e: ...', True),
        ('try:\n    o.c["a"]\nexcept: ...', True),
        ('try:\n    o.c["a"]\nexcept ValueError: ...', False),
        ('try: ...\nexcept KeyError:\n    o.c["a"]', False),
        ('if "b" in o.c:\n    o.c["a"]', False),
        ('if o.c.get("a"):\n    o.c["a"]', True),
        ('def f():\n    return "a" in o.c\n\n\ndef g():\n    return o.c["a"]', False),
    ],
)
def test_a_look_up_whose_key_is_tested_is_forgiving(text: str, forgiving: bool) -> None:
    assert source(text).look_ups("c")[-1].forgiving is forgiving


def test_calls_in_one_function_share_it() -> None:
    first, second = source("async def f():\n    open(1)\n    open(2)\n").calls("open")
    assert first.functions[0] is second.functions[0]


def test_a_function_is_searched_for_tests_of_keys_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[object] = []
    below = functions._below
    monkeypatch.setattr(
        functions, "_below", lambda node, closed: searched.append(node) or below(node, closed)
    )
    twice = "".join(f'    o.c["a{number}"]\n' * 2 for number in range(50))
    assert not any(one.forgiving for one in source(f"def f():\n{twice}").look_ups("c"))
    assert len(searched) == 1
