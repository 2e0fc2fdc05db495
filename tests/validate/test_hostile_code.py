"""Tests of code and mappings that are made to cost time: a rule takes no more than their size is worth."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from seatrial.validate.since import _looked_at
from support.code_cases import SPEC, Edit, problems
from support.made import blueprint, mapped, said

MOST_SECONDS = 2.0
"""A rule without its limits takes ten times as long, or does not end."""

SECRET = "    required: true\n    sensitive: true"
OPTIONAL = (SPEC, SECRET, SECRET.replace("true", "false", 1))
CLIENT = "from port_ocean.utils import http_async_client\n"

COSTLY: dict[str, tuple[str, list[str]]] = {
    "declared names that are all alike": (
        "COD242",
        [
            "class B:\n" + "".join(f"    abcdefgh{n:04}: int\n" for n in range(1_000)),
            "class C(B):\n" + "".join(f"    abcdefgi{n:04} = 1\n" for n in range(1_000)),
        ],
    ),
    "colons behind an attribute": (
        "COD242",
        [
            "class B:\n    events: int\n    all = {"
            + "a.events:1," * 40_000
            + "}\n\nclass C(B):\n    event = 1\n"
        ],
    ),
    "empty lines beside the client": ("COD141", [CLIENT, "\n" * 200_000]),
    "reads of one configuration": (
        "COD241",
        ["def f():\n", *('    x = ocean.integration_config["api_token"]\n' for _ in range(2_000))],
    ),
    "lists of names that do not end": ("COD240", ['x = """', "from client import (a\n" * 20_000, '"""\n']),
    "modules that are not there": (
        "COD240",
        [f"from clienu{n:06} import a\n" for n in range(10_000)],
    ),
}


@pytest.mark.parametrize("case", COSTLY)
def test_code_that_is_made_to_cost_time_costs_little(case: str) -> None:
    code, lines = COSTLY[case]
    edits: list[Edit] = [OPTIONAL, ("new.py", "", "".join(lines))]
    modules: list[Edit] = [(f"client{n:06}.py", "", "") for n in range(20)] if "modules" in case else []
    begun = time.process_time()
    problems(code, *edits, *modules)
    assert time.process_time() - begun < MOST_SECONDS


DATED = {"at": {"type": "string", "format": "date-time"}}


@pytest.mark.parametrize(
    ("rule", "expression"),
    [
        ("identifier-changed-on-one-side", ".id" + "|sub " * 40 + "x"),
        ("identifier-changed-on-one-side", ".id|sub" + " " * 20_000 + "x"),
        ("date-converted-beside-another", ".a" * 20_000),
    ],
)
def test_a_program_that_is_made_to_cost_time_costs_little(rule: str, expression: str) -> None:
    resource = mapped(identifier=expression, properties={"at": expression})
    begun = time.process_time()
    said(rule, blueprints=[blueprint(properties=DATED)], port_app_config={"resources": [resource]})
    assert time.process_time() - begun < MOST_SECONDS


def test_a_link_to_a_deep_place_that_is_not_there_costs_little(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("a/" * 2_000 + "b")
    begun = time.process_time()
    for _ in range(10):
        first, *_rest = _looked_at(tmp_path, "link")
        assert first == "link"
    assert time.process_time() - begun < MOST_SECONDS / 4
