"""Results of a run of an integration's own pytest, as the program in its sandbox reports them."""

from __future__ import annotations

import json
from typing import Any

from seatrial.lint.tools.tool import Output

FAILED = {
    "id": "tests/test_client.py::TestPages::test_two[a b]",
    "outcome": "failed",
    "seconds": 0.5,
    "path": "tests/test_client.py",
    "line": 12,
    "message": "assert <Mock id='140001'> == 0x7f00aa00",
    "text": "def test_two():\n",
}
PASSED = FAILED | {"id": "tests/test_client.py::test_one", "outcome": "passed", "path": "", "message": ""}


def output(status: int, *tests: dict[str, Any], printed: str = "", **more: Any) -> Output:
    """A run of pytest with these results."""
    value = {"status": status, "pytest": "9.1.1", "collected": 1, "tests": tests, "cut": 0, "internal": ""}
    return Output(status, json.dumps(value | more), printed, 1.0)
