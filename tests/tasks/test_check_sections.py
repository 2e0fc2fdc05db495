"""`check` runs every section, tells of each, and ends with one verdict."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from seatrial.core.errors import ServiceError, UsageError
from seatrial.core.findings import Outcome, stamped
from seatrial.core.model import (
    Finding,
    Fix,
    Integration,
    Location,
    MemoryFolder,
    Problem,
    Profile,
    Severity,
)
from seatrial.core.settings import Settings
from seatrial.handbook.rule_examples import good_folder
from seatrial.lint.interpreters import choose, installing
from seatrial.lint.own_code.pytest import PYTEST
from seatrial.lint.run.jobs import Cell
from seatrial.lint.tools.tool import Output, ToolRun
from seatrial.release.plan.state import Checks, Tally
from seatrial.tasks import check_sections
from seatrial.tasks import own_code as own_code_runs
from seatrial.tasks.check import check
from seatrial.tasks.check_sections import OWN_CODE, CheckOrder, SectionResults, compare
from seatrial.tasks.choice import Choice
from seatrial.tasks.cli import Ended
from seatrial.tasks.section_names import SECTIONS, left_out

Run = Callable[..., tuple[int, dict[str, Any], str]]

GOOD = Output(0, '{"status": 0, "pytest": "9", "collected": 0, "tests": [], "cut": 0, "internal": ""}')
ANSWER = {
    "framework": "0.48.12", "stage": "done", "message": "", "path": "", "line": 1, "mapping": "",
    "schema": {}, "kinds": ["task"], "refused": [],
}  # fmt: skip
ACCEPTED = Output(0, json.dumps(ANSWER))
REFUSED = Output(0, json.dumps(ANSWER | {"stage": "classes", "message": "TypeError: no title"}))
BROKEN = Output(1, "", "pytest: error: no such option\n")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Check one integration of the template, with rules, lint and tests that find what they are told to."""
    folder = tmp_path / "integrations" / "good-service"
    for path, data in good_folder().files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)

    def checked(
        *found: tuple[str, str],
        output: Output = GOOD,
        classes: Output = ACCEPTED,
        failure: str = "",
        lacking: str = "",
        **more: Any,
    ) -> Any:
        @contextmanager
        def context(*options: object) -> Iterator[Any]:
            if failure == "no sandbox":
                raise ServiceError(failure)
            yield SimpleNamespace(runs=SimpleNamespace(sandbox=None, views=None))

        def own_code(here: Any, runs: Any, chosen: Sequence[Any], tell: Any, tool: Any) -> list[Cell]:
            said = {"pytest": output, "port-ocean": classes}[tool.name]
            ran = None if lacking else ToolRun(said)
            wrong = failure if tool is PYTEST else ""
            return [Cell(one, tool, ran, lacking=lacking, failure=wrong) for one in chosen]

        def validated(workspace: Any, chosen: Sequence[Any], *options: Any) -> Any:
            findings = [_finding(chosen[0], *one) for one in found]
            outcome = Outcome(tuple(findings), tuple(one.name for one in chosen))
            errors = len([one for one in findings if not one.code.startswith("LNT")])
            return SimpleNamespace(outcome=outcome, checks={chosen[0].path: Checks(Tally(errors), Tally())})

        monkeypatch.setattr(own_code_runs, "lint_context", context)
        monkeypatch.setattr(own_code_runs, "run_program", own_code)
        monkeypatch.setattr(check_sections, "lint_and_validate", validated)
        names = (
            "integration",
            "root",
            "since",
            "new",
            "old",
            "format",
            "output",
            "strict",
            "jobs",
            "verbose",
        )
        options = dict.fromkeys((*names, "sandbox"))
        status = 0
        try:
            check(**options | {"integration": [], "root": str(tmp_path), "format": "json"} | more)
        except Ended as end:
            status = end.code
        printed = capsys.readouterr()
        return status, json.loads(printed.out), printed.err

    return checked


def _finding(integration: Any, code: str, title: str) -> Finding:
    problem = Problem(Location("main.py"), "it is wrong", Fix(title))
    (one,) = stamped(integration, [(code, "wrong", Severity.ERROR, problem)])
    return one


def states(value: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["state"] for one in value["checks"]}


def test_every_section_is_told_first_and_judged_at_last(run: Run) -> None:
    status, value, said = run()
    assert said.startswith(f"checking 1 integration: {', '.join(SECTIONS)}\n")
    assert (status, value["publishable"]) == (0, True)
    assert list(states(value)) == list(SECTIONS)
    assert "running the tests of 1 integration" in said
    assert said.splitlines()[-1].startswith("publishable: ")


