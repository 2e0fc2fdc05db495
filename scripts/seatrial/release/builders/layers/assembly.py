"""The files of an image: the steps of its stages, carried out on values."""

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
from seatrial.release.builders.layers import commands, tree
from seatrial.release.builders.layers.base_image import BaseImage
from seatrial.release.builders.layers.commands import Install
from seatrial.release.builders.layers.ignore import Ignored, Pattern
from seatrial.release.builders.layers.recipe import Copied, Folder, Refused, Stage, Step
from seatrial.release.builders.layers.tree import BaseFiles, Entry, Fault, Kind, Tree
from seatrial.release.builders.layers.words import has_pattern
from seatrial.system.folder import read_plain

DAY = 24 * 60 * 60
MAX_CONTEXT = 200_000
"""Files and folders that COPY may find."""

VENV = ".venv"

Installer = Callable[[Install, bytes, bytes, str], dict[str, Entry]]
"""Installs a `poetry.lock` of a `pyproject.toml` into the environment at a path. Raises Fault and ServiceError."""


Found = tuple[str, list[tuple[str, Entry]]]
"""What COPY found for a source: its name, and its entries by their paths below it, the first one for itself."""


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
    _made: dict[int, Tree] = field(default_factory=dict)

    def files(self) -> Tree:
        """Return the files of the last stage. Raises Refused for a step that cannot be done, and ServiceError."""
        return self._of(self.last)

    def _of(self, stage: Stage) -> Tree:
        if id(stage) not in self._made:
            made = self._begun(stage)
            for step in stage.steps:
                try:
                    self._do(made, step, stage)
                except Fault as why:
                    raise Refused(step.line, str(why)) from None
                except OSError as failed:
                    raise ServiceError(f"{failed.filename} cannot be read: {reason(failed)}") from failed
            self._made[id(stage)] = made
        return self._made[id(stage)]

    def _begun(self, stage: Stage) -> Tree:
        """Return a tree over the base image; that of other stages is taken for empty, as all is copied from them."""
        if stage.below is not None:
            below = self._of(stage.below)
            return Tree(below.base_of, dict(below.added))
        image = self.image
        return Tree(lambda: image.files if image and self._is_shipped(stage) else BaseFiles())

    def _is_shipped(self, stage: Stage) -> bool:
        """Return whether what is in a stage is in the image."""
        return stage in self.last.chain

    def _do(self, made: Tree, step: Step, stage: Stage) -> None:
        change = step.change
        if isinstance(change, Copied):
            self._copy(made, change, step)
        elif isinstance(change, Folder):
            made.make_folders(tree.relative(change.path))
        elif isinstance(change, Install):
            self._installed(made, change)
        elif isinstance(change, commands.SystemPackages):
            if self._is_shipped(stage):
                self._must_be_in_base(change)
        else:
            _simple(made, change, self.timestamp // DAY)

    def _must_be_in_base(self, change: commands.SystemPackages) -> None:
        found = self.image.packages if self.image else {}
        absent = [name for name in change.names if name not in found]
        if absent:
            name = self.image.name if self.image else "scratch"
            raise Fault(f'in-base says that "{shown(name)}" has {", ".join(absent)}, and it does not')

    def _installed(self, made: Tree, wanted: Install) -> None:
        folder = made.make_folders(tree.relative(wanted.folder))
        in_project = wanted.in_project
        if in_project is None:
            in_project = _poetry_toml(_bytes(made, f"{folder}/poetry.toml", required=False))
        if not in_project:
            raise Fault(
                "poetry makes the environment outside of the folder; set POETRY_VIRTUALENVS_IN_PROJECT=true"
            )
        place = f"{folder}/{VENV}".lstrip("/")
        if made.entry(place):
            raise Fault(f"/{place} is there already")
        lock, pyproject = (_bytes(made, f"{folder}/{name}") for name in ("poetry.lock", "pyproject.toml"))
        made.put(place, Entry(Kind.FOLDER, installed=True))
        for path, entry in self.install(wanted, lock, pyproject, f"/{place}").items():
            made.put(f"{place}/{path}", entry)

    def _copy(self, made: Tree, change: Copied, step: Step) -> None:
        owner = tree.owner_of(made, change.owner) if change.owner else (0, 0)
        if owner[1] is None:
            raise Fault("--chown needs a user and a group, as user:group")
        mode = tree.with_mode(change.mode) if change.mode.isdecimal() else None
        if change.mode and mode is None:
            raise Fault("--chmod needs a mode in digits")
        origin = self._of(change.stage) if change.stage else None
        for source in change.sources:
            found = list(
                self._from_stage(origin, source, change.stage) if origin else self._from_context(source)
            )
            if not found:
                raise Fault(f'there is no "{shown(source)}" to copy, or the ignore file leaves it out')
            for name, listed in found:
                _lay(made, change, name, [(path, _owned(one, owner, mode)) for path, one in listed])

    def _from_stage(self, origin: Tree, source: str, stage: Stage | None) -> Iterator[Found]:
        """Yield what is to be copied of a stage. Raises Fault for what is not known of it."""
        if has_pattern(source):
            raise Fault("--from with a pattern is not done here")
        path = origin.resolved(tree.relative(source))
        top = origin.added.get(path)
        if top is None:
            raise Fault(f"/{path} is not what the other stage installed or copied")
        listed = list(origin.below(path))
        if top.kind is Kind.FOLDER and not top.installed and stage is not None and stage.image:
            raise Fault(
                f"what the image of the other stage has in /{path} is not known; copy what is in it by name"
            )
        yield posixpath.basename(path), [("", top), *listed]

    def _from_context(self, source: str) -> Iterator[Found]:
        for path, hits in self._matching(tree.relative(source).split("/")):
            real = _inside(self.context, path)
            if os.path.isdir(real):
                yield (
                    posixpath.basename(path),
                    [
                        ("", Entry(Kind.FOLDER)),
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
            raise Fault("** is no pattern for COPY")
        for name in names:
            if (not has_pattern(part) or pattern.matches(name)) and os.path.lexists(
                os.path.join(folder, name)
            ):
                yield f"{above}/{name}".lstrip("/")

    def _walked(
        self, real: str, path: str, below: str, above: tuple[bool, ...], count: list[int]
    ) -> Iterator[tuple[str, Entry]]:
        """Yield the entries below a folder of the context that are not left out."""
        for name in sorted(os.listdir(real)):
            one, inside = os.path.join(real, name), f"{below}{name}"
            out, hits = self.ignored.leaves_out(f"{path}/{name}".lstrip("/"), above)
            count[0] += 1
            if count[0] > MAX_CONTEXT:
                raise Fault(f"it copies more than {MAX_CONTEXT:,} files")
            if not stat.S_ISDIR(os.lstat(one).st_mode):
                yield from () if out else [(inside, _of_file(one, f"{path}/{name}"))]
                continue
            if out and not self.ignored.has_exceptions:
                continue
            within = list(self._walked(one, f"{path}/{name}".lstrip("/"), f"{inside}/", hits, count))
            yield from [(inside, Entry(Kind.FOLDER)), *within] if within or not out else []


def _owned(entry: Entry, owner: tuple[int, int | None], mode: Callable[[Entry], Entry] | None) -> Entry:
    changed = replace(entry, uid=owner[0], gid=owner[1] or 0)
    return mode(changed) if mode and entry.kind is not Kind.LINK else changed


def _lay(made: Tree, change: Copied, name: str, listed: list[tuple[str, Entry]]) -> None:
    """Put what was copied in its place: the content of a folder, or a file, in a folder or by the new name."""
    place = tree.relative(change.place)
    top = listed[0][1]
    if top.kind is Kind.FOLDER:
        real = made.make_folders(place, replace(top, mode=0o755) if change.stage is None else top)
        if top.installed:
            made.added[real] = top
        for path, entry in listed[1:]:
            _put(made, f"{real}/{path}".lstrip("/"), entry)
        return
    there = made.entry(made.resolved(place))
    if change.into or (there and there.kind is Kind.FOLDER):
        real = made.make_folders(place)
        _put(made, f"{real}/{name}".lstrip("/"), top)
    else:
        made.make_folders(posixpath.dirname(place))
        _put(made, place, top)


def _put(made: Tree, path: str, entry: Entry) -> None:
    real = made.resolved(path, last=entry.kind is Kind.FOLDER)
    before = made.entry(real)
    if entry.kind is Kind.FOLDER and before and before.kind is Kind.FOLDER:
        return
    if entry.kind is not Kind.LINK and before and before.kind is Kind.LINK:
        raise Fault(f"/{real} is a link, in the place of which it would copy something else")
    made.put(real, entry)


def _of_file(path: str, named: str) -> Entry:
    """Return the entry of a file or link of the context. Raises Fault for anything else."""
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return Entry(Kind.LINK, 0o777, target=os.readlink(path))
    if not stat.S_ISREG(status.st_mode):
        raise Fault(f'"{shown(named)}" is neither a file nor a folder nor a link')
    return Entry(Kind.FILE, 0o755 if status.st_mode & 0o100 else 0o644, content=Path(path))


def _inside(context: Path, path: str) -> str:
    """Return the real place of a path in the context. Raises Fault where a link leads out of it."""
    root = os.path.realpath(context)
    real = os.path.realpath(os.path.join(root, path))
    if real != root and not real.startswith(root + os.sep):
        raise Fault(f'"{shown(path)}" is a link out of the repository')
    return real


def _bytes(made: Tree, path: str, required: bool = True) -> bytes:
    """Return the content of a file that a stage has. Raises Fault."""
    path = path.lstrip("/")
    entry = made.added.get(made.resolved(path))
    if entry is None or entry.kind is not Kind.FILE:
        if required:
            raise Fault(f"there is no /{path} when it is run")
        return b""
    return entry.content if isinstance(entry.content, bytes) else read_plain(os.fspath(entry.content))


_POETRY_TOML = {"create": True, "in-project": True, "prefer-active-python": None, "options": None}


def _poetry_toml(text: bytes) -> bool:
    """Return whether a `poetry.toml` puts the environment into the folder. Raises Fault for settings of other kinds."""
    document = toml.load("poetry.toml", text)
    if not document.readable or not isinstance(document.value, dict):
        raise Fault("poetry.toml cannot be read")
    own = document.value.get("virtualenvs", {})
    odd = [*(document.value.keys() - {"virtualenvs"}), *(own.keys() - _POETRY_TOML.keys())]
    if odd:
        raise Fault(f'poetry.toml sets "{shown(min(odd))}", which may change what is installed')
    return own.get("in-project") is True and own.get("create", True) is True


def _simple(made: Tree, change: commands.Effect, day: int) -> None:
    """Do the change of a command that makes no more than an entry or a line."""
    if isinstance(change, commands.Folders):
        for path in change.paths:
            _mkdir(made, tree.relative(path), change)
    elif isinstance(change, commands.Modes):
        for path in change.paths:
            tree.changed(made, tree.relative(path), change.recursive, tree.with_mode(change.mode))
    elif isinstance(change, commands.Owners):
        uid, gid = tree.owner_of(made, change.owner)
        for path in change.paths:
            tree.changed(
                made,
                tree.relative(path),
                change.recursive,
                lambda entry: replace(entry, uid=uid, gid=entry.gid if gid is None else gid),
            )
    elif isinstance(change, commands.Link):
        _link(made, change)
    elif isinstance(change, commands.Group):
        tree.add_group(made, change.name, change.number)
    elif isinstance(change, commands.Account):
        tree.add_account(made, change.name, change.number, change.group, change.home, change.shell, day)


def _mkdir(made: Tree, path: str, change: commands.Folders) -> None:
    before = made.entry(made.resolved(path))
    if not change.parents and (before or not made.entry(made.resolved(posixpath.dirname(path)))):
        raise Fault(f"mkdir fails: /{path} is there already, or its folder is not")
    real = made.make_folders(path)
    if before is None and change.mode is not None:
        made.added[real] = replace(made.added[real], mode=change.mode)


def _link(made: Tree, change: commands.Link) -> None:
    place = tree.relative(change.place)
    there = made.entry(made.resolved(place))
    if there and there.kind is Kind.FOLDER:
        place = f"{place}/{posixpath.basename(change.target.rstrip('/'))}"
    real = made.resolved(place, last=False)
    if made.entry(posixpath.dirname(real)) is None or (made.entry(real) and not change.replaces):
        raise Fault(f"ln fails: /{real} is there already, or its folder is not")
    made.put(real, Entry(Kind.LINK, 0o777, target=change.target))
