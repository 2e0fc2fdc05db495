"""The results of all tests as JUnit XML: a suite for each integration, passed tests included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement

from seatrial.core.findings import Outcome
from seatrial.core.model import Finding, join
from seatrial.core.printable import plain
from seatrial.lint.own_code.program_report import Test
from seatrial.lint.own_code.pytest import problem_of, report_in
from seatrial.lint.run.jobs import Cell
from seatrial.report.junit import case, counted, document

_TAGS = {"skipped": "skipped", "failed": "failure", "error": "error", "uncollected": "error"}


def render(cells: Sequence[Cell], outcome: Outcome) -> str:
    """Return JUnit XML in ASCII; a finding that is not about a single test is a case of its own."""
    others: dict[str, list[Finding]] = {}
    for finding in outcome.findings:
        if finding.code not in ("TST101", "TST102", "TST103"):
            others.setdefault(finding.integration, []).append(finding)
    return document([_suite(cell, others) for cell in cells])


def _suite(cell: Cell, others: Mapping[str, Sequence[Finding]]) -> Element:
    report = report_in(cell.run.output) if cell.run and not cell.failure else None
    cases = [_case(cell, test) for test in (report.tests if report else ())]
    cases += [case(finding) for finding in others.get(cell.integration.name, ())]
    if cell.failure:
        cases.append(_unjudged(cell))
    suite = counted("testsuite", cell.integration.name, cases)
    if report:
        suite.set("time", f"{sum(test.seconds for test in report.tests):.3f}")
    return suite


def _case(cell: Cell, test: Test) -> Element:
    """Return a test as pytest writes it: its class name is the dotted path of its file and, if any, of its class."""
    path, _, name = test.id.strip().partition("::")
    *within, last = name.split("::") if name else [path]
    dotted = ".".join((path.removesuffix(".py").replace("/", "."), *within))
    found = Element("testcase", classname=plain(dotted), name=plain(last), time=f"{test.seconds:.3f}")
    if test.path:
        found.set("file", plain(join(cell.integration.path, test.path)))
        found.set("line", str(test.line))
    if test.outcome in _TAGS:
        said = plain(problem_of(test).message if not test.is_good else test.message)
        SubElement(found, _TAGS[test.outcome], message=said).text = _lines(test.text)
    return found


def _unjudged(cell: Cell) -> Element:
    found = Element("testcase", classname=plain(cell.integration.name), name="pytest")
    SubElement(found, "error", message=plain(cell.failure))
    return found


def _lines(text: str) -> str:
    return "\n".join(map(plain, text.splitlines()))
