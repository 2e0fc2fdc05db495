"""Look-ups by key and calls of an attribute are found where it is certain that they are."""

from __future__ import annotations

import pytest

from seatrial.documents import python


def keys(text: str) -> list[tuple[str, bool]]:
    source = python.load("main.py", text.encode())
    assert source.faults == ()
    return [(found.key.text.strip('"'), found.forgiving) for found in source.look_ups("config")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('ocean.config["a"]', [("a", False)]),
        ('self.context.config["a"]', [("a", False)]),
        ('ocean.config.get("a")', [("a", True)]),
        ('ocean.config.get("a", 1)', [("a", True)]),
        ('ocean.config.get(  # why\n    "a")', [("a", True)]),
        ("ocean.config[KEY]", [("KEY", False)]),
        ('f(ocean.config["a"], ocean.config.get("b"))', [("a", False), ("b", True)]),
        ('x = ocean.config\nx["a"]', [("a", False)]),
        ('x: dict[str, str] = ocean.config\nx.get("a")', [("a", True)]),
        ('def f():\n    x = ocean.config\n    return lambda: x["a"]', [("a", False)]),
        ('class C:\n    x = ocean.config\n    y = x["a"]', [("a", False)]),
        ('x: dict\nx = ocean.config\nx["a"]', [("a", False)]),
    ],
)
def test_a_key_is_found(text: str, found: list[tuple[str, bool]]) -> None:
    assert keys(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "ocean.config",
        "ocean.config()",
        "ocean.config.get()",
        "ocean.config.get",
        'ocean.config.pop("a")',
        'ocean.other["a"]',
        'config["a"]',
        'ocean.config["a"] = 1',
        'del ocean.config["a"]',
        'other[ocean.config]["a"]',
        'x = ocean.config\nx = {}\nx["a"]',
        'x = ocean.config\ndef f(x): return x["a"]',
        'x = ocean.config\ndef f(x=None): return x["a"]',
        'x = ocean.config\ndef f(x: dict = None): return x["a"]',
        'x = ocean.config\n(lambda x: x["a"])',
        'x = ocean.config\ndef f():\n    for x in y: x["a"]',
        'x = ocean.config\ndef f():\n    with y as x: x["a"]',
        'x = ocean.config\ndef f():\n    if x := y: x["a"]',
        'x = ocean.config\ndef f():\n    x, y = z\n    x["a"]',
        'def f():\n    x = ocean.config\ndef g():\n    x["a"]',
        'x["a"]',
    ],
)
def test_nothing_is_claimed(text: str) -> None:
    assert keys(text) == []


def test_a_key_stands_where_it_is_written_and_columns_count_letters() -> None:
    source = python.load("main.py", 'é = ocean.config[\n  "ß", ]\nüü = ocean.config["a"]'.encode())
    places = [(found.key.where.line, found.key.where.column) for found in source.look_ups("config")]
    assert places == [(2, 3), (3, 19)]


def test_the_calls_of_an_attribute_are_told_from_its_other_uses() -> None:
    text = (
        '@ocean.on("a")\ndef f(): ...\nocean.on()\ng = ocean.on\non("b")\nocean.one("c")\n# ocean.on("d")\n'
    )
    calls = python.load("main.py", text.encode()).uses("on")
    said = [[argument.string for argument in call.arguments] if call else None for call in calls]
    assert said == [["a"], [], None]


def test_of_a_broken_file_nothing_is_known() -> None:
    source = python.load("main.py", b'ocean.config["a"')
    assert source.look_ups("config") == ()
    assert source.uses("config") == ()
