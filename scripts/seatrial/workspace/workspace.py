"""Finding workspaces, their integrations and their profile."""

from __future__ import annotations

import os
import re
import shlex
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from seatrial.core.errors import ConfigurationError, ServiceError, Unreadable, UsageError, reason
from seatrial.core.model import Fleet, Integration, Kind, Profile, join
from seatrial.core.rules import Rule
from seatrial.core.settings import Settings
from seatrial.core.suggest import hint
from seatrial.core.vocabulary import TOOL_FOLDERS
from seatrial.documents.integration import SPEC_FILES, first_present
from seatrial.system import git
from seatrial.system.folder import DiskFolder, with_parents
from seatrial.workspace.config import SETTINGS_FILE, KnownCodes, settings_of


def decide(stated: Profile | None, has_framework: bool, specs_with_version: Sequence[bool]) -> Profile:
    """Return the profile of a workspace: the stated one, else the one its files imply.

    The Ocean framework's own repository holds a `port_ocean` package. In its first months, until 2023-08-30,
    it published by the guide: then most specs state their version.
    """
    if stated is not None:
        return stated
    by_guide = 2 * sum(specs_with_version) > len(specs_with_version)
    return Profile.OCEAN if has_framework and not by_guide else Profile.GUIDE


FRAMEWORK = "port_ocean/__init__.py"
"""The file by which the Ocean framework's own repository is recognised."""

MARKS = (".port", "pyproject.toml", "main.py", "integration.py")
"""Any of these makes a folder below `integrations/` an integration."""

STATES_VERSION = re.compile(rb'^\s*"?version"?\s*:', re.MULTILINE)


@dataclass(frozen=True)
class Workspace:
    """A repository of integrations, or one integration alone, whose path is then empty.

    `here` is the current folder, or the one that was named. `links` are the names beside the integrations that are
    links to folders; they are not followed. `own` are the repository's own rules that were loaded.
    """

    root: Path
    here: Path
    settings: Settings
    profile: Profile
    fleet: Fleet
    links: Sequence[str] = ()
    own: tuple[Rule, ...] = ()

    @property
    def integrations(self) -> Sequence[Integration]:
        """All integrations, by path."""
        return self.fleet.integrations

    @property
    def checkout(self) -> Path:
        """The repository around the root, or the root: a change may bring anything below it, links among them."""
        return checkout_around(self.root)

    def folder(self, path: str) -> DiskFolder:
        """Return a folder of the repository, by its path from the root, as it is now."""
        return DiskFolder(self.root / path, self.root, None)


def open_workspace(
    root: str | None = None, cwd: Path | None = None, known_codes: KnownCodes | None = None
) -> Workspace:
    """Open the workspace at `root`, or by default the nearest one around the current folder.

    The codes in its `seatrial.toml` must be among `known_codes`, if given. Raises UsageError if there is no
    workspace and ConfigurationError for a bad `seatrial.toml`.
    """
    here = Path(os.path.abspath((cwd or Path.cwd()) / (root or "")))
    base = _stated_root(here) if root else find_root(here)
    left_out = git.ignored(base)
    settings = _settings(base, left_out, known_codes)
    holder = _holder(base, settings)
    fleet = Fleet(_integrations(base, holder, left_out))
    links = () if _is_one(base) else tuple(_linked(holder))
    has_framework = (base / FRAMEWORK).is_file()
    return Workspace(base, here, settings, profile_of(settings, fleet, has_framework), fleet, links)


def names_at(root: str | None = None) -> Sequence[str]:
    """Return the names of the integrations of a workspace, or of the nearest one, without asking git.

    Raises as `open_workspace`.
    """
    here = Path(os.path.abspath(root or ""))
    base = _stated_root(here) if root else find_root(here)
    holder = _holder(base, _settings(base, None, None))
    if _is_one(base):
        return [base.name]
    _must_be_within(base, holder)
    return [one.name for one in _children(holder) if any(os.path.lexists(one / mark) for mark in MARKS)]


def checkout_around(folder: Path) -> Path:
    """Return the nearest folder, from this one upwards, that holds `.git`; this one if there is none."""
    return next((one for one in (folder, *folder.parents) if os.path.lexists(one / ".git")), folder)


