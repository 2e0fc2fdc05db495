"""The places that a release writes to. None of them is behind a symbolic link that the workspace brings along.

These looks give the message that names the link. What is written is written by `system.atomic` and `system.beneath`,
which follow no link below the root even if it appears after the look.
"""

from __future__ import annotations

import os
from pathlib import Path

from seatrial.core.errors import ServiceError, UsageError, reason
from seatrial.system import beneath


def must_not_be_linked(path: Path, root: Path) -> Path:
    """Return the absolute path of a place to write to. Raises UsageError that names a link of the workspace on its way.

    Links outside the workspace `root` are those of the machine, such as /dev/stdout, and are followed.
    """
    place = Path(os.path.abspath(path))
    link = _link_on_the_way(place, os.path.realpath(root))
    if link is not None:
        raise UsageError(
            f"{link} is a link that leads elsewhere, and nothing is written through links: "
            "remove it, or name another place"
        )
    return place


def _link_on_the_way(place: Path, root: str) -> Path | None:
    """Return the first link within `root` on the way to a place, itself included; None for none."""
    real = Path(place.anchor)
    for at, part in enumerate(place.parts[1:], start=2):
        following = real / part
        if not following.is_symlink():
            real = following
        elif str(real) == root or str(real).startswith(root.rstrip(os.sep) + os.sep):
            return Path(*place.parts[:at])
        else:
            real = Path(os.path.realpath(following))
    return None


def must_not_be_link(path: Path, below: Path) -> None:
    """Raise ServiceError that names the link where a place in the folder `below`, or one on the way to it, is one."""
    place = below
    for part in ("", *path.relative_to(below).parts):
        place = place / part
        if place.is_symlink():
            raise ServiceError(
                f"{place} is a link, and nothing is kept behind links; replace it by what it leads to"
            )


def own_folder(folder: Path, root: Path) -> Path:
    """Return a folder of releases' own files, made if needed. Raises UsageError for a link, ServiceError."""
    place, home = must_not_be_linked(folder, root), Path(os.path.abspath(root))
    try:
        if not place.is_relative_to(home):
            place.mkdir(parents=True, exist_ok=True)
            return folder
        with beneath.folder(os.path.realpath(home), str(place.relative_to(home)), make=True):
            return folder
    except OSError as failed:
        raise ServiceError(f"{folder} cannot be written: {reason(failed)}") from failed
