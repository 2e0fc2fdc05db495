"""The report that `programs/tests.py` writes, as values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.core.errors import ServiceError
from seatrial.documents.records import is_path

MOST_TESTS = 20_000
"""The tests of the longest report that the program writes."""

OUTCOMES = frozenset({"passed", "skipped", "failed", "error", "uncollected"})

_FORM: Mapping[str, Callable[[Any], bool]] = {
    "id": lambda value: isinstance(value, str),
    "outcome": lambda value: isinstance(value, str) and value in OUTCOMES,
    "seconds": lambda value: isinstance(value, int | float) and 0 <= value < 1e7,
    "path": lambda value: isinstance(value, str) and is_path(value),
    "line": lambda value: is_count(value) and value > 0,
    "message": lambda value: isinstance(value, str),
    "text": lambda value: isinstance(value, str),
}


@dataclass(frozen=True)
class Test:
    """The result of a test, or of a file that cannot be collected; `programs/tests.py` describes each field."""

    __test__ = False

    id: str
    outcome: str
    seconds: float = 0.0
    path: str = ""
    line: int = 1
    message: str = ""
    text: str = ""

    @property
    def is_good(self) -> bool:
        """True where it passed or was skipped."""
        return self.outcome in ("passed", "skipped")


@dataclass(frozen=True)
class Report:
    """The results of a run of pytest: its exit status, its version and its tests.

    `cut` is the number of tests that are left out, `internal` the message of an error within pytest.
    """

    status: int
    pytest: str = ""
    tests: Sequence[Test] = ()
    cut: int = 0
    internal: str = ""


def report_of(text: str) -> Report:
    """Return a report as a value. Raises ServiceError for another form: the tests can write this file too."""
    try:
        value: Any = json.loads(text)
        if len(value["tests"]) > MOST_TESTS:
            raise ValueError
        tests = tuple(_test(one) for one in value["tests"])
        report = Report(value["status"], value["pytest"], tests, value["cut"], value["internal"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ServiceError("pytest's report has another form than it is written in") from None
    texts = (report.pytest, report.internal)
    if not (is_count(report.status) and is_count(report.cut) and all(isinstance(one, str) for one in texts)):
        raise ServiceError("pytest's report has another form than it is written in")
    return report


def _test(value: Any) -> Test:
    if not isinstance(value, dict) or value.keys() != _FORM.keys():
        raise ValueError
    if not all(fits(value[name]) for name, fits in _FORM.items()):
        raise ValueError
    return Test(**value)


def is_count(value: Any) -> bool:
    """Return whether a value is an integer from 0 up to 10^9, and no boolean."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9
