"""Findings hold no more text than people read, whatever the files hold."""

from __future__ import annotations

import pytest

from seatrial.core.findings import LONGEST, stamped
from seatrial.core.model import Edit, Finding, Fix, Integration, Location, MemoryFolder, Problem, Severity

HUGE = "x" * 3_000_000
WHERE = Location("a")


def finding_of(*problems: Problem) -> list[Finding]:
    integration = Integration("one", "integrations/one", MemoryFolder({}))
    return list(stamped(integration, [("TST001", "a-fault", Severity.ERROR, one) for one in problems]))


def test_long_texts_are_cut() -> None:
    [finding] = finding_of(Problem(WHERE, HUGE, Fix(HUGE, Edit(WHERE, "a", "b")), evidence=HUGE))
    assert finding.fix
    assert len(finding.message) <= 2 * LONGEST + 3
    assert len(finding.fix.title) == LONGEST
    assert finding.message.startswith("xxx")
    assert finding.fix.edit == Edit(Location("integrations/one/a"), "a", "b")


def test_an_edit_that_writes_a_long_text_is_not_offered() -> None:
    [finding] = finding_of(Problem(WHERE, "m", Fix("t", Edit(WHERE, "a", HUGE))))
    assert finding.fix == Fix("t")


@pytest.mark.parametrize("length", [1, 60, LONGEST])
def test_other_texts_are_as_they_were(length: int) -> None:
    [finding] = finding_of(Problem(WHERE, "m" * length, Fix("t" * length)))
    assert (finding.message, finding.fix) == ("m" * length, Fix("t" * length))


def test_long_messages_that_differ_at_their_end_are_different_findings() -> None:
    one, other = finding_of(Problem(WHERE, HUGE + "a"), Problem(WHERE, HUGE + "b"))
    assert one.fingerprint != other.fingerprint
