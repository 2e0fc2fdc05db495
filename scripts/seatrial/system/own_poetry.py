"""Running the Poetry that Seatrial is installed with, which need not be on the PATH."""

from __future__ import annotations

import sys
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.system import process

PROGRAM = Path(__file__).with_name("poetry_lock.py")

SECONDS = 600
"""Seconds before a resolution is given up; that of the template takes a minute on a slow network."""


def lock(folder: Path) -> None:
    """Make `poetry.lock` in a folder, whose locked versions are kept where there are any.

    It asks the package index that the person has set for Poetry. Raises ServiceError with Poetry's reason.
    """
    ran = process.run([sys.executable, "-P", str(PROGRAM)], cwd=folder, seconds=SECONDS)
    if ran.status:
        said = ran.err.decode(errors="replace").strip().splitlines()
        raise ServiceError(f"Poetry failed: {said[-1] if said else 'it said nothing'}")