def below_checkout(folder: Path, checkout: Path) -> str:
    """Return the path of a folder in the checkout around it; empty for the checkout itself."""
    return "" if folder == checkout else folder.relative_to(checkout).as_posix()


def find_root(start: Path) -> Path:
    """Return the nearest folder, from `start` upwards, that is a workspace. Raises UsageError if there is none."""
    start = Path(os.path.abspath(start))
    for folder in (start, *start.parents):
        if found := _root_at(folder):
            return found
    for folder in (start, *start.parents):
        if (folder / "integrations").is_dir():
            return folder
    raise UsageError(
        f"no workspace at {start} or above: no {SETTINGS_FILE}, integrations/ or .port/ there; "
        + (_in_sight(start) or "name one with --root, or make an integration with `seatrial new`")
    )


def _stated_root(folder: Path) -> Path:
    """Return the workspace at a folder that a user named."""
    folder = Path(os.path.abspath(folder))
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; name the one that holds integrations/ with --root")
    if found := _root_at(folder):
        return found
    if _holds_integrations(folder) or (folder / "integrations").is_dir():
        return folder
    raise UsageError(
        f"{folder} is not a workspace: no {SETTINGS_FILE}, integrations/ or .port/ there; "
        + (_in_sight(folder) or "name the folder that holds integrations/ with --root")
    )


MOST_LOOKED_AT = 2_000
"""The most folders that are looked into for integrations that lie elsewhere than expected."""

NEAR = 3
"""Integrations deeper than this below a folder are not looked for."""

NOT_THEIRS = re.compile(r"[._].*|.*(?:test|fixture|example|template|cookiecutter).*|docs?", re.IGNORECASE)
"""Folders that are not looked into: what they hold is there to be shown or tried."""


def _ports(folder: Path, deepest: int) -> Iterator[Path]:
    """Yield the folders below that hold `.port`, at most `deepest` levels down, the nearest first."""
    pending = deque([(folder, 0)])
    for _ in range(MOST_LOOKED_AT):
        if not pending:
            return
        place, depth = pending.popleft()
        for child in _children(place):
            if (child / ".port").is_dir():
                yield child
            elif (
                depth + 1 < deepest
                and child.name not in TOOL_FOLDERS
                and not NOT_THEIRS.fullmatch(child.name)
            ):
                pending.append((child, depth + 1))


def holders(folder: Path) -> Sequence[str]:
    """Return the folders that hold integrations near a folder that is not a workspace, by their paths in it."""
    return _not_ignored(folder, sorted({one.parent for one in _ports(folder, NEAR)}))


def _not_ignored(root: Path, folders: Iterable[Path]) -> Sequence[str]:
    """Return the paths below `root` of those of these folders that git does not ignore."""
    paths = [folder.relative_to(root).as_posix() for folder in folders]
    left_out = (git.ignored(root) if paths else None) or frozenset()
    return [path for path in paths if left_out.isdisjoint(with_parents(path))]


def _in_sight(folder: Path) -> str:
    """Return what to type for the integrations below a folder that is not a workspace; empty where none is near."""
    found = list(islice(_ports(folder, NEAR), 3))
    if not found:
        return ""
    seen = " and ".join(f'"{os.path.relpath(one, folder)}/.port"' for one in found[:2])
    are = "is there" if not found[1:] else "and others are there" if found[2:] else "are there"
    place = found[0].parent if found[1:] and found[0].parent == found[1].parent else found[0]
    return f"{seen} {are}; type --root {shlex.quote(os.path.relpath(place))}"


def passed_over(workspace: Workspace) -> Sequence[str]:
    """Return the folders with a `.port` that are near the integrations of a workspace, but are none of them, by path.

    Such folders lie beside the folder of the integrations, or a level too deep in it.
    """
    root = workspace.root
    known = {root / one.path for one in workspace.integrations if one.path}
    found = (one for one in _ports(root, NEAR) if one not in known and known.isdisjoint(one.parents))
    return _not_ignored(root, found)


