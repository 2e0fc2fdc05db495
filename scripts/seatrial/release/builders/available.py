"""The builder to use: the configured one, or the first that is on this machine and works."""

from __future__ import annotations

import os
from collections.abc import Mapping

from seatrial.core.errors import ServiceError, UsageError
from seatrial.core.suggest import hint
from seatrial.release.builders.builder import BuilderProgram, Probe
from seatrial.release.builders.containers import BUILDAH, PODMAN
from seatrial.release.builders.docker import DOCKER
from seatrial.release.builders.host_access import environment
from seatrial.release.builders.runner import InstalledBuilder, error_line
from seatrial.system.process import MissingProgram, run

PROGRAMS: Mapping[str, BuilderProgram] = {program.name: program for program in (DOCKER, PODMAN, BUILDAH)}
"""In the order in which they are tried."""


def choose(wanted: str | None = None) -> InstalledBuilder:
    """Return the builder to use. Raises UsageError for an unknown name, ServiceError where none can be used."""
    if wanted:
        return _configured(wanted)
    faults = {}
    for program in PROGRAMS.values():
        try:
            return _probed(program)
        except ServiceError as fault:
            faults[program.name] = str(fault)
    listed = "; ".join(f"{name}: {fault}" for name, fault in faults.items())
    raise ServiceError(
        f"no builder of images works here ({listed}); install docker with buildx, podman or buildah, "
        "such as with: apt-get install buildah"
    )


def _configured(wanted: str) -> InstalledBuilder:
    if wanted not in PROGRAMS:
        raise UsageError(f'the builder is docker, podman or buildah, not "{wanted}"{hint(wanted, PROGRAMS)}')
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
