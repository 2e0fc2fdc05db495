"""A run of tests over several integrations: what is run, kept, said; and one with the real pytest in the sandbox."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

from seatrial.core.errors import ServiceError
from seatrial.core.model import Integration, MemoryFolder, Profile
from seatrial.core.settings import Settings
from seatrial.lint.environments.environment import Environment
from seatrial.lint.own_code import unit_run as running
from seatrial.lint.own_code.pytest import PYTEST
from seatrial.lint.own_code.sandboxed import PROGRAMS, SandboxedRuns, copy
from seatrial.lint.own_code.unit_findings import outcome_of
from seatrial.lint.own_code.unit_junit import render
from seatrial.lint.own_code.unit_run import run_program
from seatrial.lint.run.fingerprint import fingerprint
from seatrial.lint.run.jobs import Cell, LintFolder, LintJob, read_folder
from seatrial.lint.run.views import Views
from seatrial.lint.tools.tool import ToolRun
from seatrial.system.sandbox import Sandbox
from support.pytest_output import FAILED, PASSED, output

ENVIRONMENT = Environment("key", Path(sys.executable), Path(), {})
WORKSPACE: Any = SimpleNamespace(settings=Settings(), profile=Profile.GUIDE)


def integration(name: str, **files: str) -> Integration:
    texts = {path.replace("__", "/") + ".py": text for path, text in files.items()}
    return Integration(name, f"integrations/{name}", MemoryFolder.of({"poetry.lock": "", **texts}))


@dataclass
class Kept:
    """Results by key, in memory, and those of `others`."""

    runs: dict[str, ToolRun] = field(default_factory=dict)
    others: dict[str, ToolRun] = field(default_factory=dict)

    def run(self, key: str) -> ToolRun | None:
        return self.runs.get(key)

    def keep(self, key: str, run: ToolRun) -> None:
        self.runs[key] = run

    def shared(self, costs: Mapping[str, float]) -> dict[str, ToolRun]:
        return {key: run for key, run in self.others.items() if key in costs}

    def send(self) -> None:
        """Send nothing."""


@dataclass
class Context:
    """A context whose environments are there already; `lacking` says of integrations what they lack."""

    results: Any = field(default_factory=Kept)
    lacking: Mapping[str, str] = field(default_factory=dict)
    parallel: int = 2
    fresh: bool = False

    def jobs(self, integrations: Sequence[Integration], tools: Sequence[Any]) -> Iterator[LintJob | Cell]:
        for one in integrations:
            folder = LintFolder(one, Path("/workspace") / one.path, Path("/workspace"))
            if one.name in self.lacking:
                yield Cell(one, PYTEST, lacking=self.lacking[one.name])
            else:
                yield LintJob(folder, PYTEST, "9.1.1", (), "", {"name": one.name})

    def environments_of(self, jobs: Sequence[LintJob]) -> Mapping[LintJob, Environment | Cell]:
        return dict.fromkeys(jobs, ENVIRONMENT)


@dataclass
class Runs:
    """Runs whose result a function gives."""

    result: Callable[[str], ToolRun]
    network: bool = False
    done: list[str] = field(default_factory=list)
    closed: bool = False

    def run(self, job: LintJob, environment: Environment) -> ToolRun:
        self.done.append(job.folder.integration.name)
        return self.result(job.folder.integration.name)

    def close(self) -> None:
        self.closed = True


def passes(name: str) -> ToolRun:
    return ToolRun(output(0, PASSED))


def fails(name: str) -> ToolRun:
    return ToolRun(output(1, PASSED, FAILED))


@pytest.fixture(autouse=True)
def folders_that_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "is_unchanged", lambda folder: True)


JIRA, SNYK = integration("jira"), integration("snyk")


def told(cell: Cell) -> None:
    """Say nothing."""


def test_tests_that_pass_are_not_run_again_and_those_that_fail_are() -> None:
    context, runs = Context(), Runs(lambda name: passes(name) if name == "jira" else fails(name))
    first, again = (run_program(context, runs, [JIRA, SNYK], told) for _ in range(2))
    assert sorted(runs.done) == ["jira", "snyk", "snyk"]
    assert [cell.kept for cell in first + again] == [False, False, True, False]
    assert [one.code for one in outcome_of(again, WORKSPACE).findings] == ["TST101"]


@pytest.mark.parametrize(("fresh", "network"), [(True, False), (False, True)])
def test_no_kept_result_is_used_where_it_is_not_wanted(fresh: bool, network: bool) -> None:
    context = Context(fresh=fresh)
    for _ in range(2):
        runs = Runs(passes, network=network)
        run_program(context, runs, [JIRA], told)
        assert runs.done == ["jira"]
    assert bool(context.results.runs) is not network


def test_only_passed_results_of_other_machines_are_used() -> None:
    context = Context()
    run_program(context, Runs(passes), [JIRA], told)
    ((key, _),) = context.results.runs.items()
    for run, done in ((passes("jira"), []), (fails("jira"), ["jira"])):
        there = Context(results=Kept(others={key: run}))
        runs = Runs(passes)
        (cell,) = run_program(there, runs, [JIRA], told)
        assert (runs.done, cell.kept) == (done, not done)


def test_several_run_side_by_side() -> None:
    import threading

    meeting = threading.Barrier(2, timeout=10)

    def meets(name: str) -> ToolRun:
        meeting.wait()
        return passes(name)

    assert [cell.failure for cell in run_program(Context(), Runs(meets), [JIRA, SNYK], told)] == ["", ""]


def test_what_keeps_tests_from_running_is_told_and_is_no_verdict() -> None:
    def late(name: str) -> ToolRun:
        raise ServiceError("it did not end within 5 seconds; allow more with --timeout SECONDS")

    cells = run_program(Context(), Runs(late), [JIRA], told)
    outcome = outcome_of(cells, WORKSPACE)
    assert (outcome.unjudged, outcome.findings) == (("jira",), ())
    assert "did not end within 5 seconds" in render(cells, outcome)


def test_an_interruption_ends_what_runs() -> None:
    def interrupted(name: str) -> ToolRun:
        raise KeyboardInterrupt

    runs = Runs(interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_program(Context(), runs, [JIRA], told)
    assert runs.closed


@pytest.mark.parametrize(
    ("lacking", "files", "code", "severity"),
    [
        ("lock", {}, "LNT001", "error"),
        ("tool", {"tests__test_a": ""}, "LNT002", "error"),
        ("tool", {"main": ""}, "TST001", "info"),
    ],
)
def test_an_integration_that_lacks_pytest_is_told_so(
    lacking: str, files: dict[str, str], code: str, severity: str
) -> None:
    one = integration("jira", **files)
    (found,) = outcome_of(
        run_program(Context(lacking={"jira": lacking}), Runs(passes), [one], told), WORKSPACE
    ).findings
    assert (found.code, found.severity.value) == (code, severity)


def test_junit_has_each_test_as_pytest_names_it() -> None:
    cells = run_program(Context(), Runs(fails), [JIRA], told)
    (suite,) = ElementTree.fromstring(render(cells, outcome_of(cells, WORKSPACE)))
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("jira", "2", "1")
    cases = {(case.get("classname"), case.get("name"), case.get("file")) for case in suite}
    assert cases == {
        ("tests.test_client", "test_one", None),
        ("tests.test_client.TestPages", "test_two[a b]", "integrations/jira/tests/test_client.py"),
    }


TESTS = """
import os, pathlib

