"""Who releases, as others who have to wait see it."""

from __future__ import annotations

import getpass
import os
import socket
from pathlib import Path

from seatrial.store.leases import Holder

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
