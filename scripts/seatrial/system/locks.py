"""Locks between processes: many may use an environment, one may make or remove it."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from seatrial.core.errors import ServiceError

BUSY = {errno.EWOULDBLOCK, errno.EACCES}
PAUSE = 0.05
"""Seconds between two looks at a lock that another holds."""

_LOCKLESS = "the cache folder lies on a disk without locks; set SEATRIAL_CACHE to a folder on another"


def take(path: Path, exclusive: bool, waiting: Callable[[], None] | None = None) -> int | None:
    """A descriptor that holds the lock until it is closed, or its process ends in any way.

    Waits while another holds it and calls `waiting` at each look, which may raise; without
    `waiting`, None. Raises ServiceError where the folder cannot hold locks.
    """
    while True:
        descriptor = _opened(path)
        try:
            if not _locked(descriptor, exclusive, waiting):
                os.close(descriptor)
                return None
        except BaseException:
            os.close(descriptor)
            raise
        if _is_at(descriptor, path):
            return descriptor
        os.close(descriptor)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as refused:
        with suppress(OSError):
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        raise unwritable(path.parent, refused) from refused


def _locked(descriptor: int, exclusive: bool, waiting: Callable[[], None] | None) -> bool:
    """Asked again and again, so that a person can interrupt the wait."""
    while True:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
            return True
        except OSError as refused:
            if refused.errno not in BUSY:
                raise ServiceError(_LOCKLESS) from refused
        if waiting is None:
            return False
        waiting()
        time.sleep(PAUSE)


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the file that is locked is still the one at its path: a sweep may have removed it."""
    try:
        there, here = os.stat(path), os.fstat(descriptor)
    except OSError:
        return False
    return (there.st_ino, there.st_dev) == (here.st_ino, here.st_dev)


def unwritable(folder: Path, refused: OSError) -> ServiceError:
    """What to say where the disk refuses."""
    why = (refused.strerror or str(refused)).lower()
    if refused.errno == errno.ENOSPC:
        return ServiceError(f"{folder}: {why}; free some, or set SEATRIAL_CACHE to a folder on another disk")
    return ServiceError(f"{folder} cannot be written: {why}; set SEATRIAL_CACHE to a folder that can")
