"""Copies of a checkout to work in, and the hash of an integration in one."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from faults import Edits
from slowway import CACHES

OTHERS = frozenset({".git", ".venv", "__pycache__", *CACHES})


def copy(checkout: Path, target: Path) -> Path:
    """Copy a checkout, links as links, without its caches and environments.

    The copy is a git repository if the checkout is one, because tools look for that. In a copy that exists already,
    integrations that a killed run left edited are restored.
    """
    if not target.exists():
        shutil.copytree(checkout, target, symlinks=True, ignore=shutil.ignore_patterns(*OTHERS))
        if (checkout / ".git").exists():
            subprocess.run(["git", "init", "-q", str(target)], check=True)
    for path in checkout.iterdir():
        if path.is_file() and not path.is_symlink():
            shutil.copyfile(path, target / path.name)
    for folder in (checkout / "integrations").iterdir():
        _restore(folder, target / "integrations" / folder.name)
    return target


def _restore(source: Path, folder: Path) -> None:
    if digest_of(source) == digest_of(folder):
        return
    for path in folder.iterdir():
        if path.name not in OTHERS:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    ignored = shutil.ignore_patterns(*OTHERS)
    shutil.copytree(source, folder, symlinks=True, ignore=ignored, dirs_exist_ok=True)


def digest_of(folder: Path, edits: Edits | None = None) -> str:
    """Return a hash of an integration's files, without caches and its environment, and of edits to make."""
    hashed = hashlib.sha256()
    for top in sorted(folder.iterdir()):
        if top.name in OTHERS:
            continue
        for path in [top, *sorted(top.rglob("*"))]:
            relative = path.relative_to(folder)
            if path.is_file() and not OTHERS.intersection(relative.parts):
                hashed.update(relative.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    for name, data in sorted((edits or {}).items()):
        hashed.update(name.encode() + b"\1" + data)
    return hashed.hexdigest()
