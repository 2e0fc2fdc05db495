"""The verdict of all checks: what is missing, the gravest first, with what repairs it."""

from __future__ import annotations

from dataclasses import replace

from seatrial.core.findings import stamped
from seatrial.core.model import Finding, Fix, Integration, Location, MemoryFolder, Problem, Severity
from seatrial.report.verdict import GRAVITY, Section, SectionState, as_json, lines, missing, section_of


def finding(code: str, severity: Severity = Severity.ERROR, name: str = "jira") -> Finding:
    problem = Problem(Location("main.py", 3), "it is wrong", Fix("mend it"))
    (one,) = stamped(
        Integration(name, "integrations/jira", MemoryFolder({})), [(code, "wrong-thing", severity, problem)]
    )
    return one


def section(name: str, *found: Finding, strict: bool = False, reasons: tuple[str, ...] = ()) -> Section:
    return section_of(name, found, strict, reasons)


GOOD = [section(name) for name in GRAVITY]


def test_all_that_passed_is_publishable_by_name() -> None:
    assert list(lines(GOOD[:2])) == ["publishable: spec, layout passed"]
    assert as_json(GOOD)["publishable"] is True


def test_what_is_missing_comes_in_the_order_of_its_gravity_with_what_to_type() -> None:
    lint = replace(
        section("lint", finding("LNT104"), finding("LNT103")), command="seatrial lint --fix -i jira"
    )
    unknown = section("unit", reasons=("jira: no answer",))
    said = list(lines([lint, unknown, section("spec", finding("SPC101")), *GOOD[1:2]]))
    assert said[0] == "not publishable: 3 of 4 checks are missing something, the gravest first"
    assert said[1].startswith(
        "  1. spec: 1 error in jira; first SPC101 at integrations/jira/main.py:3: it is wrong"
    )
    assert said[2].startswith("  2. lint: 2 errors in jira; first LNT104 ")
    assert said[3:] == ["     type `seatrial lint --fix -i jira`", "  3. unit: jira: no answer"]


def test_a_check_that_was_not_run_says_why_and_is_not_missing() -> None:
    left = Section("unit", SectionState.SKIPPED, reasons=("left out with --without",))
    assert list(lines([*GOOD[:1], left])) == [
        "not run: unit: left out with --without",
        "publishable: spec passed",
    ]


def test_warnings_are_missing_in_a_strict_run_only_and_old_findings_in_none() -> None:
    warned = finding("SPC101", Severity.WARNING)
    assert missing([section("spec", warned)]) == []
    assert [one.name for one in missing([section("spec", warned, strict=True)])] == ["spec"]
    assert missing([section("spec", replace(finding("SPC101"), old=True))]) == []


def test_many_integrations_are_counted_and_long_lines_cut() -> None:
    found = section("spec", *(finding("SPC101", name=f"jira-{number}") for number in range(9)))
    said = list(lines([found]))
    assert "9 errors in jira-0, jira-1, jira-2 and 6 more" in said[1]
    assert len(said[1]) <= 240


def test_programs_get_each_check_with_its_state() -> None:
    failed, left = section("spec", finding("SPC101")), Section("unit", SectionState.SKIPPED, reasons=("so",))
    value = as_json([failed, left])
    assert (value["publishable"], value["missing"]) == (False, ["spec"])
    assert [(one["name"], one["state"], one["errors"]) for one in value["checks"]] == [
        ("spec", "failed", 1),
        ("unit", "not run", 0),
    ]
