"""What a run of lint works with, and what it yields."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from seatrial.core.errors import ServiceError, Unreadable
from seatrial.core.model import Integration
from seatrial.lint import interpreters
from seatrial.lint.environments import Environments
from seatrial.lint.interpreters import Interpreter
from seatrial.lint.run.cache import DAY, Results, home
from seatrial.lint.run.jobs import LintJob
from seatrial.lint.run.tool_caches import ToolCaches
from seatrial.lint.run.toolruns import ToolRuns, environ
from seatrial.lint.run.workers import Workers
from seatrial.lint.tools.tool import Reading, Tool, ToolRun
from seatrial.system import git
from seatrial.workspace.workspace import Workspace

BLACKS = "black"

KEPT_DAYS = 30
MOST_BYTES = 5 * 1024**3
"""How long environments and the tools' caches are kept unused, and how large each kind may become."""


@dataclass(frozen=True)
class Cell:
    """What became of one tool on one integration: a run, or why there is none.

    `lacking` says what the integration itself does not provide: "lock" or "tool". `failure` is
    never its fault. `kept` is set for a run of earlier, whose result was kept.
    """

    integration: Integration
    tool: Tool
    run: ToolRun | None = None
    kept: bool = False
    lacking: str = ""
    failure: str = ""
    question: LintJob | None = None

    @cached_property
    def reading(self) -> Reading:
        """What the tool says, at the places where it says it; nothing where it did not run."""
        if self.run is None or self.failure:
            return Reading()
        reading = self.tool.read(self.run.output, self.run.more)
        return self.tool.settle(reading, partial(bytes_of, self.integration)) if self.tool.settle else reading


def bytes_of(integration: Integration, path: str) -> bytes | None:
    """The bytes of an integration's file; None where they cannot be had."""
    try:
        return integration.read(path)
    except Unreadable:
        return None


Tell = Callable[[Cell], None]
"""Told each cell as soon as it is known."""


@dataclass(frozen=True)
class LintContext:
    """The workspace, the folder of all that is kept, and how tools are run there, `jobs` at once."""

    workspace: Workspace
    home: Path
    runs: ToolRuns
    environments: Environments
    jobs: int = 1
    tell: Callable[[str], None] = lambda line: None
    _chosen: dict[str, Interpreter | ServiceError] = field(default_factory=dict)

    def python(self, constraint: str) -> Interpreter:
        """The interpreter for a constraint, looked for once. Raises UsageError, and ServiceError for none."""
        if constraint not in self._chosen:
            self._chosen[constraint] = self._choice(constraint)
        chosen = self._chosen[constraint]
        if isinstance(chosen, ServiceError):
            raise chosen
        return chosen

    def _choice(self, constraint: str) -> Interpreter | ServiceError:
        try:
            return interpreters.choose(constraint, interpreters.interpreters(self.home / "interpreters.json"))
        except ServiceError as failed:
            return failed

    @property
    def fresh(self) -> bool:
        """Whether nothing that was kept may be used."""
        return self.runs.fresh

    def sweep(self, now: float) -> None:
        """Once a day, remove what was not used for long or is too much; never what is in use."""
        stamp = self.home / "swept"
        with suppress(OSError):
            if stamp.exists() and now - stamp.stat().st_mtime < DAY:
                return
            stamp.touch()
            self.results.sweep(now)
            for caches in (self.runs.caches, ToolCaches(self.home / BLACKS)):
                caches.sweep(now, KEPT_DAYS * DAY, MOST_BYTES)
            self.environments.sweep(KEPT_DAYS * DAY, MOST_BYTES)

    @property
    def results(self) -> Results:
        """What earlier runs kept."""
        return Results(self.home / "results")


@contextmanager
def lint_context(
    workspace: Workspace, jobs: int = 1, fresh: bool = False, tell: Callable[[str], None] = lambda line: None
) -> Iterator[LintContext]:
    """A bench over the person's cache folder; when it closes, nothing it started runs on.

    `tell` is told, from any thread, of each environment that is being made.
    """
    place = home(os.environ)
    with tempfile.TemporaryDirectory(prefix="seatrial-", ignore_cleanup_errors=True) as name:
        scratch = Path(name)
        seen = environ(scratch, scratch if fresh else place / BLACKS)
        runs = ToolRuns(Workers(seen), ToolCaches(place / "mypy"), scratch, seen, fresh)
        try:
            with Environments(place / "environments", git.tracks) as environments:
                yield LintContext(workspace, place, runs, environments, jobs, tell)
        finally:
            runs.drivers.close()
