"""The files of the released commit in a folder of their own: what is checked, and what images are built from."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from pathlib import Path

from seatrial.release.places import must_not_be_linked, own_folder
from seatrial.release.run.release_context import ReleaseContext, hide_from_git
from seatrial.system import git, locks

CONTEXTS = "contexts"


@contextmanager
def exported(context: ReleaseContext, commit: str) -> Iterator[Callable[[], Path]]:
    """Give a function that exports the commit when it is first called, and returns the folder; removed afterwards.

    The folder is new, so that nothing is in it but the commit. It is one of a few, whichever no other run uses.
    """
    once = threading.Lock()
    with ExitStack() as stack:

        @cache
        def export() -> Path:
            place = stack.enter_context(_free_place(context))
            git.export(context.root, commit, place)
            return place

        def files() -> Path:
            with once:
                return export()

        yield files


@contextmanager
def _free_place(context: ReleaseContext) -> Iterator[Path]:
    """Lock a place for an export, and remove what an earlier run left there. Raises UsageError and ServiceError."""
    hide_from_git(context)
    folder = own_folder(context.folder / CONTEXTS, context.root)
    number, lock = next(_locked(folder, context.root))
    place = must_not_be_linked(folder / str(number), context.root)
    try:
        shutil.rmtree(place, ignore_errors=True)
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(lock)


def _locked(folder: Path, root: Path) -> Iterator[tuple[int, int]]:
    """Lock the first number that is free; yield it and the descriptor of its lock."""
    for number in count():
        lock = locks.take(must_not_be_linked(folder / f"{number}.lock", root), exclusive=True)
        if lock is not None:
            yield number, lock


@contextmanager
def as_repository(context: ReleaseContext, export: Path) -> Iterator[None]:
    """Have lint take an export for a checkout of the commit, in which all files are tracked and none is ignored.

    The images are built without it.
    """
    head = context.head.commit if context.head else "HEAD"
    place = git.track_export(context.root, head, export)
    try:
        yield
    finally:
        shutil.rmtree(place)