def _root_at(folder: Path) -> Path | None:
    """Return the workspace of which this folder is the root, the `integrations` folder, or an integration."""
    if (folder / SETTINGS_FILE).is_file() or _holds_integrations(folder / "integrations"):
        return folder
    if (folder / ".port").is_dir():
        return folder.parent.parent if folder.parent.name == "integrations" else folder
    return folder.parent if folder.name == "integrations" and _holds_integrations(folder) else None


def select(workspace: Workspace, names: Iterable[str]) -> Sequence[Integration]:
    """Return the named integrations (commas allowed); by default the one around the current folder, else all.

    A name or path that itself holds a comma is taken as a whole. Raises UsageError if there are no integrations, and
    for an unknown name, with the nearest one that exists.
    """
    if not workspace.integrations:
        holder = workspace.root / workspace.settings.integrations
        raise UsageError(
            f"no integrations in {holder}; "
            + (_in_sight(workspace.root) or "make one with `seatrial new`, or name another root with --root")
        )
    by_name = {key: one for one in workspace.integrations for key in (one.path, one.name)}
    parts = (part for one in names for part in ([one] if one and one in by_name else one.split(",")))
    wanted = [_relative(workspace, part.strip()) for part in parts if part.strip()]
    if not wanted:
        return _around(workspace) or workspace.integrations
    chosen = [_named(by_name, name) for name in wanted]
    return [one for one in workspace.integrations if one in chosen]


def holding(workspace: Workspace, files: Iterable[str]) -> Sequence[Integration]:
    """Return the integrations that hold one of these files."""
    paths = [os.path.relpath(os.path.abspath(one), workspace.root) + os.sep for one in files]
    below = [path for path in paths if not path.startswith(os.pardir + os.sep)]
    return [
        one for one in workspace.integrations if any(path.startswith(join(one.path, "")) for path in below)
    ]


def _relative(workspace: Workspace, name: str) -> str:
    """Return a name as it is, and a path that was typed as the path from the root."""
    place = os.path.normpath(workspace.here / name)
    beneath = os.path.relpath(place, workspace.root)
    known = {one.path for one in workspace.integrations}
    return beneath if "/" in name and beneath in known else os.path.normpath(name).strip("/")


def _named(by_name: dict[str, Integration], name: str) -> Integration:
    if name in by_name:
        return by_name[name]
    names = {one.name for one in by_name.values()}
    raise UsageError(
        f'no integration is called "{name}"' + hint(name, names, f"there are {', '.join(sorted(names)[:8])}")
    )


def _around(workspace: Workspace) -> list[Integration]:
    """Return the integration in which the workspace was opened; none if it was opened above."""
    around = {workspace.here, *workspace.here.parents}
    return [one for one in workspace.integrations if workspace.root / one.path in around]


def _children(folder: Path) -> Iterator[Path]:
    try:
        names = sorted(item.name for item in os.scandir(folder) if item.is_dir(follow_symlinks=False))
    except OSError:
        return
    yield from (folder / name for name in names if not name.startswith((".", "_")))


def _must_open(folder: Path) -> None:
    try:
        os.scandir(folder).close()
    except OSError as failed:
        raise ServiceError(f"{folder} cannot be read: {reason(failed)}") from failed


def _holds_integrations(folder: Path) -> bool:
    return any((child / ".port").is_dir() for child in _children(folder))


def _is_integration(folder: DiskFolder) -> bool:
    entries = (folder.entry(mark) for mark in MARKS)
    return any(entry is not None and entry.kind is not Kind.DANGLING for entry in entries)


def _settings(root: Path, left_out: frozenset[str] | None, known_codes: KnownCodes | None) -> Settings:
    folder = DiskFolder(root, root, None, _ignores(left_out, ""))
    entry = folder.entry(SETTINGS_FILE)
    if entry is None:
        return Settings()
    if entry.kind in (Kind.ESCAPING, Kind.IGNORED):
        raise ConfigurationError(
            f"{SETTINGS_FILE} is a link to a file that git does not hold or that is outside {root}, "
            "which is not read; replace it with a file"
        )
    try:
        return settings_of(folder.read(SETTINGS_FILE), known_codes)
    except Unreadable as reason:
        raise ConfigurationError(f"{SETTINGS_FILE}: {reason}") from reason


