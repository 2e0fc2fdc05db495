"""From settings and what a person says on top of them to the services of a release."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from seatrial.core.errors import UsageError
from seatrial.release.registry import open_images
from seatrial.release.run.context import DIST, ReleaseContext, with_arguments
from seatrial.release.store import open_store
from seatrial.workspace.workspace import Workspace

BUILDERS = ("docker", "podman", "buildah")

_ARG = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)


def open_yard(
    workspace: Workspace, builder: str | None = None, build_args: Sequence[str] = ()
) -> ReleaseContext:
    """The yard of a workspace. Raises UsageError for words that make no sense."""
    if builder and builder not in BUILDERS:
        raise UsageError(f'a builder is {", ".join(BUILDERS)}, not "{builder[:60]}"')
    settings = with_arguments(workspace.settings.release, builder, args_of(build_args))
    dist = workspace.root / DIST
    _must_lie_inside(dist)
    images = open_images(settings.image, dist / "images")
    return ReleaseContext(workspace, settings, images, open_store(settings.store, dist / "registry"))


def _must_lie_inside(dist: Path) -> None:
    """Raises UsageError where a link leads what a release writes out of the workspace."""
    real = Path(os.path.realpath(dist.parent)) / DIST
    for name in ("", "images", "registry", "release"):
        if Path(os.path.realpath(dist / name)) != real / name:
            raise UsageError(
                f"{dist / name} is a link that leads elsewhere; remove it, for releases write there"
            )


def args_of(stated: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE as they were typed. Raises UsageError for anything else."""
    found = {}
    for text in stated:
        match = _ARG.fullmatch(text)
        if match is None:
            raise UsageError(f'a build arg is NAME=VALUE, not "{text[:60]}"')
        found[match[1]] = match[2]
    return found
