"""Changing several files of a tree together: all or none, whenever the process dies."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from seatrial.core.errors import ServiceError, Unreadable
from seatrial.system import beneath, locks
from seatrial.system.atomic import writing
from seatrial.system.folder import read_beneath

RECORD, DRAFT = ".seatrial-changes", ".seatrial-draft"
"""Files at the root of a tree: the record of committed changes, and that of changes being prepared."""

BESIDE = ".seatrial-"
"""The beginning of the names of new files, which are beside those they replace until the commit."""


@dataclass(frozen=True)
class FileEdit:
    """A file by its path from the root: its bytes before and after, None for no file."""

    path: str
    before: bytes | None
    after: bytes | None


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Keep other processes from changing this tree; the lock ends with the process. Raises ServiceError."""
    with locks.held(root, busy=f"{root} is being changed by another run; wait for its end"):
        yield


def change_all(root: Path, changes: Sequence[FileEdit]) -> None:
    """Write and remove files of a tree: all or none, whenever the process dies.

    The new contents and a record of all changes are flushed to the disk before one rename commits them;
    `finish` does the rest. A folder that a removal leaves empty is removed. Raises ServiceError, with nothing
    changed, if the disk refuses, if a file is no longer as it was, and if a link leads out of the tree.
    """
    finish(root)
    if not changes:
        return
    real = os.path.realpath(root)
    try:
        _prepare(real, changes)
    except BaseException as failed:
        with suppress(OSError):
            _drop(real)
        if isinstance(failed, ServiceError):
            raise ServiceError(f"{failed}; nothing was changed") from failed
        raise
    finish(root)


def finish(root: Path) -> bool:
    """Finish committed changes of an interrupted run, drop uncommitted ones; return whether any were finished.

    Raises ServiceError if the disk refuses, or if a file was changed since.
    """
    real = os.path.realpath(root)
    record = os.path.join(real, RECORD)
    with writing(record):
        _drop(real)
        if not os.path.lexists(record):
            return False
        steps = _steps(real, RECORD)
    for step in steps:
        _must_be_waiting(real, step)
    try:
        _do_all(real, steps, record)
    except ServiceError as failed:
        raise ServiceError(f"{failed}; type it again to finish what was begun") from failed
    return True


@dataclass(frozen=True)
class _Step:
    """A change as recorded: the path below the root, the new file beside it, and the digests of the contents."""

    path: str
    beside: str | None
    before: str | None
    after: str | None


def _prepare(real: str, changes: Sequence[FileEdit]) -> None:
    """Do all that can fail for want of space or permission, then commit by a rename."""
    with writing(real):
        steps = [_step(real, change, number) for number, change in enumerate(changes)]
    if len({step.path for step in steps}) < len(steps):
        raise ServiceError("two of the files to change are the same one behind a link")
    record = os.path.join(real, RECORD)
    with writing(record), beneath.folder(real) as root:
        _put_durably(root, DRAFT, _recorded(real, steps), 0o644)
    for step, change in zip(steps, changes, strict=True):
        with writing(os.path.join(real, step.path)):
            _lay_beside(real, step, change.after)
    with writing(record), beneath.folder(real) as root:
        os.replace(DRAFT, RECORD, src_dir_fd=root, dst_dir_fd=root)


def _step(real: str, change: FileEdit, number: int) -> _Step:
    """Return the step for a change: its path after links, which must lead to something in the tree."""
    folder, name = os.path.split(os.path.join(real, change.path))
    place = os.path.join(os.path.realpath(folder), name)
    path = os.path.relpath(place if change.after is None else os.path.realpath(place), real)
    beside = os.path.join(os.path.dirname(path), f"{BESIDE}{secrets.token_hex(4)}-{number}")
    step = _Step(
        path, None if change.after is None else beside, _digest(change.before), _digest(change.after)
    )
    if not _is_within(real, step):
        raise ServiceError(f"{change.path} leads out of {real}, where nothing is written")
    if _digest_at(real, os.path.relpath(os.path.realpath(place), real)) != step.before:
        raise ServiceError(f"{place} was changed meanwhile; type it again")
    return step


def _is_within(real: str, step: _Step) -> bool:
    """Return whether a step touches nothing outside the tree, and nothing of git's own."""
    paths = [PurePosixPath(path) for path in (step.path, step.beside) if path is not None]
    plain = all(not path.is_absolute() and not {"..", ".git"} & set(path.parts) for path in paths)
    beside = step.beside is None or (paths[1].parent == paths[0].parent and paths[1].name.startswith(BESIDE))
    folder = os.path.dirname(os.path.join(real, step.path))
    return plain and beside and os.path.realpath(folder) == folder


@contextmanager
def _folder_of(real: str, step: _Step, *, make: bool = False) -> Iterator[tuple[int, str, str]]:
    """Yield a step's folder, opened through no link, and the names of its file and of the new one. Raises OSError."""
    folder, _, name = step.path.rpartition("/")
    with beneath.folder(real, folder, make=make) as at:
        yield at, name, (step.beside or "").rpartition("/")[2]


