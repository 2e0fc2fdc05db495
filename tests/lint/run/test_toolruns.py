"""A tool run once more from nothing, where what was kept for it is damaged."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from seatrial.core.model import Integration, MemoryFolder
from seatrial.lint.environments.environment import BESIDE
from seatrial.lint.run.jobs import LintJob, read_folder
from seatrial.lint.run.toolruns import ToolRuns
from seatrial.lint.tools import poetry
from seatrial.lint.tools.tool import Output
from seatrial.system.sandbox import SandboxLevel

DAMAGED = [
    "EOFError\n\nmarshal data too short",
    "EOFError\n\nEOF read where object expected",
    "ValueError\n\nbad marshal data (unknown type code)",
    "ImportError\n\nNon-code object in 'bytecode/poetry/factory.pyc'",
]


def run(tmp_path: Path, *answers: Output) -> tuple[Output, list[Any]]:
    """Run `poetry check` in a folder, with workers that give these answers; and the places that were asked."""
    left, asked = list(answers), []

    def ask(place: Any, request: Any, *, once: bool) -> Output:
        asked.append(place)
        return left.pop(0)

    views = SimpleNamespace(of=lambda *arguments: None)
    workers = SimpleNamespace(closed=False, ask=ask)
    sandbox = SimpleNamespace(level=SandboxLevel.NAMESPACES)
    runs = ToolRuns(*(cast(Any, one) for one in (sandbox, views, workers)), tmp_path, tmp_path / "scratch")
    folder = read_folder(tmp_path, Integration("jira", "jira", MemoryFolder({})))
    job = LintJob(folder, poetry.TOOL, "2", (), "", {})
    return runs.run(job, BESIDE).output, asked


@pytest.mark.parametrize("words", DAMAGED)
def test_words_of_a_damaged_compiled_module_are_no_verdict(tmp_path: Path, words: str) -> None:
    output, asked = run(tmp_path, Output(1, "", words), Output(0, "All set!\n", ""))
    assert output.status == 0
    assert [place.bytecode is None for place in asked] == [False, True]


def test_a_verdict_is_not_asked_for_twice(tmp_path: Path) -> None:
    output, asked = run(tmp_path, Output(1, "", "Error: the lock is stale"))
    assert (output.status, len(asked)) == (1, 1)
