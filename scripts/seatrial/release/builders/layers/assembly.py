"""The files of an image: the steps of its stages, carried out in memory."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from seatrial.core.errors import ServiceError, reason
from seatrial.core.names import shown
from seatrial.documents import toml
from seatrial.release.builders.layers import run_commands, stage_files
from seatrial.release.builders.layers.base_image import BaseImage
from seatrial.release.builders.layers.ignore import Ignored, Pattern
from seatrial.release.builders.layers.recipe import BuildStep, Copied, Refused, Stage, WorkingFolder
from seatrial.release.builders.layers.run_commands import Install
from seatrial.release.builders.layers.stage_files import (
    BaseFiles,
    EntryKind,
    StageEntry,
    StageTree,
    StepFault,
)
from seatrial.release.builders.layers.words import has_pattern
from seatrial.system.folder import read_plain

DAY = 24 * 60 * 60
MAX_CONTEXT = 200_000
"""Files and folders that COPY may find."""

VENV = ".venv"

Installer = Callable[[Install, bytes, bytes, str], dict[str, StageEntry]]
"""Installs a `poetry.lock` of a `pyproject.toml` into the environment at a path. Raises StepFault and ServiceError."""


Found = tuple[str, list[tuple[str, StageEntry]]]
"""What COPY found for a source: its name, and its entries by their paths below it, the first one for itself."""


OUTSIDE = (
    "poetry makes the environment outside of the folder; set POETRY_VIRTUALENVS_IN_PROJECT=true "
    "with ENV, here or in the base image"
)
"""Why an environment cannot be copied from the folder that it was installed for."""


@dataclass
class Assembly:
    """The stages of one image for one platform, each made once.

    What is installed into `last` and those that it goes on from is said to be in the base image.
    """

    last: Stage
    context: Path
    ignored: Ignored
    image: BaseImage | None
    install: Installer
    timestamp: int
    _made: dict[int, StageTree] = field(default_factory=dict)

    def files(self) -> StageTree:
        """Return the files of the last stage. Raises Refused for a step that cannot be done, and ServiceError."""
        return self._of(self.last)

    def _of(self, stage: Stage) -> StageTree:
        if id(stage) not in self._made:
            made = self._begun(stage)
            for step in stage.steps:
                try:
                    self._do(made, step, stage)
                except StepFault as why:
                    raise Refused(step.line, str(why)) from None
                except OSError as failed:
                    raise ServiceError(f"{failed.filename} cannot be read: {reason(failed)}") from failed
            self._made[id(stage)] = made
        return self._made[id(stage)]

    def _begun(self, stage: Stage) -> StageTree:
        """Return a tree over the base image; for stages that only serve as a source of copies, over an empty one."""
        if stage.below is not None:
            below = self._of(stage.below)
            return StageTree(below.base_of, dict(below.added))
        image = self.image
        return StageTree(lambda: image.files if image and self._is_shipped(stage) else BaseFiles())

    def _is_shipped(self, stage: Stage) -> bool:
        """Return whether what is in a stage is in the image."""
        return stage in self.last.chain

    def _do(self, made: StageTree, step: BuildStep, stage: Stage) -> None:
        change = step.change
        if isinstance(change, Copied):
            self._copy(made, change, step)
        elif isinstance(change, WorkingFolder):
            made.make_folders(stage_files.relative(change.path))
        elif isinstance(change, Install):
            self._installed(made, change)
        elif isinstance(change, run_commands.SystemPackages):
            if self._is_shipped(stage):
                self._must_be_in_base(change)
        else:
            _simple(made, change, self.timestamp // DAY)

    def _must_be_in_base(self, change: run_commands.SystemPackages) -> None:
        found = self.image.packages if self.image else {}
        absent = [name for name in change.names if name not in found]
        if absent:
            name = self.image.name if self.image else "scratch"
            raise StepFault(f'in-base says that "{shown(name)}" has {", ".join(absent)}, and it does not')

    def _installed(self, made: StageTree, wanted: Install) -> None:
        folder = made.make_folders(stage_files.relative(wanted.folder))
        in_project = wanted.in_project
        if in_project is None:
            in_project = _poetry_toml(_bytes(made, f"{folder}/poetry.toml", required=False))
        if not in_project:
            raise StepFault(OUTSIDE)
        place = f"{folder}/{VENV}".lstrip("/")
        if made.entry(place):
            raise StepFault(f"/{place} is there already")
        lock, pyproject = (_bytes(made, f"{folder}/{name}") for name in ("poetry.lock", "pyproject.toml"))
        made.put(place, StageEntry(EntryKind.FOLDER, installed=True))
        for path, entry in self.install(wanted, lock, pyproject, f"/{place}").items():
            made.put(f"{place}/{path}", entry)

    def _copy(self, made: StageTree, change: Copied, step: BuildStep) -> None:
        owner = stage_files.owner_of(made, change.owner) if change.owner else (0, 0)
        if owner[1] is None:
            raise StepFault("--chown needs a user and a group, as user:group")
        mode = stage_files.with_mode(change.mode) if change.mode.isdecimal() else None
        if change.mode and mode is None:
            raise StepFault("--chmod needs a mode in digits")
        origin = self._of(change.stage) if change.stage else None
        for source in change.sources:
            found = list(
                self._from_stage(origin, source, change.stage) if origin else self._from_context(source)
            )
            if not found:
                raise StepFault(f'there is no "{shown(source)}" to copy, or the ignore file leaves it out')
            for name, listed in found:
                _lay(made, change, name, [(path, _owned(one, owner, mode)) for path, one in listed])

    def _from_stage(self, origin: StageTree, source: str, stage: Stage | None) -> Iterator[Found]:
        """Yield what is copied from a stage. Raises StepFault where its files are not known."""
        if has_pattern(source):
            raise StepFault("--from with a pattern is not done here")
        path = origin.resolved(stage_files.relative(source))
        top = origin.added.get(path)
        if top is None:
            raise StepFault(f"/{path} is not what the other stage installed or copied")
        listed = list(origin.below(path))
        if top.kind is EntryKind.FOLDER and not top.installed and stage is not None and stage.image:
            raise StepFault(
                f"what the image of the other stage has in /{path} is not known; copy what is in it by name"
            )
        yield posixpath.basename(path), [("", top), *listed]

    def _from_context(self, source: str) -> Iterator[Found]:
        for path, hits in self._matching(stage_files.relative(source).split("/")):
            real = _inside(self.context, path)
            if os.path.isdir(real):
                yield (
                    posixpath.basename(path),
                    [
                        ("", StageEntry(EntryKind.FOLDER)),
                        *self._walked(real, path, "", hits, [0]),
                    ],
                )
            else:
                yield posixpath.basename(path), [("", _of_file(real, path))]

    def _matching(self, parts: list[str]) -> Iterator[tuple[str, tuple[bool, ...]]]:
        """Yield the paths in the context that a source means and that are not left out, with what matches them."""
        found: list[tuple[str, tuple[bool, ...], bool]] = [("", (), False)]
        for part in [one for one in parts if one]:
            found = [
                (path, *self.ignored.leaves_out(path, hits)[::-1])
                for above, hits, _ in found
                for path in self._named(above, part)
            ]
        yield from ((path, hits) for path, hits, out in found if not out)

    def _named(self, above: str, part: str) -> Iterator[str]:
        folder = _inside(self.context, above)
        names = sorted(os.listdir(folder)) if has_pattern(part) and os.path.isdir(folder) else [part]
        pattern = Pattern(part)
        if "**" in part:
            raise StepFault("COPY does not know the pattern **")
        for name in names:
            if (not has_pattern(part) or pattern.matches(name)) and os.path.lexists(
                os.path.join(folder, name)
            ):
                yield f"{above}/{name}".lstrip("/")

    def _walked(
        self, real: str, path: str, below: str, above: tuple[bool, ...], count: list[int]
    ) -> Iterator[tuple[str, StageEntry]]:
        """Yield the entries below a folder of the context that are not left out."""
        for name in sorted(os.listdir(real)):
            one, inside = os.path.join(real, name), f"{below}{name}"
            out, hits = self.ignored.leaves_out(f"{path}/{name}".lstrip("/"), above)
            count[0] += 1
            if count[0] > MAX_CONTEXT:
                raise StepFault(f"it copies more than {MAX_CONTEXT:,} files")
            if not stat.S_ISDIR(os.lstat(one).st_mode):
                yield from () if out else [(inside, _of_file(one, f"{path}/{name}"))]
                continue
            if out and not self.ignored.has_exceptions:
                continue
            within = list(self._walked(one, f"{path}/{name}".lstrip("/"), f"{inside}/", hits, count))
            yield from [(inside, StageEntry(EntryKind.FOLDER)), *within] if within or not out else []


def _owned(
    entry: StageEntry, owner: tuple[int, int | None], mode: Callable[[StageEntry], StageEntry] | None
) -> StageEntry:
    changed = replace(entry, uid=owner[0], gid=owner[1] or 0)
    return mode(changed) if mode and entry.kind is not EntryKind.LINK else changed


def _lay(made: StageTree, change: Copied, name: str, listed: list[tuple[str, StageEntry]]) -> None:
    """Add what was copied: the content of a folder, or a file, below a folder or under a new name."""
    place = stage_files.relative(change.place)
    top = listed[0][1]
    if top.kind is EntryKind.FOLDER:
        real = made.make_folders(place, replace(top, mode=0o755) if change.stage is None else top)
        if top.installed:
            made.added[real] = top
        for path, entry in listed[1:]:
            _put(made, f"{real}/{path}".lstrip("/"), entry)
        return
    there = made.entry(made.resolved(place))
    if change.into or (there and there.kind is EntryKind.FOLDER):
        real = made.make_folders(place)
        _put(made, f"{real}/{name}".lstrip("/"), top)
    else:
        made.make_folders(posixpath.dirname(place))
        _put(made, place, top)


def _put(made: StageTree, path: str, entry: StageEntry) -> None:
    real = made.resolved(path, last=entry.kind is EntryKind.FOLDER)
    before = made.entry(real)
    if entry.kind is EntryKind.FOLDER and before and before.kind is EntryKind.FOLDER:
        return
    if entry.kind is not EntryKind.LINK and before and before.kind is EntryKind.LINK:
        raise StepFault(f"/{real} is a link, in the place of which it would copy something else")
    made.put(real, entry)


def _of_file(path: str, named: str) -> StageEntry:
    """Return the entry of a file or link of the context. Raises StepFault for anything else."""
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return StageEntry(EntryKind.LINK, 0o777, target=os.readlink(path))
    if not stat.S_ISREG(status.st_mode):
        raise StepFault(f'"{shown(named)}" is neither a file nor a folder nor a link')
    return StageEntry(EntryKind.FILE, 0o755 if status.st_mode & 0o100 else 0o644, content=Path(path))


def _inside(context: Path, path: str) -> str:
    """Return the real place of a path in the context. Raises StepFault where a link leads out of it."""
    root = os.path.realpath(context)
    real = os.path.realpath(os.path.join(root, path))
    if real != root and not real.startswith(root + os.sep):
        raise StepFault(f'"{shown(path)}" is a link out of the repository')
    return real


def _bytes(made: StageTree, path: str, required: bool = True) -> bytes:
    """Return the content of a file that a stage has. Raises StepFault."""
    path = path.lstrip("/")
    entry = made.added.get(made.resolved(path))
    if entry is None or entry.kind is not EntryKind.FILE:
        if required:
            raise StepFault(f"there is no /{path} when it is run")
        return b""
    return entry.content if isinstance(entry.content, bytes) else read_plain(os.fspath(entry.content))


_POETRY_TOML = {"create": True, "in-project": True, "prefer-active-python": None, "options": None}


def _poetry_toml(text: bytes) -> bool:
    """Return whether a `poetry.toml` puts the environment into the folder. Raises StepFault for any other setting."""
    document = toml.load("poetry.toml", text)
    if not document.readable or not isinstance(document.value, dict):
        raise StepFault("poetry.toml cannot be read")
    own = document.value.get("virtualenvs", {})
    odd = [*(document.value.keys() - {"virtualenvs"}), *(own.keys() - _POETRY_TOML.keys())]
    if odd:
        raise StepFault(f'poetry.toml sets "{shown(min(odd))}", which may change what is installed')
    return own.get("in-project") is True and own.get("create", True) is True


def _simple(made: StageTree, change: run_commands.Effect, day: int) -> None:
    """Make the change of a command that only makes one entry or one line."""
    if isinstance(change, run_commands.Folders):
        for path in change.paths:
            _mkdir(made, stage_files.relative(path), change)
    elif isinstance(change, run_commands.Modes):
        for path in change.paths:
            stage_files.changed(
                made, stage_files.relative(path), change.recursive, stage_files.with_mode(change.mode)
            )
    elif isinstance(change, run_commands.ChangeOwners):
        uid, gid = stage_files.owner_of(made, change.owner)
        for path in change.paths:
            stage_files.changed(
                made,
                stage_files.relative(path),
                change.recursive,
                lambda entry: replace(entry, uid=uid, gid=entry.gid if gid is None else gid),
            )
    elif isinstance(change, run_commands.Link):
        _link(made, change)
    elif isinstance(change, run_commands.AddGroup):
        stage_files.add_group(made, change.name, change.number)
    elif isinstance(change, run_commands.Account):
        stage_files.add_account(
            made, change.name, change.number, change.group, change.home, change.shell, day
        )


def _mkdir(made: StageTree, path: str, change: run_commands.Folders) -> None:
    before = made.entry(made.resolved(path))
    if not change.parents and (before or not made.entry(made.resolved(posixpath.dirname(path)))):
        raise StepFault(f"mkdir fails: /{path} is there already, or its folder is not")
    real = made.make_folders(path)
    if before is None and change.mode is not None:
        made.added[real] = replace(made.added[real], mode=change.mode)


def _link(made: StageTree, change: run_commands.Link) -> None:
    place = stage_files.relative(change.place)
    there = made.entry(made.resolved(place))
    if there and there.kind is EntryKind.FOLDER:
        place = f"{place}/{posixpath.basename(change.target.rstrip('/'))}"
    real = made.resolved(place, last=False)
    if made.entry(posixpath.dirname(real)) is None or (made.entry(real) and not change.replaces):
        raise StepFault(f"ln fails: /{real} is there already, or its folder is not")
    made.put(real, StageEntry(EntryKind.LINK, 0o777, target=change.target))
