"""The laws of tests in words, and the problems that reports of pytest hold by them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from seatrial.core.errors import ServiceError
from seatrial.core.model import Profile
from seatrial.core.rules import Rule
from seatrial.handbook.codes import known_codes
from seatrial.handbook.rule_examples import example, good_folder, judge
from seatrial.lint.own_code.program_report import report_of
from seatrial.lint.own_code.pytest import MOST, UNIT_RULES, counts_of, found_in, read
from seatrial.lint.tools.tool import Output
from seatrial.validate.rules import BY_NAME
from support.pytest_output import FAILED, PASSED, output


def found(run: Output) -> list[tuple[str, str, int]]:
    return [(rule.code, problem.where.path, problem.where.line) for rule, problem in found_in(run)]


@pytest.mark.parametrize("law", UNIT_RULES, ids=lambda law: law.code)
def test_a_law_shows_its_edit_and_one_finding_and_may_be_set(law: Rule) -> None:
    shown = example(law)
    (finding,) = shown.findings
    assert (finding.code, finding.name) == (law.code, law.name)
    assert shown.diff and len(law.reason) > 20
    assert law.code in known_codes(law.code)


def test_a_run_that_ends_well_has_no_problem() -> None:
    assert found(output(0, PASSED)) == []
    assert counts_of(output(0, PASSED, PASSED)) == "2 passed"


@pytest.mark.parametrize(
    ("outcome", "code"), [("failed", "TST101"), ("error", "TST102"), ("uncollected", "TST103")]
)
def test_what_fails_is_a_finding_at_its_line(outcome: str, code: str) -> None:
    run = output(1, PASSED, FAILED | {"outcome": outcome})
    assert found(run) == [(code, "tests/test_client.py", 12)]
    assert counts_of(run) == f"1 passed, 1 {outcome}"


def test_what_differs_in_each_run_is_not_in_the_message() -> None:
    ((_, problem),) = found_in(output(1, FAILED))
    assert problem.message == (
        "tests/test_client.py::TestPages::test_two[a b] fails: assert <Mock ...> == ..."
    )
    assert problem.fix is not None
    assert "pytest 'tests/test_client.py::TestPages::test_two[a b]'" in problem.fix.title


def test_a_failure_for_want_of_the_network_says_so() -> None:
    message = "httpx.ConnectError: [Errno -3] Temporary failure in name resolution"
    ((_, problem),) = found_in(output(1, FAILED | {"message": message}))
    assert problem.fix is not None and "--network" in problem.fix.title


def test_a_run_without_tests_and_one_without_result_are_reported() -> None:
    assert found(output(5)) == [("TST001", "pyproject.toml", 1)]
    printed = "ERROR: usage: pytest\npytest: error: unrecognized arguments: --none\n  rootdir: /x\n"
    ((law, problem),) = found_in(output(4, printed=printed))
    assert law.code == "TST104"
    assert problem.message.endswith("no result: pytest: error: unrecognized arguments: --none")


@pytest.mark.parametrize(
    "run",
    [
        Output(0, "", "bye"),
        Output(-11, "", "Fatal Python error"),
        Output(0, json.dumps({"status": 0})),
        Output(0, "[" * 100_000),
        replace(output(0, PASSED), status=1),
        output(0, PASSED | {"line": 0}),
        output(0, PASSED | {"outcome": "fine"}),
        output(0, PASSED | {"more": 1}),
        output(0, PASSED | {"path": "../../secret"}),
        output(0, PASSED | {"path": "/etc/passwd"}),
        output(0, tests=None),
        output(0, tests=[[]]),
        output(0, cut="1"),
    ],
)
def test_a_run_whose_report_is_missing_or_forged_is_no_success(run: Output) -> None:
    assert [code for code, *_ in found(run)] == ["TST104"]
    assert read(run).problems


def test_a_report_of_another_form_is_refused_by_name() -> None:
    with pytest.raises(ServiceError, match="another form"):
        report_of("{}")


def test_very_many_failures_are_counted() -> None:
    tests = [FAILED | {"id": f"tests/test_client.py::test_{n}"} for n in range(MOST + 5)]
    problems = [problem for _, problem in found_in(output(1, *tests))]
    assert len(problems) == MOST + 1 and problems[-1].message == "5 more tests fail"


def test_an_integration_is_told_that_tests_are_left_out_in_another_way() -> None:
    text = good_folder().text("pyproject.toml") + '\n[tool.seatrial]\nignore = { TST101 = "why" }\n'
    folder = good_folder().having("pyproject.toml", text)
    (problem,) = judge(BY_NAME["unknown-code-ignored"], folder, Profile.GUIDE).findings
    assert problem.message == '"TST101" is what a test finds, which is not ignored here'
    assert problem.fix is not None and "pytest.mark.skip" in problem.fix.title


def test_a_report_of_more_tests_than_the_program_writes_is_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("seatrial.lint.own_code.program_report.MOST_TESTS", 1)
    assert found(output(0, PASSED)) == []
    assert found(output(0, PASSED, PASSED)) == [("TST104", "pyproject.toml", 1)]
