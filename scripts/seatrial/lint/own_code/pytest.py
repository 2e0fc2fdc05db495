"""Pytest as a tool: the rules about an integration's tests, and the problems that a run reports by them."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence

from seatrial.core.errors import ServiceError
from seatrial.core.model import Fix, Integration, Location, MemoryFolder, Problem
from seatrial.core.printable import one_line
from seatrial.core.rules import Rule, rule
from seatrial.lint.own_code.program_report import Report, Test, report_of
from seatrial.lint.tools.tool import Cost, Output, Reading, running_code

RECIPE = "1"
"""Raised when tests are run in another way, so that no result kept from before is used."""

ORDER = ("passed", "skipped", "failed", "error", "uncollected")
"""The outcomes in the order in which they are counted."""

_ERROR = re.compile(r"\berror: |^E +\w*(?:Error|Exception)\b|^ERROR: ")

SETTINGS = ("pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg")

PYPROJECT = "pyproject.toml"

NO_TESTS = 5
"""Pytest's status where it collected no test."""

MOST = 200
"""The failing tests of an integration that are reported; the rest are counted."""

_VOLATILE = re.compile(r"\b0x[0-9a-fA-F]{4,}|\bid='\d+'|\b\d{8,}\b")
"""Parts of a message that change from run to run: addresses, the ids of mocks, times."""

_OFFLINE = re.compile(
    r"name resolution|Name or service not known|Network is unreachable|nodename nor servname|ConnectError|No address"
)
"""Parts of the messages of tests that tried to reach the network."""

EXAMPLE = "tests/test_pages.py"
"""The test file in the bad examples of the rules."""

_UNIMPORTABLE = b"import integration_that_is_not_there\n"


def no_tests(message: str = "pytest collects no test") -> Problem:
    """Return the problem of an integration without tests."""
    fix = Fix("add tests/test_NAME.py with a function test_SOMETHING, and see that `testpaths` finds it")
    return Problem(Location(PYPROJECT), message, fix)


def not_ended(status: int, line: str) -> Problem:
    """Return the problem of a run of pytest without a result; `line` is the last one that it printed."""
    ended = f"signal {-status}" if status < 0 else f"status {status}"
    said = f": {one_line(line, 300)}" if line else ""
    fix = Fix("type `poetry run pytest` in this folder to see all that it prints")
    return Problem(Location(PYPROJECT), f"pytest ended with {ended} and no result{said}", fix)


@rule("TST001", bad=lambda folder: _without_tests(folder), waiver="")
def no_tests_collected(integration: Integration) -> Iterator[Problem]:
    """Pytest collects at least one test.

    If it collects none, it ends with status 5, which fails `make test` and CI. Often its settings name another folder,
    or a file's name does not begin with `test_`. If pytest is not locked and there are no test files, this is an info.
    """
    yield no_tests()


@rule(
    "TST101",
    bad=lambda folder: _with_test(folder, b"def test_pages() -> None:\n    assert 2 + 2 == 5\n"),
    waiver="`@pytest.mark.skip` or `@pytest.mark.xfail`, with a reason",
)
def failing_test(integration: Integration) -> Iterator[Problem]:
    """Every test passes in the environment of the integration's own lock.

    Tests run in a copy of the folder, in a sandbox without network access and without your environment variables,
    settings and home folder. The finding is at the last line of the test that was reached.
    """
    yield _example("failed", 2, "assert (2 + 2) == 5")


@rule(
    "TST102",
    bad=lambda folder: _with_test(folder, b"def test_pages(client: object) -> None:\n    assert client\n"),
    waiver="`@pytest.mark.skip`, with a reason",
)
def erring_fixture(integration: Integration) -> Iterator[Problem]:
    """The fixtures of every test are set up and taken down without an error.

    A test whose fixture fails is not run, so nothing is known about the code that it tests.
    """
    yield _example("error", 1, "fixture 'client' not found")


@rule("TST103", bad=lambda folder: _with_test(folder, _UNIMPORTABLE), waiver="")
def uncollected_tests(integration: Integration) -> Iterator[Problem]:
    """Every test file can be imported.

    If pytest cannot collect one file, it runs no test at all, unless it is told to continue.
    """
    message = "ModuleNotFoundError: No module named 'integration_that_is_not_there'"
    yield _example("uncollected", 1, message)


@rule(
    "TST104",
    bad=lambda folder: folder.edited(
        PYPROJECT, "[tool.pytest.ini_options]\n", '[tool.pytest.ini_options]\naddopts = "--no-such-option"\n'
    ),
    waiver="",
)
def pytest_without_result(integration: Integration) -> Iterator[Problem]:
    """Pytest runs to its end and reports its results.

    A wrong option, an error in a `conftest.py` or a plugin, or a test that ends the process leaves it without a result.
    """
    yield not_ended(4, "error: unrecognized arguments: --no-such-option")


UNIT_RULES: tuple[Rule, ...] = (
    no_tests_collected,
    failing_test,
    erring_fixture,
    uncollected_tests,
    pytest_without_result,
)

_WORDS = {
    "failed": (failing_test, "fails"),
    "error": (erring_fixture, "cannot be run"),
    "uncollected": (uncollected_tests, "cannot be collected"),
}


def problems_of(report: Report | None, status: int, last_line: str) -> Iterator[tuple[Rule, Problem]]:
    """Yield the problems that a run of pytest reports, with the rules they break; none where its status is 0.

    `report` is None where it left none; `last_line` is the last one that it printed.
    """
    if report is None or report.status != status:
        yield pytest_without_result, not_ended(status, last_line)
        return
    failed = [test for test in report.tests if not test.is_good]
    yield from _failures(failed)
    if status == NO_TESTS and not failed:
        yield no_tests_collected, no_tests()
    elif status and not failed:
        yield pytest_without_result, not_ended(status, report.internal or last_line)


def _failures(failed: Sequence[Test]) -> Iterator[tuple[Rule, Problem]]:
    for test in failed[:MOST]:
        law, _ = _WORDS[test.outcome]
        yield law, problem_of(test)
    if len(failed) > MOST:
        yield failing_test, Problem(problem_of(failed[MOST]).where, f"{len(failed) - MOST} more tests fail")


def problem_of(test: Test) -> Problem:
    """Return the problem of a test that did not pass, at its place."""
    name = one_line(test.id.strip(), 200)
    message = _VOLATILE.sub("...", one_line(test.message, 300))
    where = Location(test.path or PYPROJECT, test.line if test.path else 1)
    fix = Fix(_whole_traceback(name))
    if _OFFLINE.search(test.message):
        fix = Fix(
            "replace the API by a stand-in, as tests run without network here and elsewhere; or type --network"
        )
    return Problem(where, f"{name} {_WORDS[test.outcome][1]}{f': {message}' if message else ''}", fix)


def _whole_traceback(name: str) -> str:
    return f"type `poetry run pytest {shlex.quote(name)}` in this folder to see the whole traceback"


def _with_test(folder: MemoryFolder, text: bytes) -> MemoryFolder:
    return folder.having(EXAMPLE, text.decode())


def _example(outcome: str, line: int, message: str) -> Problem:
    name = EXAMPLE if outcome == "uncollected" else f"{EXAMPLE}::test_pages"
    return problem_of(Test(name, outcome, 0.1, EXAMPLE, line, message))


def _without_tests(folder: MemoryFolder) -> MemoryFolder:
    for path in folder.paths():
        if path.rpartition("/")[2].startswith("test_"):
            folder = folder.without(path)
    return folder


def report_in(output: Output) -> Report | None:
    """Return the report of a run; None if there is none, or it has another form than ours."""
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
