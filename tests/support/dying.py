"""A process that dies at its n-th call of the system."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

STEPS = ("open", "fsync", "replace", "unlink", "rmdir", "mkdir", "fchmod")
"""The calls that change something on the disk; `open` does where it makes a file."""


class Killed(BaseException):
    """The process is no more; nothing it still tries is done."""


@contextmanager
def dying(at: int, torn: bool = False) -> Iterator[list[str]]:
    """The process dies at its n-th call of the system, before that or in the middle of it, and stays dead."""
    called: list[str] = []

    def wrapped(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **more: object) -> object:
            if name == "open" and not _makes(*arguments) and len(called) < at:
                return real(*arguments, **more)
            called.append(name)
            if len(called) < at:
                return real(*arguments, **more)
            if len(called) == at and torn and name == "fsync":
                _tear(arguments[0])
            raise Killed

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, wrapped(name, getattr(os, name)))
        yield called


def _makes(path: object, flags: object = 0, *rest: object) -> bool:
    return isinstance(flags, int) and bool(flags & os.O_CREAT)


def _tear(descriptor: object) -> None:
    """Only half of a file has reached the disk."""
    assert isinstance(descriptor, int)
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode):
        os.ftruncate(descriptor, status.st_size // 2)
