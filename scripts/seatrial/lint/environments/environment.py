"""Environments as values: what is requested, the layers to make of it, and the result."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.core.names import canonical
from seatrial.core.printable import one_line
from seatrial.core.vocabulary import TOOL_FOLDERS
from seatrial.dependencies.requirements import Requirement, Requirements
from seatrial.lint.interpreters import Interpreter

RECIPE = 2
"""The number to raise when environments are made in another way, so that earlier ones are no longer found."""

MANIFEST = "seatrial.json"
"""The file that is written into an environment when it is finished."""

FORMAT = 1
"""The format of manifests."""


@dataclass(frozen=True)
class EnvironmentRequest:
    """An integration's name and folder, the workspace's root, what it installs, and its Python."""

    name: str
    folder: Path
    root: Path
    requirements: Requirements
    interpreter: Interpreter


@dataclass(frozen=True)
class Environment:
    """A folder with a Python and the packages of an integration, ready to use.

    `packages` are all that Python sees there, version by name, those of `base` included. `key` names its
    content; with the same key the same content is at the same path.
    """

    key: str
    python: Path
    site: Path
    packages: Mapping[str, str]
    base: Environment | None = None

    @property
    def shared(self) -> Environment:
        """The part that other integrations may use too: the base, or the whole where there is none."""
        return self.base or self

    @property
    def programs(self) -> list[Path]:
        """The folders that its programs may be in."""
        return [layer.python.parent for layer in (self, self.base) if layer]

    @property
    def prefixes(self) -> list[Path]:
        """The folders that it consists of."""
        return [programs.parent for programs in self.programs]


BESIDE = Environment("own", Path(sys.executable), Path(), {})
"""The environment in which Seatrial itself is installed."""


@dataclass(frozen=True)
class Local:
    """A pin that is installed from a folder or file of the workspace: its real path, and a digest of its content."""

    path: Path
    digest: str


@dataclass(frozen=True)
class Layer:
    """An environment to make: its own packages, on top of those of a base."""

    interpreter: Interpreter
    pins: tuple[Requirement, ...]
    locals: Mapping[str, Local]
    indexes: tuple[str, ...] = ()
    base: Layer | None = None

    @cached_property
    def key(self) -> str:
        """A digest of all that decides its content and place."""
        local = [f"{name} {one.path} {one.digest}" for name, one in sorted(self.locals.items())]
        parts = (
            f"{RECIPE} {sys.platform} {platform.machine()}",
            f"{self.interpreter.path} {self.interpreter.version}",
            " ".join(sorted(pin.digest for pin in self.pins)),
            "\n".join(local),
            " ".join(self.indexes),
            self.base.key if self.base else "",
        )
        return hashlib.blake2b("\0".join(parts).encode(errors="surrogateescape"), digest_size=16).hexdigest()

    @property
    def wheels(self) -> list[str]:
        """The requirements that come as wheels from an index, as lines for uv."""
        return [pin.line for pin in self.pins if not pin.source]

    @property
    def sources(self) -> list[str]:
        """The other requirements, whose code may run when they are installed, as lines for uv."""
        found = ((pin, self.locals.get(pin.name)) for pin in self.pins if pin.source)
        return [pin.line_in(one.path if one else None) for pin, one in found]

    @property
    def versions(self) -> dict[str, str]:
        """The versions of its own packages, by name."""
        return {pin.name: pin.version for pin in self.pins}

    def flat(self) -> Layer:
        """Return a layer with the same packages and no base."""
        below: Sequence[Requirement] = self.base.pins if self.base else ()
        return Layer(self.interpreter, tuple(sorted((*self.pins, *below))), self.locals, self.indexes)


def site_of(place: Path, interpreter: Interpreter) -> Path:
    """Return the folder of packages in the environment at `place`."""
    return place / "lib" / f"python{interpreter.minor}" / "site-packages"


def distributions(entries: Collection[str]) -> dict[str, str]:
    """Return the installed packages that the names in a folder of packages show: version by name."""
    found = (
        name.removesuffix(".dist-info").rpartition("-") for name in entries if name.endswith(".dist-info")
    )
    return {canonical(name): version for name, _, version in found}


SKIPPED = TOOL_FOLDERS | {".git", ".hg"}
"""Folders that are not part of a local package."""

METADATA = ("pyproject.toml", "setup.py", "setup.cfg")
MAX_FILES = 20_000
"""The number of files beyond which a local package is refused."""


def locals_of(one: EnvironmentRequest) -> dict[str, Local]:
    """Return the local packages of an integration by name. Raises ServiceError for one outside the workspace."""
    return {pin.name: _local(one, pin) for pin in one.requirements.pins if pin.local}


def _local(one: EnvironmentRequest, pin: Requirement) -> Local:
    root = Path(os.path.realpath(one.root))
    try:
        path = Path(os.path.realpath(one.folder / pin.local))
        inside = path == root or root in path.parents
        if inside and path.exists():
            return Local(path, _digest(path, pin.editable))
    except (OSError, ValueError):
        inside = True
    where = f'"{one_line(pin.local, 100)}"'
    if not inside:
        raise ServiceError(
            f'poetry.lock takes "{pin.name}" from {where}, outside the workspace; move it inside'
        )
    raise ServiceError(
        f'poetry.lock takes "{pin.name}" from {where}, where nothing can be read; type "poetry lock"'
    )


def _digest(path: Path, editable: bool) -> str:
    """Return a digest of what is installed; of an editable package only its metadata, the rest is read in place."""
    found = hashlib.blake2b(digest_size=16)
    files = [path / name for name in METADATA if (path / name).is_file()] if editable else list(_files(path))
    if len(files) > MAX_FILES:
        raise ServiceError(f"{path} holds more than {MAX_FILES} files, too many for a package")
    for file in files:
        found.update(f"{file.relative_to(path)}\0".encode(errors="surrogateescape"))
        found.update(hashlib.blake2b(file.read_bytes()).digest())
    return found.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    for where, folders, names in os.walk(path):
        folders[:] = sorted(set(folders) - SKIPPED)
        yield from (Path(where, name) for name in sorted(names) if Path(where, name).is_file())
