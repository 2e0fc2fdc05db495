"""What a release works with: the workspace, where images and specs are kept, and where it keeps its own books.

Who releases, as others who have to wait see it.
"""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import dataclass, replace
from pathlib import Path

from seatrial.core.settings import ReleaseSettings
from seatrial.release.plan.ports import Images, Store
from seatrial.release.store.leases import Holder
from seatrial.workspace.workspace import Workspace

DIST = "dist"


@dataclass(frozen=True)
class ReleaseContext:
    """A workspace and the services of its releases. `settings` are its own, with what a person said on top."""

    workspace: Workspace
    settings: ReleaseSettings
    images: Images
    store: Store

    @property
    def root(self) -> Path:
        """The root of the workspace."""
        return self.workspace.root

    @property
    def books(self) -> Path:
        """The folder of journal, receipts, logs and builds."""
        return self.root / DIST / "release"

    @property
    def pushes_tags(self) -> bool:
        """Whether git tags leave this machine: where images do, and a remote is named."""
        return bool(self.settings.image and self.settings.remote)

    def repository(self, type: str) -> str:
        """The repository of a type's images; below `dist/images` it is the type itself."""
        return self.settings.image.replace("{type}", type) if self.settings.image else type

    def git_tag(self, type: str, version: str) -> str:
        """The git tag of a version."""
        return self.settings.tag.replace("{type}", type).replace("{version}", version)


def with_arguments(settings: ReleaseSettings, builder: str | None, args: dict[str, str]) -> ReleaseSettings:
    """The settings, and on top of them what was said on the command line."""
    return replace(settings, builder=builder or settings.builder, build_args={**settings.build_args, **args})


_BOOT = Path("/proc/sys/kernel/random/boot_id")


def holder(lock: Path) -> Holder:
    """This release. Of those that hold a lock file one after the other, each may take the leases of the one before.

    The lock is known by the machine's start and the file's number, so that no copy of a checkout is taken for it.
    """
    name = f"{_person()}@{socket.gethostname()}"
    try:
        boot, file = _BOOT.read_text().strip(), lock.stat()
    except OSError:
        return Holder.anyone(name)
    return Holder(name, f"{boot}-{file.st_dev}-{file.st_ino}")


def _person() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
