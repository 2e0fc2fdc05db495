from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from seatrial.core.findings import Outcome
from seatrial.core.printable import plain
from seatrial.report import render
from seatrial.report.text import line
from support.outcomes import FINDING, HOSTILE, INFO, OUTCOME, SPEC, hostile


def suites_of(outcome: Outcome) -> ElementTree.Element:
    return ElementTree.fromstring(render("junit", outcome))


def counts(element: ElementTree.Element) -> tuple[str | None, ...]:
    return tuple(element.get(name) for name in ("tests", "failures", "errors", "skipped"))


def test_the_document_reads_like_this() -> None:
    assert (
        render("junit", Outcome((FINDING,), ("aws", "jira")))
        == f"""\
<?xml version='1.0' encoding='us-ascii'?>
<testsuites name="seatrial" tests="2" failures="1" errors="0" skipped="0">
  <testsuite name="aws" tests="1" failures="0" errors="0" skipped="0">
    <testcase classname="aws" name="no findings" />
  </testsuite>
  <testsuite name="jira" tests="1" failures="1" errors="0" skipped="0">
    <testcase classname="jira" name="SPC103 unknown-key at {SPEC}:4:3" file="{SPEC}" line="4">
      <failure type="SPC103" message="&quot;tilte&quot; is not a key of the spec; write &quot;title&quot;">\
{line(FINDING)}</failure>
    </testcase>
  </testsuite>
</testsuites>
"""
    )


def test_warnings_and_infos_are_skipped_cases_that_fail_nothing() -> None:
    suites = suites_of(replace(OUTCOME, findings=(*OUTCOME.findings, INFO)))
    assert counts(suites) == ("5", "1", "0", "3")
    messages = [skipped.get("message") for skipped in suites.iter("skipped")]
    assert messages == [
        "warning: nothing maps to the property",
        "info: nothing maps to the property",
        "suppressed until 2026-12-31: it is being written; warning: nothing maps to the property",
    ]


def test_an_integration_that_only_a_finding_names_has_its_suite() -> None:
    assert [suite.get("name") for suite in suites_of(Outcome((FINDING,)))] == ["jira"]


def test_nothing_judged_is_an_empty_document() -> None:
    suites = suites_of(Outcome())
    assert len(suites) == 0
    assert counts(suites) == ("0", "0", "0", "0")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_comes_back_plain(text: str) -> None:
    document = render("junit", hostile(text))
    assert document.isascii()
    failure = next(ElementTree.fromstring(document).iter("failure"))
    assert failure.get("type") == plain(text)
    assert failure.get("message") == plain(f"{text}; {text}")
