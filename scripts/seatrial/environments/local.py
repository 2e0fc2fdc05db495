"""Packages that come from a folder or file of the workspace: where they really are, and their content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from seatrial.environments.environment import Local, Wanted
from seatrial.errors import ServiceError
from seatrial.lint.requirements import Requirement

SKIPPED = {
    ".git",
    ".hg",
    ".venv",
    "venv",
    "node_modules",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
}
METADATA = ("pyproject.toml", "setup.py", "setup.cfg")
MAX_FILES = 20_000


def locals_of(one: Wanted) -> dict[str, Local]:
    """The local packages of an integration by name. Raises ServiceError for one outside the workspace."""
    return {pin.name: _local(one, pin) for pin in one.requirements.pins if pin.local}


def _local(one: Wanted, pin: Requirement) -> Local:
    root = Path(os.path.realpath(one.root))
    try:
        path = Path(os.path.realpath(one.folder / pin.local))
        inside = path == root or root in path.parents
        if inside and path.exists():
            return Local(path, _digest(path, pin.editable))
    except (OSError, ValueError):
        inside = True
    where = f'"{_plain(pin.local)}"'
    if not inside:
        raise ServiceError(
            f'poetry.lock takes "{pin.name}" from {where}, outside the workspace; move it inside'
        )
    raise ServiceError(
        f'poetry.lock takes "{pin.name}" from {where}, where nothing can be read; type "poetry lock"'
    )


def _digest(path: Path, editable: bool) -> str:
    """The content that is installed; of an editable one only what describes it, the rest is read in place."""
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


def _plain(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)[:100]
