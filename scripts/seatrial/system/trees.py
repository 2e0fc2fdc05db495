"""Folders that hostile programs may have filled: of any depth, removed and measured without recursion."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.system import process

SECONDS = 300
"""Seconds after which a removal is given up."""


def remove(path: Path) -> None:
    """Remove a folder and all in it, as far as possible; a link in its place is left alone."""
    try:
        shutil.rmtree(path, ignore_errors=True)
    except RecursionError:
        with suppress(ServiceError):
            process.run(["rm", "-rf", "--", os.fspath(path)], seconds=SECONDS)


@contextmanager
def temporary(*, suffix: str = "", folder: Path | None = None) -> Iterator[Path]:
    """Make a new folder, and remove it at the end of the block. Raises OSError where it cannot be made."""
    place = Path(tempfile.mkdtemp(prefix="seatrial-", suffix=suffix, dir=folder))
    try:
        yield place
    finally:
        remove(place)


def files(folder: Path) -> Iterator[os.stat_result]:
    """Yield the status of everything below a folder but folders; what cannot be read, or lies too deep, is left out."""
    pending = [os.fspath(folder)]
    while pending:
        with suppress(OSError), os.scandir(pending.pop()) as items:
            for item in items:
                if item.is_dir(follow_symlinks=False):
                    pending.append(item.path)
                else:
                    yield item.stat(follow_symlinks=False)
