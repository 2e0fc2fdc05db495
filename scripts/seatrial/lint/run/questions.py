"""From an integration's folder to the questions that lint asks of it."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from seatrial.core.errors import ServiceError, Unreadable
from seatrial.core.model import Integration
from seatrial.dependencies.pythons import python_constraint
from seatrial.documents import toml
from seatrial.lint.run import jobs
from seatrial.lint.run.context import Cell, LintContext, bytes_of
from seatrial.lint.run.fingerprint import contents
from seatrial.lint.run.jobs import LOCK, OWN_TOOL, PYPROJECT, LintCandidate, LintJob
from seatrial.lint.run.keys import SPECIAL, Contents
from seatrial.lint.tools import yamllint
from seatrial.lint.tools.tool import Tool
from seatrial.system.folder import read_plain

APART = {"mypy": ("mypy.ini", ".mypy.ini", "setup.cfg"), "ruff": ("ruff.toml", ".ruff.toml")}
"""Where a tool's settings may stand beside `pyproject.toml`."""


def candidates(bench: LintContext, integrations: Sequence[Integration]) -> Iterator[LintCandidate]:
    """The integrations as lint sees them; one that cannot be read carries the reason."""
    for integration in integrations:
        folder = bench.workspace.root / integration.path
        try:
            yield _candidate(integration, folder, bench.workspace.root)
        except OSError as failed:
            reason = f"{failed.filename or folder} cannot be read: {(failed.strerror or str(failed)).lower()}"
            yield LintCandidate(integration, folder, jobs.NOTHING, fault=reason)


def _candidate(integration: Integration, folder: Path, root: Path) -> LintCandidate:
    pyproject = bytes_of(integration, PYPROJECT)
    found = contents(folder, root)
    return LintCandidate(
        integration=integration,
        folder=folder,
        contents=found,
        settings=_settings(folder, pyproject),
        apart=_apart(folder),
        lock=bytes_of(integration, LOCK),
        pyproject=pyproject,
        fault=_special(found),
    )


def _special(found: Contents) -> str:
    """What keeps every tool from its end: a pipe or its like, which they would wait for."""
    special = (path for path, digest in sorted(found.files.items()) if digest == SPECIAL)
    path = next(special, None)
    return f"{path} is neither a file nor a folder, and tools would wait for it; remove it" if path else ""


def _settings(folder: Path, pyproject: bytes | None) -> Mapping[str, Any]:
    """The `[tool]` table, and as its `yamllint` what the nearest configuration of yamllint says.

    That is empty where there is none, and None where it cannot be read.
    """
    document = toml.load(PYPROJECT, pyproject) if pyproject is not None else None
    value = document.value if document is not None and document.readable else {}
    table = value.get("tool") if isinstance(value, dict) else None
    found = _first((folder, *folder.parents), yamllint.CONFIGURATIONS)
    own = {} if found is None else yamllint.configuration(found)
    return {**(table if isinstance(table, dict) else {}), "yamllint": own}


def _apart(folder: Path) -> Mapping[str, str]:
    texts = ((tool, _first((folder,), names)) for tool, names in APART.items())
    return {tool: text.decode("utf-8", "replace") for tool, text in texts if text is not None}


def _first(folders: Sequence[Path], names: Sequence[str]) -> bytes | None:
    """The bytes of the first of these files that is there; a NUL where they cannot be had, None for no file."""
    for place in (folder / name for folder in folders for name in names):
        if place.exists():
            try:
                return read_plain(os.path.realpath(place))
            except (OSError, Unreadable):
                return b"\0"
    return None


def questions(
    bench: LintContext, candidate: LintCandidate, tools: Sequence[Tool]
) -> Iterator[LintJob | Cell]:
    """A question for each tool, or a cell where it is plain that the tool cannot run."""
    python, fault = _python(bench, candidate)
    for tool in tools:
        version = candidate.locked_version(tool.name)
        if candidate.fault:
            yield Cell(candidate.integration, tool, failure=candidate.fault)
        elif tool.name == OWN_TOOL:
            yield jobs.ask(candidate, tool, *_own())
        elif candidate.lock is None:
            yield Cell(candidate.integration, tool, lacking="lock")
        elif version is None:
            yield Cell(candidate.integration, tool, lacking="tool")
        elif fault:
            yield Cell(candidate.integration, tool, failure=fault)
        else:
            yield jobs.ask(candidate, tool, version, python)


def _python(bench: LintContext, candidate: LintCandidate) -> tuple[str, str]:
    """What the interpreter is called that its tools run in, or why there is none."""
    if candidate.lock is None:
        return "", ""
    try:
        python = bench.python(python_constraint(candidate.pyproject, candidate.lock))
    except ServiceError as failed:
        return "", str(failed)
    return f"{python.implementation} {python.version}, {sys.platform} {platform.machine()}", ""


@cache
def _own() -> tuple[str, str]:
    """The version of the Poetry beside Seatrial, and what it runs in. Raises ServiceError."""
    try:
        version, core = metadata.version(OWN_TOOL), metadata.version("poetry-core")
    except metadata.PackageNotFoundError as missing:
        raise ServiceError("poetry is not installed beside Seatrial; install Seatrial anew") from missing
    return version, f"poetry-core {core}, Python {platform.python_version()}"
