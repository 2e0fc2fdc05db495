"""What git says of a workspace. The only user of git."""

from __future__ import annotations

import os
from pathlib import Path

from seatrial import tools
from seatrial.errors import ServiceError

SAFELY = ("-c", "core.fsmonitor=false", "-c", "core.quotepath=false")
QUIETLY = {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
SECONDS = 60


def _ask(root: Path, *arguments: str) -> bytes | None:
    """What git answers below `root`; None where there is no git, no repository, or no leave to read it."""
    try:
        ran = tools.run(["git", *SAFELY, "-C", str(root), *arguments], env=QUIETLY, seconds=SECONDS)
    except ServiceError:
        return None
    return ran.out if ran.status == 0 else None


def ignored(root: Path) -> frozenset[str] | None:
    """The paths below `root` that git leaves out by its ignore rules; folders stand for all below them.

    None where git cannot tell: no repository, or one that ignores `root` as a whole.
    """
    if _ask(root, "rev-parse", "--is-inside-work-tree") != b"true\n":
        return None
    if _ask(root, "check-ignore", "-q", ".") is not None:
        return None
    listed = _ask(root, "ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")
    if listed is None:
        return None
    return frozenset(os.fsdecode(path).rstrip("/") for path in listed.split(b"\0") if path)


def tracks(folder: Path) -> bool:
    """Whether git keeps any file of a folder; so too where git cannot tell, and outside a repository."""
    return _ask(folder.parent, "ls-files", "-z", "--", folder.name) != b""


def setting(root: Path, key: str) -> str | None:
    """What git is set to, such as `user.name`; None where nothing is."""
    said = _ask(root, "config", "--get", key)
    return said.decode(errors="replace").strip() or None if said else None
