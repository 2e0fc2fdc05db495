"""The fingerprint of an integration's folder and what is around it: all files that a lint verdict can depend on."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from pathlib import Path

from seatrial.core.model import join
from seatrial.core.vocabulary import TOOL_CACHES
from seatrial.lint.tools import registry

LARGE = frozenset({".git", ".hg", ".venv"})
"""Folders of others that are never looked into, nor shown to tools."""

BYPRODUCTS = TOOL_CACHES | LARGE | {".hypothesis"}
"""Folders that tools leave behind. No lint tool reads them by itself, but settings may name links in them."""

COMMON_SETTINGS = (
    ".git", ".git/info/exclude", ".gitignore", ".hg", ".ignore", "__init__.py", "pyproject.toml",
)  # fmt: skip
"""Files that several tools look for in the folders above the one they run in."""

OF_PYTEST = ("conftest.py", "pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg", "setup.py")
"""Files that pytest looks for there."""

SPECIAL, ASTRAY = "special", "astray"
ODD = (SPECIAL, ASTRAY)
"""What is recorded where there is no digest."""

CHUNK = 1 << 20
"""Bytes read at once."""


@dataclass(frozen=True)
class Fingerprint:
    """A folder's files by path, each with a digest of bytes and mode, and the settings in the folders above.

    `sizes` are in bytes. `around` holds, by path relative to the folder, the files that tools look for in the
    folders above. `links` holds the real path to which each link leads that is not dangling. `astray` are links
    whose targets no digest covers; with any, the digests prove nothing. `boundary` is the workspace's real path.
    """

    files: Mapping[str, str]
    sizes: Mapping[str, int] = field(default_factory=dict)
    around: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    astray: tuple[str, ...] = ()
    boundary: str = "/"

    @property
    def plain(self) -> Iterator[str]:
        """The paths of regular files: those that are safe to open."""
        return (path for path, digest in self.files.items() if " " not in digest and digest not in ODD)


def fingerprint(folder: Path, root: Path) -> Fingerprint:
    """Return the fingerprint of `folder`, which is within the workspace `root`.

    Raises OSError for a file that cannot be read.
    """
    files: dict[str, str] = {}
    sizes: dict[str, int] = {}
    links: dict[str, str] = {}
    boundary = os.path.realpath(root)
    for path, item in _walk(os.fspath(folder)):
        real = os.path.realpath(item.path) if item.is_symlink() else ""
        if real and os.path.exists(real):
            links[path] = real
        files[path] = _digest(item.path, boundary)
        sizes[path] = item.stat(follow_symlinks=False).st_size
    astray = tuple(path for path, digest in files.items() if digest == ASTRAY)
    return Fingerprint(files, sizes, _around(folder), links, astray, boundary)


def _walk(base: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield every path that is not a folder, in no order, of BYPRODUCTS only what is no plain file; links are
    not followed.
    """
    pending = [("", False)]
    while pending:
        below, left_behind = pending.pop()
        with os.scandir(os.path.join(base, below)) as items:
            for item in items:
                path = join(below, item.name)
                if not item.is_dir(follow_symlinks=False):
                    if not (left_behind and item.is_file(follow_symlinks=False)):
                        yield path, item
                elif item.name not in LARGE:
                    pending.append((path, left_behind or item.name in BYPRODUCTS))


def _digest(full: str, boundary: str) -> str:
    """Return a digest of what is at a path; SPECIAL for neither file nor folder, also behind a link within the
    workspace; ASTRAY for a link to a folder or out of the workspace.
    """
    status = os.lstat(full)
    if stat.S_ISREG(status.st_mode):
        return _of_file(full, executable=bool(status.st_mode & 0o111))
    if not stat.S_ISLNK(status.st_mode):
        return SPECIAL
    target, real = os.readlink(full), os.path.realpath(full)
    if not os.path.exists(real):
        return f"link to nothing {_hash(target)}"
    if not is_within(real, boundary) or os.path.isdir(real):
        return ASTRAY
    if not os.path.isfile(real):
        return SPECIAL
    return f"link {_hash(target)} {_of_file(real, executable=os.access(real, os.X_OK))}"


def is_within(real: str, boundary: str) -> bool:
    """Return whether a real path is the folder `boundary` or below it."""
    return real == boundary or real.startswith(boundary.rstrip(os.sep) + os.sep)


def _of_file(full: str, executable: bool) -> str:
    state = blake2b(digest_size=16)
    with open(full, "rb", buffering=0) as file:
        while chunk := file.read(CHUNK):
            state.update(chunk)
    return state.hexdigest() + ("x" if executable else "")


def _hash(text: str) -> str:
    return blake2b(os.fsencode(text), digest_size=16).hexdigest()


def _around(folder: Path) -> Mapping[str, str]:
    return {
        f"{'../' * height}{name}": digest
        for height, above in enumerate(folder.parents, start=1)
        for name, digest in _settings_in(above)
    }


def _settings_in(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the settings files in a folder above; of a folder and of what cannot be read, only that it exists."""
    for name in _settings_above():
        full = os.path.join(folder, name)
        try:
            regular = stat.S_ISREG(os.stat(full).st_mode)
            yield name, _of_file(full, executable=False) if regular else "there"
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            yield name, "unreadable"


@cache
def _settings_above() -> tuple[str, ...]:
    """Return the names that tools look for in the folders above the one they run in."""
    return tuple(
        sorted(
            {*COMMON_SETTINGS, *OF_PYTEST, *(name for tool in registry.TOOLS for name in tool.settings_files)}
        )
    )
