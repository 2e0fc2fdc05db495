"""The context of a release: the workspace, the services it publishes to, and the folder of its own files."""

from __future__ import annotations

import getpass
import os
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seatrial.core.errors import UsageError
from seatrial.core.settings import ReleaseSettings
from seatrial.release.plan.ports import Images, Store
from seatrial.release.registry import open_images
from seatrial.release.store import open_store
from seatrial.release.store.leases import Holder
from seatrial.workspace.workspace import Workspace

DIST = "dist"
BUILDERS = ("docker", "podman", "buildah")

_ARG = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class ReleaseContext:
    """A workspace and the services of its releases. `settings` include those given on the command line."""

    workspace: Workspace
    settings: ReleaseSettings
    images: Images
    store: Store

    @property
    def root(self) -> Path:
        """The root of the workspace."""
        return self.workspace.root

    @property
    def folder(self) -> Path:
        """The folder of journal, receipts, logs and builds."""
        return self.root / DIST / "release"

    @property
    def pushes_tags(self) -> bool:
        """True if git tags leave this machine: images do, and a remote is configured."""
        return bool(self.settings.image and self.settings.remote)

    def repository(self, type: str) -> str:
        """Return the repository of a type's images; below `dist/images` it is the type itself."""
        return self.settings.image.replace("{type}", type) if self.settings.image else type

    def git_tag(self, type: str, version: str) -> str:
        """Return the git tag of a version."""
        return self.settings.tag.replace("{type}", type).replace("{version}", version)


def open_context(
    workspace: Workspace, builder: str | None = None, build_args: Sequence[str] = ()
) -> ReleaseContext:
    """Return the release context of a workspace, with a builder and build args given on the command line.

    Raises UsageError for a builder or build arg that is not valid.
    """
    if builder and builder not in BUILDERS:
        raise UsageError(f'a builder is {", ".join(BUILDERS)}, not "{builder[:60]}"')
    stated = workspace.settings.release
    settings = replace(
        stated,
        builder=builder or stated.builder,
        build_args={**stated.build_args, **parse_args(build_args)},
    )
    dist = workspace.root / DIST
    _must_lie_inside(dist)
    images = open_images(settings.image, dist / "images")
    return ReleaseContext(workspace, settings, images, open_store(settings.store, dist / "registry"))


def _must_lie_inside(dist: Path) -> None:
    """Raise UsageError where a link leads out of the workspace from a folder that releases write to."""
    real = Path(os.path.realpath(dist.parent)) / DIST
    for name in ("", "images", "registry", "release"):
        if Path(os.path.realpath(dist / name)) != real / name:
            raise UsageError(
                f"{dist / name} is a link that leads elsewhere; remove it, because releases write there"
            )


def parse_args(stated: Sequence[str]) -> dict[str, str]:
    """Return build args typed as NAME=VALUE. Raises UsageError for anything else."""
    found = {}
    for text in stated:
        match = _ARG.fullmatch(text)
        if match is None:
            raise UsageError(f'a build arg is NAME=VALUE, not "{text[:60]}"')
        found[match[1]] = match[2]
    return found


def holder(lock: Path) -> Holder:
    """Return the lease holder of this release, named as a release that waits for it shows it.

    Releases that hold a lock file one after the other may take over each other's leases. The lock is identified
    by the machine's boot and the file's number, so that a copy of a checkout is not mistaken for it.
    """
    name = f"{_user()}@{socket.gethostname()}"
    try:
        boot, file = _BOOT.read_text().strip(), lock.stat()
    except OSError:
        return Holder.anyone(name)
    return Holder(name, f"{boot}-{file.st_dev}-{file.st_ino}")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
