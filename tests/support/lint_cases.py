"""Recorded words of lint tools, read, as plain lines to compare with; and the tools themselves, where they are."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from seatrial.core.model import MemoryFolder, Problem
from seatrial.lint.tools.tool import Output, Reading, Tool
from support.services import lacking


def shown(problem: Problem) -> str:
    """`path:line:column severity message`, and ` || repair` where there is one."""
    where, fix = problem.where, problem.fix
    severity = problem.severity.value if problem.severity else "error"
    end = f" || {fix.title}" if fix else ""
    return f"{where.path}:{where.line}:{where.column} {severity} {problem.message}{end}"


def reading(
    tool: Tool, output: Output, files: Mapping[str, str | bytes] | None = None, more: Output | None = None
) -> Reading:
    """What a tool's output, and that of its follow-up, says of a folder of these files."""
    found = tool.read(output, more)
    return tool.locate(found, MemoryFolder.of(files or {}).files.get) if tool.locate else found


def told(
    tool: Tool, output: Output, files: Mapping[str, str | bytes] | None = None, more: Output | None = None
) -> list[str]:
    """The problems of a verdict, shown."""
    found = reading(tool, output, files, more)
    assert found.failure == ""
    return [shown(one) for one in (*found.problems, *found.stale)]


def put(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write these files."""
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())


def run(module: str, arguments: Sequence[str], folder: Path) -> Output:
    """A tool of this environment run in a folder; its test is skipped where the tool is not installed."""
    if importlib.util.find_spec(module) is None:
        lacking(module, "install what `make test` installs: the extra [dev]")
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "nobody"),
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
    }
    command = [sys.executable, "-P", "-m", module, *arguments]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, check=False)
    out, err = (
        text.decode("utf-8", "replace").replace(f"{folder}/", "") for text in (done.stdout, done.stderr)
    )
    return Output(done.returncode, out, err)
