"""The context of a lint run: workspace, kept results and caches, interpreters, environments."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.core.model import Integration
from seatrial.lint import interpreters
from seatrial.lint.environments.environment import Environment
from seatrial.lint.environments.pool import Environments
from seatrial.lint.interpreters import Interpreter
from seatrial.lint.run.environments import environments_of
from seatrial.lint.run.jobs import Cell, LintJob, jobs_of
from seatrial.lint.run.results import Results
from seatrial.lint.run.toolruns import ToolRuns
from seatrial.lint.run.views import Views
from seatrial.lint.run.workers import WORKER, Workers
from seatrial.lint.tools import registry
from seatrial.lint.tools.tool import Tool
from seatrial.system import git, trees
from seatrial.system.cache import DAY, home, is_from_fork
from seatrial.system.remote_cache import RemoteCache
from seatrial.system.sandbox import sandbox, shield, warning
from seatrial.workspace.workspace import Workspace

KEPT_DAYS = 30
"""Days for which unused environments and tools' caches are kept."""

MOST_BYTES = 5 * 1024**3
"""The size to which all environments, and the caches of each tool, are cut."""


@dataclass(frozen=True)
class LintContext:
    """The workspace, the folder of all that is kept, and how tools are run there, `parallel` at once.

    With `fresh`, nothing that was kept is used. With `untrusted`, nothing is kept for other runs. `shared` has
    results of other machines.
    """

    workspace: Workspace
    home: Path
    runs: ToolRuns
    environments: Environments
    parallel: int = 1
    tell: Callable[[str], None] = lambda line: None
    fresh: bool = False
    untrusted: bool = False
    shared: RemoteCache | None = None
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

    def jobs(self, integrations: Sequence[Integration], tools: Sequence[Tool]) -> Iterator[LintJob | Cell]:
        """Yield the jobs as `jobs_of` does."""
        return jobs_of(
            self.workspace.root,
            integrations,
            tools,
            self.python,
            cache(partial(git.ignores, self.workspace.root)),
        )

    def environments_of(self, jobs: Sequence[LintJob]) -> Mapping[LintJob, Environment | Cell]:
        """Return the environment of each job, or a cell that says why there is none; make those that are missing.

        Where the sandbox has no namespaces, that is told first.
        """
        if jobs and (line := warning(self.runs.sandbox.means)):
            self.tell(line)
        return environments_of(
            jobs,
            self.python,
            lambda wanted: self.environments.prepare(wanted, self.parallel, self.tell),
            self.workspace.settings.lint.source_packages,
        )

    @property
    def results(self) -> Results:
        """The results that earlier runs kept."""
        return Results(self.home / "results", keeping=not self.untrusted, shared=self.shared)

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
            self.runs.bytecode.sweep(now, KEPT_DAYS * DAY, MOST_BYTES)
            self.environments.sweep(KEPT_DAYS * DAY, MOST_BYTES)


@contextmanager
def lint_context(
    workspace: Workspace,
    parallel: int = 1,
    fresh: bool = False,
    tell: Callable[[str], None] = lambda line: None,
    choice: str | None = None,
    shared: RemoteCache | None = None,
) -> Iterator[LintContext]:
    """Open a context over the person's cache folder; when it closes, nothing it started runs on.

    `tell` is called, from any thread, with a line for each environment that is being made. `choice` is that of
    the sandbox, `shared` has results of other machines. A change from a fork leaves nothing in the folder but
    environments. Raises ServiceError where there is no sandbox.
    """
    place, confined, untrusted = home(os.environ), sandbox(choice), is_from_fork(os.environ)
    shield()
    with trees.temporary() as scratch:
        views = Views(workspace.root, scratch, git.untracked, git.ignored, WORKER)
        runs = ToolRuns(confined, views, Workers(confined), place, scratch, fresh or untrusted)
        try:
            private = partial(git.is_private, workspace.root)
            with Environments(
                Path(os.path.realpath(place / "environments")), private, confined
            ) as environments:
                yield LintContext(
                    workspace, place, runs, environments, parallel, tell, fresh, untrusted, shared
                )
        finally:
            runs.workers.close()
