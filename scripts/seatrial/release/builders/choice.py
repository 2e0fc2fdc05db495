"""Which builder is used: the one that is stated, else the first that is there and works."""

from __future__ import annotations

from collections.abc import Mapping

from seatrial.core.errors import ServiceError, UsageError
from seatrial.core.suggest import hint
from seatrial.release.builders import buildah, docker, podman
from seatrial.release.builders.build import Workshop, last_words
from seatrial.release.builders.builder import BuilderProgram, Probe
from seatrial.system.process import MissingProgram, run

TOOLS: Mapping[str, BuilderProgram] = {tool.name: tool for tool in (docker.TOOL, podman.TOOL, buildah.TOOL)}
"""In the order in which they are tried."""


def choose(wanted: str | None = None) -> Workshop:
    """The builder to use. Raises UsageError for a name that is none, ServiceError where none will do."""
    if wanted:
        return _stated(wanted)
    faults = {}
    for tool in TOOLS.values():
        try:
            return _asked(tool)
        except ServiceError as fault:
            faults[tool.name] = str(fault)
    told = "; ".join(f"{name}: {fault}" for name, fault in faults.items())
    raise ServiceError(
        f"no builder of images works here ({told}); install docker with buildx, podman or buildah, "
        "such as with: apt-get install buildah"
    )


def _stated(wanted: str) -> Workshop:
    if wanted not in TOOLS:
        raise UsageError(f'the builder is docker, podman or buildah, not "{wanted}"{hint(wanted, TOOLS)}')
    try:
        return _asked(TOOLS[wanted])
    except ServiceError as fault:
        raise ServiceError(f"the builder {wanted} will not do: {fault}") from fault


def _asked(tool: BuilderProgram) -> Workshop:
    """The tool, ready to work. Raises ServiceError with what it lacks."""
    answers = [_answer(question) for question in tool.questions]
    fault = tool.unfit(answers)
    if fault:
        raise ServiceError(fault)
    return Workshop(tool, tool.version(answers))


def _answer(question: Probe) -> str:
    try:
        ran = run(question.arguments, seconds=question.seconds)
    except MissingProgram:
        raise ServiceError("it is not on this machine") from None
    if ran.status:
        said = last_words((ran.err or ran.out).decode(errors="replace"))
        raise ServiceError(f"{question.lacking} ({said})")
    return ran.out.decode(errors="replace")
