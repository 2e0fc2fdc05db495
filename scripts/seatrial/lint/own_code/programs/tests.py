"""Runs pytest in the current folder as the command `pytest` does, and writes a report of what it says.

This file is a program of its own: it runs in an integration's environment, in any Python from 3.8 on with any pytest
from 6 on, and imports nothing of Seatrial. Its argument is the file to write the report to, one JSON object:

{"status", "pytest", "collected", "tests", "cut", "internal"}

A test is {"id", "outcome", "seconds", "path", "line", "message", "text"}. Its outcome is "passed", "skipped", "failed",
"error" (in its fixtures) or "uncollected" (a file that cannot be collected). `path` is relative to the folder, and may
be empty. `cut` is the number of tests that are left out, `internal` the message of an error within pytest.
"""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any

MOST_TESTS = 20000
MOST_TEXTS = 200
"""The failures whose whole text is in the report."""

LONGEST = 1000
"""Characters of a message."""

LONGEST_TEXT = 6000
"""Characters of a text; of a longer one the end is kept."""

_LINE = re.compile(
    r"^(?:[>E ]+File \"(?P<quoted>[^\"\n]{1,500})\", line |(?P<plain>[^\s:\"]{1,500}):)(?P<line>\d{1,8})",
    re.MULTILINE,
)


class Recorder:
    """A plugin of pytest that keeps the result of each test."""

    def __init__(self) -> None:
        self.tests: dict[str, dict[str, Any]] = {}
        self.collected = 0
        self.internal = ""
        self._texts = 0

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep what a phase of a test says: that of the call, or what went wrong around it."""
        kept = self.tests.setdefault(report.nodeid, _empty(report.nodeid))
        kept["seconds"] += float(report.duration)
        outcome = _outcome(report)
        if outcome and kept["outcome"] in ("", "passed", "skipped"):
            kept["outcome"] = outcome
            if outcome not in ("passed", "skipped"):
                self._explain(kept, report)

    def pytest_collectreport(self, report: Any) -> None:
        """Keep that a file cannot be collected."""
        if report.failed:
            kept = self.tests.setdefault(f"{report.nodeid} ", _empty(report.nodeid))
            kept["outcome"] = "uncollected"
            self._explain(kept, report)

    def pytest_internalerror(self, excrepr: Any) -> None:
        """Keep the message of an error within pytest."""
        self.internal = self.internal or _last_line(str(excrepr))

    def _explain(self, kept: dict[str, Any], report: Any) -> None:
        text = str(report.longreprtext)
        kept["path"], kept["line"] = _place(report, text)
        kept["message"] = _message(report, text)[:LONGEST]
        if self._texts < MOST_TEXTS:
            self._texts += 1
            kept["text"] = text[-LONGEST_TEXT:]


def _empty(name: str) -> dict[str, Any]:
    return {
        "id": name[:LONGEST],
        "outcome": "",
        "seconds": 0.0,
        "path": "",
        "line": 1,
        "message": "",
        "text": "",
    }


def _outcome(report: Any) -> str:
    if report.outcome == "failed":
        return "failed" if report.when == "call" else "error"
    if report.outcome in ("passed", "skipped"):
        return str(report.outcome) if report.outcome == "skipped" or report.when == "call" else ""
    return ""


def _place(report: Any, text: str) -> tuple[str, int]:
    """Return the last line in the test's own file at which it fails, else in the folder, else the test itself."""
    known = [one for one in (*_entries(report), *_named(text)) if one[0]]
    own = _within(str(report.nodeid).split("::")[0]) or _within(str(getattr(report, "fspath", "") or ""))
    in_test = [one for one in known if one[0] == own]
    location = getattr(report, "location", None)
    if location and isinstance(location[1], int):
        known.insert(0, (_within(str(location[0])) or own, location[1] + 1))
    return (in_test or known or [(own, 1)])[-1]


def _entries(report: Any) -> list[tuple[str, int]]:
    """Return the places of a traceback as pytest knows them."""
    found = []
    longrepr = report.longrepr
    for traceback, _, _ in getattr(longrepr, "chain", None) or [
        (getattr(longrepr, "reprtraceback", None), None, None)
    ]:
        for entry in getattr(traceback, "reprentries", ()):
            place = getattr(entry, "reprfileloc", None)
            if place is not None:
                found.append((_within(str(place.path)), int(place.lineno)))
    return found


def _named(text: str) -> list[tuple[str, int]]:
    """Return the places that a text names, such as that of an error of syntax."""
    return [
        (_within(one["quoted"] or one["plain"]), int(one["line"]))
        for one in _LINE.finditer(text[-LONGEST_TEXT:])
    ]


def _within(path: str) -> str:
    """Return a path relative to the folder; empty for one outside, or of no file."""
    if not path:
        return ""
    here = os.path.realpath(os.getcwd())
    real = os.path.realpath(os.path.join(here, path))
    inside = real.startswith(here + os.sep) and os.path.isfile(real)
    return os.path.relpath(real, here) if inside else ""


def _message(report: Any, text: str) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    said = str(crash.message) if crash is not None else ""
    lines = [line[1:].strip() for line in text.splitlines() if line.startswith("E ")]
    first = [line.strip() for line in said.splitlines() if line.strip()] or lines[-1:]
    return first[0] if first else _last_line(text)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:LONGEST] if lines else ""


def run(report: str) -> int:
    """Run pytest, write the report, and return pytest's status."""
    import pytest

    sys.argv = ["pytest"]
    recorder = Recorder()
    status = int(pytest.main([], plugins=[recorder]))
    tests = [one for one in recorder.tests.values() if one["outcome"]]
    tests.sort(key=lambda one: one["outcome"] in ("passed", "skipped"))
    value = {
        "status": status,
        "pytest": str(pytest.__version__),
        "collected": len(tests),
        "tests": tests[:MOST_TESTS],
        "cut": max(len(tests) - MOST_TESTS, 0),
        "internal": recorder.internal,
    }
    with open(report, "w") as file:
        json.dump(value, file)
    return status


if __name__ == "__main__":
    sys.exit(run(sys.argv[1]))
