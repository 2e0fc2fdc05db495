"""The format of test reports: a suite for each integration, a case for each finding.

An error is a failed case. Warnings, infos, old errors and suppressed findings, which do not fail a run, are skipped
cases: viewers list these without marking the run as failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from seatrial.core.findings import Outcome
from seatrial.core.model import Finding, Severity
from seatrial.core.printable import plain
from seatrial.report import Options
from seatrial.report.text import OLD, held, line, said

_COUNTED = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}


def render(outcome: Outcome, options: Options) -> str:
    """Return JUnit XML in ASCII; an integration without findings is one passed case."""
    found: dict[str, list[Finding]] = {name: [] for name in outcome.names}
    for finding in (*outcome.findings, *outcome.hidden):
        found.setdefault(finding.integration, []).append(finding)
    return document([_suite(name, findings) for name, findings in found.items()])


def document(suites: Sequence[Element]) -> str:
    """Return these suites as a JUnit document in ASCII."""
    root = counted("testsuites", "seatrial", suites)
    indent(root)
    text: bytes = tostring(root, "us-ascii", xml_declaration=True)
    return text.decode("ascii") + "\n"


def _suite(integration: str, findings: Sequence[Finding]) -> Element:
    passed = Element("testcase", classname=plain(integration), name="no findings")
    return counted("testsuite", integration, [case(finding) for finding in findings] or [passed])


def case(finding: Finding) -> Element:
    """Return a finding as a test case."""
    found = Element(
        "testcase",
        classname=plain(finding.integration),
        name=plain(f"{finding.code} {finding.name} at {finding.path}:{finding.line}:{finding.column}"),
        file=plain(finding.path),
        line=str(finding.line),
    )
    if finding.waiver:
        SubElement(found, "skipped", message=f"{held(finding)}; {finding.severity.value}: {said(finding)}")
    elif finding.severity is Severity.ERROR and not finding.old:
        SubElement(found, "failure", type=plain(finding.code), message=said(finding)).text = line(finding)
    else:
        SubElement(
            found, "skipped", message=f"{finding.severity.value}: {said(finding)}{OLD if finding.old else ''}"
        )
    return found


def counted(tag: str, name: str, children: Sequence[Element]) -> Element:
    """Return a suite with these children, and the number of its cases by result."""
    element = Element(tag, name=plain(name))
    element.extend(children)
    for attribute, child in _COUNTED.items():
        element.set(attribute, str(sum(1 for _ in element.iter(child))))
    return element