def _lay_beside(real: str, step: _Step, content: bytes | None) -> None:
    with _folder_of(real, step, make=content is not None) as (folder, name, beside):
        if content is None:
            if not os.access(".", os.W_OK | os.X_OK, dir_fd=folder):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            return
        _put_durably(folder, beside, content, _mode_at(folder, name))
        _sync(folder)


def _mode_at(folder: int, name: str) -> int:
    """Return the mode that a file has, or will have if there is none."""
    with suppress(FileNotFoundError):
        return stat.S_IMODE(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    return 0o644


def _put_durably(folder: int, name: str, content: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o600, dir_fd=folder)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)


def _sync(folder: int) -> None:
    """Flush the names in a folder to the disk, if the file system supports it."""
    descriptor = beneath.open_file(folder, "", beneath.LISTING)
    try:
        os.fsync(descriptor)
    except OSError as failed:
        if failed.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def _must_be_waiting(real: str, step: _Step) -> None:
    """Raise ServiceError unless a step is done, or its file is as it was and its new content is there."""
    place, record = os.path.join(real, step.path), os.path.join(real, RECORD)
    if not _is_within(real, step):
        raise ServiceError(f"{record} names a place that nothing is written to; delete it")
    now = _digest_at(real, os.path.relpath(os.path.realpath(place), real))
    waits = step.beside is None or _digest_at(real, step.beside) == step.after
    if now != step.after and not (now == step.before and waits):
        raise ServiceError(
            f"{place} was changed since a run broke off in the middle of changing it; "
            f"put it back as it was, or delete {record} to keep all as it is"
        )


def _do_all(real: str, steps: Sequence[_Step], record: str) -> None:
    with writing(record), beneath.folder(real) as root:
        _sync(root)
    for step in steps:
        with writing(os.path.join(real, step.path)):
            _do(real, step)
    with writing(record), beneath.folder(real) as root:
        os.unlink(RECORD, dir_fd=root)
        _sync(root)


def _do(real: str, step: _Step) -> None:
    """Do a step, or the rest of it."""
    with suppress(FileNotFoundError), _folder_of(real, step) as (folder, name, beside):
        with suppress(FileNotFoundError):
            if step.beside is None:
                os.unlink(name, dir_fd=folder)
            else:
                os.replace(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
        _sync(folder)
    if step.beside is None:
        _remove_if_empty(real, os.path.dirname(step.path))


def _remove_if_empty(real: str, folder: str) -> None:
    holder, _, name = folder.rpartition("/")
    if name:
        with suppress(OSError), beneath.folder(real, holder) as at:
            os.rmdir(name, dir_fd=at)


def _drop(real: str) -> None:
    """Remove the preparations of a run that died or failed before its commit. Raises OSError."""
    draft = os.path.join(real, DRAFT)
    if not os.path.lexists(draft):
        return
    with suppress(ServiceError):
        for step in _steps(real, DRAFT):
            if step.beside and _is_within(real, step):
                _clear(real, step)
    with beneath.folder(real) as root:
        os.unlink(DRAFT, dir_fd=root)


def _clear(real: str, step: _Step) -> None:
    """Remove a step's new file, and its folder if that was made for it."""
    with suppress(FileNotFoundError), _folder_of(real, step) as (folder, _, beside):
        os.unlink(beside, dir_fd=folder)
    if step.before is None:
        _remove_if_empty(real, os.path.dirname(step.path))


def _recorded(real: str, steps: Sequence[_Step]) -> bytes:
    """Return the text of a record. A number of this very folder is in it, which no file of a commit can state."""
    rows = [asdict(step) for step in steps]
    return json.dumps({"folder": os.stat(real).st_ino, "steps": rows}, indent=1).encode()


def _steps(real: str, name: str) -> list[_Step]:
    """Return the steps of a record at the root. Raises ServiceError for any other file."""
    record = os.path.join(real, name)
    try:
        found = json.loads(read_beneath(real, name))
        steps = [_Step(**row) for row in found["steps"] if found["folder"] == os.stat(real).st_ino]
    except (OSError, Unreadable, ValueError, TypeError, KeyError, RecursionError) as wrong:
        raise ServiceError(f"{record} is not a record of changes; delete it") from wrong
    if not steps or not all(isinstance(value, str | None) for one in steps for value in asdict(one).values()):
        raise ServiceError(f"{record} is not a record of changes; delete it")
    return steps


def _digest(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


def _digest_at(real: str, path: str) -> str | None:
    """Return the digest of a file below the tree: None for no file, empty for anything but a regular file."""
    try:
        return _digest(read_beneath(real, path))
    except FileNotFoundError:
        return None
    except (OSError, Unreadable):
        return ""
