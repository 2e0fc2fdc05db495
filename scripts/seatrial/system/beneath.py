"""Opening files below a trusted folder without following links, even ones that are made while a file is opened."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_ROOT = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
_FOLDER = _ROOT | os.O_NOFOLLOW
LISTING = os.O_RDONLY | os.O_DIRECTORY
"""The flags of `open_file` for a folder that is listed or flushed; `open_folder` needs no right to read it."""


def open_folder(root: str | int, below: str = "", *, make: bool = False) -> int:
    """Return a descriptor of the folder at `below`, which the caller closes.

    `root` is a path, which may be a link itself, or an open folder. With `make`, folders that are missing are
    made. Raises OSError, also for a link and for `..`.
    """
    held = [os.dup(root) if isinstance(root, int) else os.open(root, _ROOT)]
    try:
        for name in below.split("/"):
            if name:
                held.append(_inner(held[-1], name, make))
                # Off the list first: Ctrl-C may come at any moment, and none is to be closed twice.
                os.close(held.pop(0))
    except BaseException:
        for descriptor in held:
            os.close(descriptor)
        raise
    return held[0]


def _inner(at: int, name: str, make: bool) -> int:
    """Return a descriptor of a folder that lies in an open one."""
    _refuse_parent(name)
    try:
        return os.open(name, _FOLDER, dir_fd=at)
    except FileNotFoundError:
        if not make:
            raise
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=at)
        return os.open(name, _FOLDER, dir_fd=at)


def _refuse_parent(name: str) -> None:
    if name == "..":
        raise PermissionError(errno.EPERM, "its path leads out")


@contextmanager
def folder(root: str | int, below: str = "", *, make: bool = False) -> Iterator[int]:
    """Open a folder as `open_folder` does, and close it."""
    descriptor = open_folder(root, below, make=make)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def open_file(root: str | int, below: str, flags: int) -> int:
    """Return a descriptor of what is at `below`, which the caller closes. Raises as `open_folder`."""
    holder, _, name = below.rpartition("/")
    _refuse_parent(name)
    at = open_folder(root, holder)
    try:
        return os.open(name or ".", flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
    finally:
        os.close(at)


def position(root: str, path: str) -> str | None:
    """Return where an absolute path without links lies below `root`; None if it does not. Raises OSError."""
    home = os.stat(root)
    parts = path.split("/")
    for count in range(1, len(parts) + 1):
        try:
            here = os.stat("/".join(parts[:count]) or "/")
        except FileNotFoundError:
            return None
        if os.path.samestat(here, home):
            return "/".join(parts[count:])
    return None