def test_it_runs_in_a_copy():
    pathlib.Path("main.py").write_text("changed")
    assert pathlib.Path("link.py").read_text() == "changed"

def test_it_has_nothing_of_the_person():
    assert "SECRET" not in os.environ and not os.path.exists(".env")

def test_it_fails():
    assert 1 == 2
"""


def folder_of(root: Path, tests: str) -> LintJob:
    folder = root / "integrations" / "jira"
    (folder / "tests").mkdir(parents=True)
    texts = {"main.py": "", "tests/test_a.py": tests, ".env": "SECRET=1", "pytest.ini": "[pytest]\n"}
    for name, text in texts.items():
        (folder / name).write_text(text)
    (folder / "link.py").symlink_to("main.py")
    found = Integration("jira", "integrations/jira", MemoryFolder.of({}))
    return LintJob(read_folder(root, found), PYTEST, "9", (), "", {})


def views(root: Path, scratch: Path) -> Views:
    return Views(root, scratch, lambda at: [], lambda at: ["integrations/jira/.env"], PROGRAMS)


def test_a_copy_holds_links_and_no_file_that_git_ignores(tmp_path: Path) -> None:
    job = folder_of(tmp_path / "root", "")
    seen = views(tmp_path / "root", tmp_path)
    copy(job.folder, tmp_path / "copy", seen.withheld(job.folder.path))
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == [
        "link.py", "main.py", "pytest.ini", "tests",
    ]  # fmt: skip
    assert (tmp_path / "copy" / "link.py").is_symlink()


@pytest.mark.slow
def test_real_tests_run_in_a_copy_in_the_sandbox_and_are_ended_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "1")
    root, scratch = tmp_path / "root", tmp_path / "scratch"
    scratch.mkdir()
    job = folder_of(root, TESTS)
    before = fingerprint(job.folder.path, root)
    run = SandboxedRuns(Sandbox(), views(root, scratch), 60).run(job, ENVIRONMENT)
    cell = Cell(job.folder.integration, PYTEST, run, job=job)
    found = [(one.code, one.path, one.line) for one in outcome_of([cell], WORKSPACE).findings]
    assert found == [("TST101", "integrations/jira/tests/test_a.py", 12)], run.output
    assert fingerprint(job.folder.path, root) == before
    started = time.monotonic()
    (job.folder.path / "tests" / "test_a.py").write_text("import time\ntime.sleep(60)\n")
    with pytest.raises(ServiceError, match="did not end within 1 seconds"):
        SandboxedRuns(Sandbox(), views(root, scratch), 1).run(job, ENVIRONMENT)
    assert time.monotonic() - started < 20
