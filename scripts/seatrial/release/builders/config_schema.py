"""The schemas of an integration's mapping, asked of the framework in its image, as Ocean's own release job does.

The image is foreign code: it runs in a container without network, capabilities, mounts and this program's environment,
and what it prints is read with a limit. Source: the job `upload-specs` in Ocean's release-integrations.yml.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence

from seatrial.core.addresses import is_loopback
from seatrial.core.errors import ServiceError
from seatrial.release.builders.host_access import environment
from seatrial.release.builders.runner import error_line
from seatrial.release.plan.store_keys import APP_CONFIGS
from seatrial.system.process import Ran, run_confined

PROGRAMS = ("docker", "podman")

ENGINE_FAILED = 125
"""The exit status of both programs where the container was not started: no daemon, or no such image."""

SECONDS = 600.0
"""Pulling the image is part of it."""

_BETWEEN = "\n===== seatrial: the other schema =====\n"
_SCRIPT = (
    "ocean port-app-config schema --output /tmp/a.json >&2 && "
    "ocean port-app-config schema -f ui --output /tmp/b.json >&2 && "
    f"cat /tmp/a.json && printf '%s' '{_BETWEEN}' && cat /tmp/b.json"
)
_CONFINED = (
    "--network=none", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--pids-limit=256", "--memory=2g",
    "--entrypoint=sh",
)  # fmt: skip


def command(program: str, image: str, platform: str) -> list[str]:
    """Return what runs the framework in an image, which is named by its digest."""
    where = [f"--platform={platform}"] if platform else []
    plain = ["--tls-verify=false"] if program == "podman" and is_loopback(image.partition("/")[0]) else []
    return [program, "run", "--rm", *plain, *_CONFINED, *where, image, "-c", _SCRIPT]


def schemas(image: str, platform: str) -> Mapping[str, bytes]:
    """Return the two schemas by the names of their files. Raises ServiceError where there are none, with the reason."""
    programs = [one for one in PROGRAMS if shutil.which(one)]
    if not programs:
        raise ServiceError("neither docker nor podman is on this machine to run the image")
    ran = _ran(programs, image, platform)
    parts = ran.out.decode(errors="replace").split(_BETWEEN)
    if len(parts) != 2:
        raise ServiceError("the framework in the image did not print two schemas")
    return {name: _checked(text) for name, text in zip(APP_CONFIGS, parts, strict=True)}


def _ran(programs: Sequence[str], image: str, platform: str) -> Ran:
    """Return the run of the first program that can start the image. Raises ServiceError where none can, or it fails."""
    reasons = []
    for program in programs:
        env = environment(os.environ, {})
        ran = run_confined(command(program, image, platform), env, cwd=None, seconds=SECONDS)
        if ran.status == 0:
            return ran
        why = error_line((ran.err or ran.out).decode(errors="replace"))
        reasons.append(f"{program}: {why.removeprefix(f'{program}: ')}")
        if ran.status != ENGINE_FAILED:
            break
    raise ServiceError("; ".join(reasons))


def _checked(text: str) -> bytes:
    try:
        value = json.loads(text)
        if isinstance(value, dict):
            return (json.dumps(value, indent=2, allow_nan=False) + "\n").encode()
    except (ValueError, RecursionError):
        pass
    raise ServiceError("the framework in the image printed something that is not a schema")
