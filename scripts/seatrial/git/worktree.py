"""What git says of the files that lie in the work tree."""

from __future__ import annotations

import os
from pathlib import Path

from seatrial.git.asking import ask, must
from seatrial.git.commits import head

OUR_OWN = "dist/"
"""Where releases keep their books; no part of what is released."""


def ignored(root: Path) -> frozenset[str] | None:
    """The paths below `root` that git leaves out by its ignore rules; folders stand for all below them.

    None where git cannot tell: no repository, or one that ignores `root` as a whole.
    """
    if ask(root, "rev-parse", "--is-inside-work-tree") != b"true\n":
        return None
    if ask(root, "check-ignore", "-q", ".") is not None:
        return None
    listed = ask(root, "ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")
    return None if listed is None else frozenset(path.rstrip("/") for path in paths_of(listed))


def tracks(folder: Path) -> bool:
    """Whether git keeps any file of a folder; so too where git cannot tell, and outside a repository."""
    return ask(folder.parent, "--literal-pathspecs", "ls-files", "-z", "--", folder.name) != b""


def changed(root: Path, base: str) -> list[str]:
    """The paths below `root` that differ between a commit and the work tree, untracked ones too; sorted.

    A moved file is two of them. Raises UsageError and ServiceError.
    """
    tracked = must(
        root,
        *("diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "-O/dev/null"),
        *("--ignore-submodules=dirty", "--relative", "--end-of-options", base, "--"),
    )
    others = must(root, "ls-files", "--others", "--exclude-standard", "-z")
    return sorted({*paths_of(tracked), *paths_of(others)})


def dirty(root: Path) -> list[str]:
    """The paths below `root` that are not as in the commit, or not in it; sorted. Those below `dist/` do not count.

    Raises as `head`.
    """
    return [path for path in changed(root, head(root).commit) if not path.startswith(OUR_OWN)]


def paths_of(listed: bytes) -> list[str]:
    """The paths of an answer in which each ends with a zero byte."""
    return [os.fsdecode(path) for path in listed.split(b"\0") if path]
