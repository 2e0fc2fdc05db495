"""From questions to the environments in which they are answered; those are made where they are not there yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from seatrial.environments import Environment, Wanted
from seatrial.errors import ServiceError
from seatrial.lint.plan import OWN_TOOL, Candidate, Question
from seatrial.lint.pythons import python_constraint
from seatrial.lint.requirements import BadLock, requirements_of
from seatrial.linting.bench import Bench, Cell
from seatrial.linting.seat import Seat, Seated


def seated(bench: Bench, questions: Sequence[Question]) -> Iterator[Seated | Cell]:
    """Each question with its environment, or a cell that says why there is none."""
    needing = {
        one.candidate.integration.path: one.candidate for one in questions if one.tool.name != OWN_TOOL
    }
    wanted = {path: _wanted(bench, candidate) for path, candidate in needing.items()}
    ready = bench.environments.prepare(
        [one for one in wanted.values() if isinstance(one, Wanted)], bench.jobs, bench.tell
    )
    for question in questions:
        if question.tool.name == OWN_TOOL:
            yield Seated(question)
        else:
            yield _seat(question, wanted[question.candidate.integration.path], ready)


def _wanted(bench: Bench, candidate: Candidate) -> Wanted | Exception:
    """What an integration installs, and for which Python; or why nobody can tell."""
    try:
        python = bench.python(python_constraint(candidate.pyproject, candidate.lock))
        requirements = requirements_of(candidate.lock or b"", candidate.pyproject, python.markers)
    except (ServiceError, BadLock) as failed:
        return failed
    return Wanted(candidate.integration.name, candidate.folder, bench.workspace.root, requirements, python)


def _seat(
    question: Question, wanted: Wanted | Exception, ready: Mapping[str, Environment | ServiceError]
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
