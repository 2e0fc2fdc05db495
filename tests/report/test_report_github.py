from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from seatrial.core.findings import Outcome
from seatrial.core.model import Severity
from seatrial.core.printable import plain
from seatrial.report import render
from seatrial.report.github import step_summary
from support.outcomes import CLEAN, FINDING, HOSTILE, INFO, OUTCOME, SPEC, hostile, many, workflow_commands

MEBIBYTE = 1024 * 1024


def annotations(outcome: Outcome) -> list[str]:
    group = render("github", outcome).partition("::group::")[2]
    return group.splitlines()[1:-1]


def test_the_log_has_every_finding_as_text_and_annotations_in_a_folded_group() -> None:
    shown = render("github", Outcome((FINDING,), ("jira",)))
    assert shown == render("text", Outcome((FINDING,), ("jira",))) + (
        "::group::Annotations\n"
        f"::error file={SPEC},line=4,col=3,title=SPC103 unknown-key::"
        '"tilte" is not a key of the spec; write "title"\n'
        "::endgroup::\n"
    )


def test_severities_become_error_warning_and_notice() -> None:
    shown = render("github", replace(OUTCOME, findings=(INFO, *OUTCOME.findings)))
    assert workflow_commands(shown) == ["group", "error", "warning", "notice", "endgroup"]


def test_no_findings_are_no_output() -> None:
    assert render("github", CLEAN) == ""


def test_properties_and_message_are_escaped_each_in_its_way() -> None:
    odd = replace(FINDING, path="a:b,c%d", message="50%, a::b", fix=None)
    assert annotations(Outcome((odd,))) == [
        "::error file=a%3Ab%2Cc%25d,line=4,col=3,title=SPC103 unknown-key::50%25, a::b"
    ]


SHOWN = (Severity.ERROR, Severity.WARNING, Severity.INFO)


@pytest.mark.parametrize(
    ("count", "severities", "kinds", "last"),
    [
        (10, SHOWN, {"error": 10, "warning": 10, "notice": 10}, "::notice file="),
        (11, SHOWN, {"error": 10, "warning": 10, "notice": 10}, "::notice title=Seatrial::4 more in "),
        (12, (Severity.ERROR,), {"error": 10, "notice": 1}, "::notice title=Seatrial::2 more in "),
        (11, (Severity.INFO,), {"notice": 10}, "::notice title=Seatrial::2 more in "),
        (6, (Severity.INFO, Severity.ADVICE), {"notice": 10}, "::notice title=Seatrial::3 more in "),
    ],
)
def test_no_more_annotations_than_github_keeps_and_the_rest_is_told(
    count: int, severities: tuple[Severity, ...], kinds: dict[str, int], last: str
) -> None:
    lines = annotations(many(count, *severities))
    commands = workflow_commands("\n".join(lines))
    assert commands == [kind for kind, times in kinds.items() for _ in range(times)]
    assert lines[-1].startswith(last)


def test_a_long_message_is_cut_in_the_annotation_and_whole_in_the_log() -> None:
    outcome = Outcome((replace(FINDING, message="x" * 100_000),))
    assert len(annotations(outcome)[0]) < 5_000
    assert "x" * 100_000 in render("github", outcome)


def test_the_step_summary_is_a_table_with_the_gravest_first() -> None:
    outcome = Outcome((INFO, replace(FINDING, message="a")), ("jira",))
    assert html.unescape(step_summary(outcome)) == (
        "### Seatrial\n\n1 integration, 1 error, 1 info; seatrial explain SPC103 says why\n\n"
        "| severity | where | rule | message |\n|---|---|---|---|\n"
        f"| error | <code>{SPEC}:4:3</code> | <code>SPC103 unknown-key</code> "
        '| <code>a; write "title"</code> |\n'
        "| info | <code>integrations/jira/.port/resources/blueprints.json:4:3</code> "
        "| <code>CHG104 old-heading</code> | <code>nothing maps to the property</code> |\n"
    )


def test_the_step_summary_of_a_clean_run_is_one_sentence() -> None:
    assert html.unescape(step_summary(CLEAN)) == "### Seatrial\n\nall well: 2 integrations, no findings\n"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_cell_of_the_step_summary_shows_the_text_and_no_markup(text: str) -> None:
    row = step_summary(hostile(text)).splitlines()[6]
    cells = re.fullmatch(r"\| error(?: \| <code>([^|<>]*)</code>){3} \|", row)
    assert cells, row
    assert not re.search(r"[`*_@\[\]\\~|:{}]|#(?!\d+;)|www\.", cells[1])
    assert html.unescape(cells[1])[:500] == plain(f"{text}; {text}")[:500]


def test_a_step_summary_stays_within_github_s_limit_and_says_what_it_leaves_out() -> None:
    shown = step_summary(many(4_000, Severity.WARNING, Severity.ERROR))
    assert 900_000 < len(shown.encode()) < MEBIBYTE
    rows = shown.count("\n| ") - 1
    assert shown.endswith(f"\n{8_000 - rows} more in the log.\n")
    assert "| warning |" not in shown.partition("| error |")[0]


def test_long_texts_do_not_push_other_findings_out_of_the_step_summary() -> None:
    huge = replace(FINDING, message="|" * 1_000_000, path="p" * 1_000_000)
    shown = step_summary(Outcome((huge,) * 20, ("jira",)))
    assert shown.count("\n| error |") == 20
