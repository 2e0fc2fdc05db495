"""Reading what files were at points of the history, from git's objects, without a checkout."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path

from seatrial.system.git.command import ask, must, must_be_repository, text_of
from seatrial.system.git.commits import Blob, rows_of_tree
from seatrial.system.git.files import contents

MOST_COMMITS = 50_000
"""The commits of the history that are looked at, the newest first."""


def points(root: Path, most: int) -> list[tuple[str, int]]:
    """Return at most so many commits of the branch that is checked out, evenly spread in time, the oldest first.

    Each comes with its time in seconds since 1970. Only first parents are followed. Raises UsageError and ServiceError.
    """
    must_be_repository(root)
    stated = ("--first-parent", "--timestamp", f"--max-count={MOST_COMMITS}")
    listed = text_of(ask(root, "rev-list", *stated, "HEAD", "--") or b"").split()
    newest_first = list(zip(map(int, listed[::2]), listed[1::2], strict=False))
    commits = sorted(reversed(newest_first), key=itemgetter(0))
    if len(commits) <= most:
        return [(commit, time) for time, commit in commits]
    first, last = commits[0][0], commits[-1][0]
    found: dict[str, int] = {}
    at = 0
    for step in range(most):
        until = first + (last - first) * step / (most - 1)
        while at + 1 < len(commits) and commits[at + 1][0] <= until:
            at += 1
        found[commits[at][1]] = commits[at][0]
    return list(found.items())


def folders(root: Path, commit: str, path: str) -> Mapping[str, str]:
    """Return the ids of the trees directly in a folder below `root` as of a commit, by name; none without it."""
    listed = ask(root, "ls-tree", "-z", "--full-tree", f"{commit}:./{path}")
    return {name: facts[2] for name, facts in rows_of_tree(listed or b"") if facts[1] == "tree"}


def files_in(root: Path, trees: Iterable[str], name: str, most: int) -> Mapping[str, bytes]:
    """Return the file of this name of each tree that has one of at most so many bytes, by the tree's id."""
    wanted = list(dict.fromkeys(trees))
    if not wanted:
        return {}
    feed = "".join(f"{tree}:{name}\n" for tree in wanted).encode()
    said = must(root, "cat-file", "--batch-check", feed=feed)
    found = dict(_sizes(wanted, said, most))
    held = dict(contents(root, found.values()))
    return {tree: held[blob.id] for tree, blob in found.items()}


def _sizes(trees: Sequence[str], said: bytes, most: int) -> Iterator[tuple[str, Blob]]:
    for tree, row in zip(trees, os.fsdecode(said).splitlines(), strict=True):
        facts = row.split()
        if len(facts) == 3 and facts[1] == "blob" and facts[2].isdigit() and int(facts[2]) <= most:
            yield tree, Blob("100644", facts[0], int(facts[2]))
