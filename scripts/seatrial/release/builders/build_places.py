"""The places of a build: files of the context, the folder in which an image is made, and its final folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seatrial.core.errors import ServiceError, Unreadable, reason
from seatrial.release.plan.ports import Build
from seatrial.system.atomic import replace_file
from seatrial.system.folder import read_plain


def read_inside(context: Path, path: Path) -> bytes:
    """Return the bytes of a file, which may be a link but not out of the context. Raises ServiceError."""
    real = Path(os.path.realpath(path))
    if not real.is_relative_to(os.path.realpath(context)):
        raise ServiceError(
            f"{below(path, context)} is a link out of the repository; put the file itself there"
        )
    try:
        return read_plain(os.fspath(real))
    except FileNotFoundError:
        raise ServiceError(f"there is no file {below(path, context)}") from None
    except (OSError, Unreadable) as failed:
        raise ServiceError(f"{below(path, context)} cannot be read: {reason(failed)}") from failed


def ignorefile(dockerfile: Path, context: Path) -> Path | None:
    """Return the file that lists what COPY does not see: the Dockerfile's own, or else the root's. Docker's rule."""
    places = (dockerfile.with_name(f"{dockerfile.name}.dockerignore"), context / ".dockerignore")
    return next((place for place in places if os.path.lexists(place)), None)


def below(path: Path, context: Path) -> Path:
    """Return a path for messages: relative to the context if it lies below that."""
    return path.relative_to(context) if path.is_relative_to(context) else path


@contextmanager
def on_disk(order: Build) -> Iterator[None]:
    """Create the folders and the log. Raises ServiceError, with the name of the file, where the disk refuses."""
    try:
        order.log.parent.mkdir(parents=True, exist_ok=True)
        replace_file(order.log, lambda file: None, durable=False)
        order.into.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as failed:
        raise ServiceError(f"{failed.filename or order.into} cannot be written: {reason(failed)}") from failed


@contextmanager
def beside(into: Path) -> Iterator[Path]:
    """Make a folder on the same disk that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(dir=into.parent, prefix=f".{into.name}-"))
    try:
        yield folder.absolute()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put(made: Path, into: Path) -> None:
    """Move a folder to its final place, and replace what is there."""
    if into.exists():
        shutil.rmtree(into)
    made.rename(into)
