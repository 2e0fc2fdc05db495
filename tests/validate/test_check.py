"""Tests of running rules over one integration: findings, silent rules, suppressed findings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from seatrial.core.model import Fleet, Integration, Location, MemoryFolder, Problem, Profile, Severity
from seatrial.core.rules import ADVICE, GUIDE, OCEAN, OFF, WARNING, Problems, Rule, rule
from seatrial.core.settings import Settings
from seatrial.validate.facts.facts import Facts
from seatrial.validate.run import check

IGNORE = '[tool.seatrial]\nignore = { TST001 = "it is meant so" }\n'


def same(folder: MemoryFolder) -> MemoryFolder:
    return folder


@rule("TST001", bad=same)
def a_fault(integration: Integration) -> Problems:
    """A law.

    A reason.
    """
    yield Problem(Location("b.txt", 2, 3), "wrong", evidence="3 of 4 do otherwise")
    yield Problem(Location("a.txt"), "wrong")


@rule("TST002", bad=same, severity=WARNING, by_profile={OCEAN: OFF})
def a_weakness(integration: Integration) -> Problems:
    """Another law."""
    yield Problem(Location("a.txt"), "weak", severity=Severity.INFO)


@rule("TST003", bad=same)
def needs_a_spec(spec_document: object) -> Problems:
    """Not seen."""
    raise AssertionError("it has no subject")
    yield


@rule("TST004", bad=same)
def broken(integration: Integration) -> Iterator[Problem]:
    """It fails."""
    yield Problem(Location("a.txt"), "never shown")
    raise ZeroDivisionError("oops")


def run(*rules: Rule, profile: Profile = GUIDE, settings: Settings | None = None, **files: str):
    folder = MemoryFolder.of({"pyproject.toml": files.get("pyproject", "")})
    integration = Integration("one", "integrations/one", folder)
    return check(Facts(integration, profile, Fleet([integration]), settings), rules)


def test_findings_are_stamped_and_sorted() -> None:
    first, second = run(a_fault).findings
    assert (first.code, first.name, first.path, first.line) == (
        "TST001",
        "a-fault",
        "integrations/one/a.txt",
        1,
    )
    assert (second.path, second.line, second.column) == ("integrations/one/b.txt", 2, 3)
    assert second.message == "wrong (3 of 4 do otherwise)"


def test_a_rule_whose_fact_is_missing_is_silent() -> None:
    assert run(needs_a_spec).findings == ()


def test_a_rule_that_fails_is_recorded_and_the_others_still_run() -> None:
    verdict = run(broken, a_fault)
    assert verdict.crashes == ("TST004 broken: ZeroDivisionError: oops",)
    assert [one.code for one in verdict.findings] == ["TST001", "TST001"]


def test_the_severity_of_the_repository_precedes_that_of_the_problem_and_of_the_rule() -> None:
    assert run(a_weakness).findings[0].severity is Severity.INFO
    settings = Settings(severities={"TST002": Severity.ERROR})
    assert run(a_weakness, settings=settings).findings[0].severity is Severity.ERROR


def test_a_rule_that_is_off_runs_only_when_switched_on() -> None:
    assert run(a_weakness, profile=OCEAN).findings == ()
    assert run(broken, settings=Settings(severities={"TST004": None})).crashes == ()
    on = Settings(severities={"TST002": Severity.WARNING})
    assert len(run(a_weakness, profile=OCEAN, settings=on).findings) == 1


def test_an_ignore_with_a_reason_suppresses_and_is_counted() -> None:
    verdict = run(a_fault, a_weakness, pyproject=IGNORE)
    assert [one.code for one in verdict.findings] == ["TST002"]
    assert len(verdict.hidden) == 2


@pytest.mark.parametrize("reason", ['""', '"  "', "true", "[]"])
def test_an_ignore_without_a_reason_suppresses_nothing(reason: str) -> None:
    verdict = run(a_fault, pyproject=f"[tool.seatrial]\nignore = {{ TST001 = {reason} }}\n")
    assert len(verdict.findings) == 2


@pytest.mark.parametrize("text", ["[tool.seatrial]\nignore = 3", "[tool]\nseatrial = 1", "tool = []", "x ="])
def test_a_malformed_ignore_suppresses_nothing(text: str) -> None:
    assert len(run(a_fault, pyproject=text).findings) == 2


def test_fingerprints_survive_moved_lines_and_distinguish_equal_problems() -> None:
    @rule("TST001", bad=same)
    def a_fault(integration: Integration) -> Problems:
        """Moved down."""
        yield Problem(Location("b.txt", 9, 9), "wrong", evidence="5 of 9")
        yield Problem(Location("a.txt", 7), "wrong")
        yield Problem(Location("a.txt", 8), "wrong")

    before = {one.path: one.fingerprint for one in run(globals()["a_fault"]).findings}
    after = run(a_fault).findings
    assert {after[0].path: after[0].fingerprint, after[2].path: after[2].fingerprint} == before
    assert len({one.fingerprint for one in after}) == 3


@rule("TST005", bad=same, severity=ADVICE)
def a_wish(integration: Integration) -> Problems:
    """A wish."""
    yield Problem(Location("a.txt"), "could be better")


@rule("TST006", bad=same, severity=Severity.INFO)
def a_hint(integration: Integration) -> Problems:
    """A hint."""
    yield Problem(Location("a.txt"), "could be better", severity=Severity.ADVICE)
    yield Problem(Location("a.txt"), "is weak")


def weights(settings: Settings | None = None, **more: bool) -> list[tuple[str, Severity]]:
    integration = Integration("one", "integrations/one", MemoryFolder.of({"pyproject.toml": ""}))
    facts = Facts(integration, GUIDE, Fleet([integration]), settings)
    return [(one.message, one.severity) for one in check(facts, [a_wish, a_hint], **more).findings]


def test_advice_is_shown_on_request() -> None:
    assert weights() == [("is weak", Severity.INFO)]
    assert [severity for _, severity in weights(advice=True)] == [*[Severity.ADVICE] * 2, Severity.INFO]


def test_a_repository_that_raises_advice_sees_it_always() -> None:
    raised = Settings(severities={"TST005": Severity.WARNING})
    assert ("could be better", Severity.WARNING) in weights(raised)


def test_a_suppression_of_advice_is_not_idle_where_advice_is_not_asked_for() -> None:
    verdict = run(a_wish, pyproject='[tool.seatrial]\nignore = { TST005 = "it is meant so" }\n')
    assert (verdict.findings, verdict.hidden) == ((), ())
