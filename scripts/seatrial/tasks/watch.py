"""Doing a task again whenever the files that it reads have changed."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import cycle

from seatrial.core.errors import Unreadable, UsageError
from seatrial.core.model import Integration
from seatrial.system.folder import DiskFolder
from seatrial.tasks.cli import note
from seatrial.validate.since import Choice
from seatrial.workspace.config import SETTINGS_FILE

PAUSE = 0.05
"""Least seconds between two looks at the files."""

SHARE = 4
"""The pause is at least so many times as long as a look, so that many files take a fifth of a processor."""


def watch(
    opened: Callable[[], Choice],
    look: Callable[[Choice], object],
    files: Sequence[str] = (),
    counts: Callable[[str], bool] = lambda path: True,
) -> None:
    """Call `look` with what is chosen, and again whenever that, or one of these files, has changed, until Ctrl-C.

    `counts` tells of the paths in an integration that matter. What is wrong with the settings or a file meanwhile is
    told, and does not end it.
    """
    note("seatrial: watching; Ctrl-C ends")
    watched = _Watched(opened, files, counts)
    try:
        while watched.choice.integrations:
            begun = time.monotonic()
            has_changed = watched.has_changed()
            taken = time.monotonic() - begun
            if has_changed:
                _renew(watched, look)
            time.sleep(max(PAUSE, SHARE * taken))
    except KeyboardInterrupt:
        note("seatrial: ended")


def _renew(watched: _Watched, look: Callable[[Choice], object]) -> None:
    try:
        watched.renew(look)
    except UsageError as wrong:
        note(f"seatrial: {wrong}")


class _Watched:
    """The chosen integrations, and their state when they were last looked at.

    Each time, all that is chosen is compared, and one of the other integrations, as a verdict may depend on them.
    """

    def __init__(
        self, opened: Callable[[], Choice], files: Sequence[str], counts: Callable[[str], bool]
    ) -> None:
        self.choice = opened()
        self._opened = opened
        self._counts = counts
        self._files = (*files, os.path.join(self.choice.workspace.root, SETTINGS_FILE))
        self._state: Sequence[object] = ()
        self._content = b""
        self._others = {one.path: _signature(one) for one in self._beside()}
        self._turn = cycle(self._others)

    def _beside(self) -> Iterator[Integration]:
        chosen = {one.path for one in self.choice.integrations}
        yield from (one for one in self.choice.workspace.integrations if one.path not in chosen)

    def has_changed(self) -> bool:
        """Return whether the file system tells of a change since the last time."""
        before, self._state = (
            self._state,
            [
                *map(_signature, self.choice.integrations),
                *map(_status, self._files),
            ],
        )
        path = next(self._turn, None)
        other = next((one for one in self._beside() if one.path == path), None)
        if other and (now := _signature(other)) != self._others[other.path]:
            self._others[other.path] = now
            self._content = b""
            return True
        return self._state != before

    def renew(self, look: Callable[[Choice], object]) -> None:
        """Look at what is there now, if its content has changed. Raises UsageError."""
        fresh = _fresh(self.choice)
        is_same = self._content and [*map(_paths, fresh.integrations)] == [
            *map(_paths, self.choice.integrations)
        ]
        self.choice = fresh if is_same else self._opened()
        content = self._digest()
        if content != self._content:
            self._content = content
            look(self.choice)

    def _digest(self) -> bytes:
        """Return a digest of the files that matter."""
        digest = hashlib.sha256()
        for one in self.choice.integrations:
            for path in filter(self._counts, one.paths()):
                with suppress(Unreadable):
                    digest.update(os.fsencode(one.below(path)) + b"\0" + one.folder.read(path))
        digest.update(repr([*map(_status, self._files)]).encode())
        return digest.digest()


def _fresh(choice: Choice) -> Choice:
    """Return the choice with its integrations as they are on the disk now, and the others as they were."""
    chosen = {one.path: Integration(one.name, one.path, _unseen(one)) for one in choice.integrations}
    workspace = replace(choice.workspace, fleet=choice.workspace.fleet.having(chosen))
    return replace(choice, workspace=workspace, integrations=[*chosen.values()])


def _unseen(one: Integration) -> DiskFolder:
    assert isinstance(one.folder, DiskFolder)
    return one.folder.fresh()


def _paths(one: Integration) -> Sequence[str]:
    return one.paths()


def _signature(one: Integration) -> str:
    return one.folder.signature().digest if isinstance(one.folder, DiskFolder) else ""


def _status(file: str) -> object:
    """Return a value that changes with the content of a file; None where there is no file."""
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
