"""Pytest as a tool of lint: what its verdict depends on, and how a run of it is read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from seatrial.core.errors import ServiceError
from seatrial.core.model import Problem
from seatrial.core.printable import one_line
from seatrial.core.rules import Rule
from seatrial.lint.tools.tool import Cost, Output, Reading, running_code
from seatrial.unit.program_report import Report, report_of
from seatrial.unit.test_laws import failing_test, problems_of

RECIPE = "1"
"""Raised when tests are run in another way, so that no result kept from before is used."""

ORDER = ("passed", "skipped", "failed", "error", "uncollected")
"""The outcomes in the order in which they are counted."""

_ERROR = re.compile(r"\berror: |^E +\w*(?:Error|Exception)\b|^ERROR: ")

SETTINGS = ("pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg")


def report_in(output: Output) -> Report | None:
    """Return the report of a run; None where there is none that can be believed."""
    try:
        return report_of(output.out) if output.out else None
    except ServiceError:
        return None


def found_in(output: Output) -> Iterator[tuple[Rule, Problem]]:
    """Yield the problems of a run, with the rules they break."""
    yield from problems_of(report_in(output), output.status, _telling(output.err))


def _telling(text: str) -> str:
    """Return the last line that names an error, else the last; empty for none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.search(line)]
    return one_line((errors or lines or [""])[-1], 300)


def read(output: Output, more: Output | None = None) -> Reading:
    """Return the problems of a run."""
    return Reading([problem for _, problem in found_in(output)])


def counts_of(output: Output) -> str:
    """Return the number of tests by outcome, such as `31 passed, 2 failed`."""
    report = report_in(output)
    if report is None:
        return f"ended with status {output.status}, without a report,"
    counts = Counter(test.outcome for test in report.tests)
    words = (f"{counts[name]} {name}{'s' if name == 'error' and counts[name] > 1 else ''}" for name in ORDER)
    return ", ".join(word for word in words if not word.startswith("0 ")) or "no tests"


PYTEST = running_code(
    "pytest", failing_test, f"unit {RECIPE}", read, Cost(10.0, 20.0), settings_files=SETTINGS
)
