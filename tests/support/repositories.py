"""Small git repositories, made as people and CI make them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

DAY = 1_700_000_000
PERSON = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@b.c",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@b.c",
}


def git(root: Path, *arguments: str) -> str:
    """What git answers; it must succeed."""
    when = f"{DAY} +0000"
    env = {**os.environ, **PERSON, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    done = subprocess.run(
        ["git", "-C", str(root), *arguments], env=env, capture_output=True, text=True, check=True
    )
    return done.stdout.rstrip("\n")


def start(root: Path, branch: str = "main") -> Path:
    """An empty repository."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "-q", "-b", branch)
    return root


def put(root: Path, files: dict[str, str]) -> None:
    """Write these files."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def commit(root: Path, files: dict[str, str] | None = None) -> str:
    """Write these files and commit all there is; the commit."""
    put(root, files or {})
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "a change")
    return git(root, "rev-parse", "HEAD")


def shallow_clone(source: Path, place: Path, *options: str) -> Path:
    """A clone of the newest commit alone, as CI makes it."""
    git(source, "clone", "-q", "--depth=1", *options, f"file://{source}", str(place))
    return place
