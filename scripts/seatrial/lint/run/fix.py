"""Letting ruff and black repair what they safely can."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.core.model import Integration
from seatrial.lint.run.answers import crew_of
from seatrial.lint.run.context import LintContext
from seatrial.lint.run.jobs import LintCandidate, LintJob
from seatrial.lint.run.questions import candidates, questions
from seatrial.lint.run.seats import Seated, seated
from seatrial.lint.tools.tool import Tool

SUFFIXES = (".py", ".pyi", ".ipynb")


@dataclass(frozen=True)
class Mended:
    """A file that was changed, by its path from the root, with the lines added and removed."""

    path: str
    added: int
    removed: int


@dataclass(frozen=True)
class Unmended:
    """An integration that was not repaired, and why."""

    integration: str
    reason: str


def mend(
    bench: LintContext, integrations: Sequence[Integration], tools: Sequence[Tool]
) -> list[Mended | Unmended]:
    """Let each tool that repairs do so: ruff, then black, which has the last word on the form.

    What keeps a tool from running is not told here; linting the result will.
    """
    menders = sorted((tool for tool in tools if tool.mending), key=lambda tool: tool.name, reverse=True)
    asked = [
        one for candidate in candidates(bench, integrations) for one in questions(bench, candidate, menders)
    ]
    rows: dict[Path, list[Seated]] = {}
    for seat in seated(bench, [one for one in asked if isinstance(one, LintJob)]):
        if isinstance(seat, Seated):
            rows.setdefault(seat.question.candidate.folder, []).append(seat)
    with crew_of(bench.runs, bench.jobs) as crew:
        return list(chain.from_iterable(crew.map(lambda row: _mended(bench, row), rows.values())))


def _mended(bench: LintContext, row: Sequence[Seated]) -> list[Mended | Unmended]:
    candidate = row[0].question.candidate
    integration = candidate.integration
    links = [
        path for path in (*integration.irregular(), *candidate.contents.astray) if path.endswith(SUFFIXES)
    ]
    if links or candidate.contents.astray:
        link = (*links, *candidate.contents.astray)[0]
        return [
            Unmended(
                integration.name, f"{link} is a link, and what it leads to may not be the integration's own"
            )
        ]
    before = _texts(candidate)
    try:
        for one in row:
            bench.runs.mend(one.question, one.place)
    except ServiceError as failure:
        return [Unmended(integration.name, str(failure))]
    after = _texts(candidate)
    prefix = f"{integration.path}/" if integration.path else ""
    return [
        _change(prefix + path, before[path], text)
        for path, text in after.items()
        if before.get(path, text) != text
    ]


def _texts(candidate: LintCandidate) -> Mapping[str, bytes]:
    found = {}
    for path in sorted(candidate.contents.plain):
        if path.endswith(SUFFIXES):
            with suppress(OSError):
                found[path] = (candidate.folder / path).read_bytes()
    return found


def _change(path: str, before: bytes, after: bytes) -> Mended:
    old, new = before.splitlines(), after.splitlines()
    same = sum(
        block.size for block in difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    )
    return Mended(path, len(new) - same, len(old) - same)
