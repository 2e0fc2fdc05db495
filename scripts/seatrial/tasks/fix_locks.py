"""The part of `fix` that makes locks anew, with the Poetry that Seatrial is installed with, in the sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from seatrial.core.errors import SeatrialError, ServiceError, Unreadable
from seatrial.core.model import Finding, Integration
from seatrial.core.names import counted
from seatrial.dependencies.lockfile import is_lock_of
from seatrial.documents import toml
from seatrial.fleet.commands import Crew
from seatrial.system.own_poetry import ConfinedPoetry
from seatrial.system.sandbox import sandbox, warning
from seatrial.system.transaction import FileEdit, alone, change_all
from seatrial.tasks.cli import note
from seatrial.workspace.workspace import Workspace

PYPROJECT, LOCK, SETTINGS = "pyproject.toml", "poetry.lock", "poetry.toml"

RELOCK = "type `poetry lock` in this folder"
"""The beginning of the repair of a lock that is missing or stale."""


def lacking_locks(chosen: Sequence[Integration], findings: Sequence[Finding]) -> Sequence[Integration]:
    """Return the integrations with a finding that a new lock repairs."""
    named = {one.integration for one in findings if one.fix and one.fix.title.startswith(RELOCK)}
    return [one for one in chosen if one.name in named]


def make_locks(workspace: Workspace, stale: Sequence[Integration], jobs: int, choice: str | None) -> bool:
    """Make and write the lock of each, and tell of it; return whether all could be made."""
    if not stale:
        note("no lock is missing or stale")
        return True
    crew = Crew()
    poetry = confined_poetry(choice, crew)
    note(
        f"making {counted(len(stale), 'lock')}, which takes a minute each where nothing is kept of the index"
    )
    with ThreadPoolExecutor(jobs) as pool:
        try:
            made = pool.map(lambda one: _locked(one, poetry), stale)
            written = [_written(workspace, *pair) for pair in zip(stale, made, strict=True)]
            return all(written)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            crew.end()


def confined_poetry(choice: str | None, crew: Crew) -> ConfinedPoetry:
    """Return Seatrial's own Poetry in the sandbox that is asked for, and tell what that lacks.

    Its programs are of this crew. Raises ServiceError where namespaces are required and cannot be had.
    """
    place = sandbox(choice)
    if lacking := warning(place.means):
        note(f"seatrial: {lacking}")
    return ConfinedPoetry(place, crew.run)


def _written(workspace: Workspace, one: Integration, edit: FileEdit | SeatrialError) -> bool:
    """Write the lock of an integration, or tell why there is none; return whether it was written."""
    if isinstance(edit, SeatrialError):
        note(f"not locked: {one.name}: {edit}; type `poetry lock` in its folder to see more")
        return False
    with alone(workspace.root):
        change_all(workspace.root, [edit])
    note(f"{'made' if edit.before is None else 'renewed'} {edit.path}")
    return True


def _locked(one: Integration, poetry: ConfinedPoetry) -> FileEdit | SeatrialError:
    """Return the edit that writes the lock of an integration, or why there is none."""
    try:
        files = {name: one.read(name) for name in (PYPROJECT, LOCK, SETTINGS) if one.has(name)}
        made = poetry.locked(files)
        _must_fit(made, files)
        return FileEdit(one.below(LOCK), files.get(LOCK), made)
    except SeatrialError as reason:
        return reason
    except Unreadable as reason:
        return ServiceError(f"a file cannot be read: {reason}")


def _must_fit(made: bytes, files: Mapping[str, bytes]) -> None:
    """Raise ServiceError where the lock is not that of the pyproject: packages that run while it is made could write
    another.
    """
    if not is_lock_of(made, toml.load(PYPROJECT, files[PYPROJECT]).value):
        raise ServiceError("Poetry made a lock that is not of this pyproject.toml")
