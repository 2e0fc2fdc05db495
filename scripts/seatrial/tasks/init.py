"""The task `init`: Seatrial set up in an existing repository, beside what is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seatrial.core.errors import Unreadable, UsageError
from seatrial.core.model import join
from seatrial.core.settings import ReleaseSettings
from seatrial.fleet.ci.workflows import files
from seatrial.scaffold import repository
from seatrial.scaffold.repository import RepositoryFile, TargetRepository
from seatrial.schemas.jsonschema import derived_files
from seatrial.system.folder import read_beneath
from seatrial.system.transaction import FileEdit, alone, change_all
from seatrial.tasks.choice import open_workspace
from seatrial.tasks.ci_workflow import order_of
from seatrial.tasks.cli import note, say, typed
from seatrial.tasks.file_diffs import unified
from seatrial.tasks.menu import VERBS
from seatrial.tasks.schemas import END, settings_for
from seatrial.workspace.workspace import (
    FRAMEWORK,
    Workspace,
    below_checkout,
    checkout_around,
    decide,
    holders,
)

SCHEMAS = "schemas"


def init(root: str | None, dry_run: bool, service: str | None = None, install: str | None = None) -> None:
    """Write the files that are not there, all or none, and print the lines to add to those that are.

    With a `service`, the workflow files by which it runs Seatrial are among them.
    """
    if install and not service:
        raise UsageError("--install is for the files of CI; name its service with --service github or gitlab")
    workspace = _workspace(root)
    base = workspace.root if workspace else _base(root)
    checkout = checkout_around(base)
    found = _found(workspace, base, checkout)
    wanted = [*_parts(found), *_workflows(workspace, base, checkout, service, install)]
    joined = [_joined(checkout, part) for part in wanted]
    edits = [one.edit for one in joined if one.edit]
    if dry_run:
        say("".join(map(_shown, edits)))
    elif edits:
        with alone(checkout):
            change_all(checkout, edits)
    for edit in edits:
        word = "renewed" if edit.before else "made"
        note(f"{'would be ' * dry_run}{word}: {edit.path}")
    for one in joined:
        _propose(one)
    if not edits:
        note("nothing is to be written")
    if not found.holder:
        note(f"for your editor, type {typed('schemas', root=root)}")
    has_some = workspace is not None and workspace.integrations
    note(f"next: {typed('validate' if has_some else 'new', root=root)}")


@dataclass(frozen=True)
class _Joined:
    """A part with its edit, or what a person is told to do instead."""

    part: RepositoryFile
    edit: FileEdit | None = None
    proposal: str = ""
    obstacle: str = ""


def _workspace(root: str | None) -> Workspace | None:
    """Return the workspace there is; None where a repository has none yet, or has it elsewhere than expected."""
    if root and not Path(root).is_dir():
        raise UsageError(f'there is no folder "{root}"; name that of the repository with --root')
    try:
        return open_workspace(root)
    except UsageError:
        return None


def _base(root: str | None) -> Path:
    """Return the folder of a repository that is not a workspace yet: the named one, else the checkout around."""
    return Path(os.path.abspath(root)) if root else checkout_around(Path.cwd())


def _found(workspace: Workspace | None, base: Path, checkout: Path) -> TargetRepository:
    """Return what the files tell of a repository. Raises UsageError where integrations are in several folders."""
    below = below_checkout(base, checkout)
    if workspace:
        is_one = any(one.path == "" for one in workspace.integrations)
        return TargetRepository(workspace.profile, below, "" if is_one else _holder(workspace))
    profile = decide(None, (base / FRAMEWORK).is_file(), ())
    near = holders(base)
    if len(near) > 1:
        named = " and ".join(f'"{place}"' for place in near[:3])
        raise UsageError(f"integrations are in {named}; name the folder above one of them with --root")
    return TargetRepository(profile, below, near[0]) if near else TargetRepository(profile, below)


def _holder(workspace: Workspace) -> str:
    """Return the folder of the integrations; one that is stated is there, or will be."""
    stated = workspace.settings.integrations
    places = {one.path.rpartition("/")[0] for one in workspace.integrations}
    return stated if stated in places or not places else min(places) or "."


def _parts(found: TargetRepository) -> Iterator[RepositoryFile]:
    """Yield the files of the set-up, all but those of a CI."""
    options = sorted({option.variable for verb in VERBS for option in verb.options})
    yield from repository.parts(found, [verb.name for verb in VERBS], options)
    if found.holder:
        # An integration's own folder holds no settings of an editor (LAY109).
        folder = join(found.root, SCHEMAS)
        schemas = {join(folder, name): text for name, text in derived_files().items()}
        settings = settings_for(found.profile, join(found.root, found.holder), folder)
        yield from repository.editor(settings, schemas)


def _workflows(
    workspace: Workspace | None, base: Path, checkout: Path, service: str | None, install: str | None
) -> Iterator[RepositoryFile]:
    """Yield the files of `ci.workflow`, which renews them later. Raises UsageError as that does."""
    if service:
        release = workspace.settings.release if workspace else ReleaseSettings()
        for path, text in files(order_of(base, checkout, release, service, install)).items():
            yield RepositoryFile(path, text)


def _joined(checkout: Path, part: RepositoryFile) -> _Joined:
    """Return how a part is joined to what is there; nothing is read or written through a link."""
    try:
        before: bytes | None = read_beneath(str(checkout), part.path)
        existing = (before or b"").decode()
    except FileNotFoundError:
        before = None
    except (OSError, Unreadable, UnicodeError):
        return _Joined(part, obstacle="it is not a plain text file, and is left as it is")
    after = part.joined(None if before is None else existing)
    if after is not None:
        return _Joined(part, FileEdit(part.path, before, after.encode()))
    return _Joined(part, proposal=part.lacking(existing))


def _propose(one: _Joined) -> None:
    if one.obstacle:
        note(f"{one.part.path}: {one.obstacle}")
    if one.proposal:
        note(f"{one.part.path} is kept; add to it, {one.part.where}:")
        say(one.proposal)


def _shown(edit: FileEdit) -> str:
    """Return a file as a difference from what is there; of a generated one, such as a schema, only its size."""
    if edit.path.endswith(END):
        return f"{edit.path}: {len((edit.after or b'').decode()):,} characters\n"
    return "".join(unified([edit]))
