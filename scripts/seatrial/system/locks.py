"""Locks between processes, shared or exclusive. The system releases a lock when its process ends in any way."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from seatrial.core.errors import ServiceError, reason
from seatrial.system.atomic import writing

BUSY = {errno.EWOULDBLOCK, errno.EACCES}
PAUSE = 0.05
"""Seconds between two attempts to take a lock that another process holds."""

SHORT_PAUSE = 0.002
"""The same, for locks that are held for milliseconds."""

_LOCKLESS = "the cache folder lies on a disk without locks; set SEATRIAL_CACHE to a folder on another"


@contextmanager
def held(path: Path, *, exclusive: bool = True, busy: str = "", seconds: float = 0) -> Iterator[None]:
    """Hold the lock of a file, which is created with its folder, or of an existing folder.

    Waits for other processes, or with `busy` raises a ServiceError of this text after `seconds`. Raises
    ServiceError where the disk refuses.
    """
    named = path if path.is_dir() else path.parent
    flags = os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    with writing(named):
        named.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, flags | os.O_CLOEXEC, 0o644)
    try:
        end = time.monotonic() + seconds
        with writing(named):
            while not lock(descriptor, exclusive, wait=not busy):
                if time.monotonic() >= end:
                    raise ServiceError(busy)
                time.sleep(SHORT_PAUSE)
        yield
    finally:
        os.close(descriptor)


def lock(descriptor: int, exclusive: bool, wait: bool = False) -> bool:
    """Lock an open file until its descriptor is closed; return False where another process holds it. Raises OSError."""
    how = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
    try:
        fcntl.flock(descriptor, how if wait else how | fcntl.LOCK_NB)
    except OSError as refused:
        if refused.errno not in BUSY:
            raise
        return False
    return True


def take(path: Path, exclusive: bool, waiting: Callable[[], None] | None = None) -> int | None:
    """Return a descriptor that holds the lock until it is closed, or its process ends in any way.

    While another process holds it, calls `waiting`, which may raise, at each attempt; without `waiting`,
    returns None. Raises ServiceError if the folder cannot hold locks.
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
    """Try repeatedly, so that a user can interrupt the wait."""
    while True:
        try:
            if lock(descriptor, exclusive):
                return True
        except OSError as refused:
            raise ServiceError(_LOCKLESS) from refused
        if waiting is None:
            return False
        waiting()
        time.sleep(PAUSE)


def _is_at(descriptor: int, path: Path) -> bool:
    """Return whether the locked file is still the one at its path: a sweep may have removed it."""
    try:
        there, here = os.stat(path), os.fstat(descriptor)
    except OSError:
        return False
    return (there.st_ino, there.st_dev) == (here.st_ino, here.st_dev)


def unwritable(folder: Path, refused: OSError) -> ServiceError:
    """Return the error for a cache folder that cannot be written."""
    why = reason(refused)
    if refused.errno == errno.ENOSPC:
        return ServiceError(f"{folder}: {why}; free some, or set SEATRIAL_CACHE to a folder on another disk")
    return ServiceError(f"{folder} cannot be written: {why}; set SEATRIAL_CACHE to a folder that can")