def test_a_repository_without_git_says_why_versions_are_not_compared(run: Run) -> None:
    _, value, said = run()
    assert states(value)["change"] == "not run"
    assert "not run: change: " in said and "not run: release: what a release would do cannot be told" in said


@pytest.mark.parametrize(
    ("code", "title", "section", "command"),
    [
        ("SPC101", "write it", "spec", "explain SPC101"),
        ("LAY001", "write it", "layout", "explain LAY001"),
        ("PKG201", "type `poetry lock` in this folder", "version", "fix -i good-service --lock"),
        ("REL001", "type `seatrial release.intent`", "change", "seatrial release.intent"),
        ("LNT104", "write it", "lint", "lint -i good-service --fix"),
        ("LNT102", "write it", "lint", "explain LNT102"),
    ],
)
def test_what_a_section_lacks_comes_with_what_repairs_it(
    run: Run, code: str, title: str, section: str, command: str
) -> None:
    status, value, said = run((code, title))
    assert status == 1
    (failed,) = [one for one in value["checks"] if one["state"] == "failed"]
    assert (failed["name"], failed["command"].endswith(command)) == (section, True)
    assert "not publishable: 1 of" in said


def test_tests_that_fail_are_not_publishable(run: Run) -> None:
    status, value, said = run(output=BROKEN)
    assert (status, value["missing"]) == (1, ["unit"])
    assert [one["code"] for one in value["findings"]] == ["TST104"]
    assert "unit -i good-service --verbose`" in said


def test_classes_that_the_framework_refuses_are_a_finding_of_their_own_section(run: Run) -> None:
    status, value, _ = run(classes=REFUSED, strict=True)
    assert (status, value["missing"]) == (1, ["schema"])
    assert [one["code"] for one in value["findings"]] == ["COD130"]


@pytest.mark.parametrize("failure", ["its tests did not end within 600 seconds", "no sandbox"])
def test_tests_without_a_verdict_end_as_a_failed_service(run: Run, failure: str) -> None:
    status, value, said = run(failure=failure)
    assert (status, states(value)["unit"]) == (3, "unknown")
    assert f"good-service: {failure}" in said


def test_a_missing_python_comes_with_what_installs_it(run: Run) -> None:
    with pytest.raises(ServiceError) as lacking:
        choose(">=3.14", [], lambda version: None)
    _, value, said = run(failure=str(lacking.value))
    (unit,) = [one for one in value["checks"] if one["name"] == "unit"]
    assert unit["command"] == installing("3.14") and f"type `{installing('3.14')}`" in said


def test_sections_are_left_out_by_name(run: Run) -> None:
    status, value, said = run(output=BROKEN, without="unit, release")
    assert status == 0
    assert {states(value)[name] for name in ("unit", "release")} == {"not run"}
    assert "not run: unit: left out with --without" in said


def test_a_section_that_is_none_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match='no check is called "unti"; did you mean "unit"'):
        left_out("lint,unti")
    assert left_out(None) == frozenset()


def test_a_missing_lock_is_said_once(run: Run) -> None:
    _, value, said = run(("LNT001", "type `poetry lock`"), lacking="lock")
    assert [one["code"] for one in value["findings"]] == ["LNT001"]
    assert {"lint", "unit", "schema"} <= set(value["missing"])
    assert "type `poetry lock`" in said


def test_a_test_that_failed_before_the_change_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    jira = Integration("jira", "integrations/jira", MemoryFolder({}))
    workspace = SimpleNamespace(settings=Settings(), profile=Profile.GUIDE, own=())

    @contextmanager
    def base(*options: object) -> Iterator[Any]:
        yield workspace, [jira]

    def run_program(here: Any, runs: Any, chosen: Sequence[Any], tell: Any, tool: Any) -> list[Cell]:
        return [Cell(one, tool, ToolRun(BROKEN if tool is PYTEST else ACCEPTED)) for one in chosen]

    context = contextmanager(
        lambda *options: iter([SimpleNamespace(runs=SimpleNamespace(sandbox=None, views=None))])
    )
    monkeypatch.setattr(own_code_runs, "lint_context", context)
    monkeypatch.setattr(check_sections, "exported", base)
    monkeypatch.setattr(own_code_runs, "run_program", run_program)
    since = SimpleNamespace(rev="origin/main", base="c", findings_before=lambda *options: ())
    order = CheckOrder(Choice(workspace, [jira], since), (), 1, False, None, 1)  # type: ignore[arg-type]
    results = SectionResults()
    for own in OWN_CODE:
        check_sections._run_own_code(order, results, own)
    compare(order, results)
    assert [(one.code, one.old) for one in results.outcome.findings] == [("TST104", True)]
