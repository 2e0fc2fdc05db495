"""A workspace as a commit has it: settings, integrations and their files come from git, nothing from the work tree."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from seatrial.core.errors import ConfigurationError, Unreadable
from seatrial.core.model import Entry, Fleet, Folder, Integration, Kind, join
from seatrial.core.settings import Settings
from seatrial.documents.integration import SPEC_FILES
from seatrial.system import git
from seatrial.system.folder import DiskFolder
from seatrial.workspace.config import SETTINGS_FILE, settings_of
from seatrial.workspace.workspace import FRAMEWORK, MARKS, Workspace, profile_of

SOON = (SETTINGS_FILE, "pyproject.toml", *SPEC_FILES)
"""The ends of the paths of files that are read of every integration, and so are fetched from git together."""


@dataclass(frozen=True)
class Subfolder:
    """A folder within another one. `listed` and `odd` are its paths and irregular ones; links may lead out of it."""

    whole: Folder
    base: str
    listed: tuple[str, ...]
    odd: tuple[str, ...]

    def paths(self) -> Sequence[str]:
        return self.listed

    def irregular(self) -> Sequence[str]:
        return self.odd

    def entry(self, path: str) -> Entry | None:
        return self.whole.entry(join(self.base, path) if path else self.base)

    def read(self, path: str) -> bytes:
        return self.whole.read(join(self.base, path))


def _subfolders(whole: Folder, holder: str) -> Iterator[tuple[str, Subfolder]]:
    """Yield the folders directly in `holder`, by name, sorted."""
    listed, odd = _by_child(whole.paths(), holder), _by_child(whole.irregular(), holder)
    for name, paths in sorted(listed.items()):
        yield name, Subfolder(whole, join(holder, name), tuple(paths), tuple(odd.get(name, ())))


def _by_child(paths: Iterable[str], holder: str) -> dict[str, list[str]]:
    """Return the paths below each folder directly in `holder`, relative to that folder."""
    found: dict[str, list[str]] = {}
    prefix = join(holder, "") if holder else ""
    for path in paths:
        name, slash, rest = path.removeprefix(prefix).partition("/")
        if slash and path.startswith(prefix):
            found.setdefault(name, []).append(rest)
    return found


def workspace_at(
    workspace: Workspace, commit: str, soon: Callable[[str], bool] = lambda path: False
) -> Workspace:
    """Return a workspace as a commit has it. Of the files whose path `soon` is true of, all are fetched at once.

    Raises ConfigurationError for settings of the commit that are not valid, UsageError and ServiceError as git does.
    """
    whole = _whole(workspace, commit, soon)
    settings = _settings(whole)
    fleet = Fleet(_integrations(workspace.root.name, whole, settings))
    profile = profile_of(settings, fleet, _kind(whole, FRAMEWORK) is Kind.FILE)
    return replace(workspace, settings=settings, profile=profile, fleet=fleet, links=())


def compared_workspace(
    workspace: Workspace, commit: str, soon: Callable[[str], bool] = lambda path: False
) -> Workspace:
    """Return a workspace as a commit has it, which this one is compared with.

    Own rules, and the exemptions that may count, are those of this one on both sides, and so are all settings where
    those of the commit are not valid. An integration that was moved since has its present name and path. Of the files
    whose path `soon` is true of, all are fetched at once. Raises UsageError and ServiceError as git does.
    """
    now = workspace.settings
    try:
        before = workspace_at(workspace, commit, soon)
    except ConfigurationError:
        fleet = Fleet(_integrations(workspace.root.name, _whole(workspace, commit, soon), now))
        before = replace(workspace, fleet=fleet, links=())
    settings = replace(before.settings, own=now.own, exemptions=now.exemptions)
    return replace(before, settings=settings, fleet=_with_moved(before.fleet, workspace.fleet))


ALIKE = 0.5
"""The share of an integration's files that are as they were, above which one elsewhere is taken for it, moved."""


def _with_moved(before: Fleet, now: Fleet) -> Fleet:
    """Return the older fleet with the integrations that were moved since where they are now."""
    gone = [one for one in before.integrations if one.path not in now.paths]
    moved = {}
    for one in now.integrations if gone else ():
        if one.path not in before.paths:
            share, former = max(((_share(other, one), other) for other in gone), key=lambda pair: pair[0])
            if share > ALIKE and former.path not in moved:
                moved[former.path] = Integration(one.name, one.path, former.folder)
    return Fleet(moved.get(one.path, one) for one in before.integrations) if moved else before


def former(integration: Integration) -> Integration | None:
    """Return an integration of a compared workspace where it was before it was moved; None for one that was not."""
    folder = integration.folder
    if not isinstance(folder, Subfolder) or folder.base == integration.path:
        return None
    return Integration(posixpath.basename(folder.base), folder.base, folder)


def _share(one: Integration, other: Integration) -> float:
    """Return the share of an integration's files that another one has as well, with the same content."""
    paths = one.folder.paths()
    both = {*paths} & {*other.folder.paths()}
    return sum(_bytes(one, path) == _bytes(other, path) for path in both) / max(len(paths), 1)


def _bytes(integration: Integration, path: str) -> bytes | None:
    with suppress(Unreadable):
        return integration.folder.read(path)
    return None


def _whole(workspace: Workspace, commit: str, soon: Callable[[str], bool]) -> Folder:
    return git.folders_at(workspace.root, commit, [""], lambda path: path.endswith(SOON) or soon(path))[""]


def workspace_in(committed: Workspace, export: Path) -> Workspace:
    """Return the workspace of a commit as it lies in a folder to which all files of the commit were exported."""
    fleet = Fleet(
        Integration(one.name, one.path, DiskFolder(export / one.path, export, frozenset()))
        for one in committed.integrations
    )
    return replace(committed, root=export, here=export, fleet=fleet)


def _settings(whole: Folder) -> Settings:
    if whole.entry(SETTINGS_FILE) is None:
        return Settings()
    try:
        return settings_of(whole.read(SETTINGS_FILE))
    except Unreadable as reason:
        raise ConfigurationError(f"{SETTINGS_FILE}: {reason}") from reason


def _integrations(name: str, whole: Folder, settings: Settings) -> Iterator[Integration]:
    if _kind(whole, ".port") is Kind.FOLDER:
        yield Integration(name, "", whole)
        return
    holder = _holder(whole, settings)
    for child, folder in _subfolders(whole, holder):
        if not child.startswith((".", "_")) and any(folder.entry(mark) for mark in MARKS):
            yield Integration(child, join(holder, child), folder)


def _holder(whole: Folder, settings: Settings) -> str:
    """Return the path of the folder that holds the integrations, empty if they are directly in the root."""
    stated = posixpath.normpath(settings.integrations)
    return stated if stated != "." and _kind(whole, stated) is Kind.FOLDER else ""


def _kind(whole: Folder, path: str) -> Kind | None:
    entry = whole.entry(path)
    return entry.kind if entry else None