def _integrations(root: Path, holder: Path, left_out: frozenset[str] | None) -> Iterator[Integration]:
    if _is_one(root):
        yield Integration(root.name, "", _folder(root, root, left_out, ""))
        return
    _must_open(holder)
    real = _must_be_within(root, holder)
    for folder in _children(holder):
        place = join(real, folder.name)
        files = _folder(folder, root, left_out, place)
        if _is_integration(files):
            yield Integration(folder.name, folder.relative_to(root).as_posix(), files)


def _is_one(root: Path) -> bool:
    """Return whether the root is itself one integration."""
    return (root / ".port").is_dir()


def _holder(root: Path, settings: Settings) -> Path:
    """Return the folder that holds the integrations: the stated one, or the root if they are directly in it."""
    holder = root / settings.integrations
    return holder if holder.is_dir() else root


def _must_be_within(root: Path, holder: Path) -> str:
    """Return the path below the root, after links, of the folder of integrations. Raises UsageError if outside."""
    real, real_root = os.path.realpath(holder), os.path.realpath(root)
    if real != real_root and not real.startswith(real_root.rstrip(os.sep) + os.sep):
        raise UsageError(
            f"{holder} leads through a link out of {root}, where nothing is read or written; "
            "remove the link, or name the folder itself with --root"
        )
    return "" if real == real_root else os.path.relpath(real, real_root)


def _folder(folder: Path, root: Path, left_out: frozenset[str] | None, place: str) -> DiskFolder:
    """Return the folder of an integration, at `place` below the root after links.

    Its links may lead to what git does not ignore below the root, and to what git tracks in the checkout around it.
    """
    here = _below(left_out, place) if place else left_out
    ignores, checkout = _ignores(left_out, place), checkout_around(root)
    above = _position(root, checkout)
    if left_out is None or not above:
        return DiskFolder(folder, root, here, ignores)

    def hidden(path: str) -> bool:
        is_below = f"{path}/".startswith(f"{above}/")
        below = path.removeprefix(above).removeprefix("/")
        return ignores(below) if is_below else not git.tracks(checkout, path)

    return DiskFolder(folder, checkout, here, hidden)


def _position(root: Path, checkout: Path) -> str:
    """Return where the root lies below its checkout, after links; empty where it does not."""
    real, around = os.path.realpath(root), os.path.realpath(checkout)
    return os.path.relpath(real, around) if real.startswith(around.rstrip(os.sep) + os.sep) else ""


def _ignores(left_out: frozenset[str] | None, own: str) -> Callable[[str], bool]:
    """Return a test for paths below the root, after links, that git ignores and no link may lead to.

    An integration that is ignored itself, at `own`, may have links within it.
    """

    def ignores(path: str) -> bool:
        ignored = [part for part in with_parents(path) if left_out and part in left_out]
        return any(own != part and not own.startswith(f"{part}/") for part in ignored)

    return ignores


def _linked(holder: Path) -> Iterator[str]:
    """Yield the links beside integrations that lead to a folder like them."""
    with suppress(OSError):
        names = sorted(item.name for item in os.scandir(holder) if item.is_symlink())
        yield from (name for name in names if (holder / name / ".port").is_dir())


def _below(left_out: frozenset[str] | None, path: str) -> frozenset[str] | None:
    """Return the ignored paths of one integration, relative to it; None if it is ignored as a whole."""
    if left_out is None or not left_out.isdisjoint(with_parents(path)):
        return None
    prefix = path + "/"
    return frozenset(one.removeprefix(prefix) for one in left_out if one.startswith(prefix))


def profile_of(settings: Settings, fleet: Fleet, has_framework: bool) -> Profile:
    """Return the profile of a workspace, given whether it holds the Ocean framework."""
    states = [_states_version(one) for one in fleet.integrations] if has_framework else []
    return decide(settings.profile, has_framework, states)


def _states_version(integration: Integration) -> bool:
    path = first_present(integration, *SPEC_FILES)
    try:
        return path is not None and STATES_VERSION.search(integration.read(path)) is not None
    except Unreadable:
        return False
