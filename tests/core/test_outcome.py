from __future__ import annotations

import pickle
from dataclasses import replace

from seatrial.core.findings import LONGEST, Outcome, stamped
from seatrial.core.model import Finding, Fix, Integration, Location, MemoryFolder, Problem, Severity

ERROR = Finding("SPC001", "a", Severity.ERROR, "jira", "b", 1, 1, "c", None, "d")
WARNING = replace(ERROR, severity=Severity.WARNING, path="a")
INFO = replace(ERROR, severity=Severity.INFO, path="c")


def test_findings_are_counted_by_severity_and_integrations_by_name() -> None:
    outcome = Outcome((WARNING, WARNING, ERROR, INFO), ("aws", "jira"))
    assert (outcome.errors, outcome.warnings, outcome.infos, outcome.integrations) == (1, 2, 1, 2)


def test_the_gravest_come_first_and_keep_their_order_among_themselves() -> None:
    later = replace(WARNING, line=2)
    assert Outcome((WARNING, later, ERROR)).gravest_first == (ERROR, WARNING, later)


def test_an_outcome_can_go_to_another_process() -> None:
    outcome = Outcome((ERROR,), ("jira",), 1)
    assert outcome.errors == 1
    assert pickle.loads(pickle.dumps(outcome)) == outcome


def test_a_message_of_megabytes_is_cut_and_its_fingerprint_is_of_the_whole() -> None:
    def finding(message: str) -> Finding:
        integration = Integration("jira", "integrations/jira", MemoryFolder({}))
        problem = Problem(Location("a"), message, Fix(message))
        return stamped(integration, [("SPC001", "a", Severity.ERROR, problem)])[0]

    one, other = finding("x" * 50_000_000), finding("x" * 49_999_999)
    assert one.message == other.message
    assert (len(one.message), one.message[-2:]) == (LONGEST, "x…")
    assert one.fix is not None
    assert len(one.fix.title) == LONGEST
    assert one.fingerprint != other.fingerprint
    assert finding("short").message == "short"
