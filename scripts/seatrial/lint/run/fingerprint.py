"""What lies in an integration's folder and around it, as digests: all that a lint verdict can depend on."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path

from seatrial.lint.run.keys import ASTRAY, SPECIAL, Contents

BYPRODUCTS = frozenset({
    ".git", ".hg", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis",
})  # fmt: skip
"""Folders that tools leave behind and that no lint tool looks into."""

SETTINGS_ABOVE = (
    ".git", ".git/info/exclude", ".gitignore", ".hg", ".ignore", ".mypy.ini", ".ruff.toml", ".yamllint",
    ".yamllint.yaml", ".yamllint.yml", "__init__.py", "mypy.ini", "pyproject.toml", "ruff.toml", "setup.cfg",
)  # fmt: skip
"""What the tools look for in the folders above the one they run in."""

CHUNK = 1 << 20


def contents(folder: Path, root: Path) -> Contents:
    """What lies in `folder`, which is within the workspace `root`. Raises OSError for a file it cannot read."""
    files: dict[str, str] = {}
    sizes: dict[str, int] = {}
    astray = []
    boundary = os.path.realpath(root)
    for path, item in _walk(os.fspath(folder)):
        digest = _digest(item.path, boundary)
        if digest is None:
            astray.append(path)
        files[path], sizes[path] = digest or ASTRAY, item.stat(follow_symlinks=False).st_size
    return Contents(files, sizes, _around(folder), tuple(astray))


def _walk(base: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Every path that is no folder, in no order; links are not followed."""
    pending = [""]
    while pending:
        below = pending.pop()
        with os.scandir(os.path.join(base, below)) as items:
            for item in items:
                path = f"{below}/{item.name}" if below else item.name
                if not item.is_dir(follow_symlinks=False):
                    yield path, item
                elif item.name not in BYPRODUCTS:
                    pending.append(path)


def _digest(full: str, boundary: str) -> str | None:
    """A digest of what stands at a path; None for a link to a folder or out of the workspace."""
    status = os.lstat(full)
    if stat.S_ISREG(status.st_mode):
        return _of_file(full, executable=bool(status.st_mode & 0o111))
    if not stat.S_ISLNK(status.st_mode):
        return SPECIAL
    target, real = os.readlink(full), os.path.realpath(full)
    if not os.path.exists(real):
        return f"link to nothing {_hash(target)}"
    if not real.startswith(boundary + os.sep) or not os.path.isfile(real):
        return None
    return f"link {_hash(target)} {_of_file(real, executable=os.access(real, os.X_OK))}"


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
    """What the tools look for in a folder above; of folders and what cannot be read, only that it is there."""
    for name in SETTINGS_ABOVE:
        full = os.path.join(folder, name)
        try:
            regular = stat.S_ISREG(os.stat(full).st_mode)
            yield name, _of_file(full, executable=False) if regular else "there"
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            yield name, "unreadable"
