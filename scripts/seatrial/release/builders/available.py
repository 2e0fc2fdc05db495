"""The builder to use: the configured one, or the first that is on this machine and works."""

from __future__ import annotations

import os
from collections.abc import Mapping

from seatrial.core.errors import ServiceError, UsageError
from seatrial.core.settings import ReleaseSettings
from seatrial.core.suggest import hint
from seatrial.release.builders.builder import BuilderProgram, Probe
from seatrial.release.builders.containers import BUILDAH, PODMAN
from seatrial.release.builders.docker import DOCKER
from seatrial.release.builders.host_access import environment
from seatrial.release.builders.runner import InstalledBuilder, error_line
from seatrial.release.plan.ports import Builder
from seatrial.system import uv
from seatrial.system.process import MissingProgram, run

PROGRAMS: Mapping[str, BuilderProgram] = {program.name: program for program in (DOCKER, PODMAN, BUILDAH)}
"""In the order in which they are tried."""


LAYERS = "layers"
"""The builder that needs no program."""

NAMES = (*PROGRAMS, LAYERS)
"""The names of all builders."""


def choose(wanted: str | None = None, settings: ReleaseSettings | None = None) -> Builder:
    """Return the builder to use, by default the first program that works, and else `layers`, which needs none.

    Raises UsageError for an unknown name, ServiceError where the one that is wanted cannot be used.
    """
    if wanted:
        return _configured(wanted, settings or ReleaseSettings())
    faults = {}
    for program in PROGRAMS.values():
        try:
            return _probed(program)
        except ServiceError as fault:
            faults[program.name] = str(fault)
    listed = "; ".join(f"{name}: {fault}" for name, fault in faults.items())
    why = (
        f"no builder of images works here ({listed}); install docker with buildx, podman or buildah, "
        "such as with: apt-get install buildah"
    )
    return _layers(settings or ReleaseSettings(), why)


def _layers(settings: ReleaseSettings, why: str = "") -> Builder:
    """Return the builder without a program. Raises ServiceError where uv is missing."""
    from seatrial.release.builders.layers.layers_builder import LayersBuilder  # slow to import

    uv.program()
    return LayersBuilder(settings, why=why)


def _configured(wanted: str, settings: ReleaseSettings) -> Builder:
    if wanted == LAYERS:
        return _layers(settings)
    if wanted not in PROGRAMS:
        raise UsageError(
            f'the builder is {", ".join(PROGRAMS)} or {LAYERS}, not "{wanted}"{hint(wanted, NAMES)}'
        )
    try:
        return _probed(PROGRAMS[wanted])
    except ServiceError as fault:
        raise ServiceError(f"the builder {wanted} cannot be used: {fault}") from fault


def _probed(program: BuilderProgram) -> InstalledBuilder:
    """Return the program, ready to build. Raises ServiceError with what it lacks."""
    outputs = [_output(probe) for probe in program.probes]
    fault = program.unfit(outputs)
    if fault:
        raise ServiceError(fault)
    return InstalledBuilder(program, program.version(outputs))


def _output(probe: Probe) -> str:
    try:
        ran = run(probe.arguments, env=environment(os.environ, {}), clean=True, seconds=probe.seconds)
    except MissingProgram:
        raise ServiceError("it is not on this machine") from None
    if ran.status:
        error = error_line((ran.err or ran.out).decode(errors="replace"))
        raise ServiceError(f"{probe.lacking} ({error})")
    return ran.out.decode(errors="replace")
