"""Adding a lint tool: one module with a `Tool` and a line in the registry are enough."""

from __future__ import annotations

import re
import shutil
import sys
import venv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from seatrial.core.model import Integration, MemoryFolder, Problem, Profile, Severity
from seatrial.core.rules import rule
from seatrial.core.settings import Settings
from seatrial.lint.environments.venv import CI
from seatrial.lint.run import lint, lint_context
from seatrial.lint.run.lint_table import line_of
from seatrial.lint.run.tool_findings import outcome_of
from seatrial.lint.run.tool_repairs import Repaired, repair
from seatrial.lint.tools import registry
from seatrial.lint.tools.output import problem, verdict_of
from seatrial.lint.tools.tool import Output, Reading, Tool, Version, Watched
from seatrial.system import process, uv
from seatrial.workspace.workspace import Workspace, open_workspace
from support.lintspace import lock, pyproject
from support.repositories import commit, git, start

PROGRAM = """
import pathlib, sys

found = False
for path in sorted(pathlib.Path().rglob("*.txt")):
    text = path.read_text()
    if "--fix" in sys.argv:
        path.write_text(text.replace("teh", "the"))
    elif "teh" in text:
        found = True
        print(f"{path}:{text[:text.index('teh')].count(chr(10)) + 1}: teh")
sys.exit(int(found))
"""
PACKAGES = {"teh": "1.2"}


def arguments(version: Version) -> Sequence[str]:
    return ("--new", ".") if version >= (1,) else (".",)


def read(output: Output, more: Output | None = None) -> Reading:
    lines = re.findall(r"(.+):(\d+): (.+)", output.out)
    return verdict_of("teh", output, [problem(path, f"misspelt: {word}", line) for path, line, word in lines])


def watches(settings: Mapping[str, object]) -> Watched:
    return Watched((".txt",))


@rule("LNT190", bad=lambda folder: folder.having("a.txt", "teh\n"), waiver="")
def misspelt(integration: Integration) -> Iterator[Problem]:
    """Texts are spelt as people expect.

    Readers stumble over "teh".
    """
    yield from TOOL.recorded(integration, Output(1, "a.txt:1: teh\n"))


TOOL = Tool(
    name="teh",
    law=misspelt,
    plain=(".",),
    arguments=arguments,
    read=read,
    watches=watches,
    repair=lambda version: ("--fix",),
    repairs=(".txt",),
)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace whose one integration locks the tool, and has it installed in its own environment."""
    folder = tmp_path / "workspace" / "integrations" / "notes"
    text = pyproject("notes", PACKAGES, settings="")
    (folder / ".port").mkdir(parents=True)
    for name, content in {
        ".port/spec.yaml": "title: Notes\n",
        "pyproject.toml": text,
        "poetry.lock": lock(text, PACKAGES),
        "a.txt": "all is well\n",
        "b.txt": "one\nteh other\n",
    }.items():
        (folder / name).write_text(content)
    (folder / ".gitignore").write_text(".venv/\n")
    commit(start(folder.parent.parent))
    venv.create(folder / ".venv", symlinks=True)
    site = next((folder / ".venv").glob("lib/python*/site-packages"))
    (site / "teh.py").write_text(PROGRAM)
    (site / "teh-1.2.dist-info").mkdir()
    (site / "teh-1.2.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: teh\nVersion: 1.2\n")
    monkeypatch.setattr(registry, "TOOLS", (*registry.TOOLS, TOOL))
    monkeypatch.setattr(registry, "BY_NAME", {**registry.BY_NAME, "teh": TOOL})
    for name in CI:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SEATRIAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SEATRIAL_LINT_PYTHON", sys.executable)
    return open_workspace(str(tmp_path / "workspace"))


def test_it_lints_keeps_its_results_and_repairs(workspace: Workspace) -> None:
    tools = registry.choose("teh", Profile.GUIDE)
    (one,) = workspace.integrations
    with lint_context(workspace) as context:
        (cell,) = lint(context, [one], tools, lambda cell: None)
        (again,) = lint(context, [one], tools, lambda cell: None)
        (change,) = repair(context, [one], tools)
    (finding,) = outcome_of([cell], tools, Settings()).findings
    assert (finding.path, finding.line, finding.code, finding.name, finding.message, finding.severity) == (
        "integrations/notes/b.txt", 2, "LNT190", "misspelt", "misspelt: teh", Severity.ERROR,
    )  # fmt: skip
    assert cell.job is not None
    assert cell.job.arguments == ("--new", ".")
    assert (cell.kept, again.kept, again.run) == (False, True, cell.run)
    assert line_of(again, Settings()) == "notes: teh 1 error"
    assert change == Repaired("integrations/notes/b.txt", 1, 1)
    assert (workspace.root / "integrations/notes/b.txt").read_text() == "one\nthe other\n"


def test_a_repository_without_it_in_its_lock_is_told(workspace: Workspace) -> None:
    text = pyproject("notes", {}, settings="")
    (workspace.root / "integrations/notes/poetry.lock").write_text(lock(text, {}))
    (one,) = open_workspace(str(workspace.root)).integrations
    with lint_context(workspace) as context:
        cells = lint(context, [one], [TOOL], lambda cell: None)
    assert [one.code for one in outcome_of(cells, [TOOL], Settings()).findings] == ["LNT002"]


def test_its_law_has_an_example() -> None:
    bad = misspelt.bad(MemoryFolder.of({}))
    (found,) = misspelt.check(Integration("notes", "integrations/notes", bad))
    assert (found.where.path, found.message) == ("a.txt", "misspelt: teh")


def test_an_environment_that_was_committed_is_not_used(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = workspace.root / "integrations" / "notes"
    shutil.copytree(start(tmp_path / "other") / ".git", folder, dirs_exist_ok=True)
    git(folder, "config", "--file", "config", "core.worktree", ".")
    git(workspace.root, "add", "-A")
    git(workspace.root, "add", "-f", str(folder / ".venv"))
    git(workspace.root, "commit", "-q", "-m", "with an environment, in a folder like a repository")
    asked: list[tuple[str, ...]] = []

    def refuse(*arguments: str, **more: object) -> process.Ran:
        asked.append(arguments)
        return process.Ran(1, b"", b"error: no")

    monkeypatch.setattr(uv, "run", refuse)
    with lint_context(workspace) as context:
        (cell,) = lint(
            context, workspace.integrations, registry.choose("teh", Profile.GUIDE), lambda cell: None
        )
    assert asked
    assert cell.run is None
