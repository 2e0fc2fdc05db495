"""The context of a lint run: workspace, kept results and caches, interpreters, environments."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.lint import interpreters
from seatrial.lint.environments.environment import Environment
from seatrial.lint.environments.pool import Environments
from seatrial.lint.interpreters import Interpreter
from seatrial.lint.run.cache import DAY, Results, home
from seatrial.lint.run.environments import environments_of
from seatrial.lint.run.jobs import Cell, LintJob
from seatrial.lint.run.toolruns import ToolRuns, environ_of
from seatrial.lint.run.workers import Workers
from seatrial.lint.tools import registry
from seatrial.system import git
from seatrial.workspace.workspace import Workspace

KEPT_DAYS = 30
"""Days for which unused environments and tools' caches are kept."""

MOST_BYTES = 5 * 1024**3
"""The size to which all environments, and the caches of each tool, are cut."""


@dataclass(frozen=True)
class LintContext:
    """The workspace, the folder of all that is kept, and how tools are run there, `parallel` at once."""

    workspace: Workspace
    home: Path
    runs: ToolRuns
    environments: Environments
    parallel: int = 1
    tell: Callable[[str], None] = lambda line: None
    _chosen: dict[str, Interpreter | ServiceError] = field(default_factory=dict)

    def python(self, constraint: str) -> Interpreter:
        """Return the interpreter for a constraint, looked for once. Raises UsageError, and ServiceError for none."""
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

    def environments_of(self, jobs: Sequence[LintJob]) -> Mapping[LintJob, Environment | Cell]:
        """Return the environment of each job, or a cell that says why there is none; make those that are missing."""
        return environments_of(
            jobs, self.python, lambda wanted: self.environments.prepare(wanted, self.parallel, self.tell)
        )

    @property
    def fresh(self) -> bool:
        """True where nothing that was kept may be used."""
        return self.runs.fresh

    @property
    def results(self) -> Results:
        """The results that earlier runs kept."""
        return Results(self.home / "results")

    def sweep(self, now: float) -> None:
        """Once a day, remove what was not used for long or is too much; never what is in use."""
        stamp = self.home / "swept"
        with suppress(OSError):
            if stamp.exists() and now - stamp.stat().st_mtime < DAY:
                return
            stamp.touch()
            self.results.sweep(now)
            for tool in registry.TOOLS:
                if tool.cache or tool.environ:
                    self.runs.caches(tool).sweep(now, KEPT_DAYS * DAY, MOST_BYTES)
            self.environments.sweep(KEPT_DAYS * DAY, MOST_BYTES)


@contextmanager
def lint_context(
    workspace: Workspace,
    parallel: int = 1,
    fresh: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> Iterator[LintContext]:
    """Open a context over the person's cache folder; when it closes, nothing it started runs on.

    `tell` is called, from any thread, with a line for each environment that is being made.
    """
    place = home(os.environ)
    with tempfile.TemporaryDirectory(prefix="seatrial-", ignore_cleanup_errors=True) as name:
        scratch = Path(name)
        environ = environ_of(scratch, scratch if fresh else place)
        runs = ToolRuns(Workers(environ), place, scratch, environ, fresh)
        try:
            with Environments(place / "environments", git.tracks) as environments:
                yield LintContext(workspace, place, runs, environments, parallel, tell)
        finally:
            runs.workers.close()
