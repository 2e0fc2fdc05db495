"""The files of the commit, written out once for all builds of a run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seatrial.release.run.context import ReleaseContext
from seatrial.system import git


@contextmanager
def context(yard: ReleaseContext, commit: str) -> Iterator[Path]:
    """A folder with the files of a commit and nothing else; gone afterwards. Raises ServiceError."""
    folder = yard.books / "contexts" / commit
    shutil.rmtree(folder.parent, ignore_errors=True)
    try:
        git.export(yard.root, commit, folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
