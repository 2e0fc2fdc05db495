"""Repairs by the tools themselves: ruff and black change what they safely can."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from seatrial.core.errors import ServiceError, Unreadable
from seatrial.core.model import Integration
from seatrial.lint.environments.environment import Environment
from seatrial.lint.run.jobs import LintFolder, LintJob
from seatrial.lint.run.outputs import crew_of
from seatrial.lint.run.run_context import LintContext
from seatrial.lint.tools.tool import Tool
from seatrial.system.folder import read_beneath


@dataclass(frozen=True)
class Repaired:
    """A file that was changed, by its path from the root, with the numbers of lines added and removed."""

    path: str
    added: int
    removed: int


@dataclass(frozen=True)
class NotRepaired:
    """An integration that was not repaired, and why."""

    integration: str
    reason: str


def repair(
    context: LintContext, integrations: Sequence[Integration], tools: Sequence[Tool]
) -> list[Repaired | NotRepaired]:
    """Let each tool that can repair do so, in the order of `tools`: ruff, then black, which decides the format.

    A tool that cannot run is not reported here; linting the result will do that.
    """
    repairing = [tool for tool in tools if tool.repair]
    jobs = context.jobs(integrations, repairing)
    ready = context.environments_of([job for job in jobs if isinstance(job, LintJob)])
    rows: dict[Path, dict[LintJob, Environment]] = {}
    for job, environment in ready.items():
        if isinstance(environment, Environment):
            rows.setdefault(job.folder.path, {})[job] = environment
    with crew_of(context.runs, context.parallel) as crew:
        return list(chain.from_iterable(crew.map(lambda row: _repaired(context, row), rows.values())))


def _repaired(context: LintContext, row: Mapping[LintJob, Environment]) -> list[Repaired | NotRepaired]:
    folder = next(iter(row)).folder
    suffixes = tuple({suffix for job in row for suffix in job.tool.repairs})
    name, astray = folder.integration.name, folder.fingerprint.astray
    links = [path for path in (*folder.integration.irregular(), *astray) if path.endswith(suffixes)]
    if links or astray:
        link = (*links, *astray)[0]
        reason = f"{link} is a link, and what it leads to may not be the integration's own"
        return [NotRepaired(name, reason)]
    before = _texts(folder, suffixes)
    try:
        for job, environment in row.items():
            context.runs.repair(job, environment)
    except ServiceError as failure:
        return [NotRepaired(name, str(failure))]
    return [
        _change(folder.integration.below(path), before[path], text)
        for path, text in _texts(folder, suffixes).items()
        if before.get(path, text) != text
    ]


def _texts(folder: LintFolder, suffixes: tuple[str, ...]) -> Mapping[str, bytes]:
    found = {}
    for path in sorted(folder.fingerprint.plain):
        if path.endswith(suffixes):
            with suppress(OSError, Unreadable):
                found[path] = read_beneath(os.fspath(folder.path), path)
    return found


def _change(path: str, before: bytes, after: bytes) -> Repaired:
    old, new = before.splitlines(), after.splitlines()
    matching = difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    same = sum(block.size for block in matching)
    return Repaired(path, len(new) - same, len(old) - same)
