"""From questions to the environments in which they are answered; those are made where they are not there yet.

Where a question is answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.errors import ServiceError
from seatrial.dependencies.pythons import python_constraint
from seatrial.dependencies.requirements import BadLock, Requirements, requirements_of
from seatrial.lint.environments import Environment, EnvironmentRequest
from seatrial.lint.run.context import Cell, LintContext
from seatrial.lint.run.jobs import OWN_TOOL, LintCandidate, LintJob
from seatrial.lint.run.toolruns import OWN, ToolPlace


@dataclass(frozen=True)
class Seat:
    """Where the tools of an integration run: its environment, and what that was made from."""

    environment: Environment
    requirements: Requirements

    def place(self, question: LintJob) -> ToolPlace:
        """Where this tool runs: the base shared with others, if that holds all the tool makes use of."""
        base = self.environment.base
        needed = self.requirements.closure({question.tool.name, *question.tool.companions})
        if base is not None and question.tool.name != "mypy" and needed <= base.packages.keys():
            return place_of(base)
        return place_of(self.environment)


def place_of(environment: Environment) -> ToolPlace:
    """An environment as a place for tools to run in."""
    layers = [environment, *([environment.base] if environment.base else [])]
    return ToolPlace(
        python=environment.python,
        programs=[layer.python.parent for layer in layers],
        prefixes=[layer.python.parent.parent for layer in layers],
        key=environment.key,
    )


@dataclass(frozen=True)
class Seated:
    """A question, and where it is answered; Seatrial's own environment where there is no seat."""

    question: LintJob
    seat: Seat | None = None

    @property
    def place(self) -> ToolPlace:
        """Where the tool runs."""
        return self.seat.place(self.question) if self.seat else OWN


def seated(bench: LintContext, questions: Sequence[LintJob]) -> Iterator[Seated | Cell]:
    """Each question with its environment, or a cell that says why there is none."""
    needing = {
        one.candidate.integration.path: one.candidate for one in questions if one.tool.name != OWN_TOOL
    }
    wanted = {path: _wanted(bench, candidate) for path, candidate in needing.items()}
    ready = bench.environments.prepare(
        [one for one in wanted.values() if isinstance(one, EnvironmentRequest)], bench.jobs, bench.tell
    )
    for question in questions:
        if question.tool.name == OWN_TOOL:
            yield Seated(question)
        else:
            yield _seat(question, wanted[question.candidate.integration.path], ready)


def _wanted(bench: LintContext, candidate: LintCandidate) -> EnvironmentRequest | Exception:
    """What an integration installs, and for which Python; or why nobody can tell."""
    try:
        python = bench.python(python_constraint(candidate.pyproject, candidate.lock))
        requirements = requirements_of(candidate.lock or b"", candidate.pyproject, python.markers)
    except (ServiceError, BadLock) as failed:
        return failed
    return EnvironmentRequest(
        candidate.integration.name, candidate.folder, bench.workspace.root, requirements, python
    )


def _seat(
    question: LintJob, wanted: EnvironmentRequest | Exception, ready: Mapping[str, Environment | ServiceError]
) -> Seated | Cell:
    of, tool = question.candidate.integration, question.tool
    if isinstance(wanted, BadLock):
        return Cell(of, tool, lacking="lock", question=question)
    if isinstance(wanted, Exception):
        return Cell(of, tool, failure=str(wanted), question=question)
    environment = ready[of.name]
    if isinstance(environment, ServiceError):
        return Cell(of, tool, failure=str(environment).removeprefix(f"{of.name}: "), question=question)
    if wanted.requirements.version_of(tool.name) is None:
        return Cell(of, tool, lacking="tool", question=question)
    return Seated(question, Seat(environment, wanted.requirements))
