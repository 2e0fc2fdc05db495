"""Files of the context that Seatrial itself reads, so that no link leads out of it."""

from __future__ import annotations

import os
from pathlib import Path

from seatrial.disk import read_plain
from seatrial.errors import ServiceError, Unreadable


def taken(path: Path, context: Path) -> bytes:
    """The bytes of a file, which may be a link within the context. Raises ServiceError."""
    real = Path(os.path.realpath(path))
    if not real.is_relative_to(os.path.realpath(context)):
        raise ServiceError(
            f"{_below(path, context)} is a link out of the repository; put the file itself there"
        )
    try:
        return read_plain(os.fspath(real))
    except FileNotFoundError:
        raise ServiceError(f"there is no file {_below(path, context)}") from None
    except (OSError, Unreadable) as failed:
        why = getattr(failed, "strerror", None) or str(failed)
        raise ServiceError(f"{_below(path, context)} cannot be read: {why.lower()}") from failed


def ignorefile(dockerfile: Path, context: Path) -> Path | None:
    """What says which files COPY does not see: the Dockerfile's own, or else the root's. Docker's rule."""
    places = (dockerfile.with_name(f"{dockerfile.name}.dockerignore"), context / ".dockerignore")
    return next((place for place in places if os.path.lexists(place)), None)


def _below(path: Path, context: Path) -> Path:
    return path.relative_to(context) if path.is_relative_to(context) else path
