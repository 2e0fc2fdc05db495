from __future__ import annotations

from dataclasses import replace

import pytest

from seatrial.core.findings import Outcome
from seatrial.core.model import Fix, Severity
from seatrial.report import Options, render
from seatrial.report.text import line, repairable, summary, wants_colour
from support.outcomes import CLEAN, FINDING, HIDDEN, INFO, OUTCOME, WARNING


def test_each_finding_is_one_line_with_its_repair_behind_the_message() -> None:
    assert render("text", OUTCOME) == (
        "integrations/jira/.port/spec.yaml:4:3: error SPC103 unknown-key: "
        '"tilte" is not a key of the spec; write "title" [fix]\n'
        "integrations/jira/.port/resources/blueprints.json:4:3: warning RES201 unmapped-property: "
        "nothing maps to the property\n"
    )


def test_the_findings_that_can_be_repaired_are_counted() -> None:
    assert repairable(OUTCOME) == ", seatrial fix can repair 1"
    assert (
        repairable(OUTCOME, lambda command: command.replace("seatrial", "make")) == ", make fix can repair 1"
    )
    assert repairable(CLEAN) == ""


def test_what_is_only_advised_is_repaired_where_that_is_asked_for() -> None:
    advised = replace(FINDING, severity=Severity.ADVICE)
    assert repairable(Outcome((advised,))) == ", seatrial fix --advice can repair 1"
    assert repairable(Outcome((FINDING, advised))) == (
        ", seatrial fix can repair 1, seatrial fix --advice can repair 2"
    )


def test_a_repair_without_an_edit_is_shown_too() -> None:
    assert line(replace(WARNING, fix=Fix("map it"))).endswith("nothing maps to the property; map it")


def test_a_finding_about_the_root_itself_stands_at_a_dot() -> None:
    assert line(replace(INFO, path="")).startswith(".:4:3: info CHG104 ")


def test_a_path_cannot_begin_a_line_with_a_command() -> None:
    assert line(replace(FINDING, path=":")).startswith(r"\x3a:4:3: error")


def test_colour_adds_to_a_line_and_changes_nothing() -> None:
    painted = render("text", OUTCOME, Options(colour=True))
    assert "\x1b[1;31merror\x1b[0m SPC103" in painted
    assert "\x1b[33mwarning\x1b[0m RES201" in painted
    for paint in ("\x1b[1;31m", "\x1b[33m", "\x1b[1m", "\x1b[0m"):
        painted = painted.replace(paint, "")
    assert painted == render("text", OUTCOME)


@pytest.mark.parametrize(
    ("environ", "tty", "wanted"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "xterm"}, True, True),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, False, True),
        ({"FORCE_COLOR": ""}, False, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"CLICOLOR_FORCE": "1"}, False, False),
    ],
)
def test_colour_follows_the_environment_and_then_the_terminal(
    environ: dict[str, str], tty: bool, wanted: bool
) -> None:
    assert wants_colour(tty, environ) is wanted


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (CLEAN, "all well: 2 integrations, no findings"),
        (replace(CLEAN, hidden=(HIDDEN, HIDDEN)), "all well: 2 integrations, no findings (2 suppressed)"),
        (replace(CLEAN, unjudged=("jira",)), "2 integrations (1 not wholly judged), no findings"),
        (Outcome(), "all well: 0 integrations, no findings"),
        (OUTCOME, "2 integrations, 1 error, 1 warning (1 suppressed); seatrial explain SPC103 says why"),
        (Outcome((INFO, INFO), ("jira",)), "1 integration, 2 infos; seatrial explain CHG104 says why"),
        (
            Outcome((INFO, WARNING), ("jira",)),
            "1 integration, 1 warning, 1 info; seatrial explain RES201 says why",
        ),
    ],
)
def test_the_summary_counts_and_names_the_gravest_rule(outcome: Outcome, words: str) -> None:
    assert summary(outcome) == words
