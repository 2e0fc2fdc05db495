"""The environments in which the jobs of a lint run are done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from seatrial.core.errors import ServiceError
from seatrial.dependencies.requirements import BadLock, Requirements, requirements_of
from seatrial.lint.environments.environment import BESIDE, Environment, EnvironmentRequest
from seatrial.lint.run.jobs import Cell, LintFolder, LintJob, PythonOf
from seatrial.lint.tools.tool import Tool

Prepare = Callable[[Sequence[EnvironmentRequest]], Mapping[str, Environment | ServiceError]]
"""Returns the environment of each integration by name, or why there is none; makes those that are missing."""


class SourcePackages(Exception):
    """A lock holds packages that may run code when they are installed, which this repository does not allow."""

    def __init__(self, packages: Sequence[tuple[str, str]]) -> None:
        """`packages` has the name of each, and where it comes from."""
        super().__init__(packages)
        self.packages = tuple(packages)


def environments_of(
    jobs: Sequence[LintJob], python: PythonOf, prepare: Prepare, allowed: Collection[str] = ()
) -> Mapping[LintJob, Environment | Cell]:
    """Return the environment of each job, or a cell that says why there is none.

    `allowed` are the names of packages that may be built, or come from elsewhere than an index.
    """
    folders = {job.folder.integration.path: job.folder for job in jobs if job.tool.locked}
    requests = {path: _request(folder, python, allowed) for path, folder in folders.items()}
    ready = prepare([one for one in requests.values() if isinstance(one, EnvironmentRequest)])
    return {
        job: _environment(job, requests[job.folder.integration.path], ready) if job.tool.locked else BESIDE
        for job in jobs
    }


def _request(
    folder: LintFolder, python_of: PythonOf, allowed: Collection[str]
) -> EnvironmentRequest | Exception:
    """Return what an integration installs, and for which Python; or why that cannot be known, or is refused."""
    try:
        python = python_of(folder.python_constraint)
        requirements = requirements_of(folder.lock or b"", folder.pyproject, python.markers)
    except (ServiceError, BadLock) as failed:
        return failed
    refused = [(pin.name, pin.source) for pin in requirements.pins if pin.source and pin.name not in allowed]
    if refused:
        return SourcePackages(refused)
    return EnvironmentRequest(folder.integration.name, folder.path, folder.root, requirements, python)


def _environment(
    job: LintJob, request: EnvironmentRequest | Exception, ready: Mapping[str, Environment | ServiceError]
) -> Environment | Cell:
    integration, tool = job.folder.integration, job.tool
    if isinstance(request, SourcePackages):
        return Cell(integration, tool, lacking="wheels", sources=request.packages, job=job)
    if isinstance(request, BadLock):
        return Cell(integration, tool, lacking="lock", job=job)
    if isinstance(request, Exception):
        return Cell(integration, tool, failure=str(request), job=job)
    environment = ready[integration.name]
    if isinstance(environment, ServiceError):
        failure = str(environment).removeprefix(f"{integration.name}: ")
        return Cell(integration, tool, failure=failure, job=job)
    if request.requirements.version_of(tool.name) is None:
        return Cell(integration, tool, lacking="tool", job=job)
    return _smallest(environment, tool, request.requirements)


def _smallest(environment: Environment, tool: Tool, requirements: Requirements) -> Environment:
    """Return the base shared with other integrations, if that holds all that the tool uses."""
    base = environment.base
    if base is None or tool.whole_environment:
        return environment
    needed = requirements.closure({tool.name, *tool.companions})
    return base if needed <= base.packages.keys() else environment
