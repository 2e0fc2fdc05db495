"""Reading what files were at points of the history, from git's objects, without a checkout."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from pathlib import Path

from seatrial.core.errors import UsageError
from seatrial.system.git.command import ask, must, must_be_repository, text_of
from seatrial.system.git.commits import CommittedFile, rows_of_tree
from seatrial.system.git.files import contents

MOST_COMMITS = 50_000
"""The commits of the history that are looked at, the newest first."""

MOST_FOLDERS = 10_000
"""The folders that are looked at in one folder as of a commit."""

MOST_BYTES = 256 * 1024 * 1024
"""The bytes of all files that are read at once."""

SECONDS = 600
"""Seconds that git may take for the paths that commits change."""


def points(root: Path, most: int) -> list[tuple[str, int]]:
    """Return at most so many commits of the branch that is checked out, evenly spread in time, the oldest first.

    Each comes with its time in seconds since 1970. Only first parents are followed. Raises UsageError and ServiceError.
    """
    must_be_repository(root)
    stated = ("--first-parent", "--reverse", "--timestamp", f"--max-count={MOST_COMMITS}")
    listed = text_of(ask(root, "rev-list", *stated, "HEAD", "--") or b"").split()
    commits = sorted(zip(map(int, listed[::2]), listed[1::2], strict=False), key=itemgetter(0))
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


def changes_by_time(folder: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the commits of HEAD that change something in a folder, the newest first: time, and changed paths in it.

    The time is in seconds since 1970. Raises UsageError, also for more than `MOST_COMMITS` of them, and ServiceError.
    """
    form = ("-z", "--format=/%ct", "--name-only", "--no-renames", "--relative", "--no-show-signature")
    place = (f"--max-count={MOST_COMMITS + 1}", "--end-of-options", "HEAD", "--", ".")
    said = must(folder, "--literal-pathspecs", "log", *form, *place, seconds=SECONDS)
    commits: list[tuple[int, list[str]]] = []
    for word in os.fsdecode(said).split("\0")[:-1]:
        if word.startswith("/"):
            commits.append((int(word[1:]), []))
        else:
            paths = commits[-1][1]
            paths.append(word if paths else word.removeprefix("\n"))
    if len(commits) > MOST_COMMITS:
        raise UsageError(
            f"more than {MOST_COMMITS:,} commits change something in {folder}, so that its whole past is not read"
        )
    yield from commits


def folders(root: Path, commit: str, path: str) -> Mapping[str, str]:
    """Return the ids of the trees directly in a folder below `root` as of a commit, by name; none without it.

    Of a folder with very many, the first `MOST_FOLDERS`.
    """
    listed = ask(root, "ls-tree", "-z", "--full-tree", f"{commit}:./{path}")
    trees = ((name, facts[2]) for name, facts in rows_of_tree(listed or b"") if facts[1] == "tree")
    return dict(islice(trees, MOST_FOLDERS))


def files_in(root: Path, trees: Iterable[str], name: str, most: int) -> Iterator[tuple[str, bytes]]:
    """Yield the file of this name of each tree that has one of at most so many bytes, with the tree's id.

    Files beyond `MOST_BYTES` together are left out.
    """
    wanted = list(dict.fromkeys(trees))
    if not wanted:
        return
    feed = "".join(f"{tree}:{name}\n" for tree in wanted).encode()
    by_blob: dict[CommittedFile, list[str]] = {}
    for tree, blob in _sizes(wanted, must(root, "cat-file", "--batch-check", feed=feed), most):
        by_blob.setdefault(blob, []).append(tree)
    held = {blob.id: holders for blob, holders in _affordable(by_blob)}
    for identifier, data in contents(root, [blob for blob in by_blob if blob.id in held]):
        yield from ((tree, data) for tree in held[identifier])


def _affordable(
    by_blob: Mapping[CommittedFile, Sequence[str]],
) -> Iterator[tuple[CommittedFile, Sequence[str]]]:
    left = MOST_BYTES
    for blob, holders in by_blob.items():
        left -= blob.size
        if left < 0:
            return
        yield blob, holders


def _sizes(trees: Sequence[str], said: bytes, most: int) -> Iterator[tuple[str, CommittedFile]]:
    for tree, row in zip(trees, os.fsdecode(said).splitlines(), strict=True):
        facts = row.split()
        if len(facts) == 3 and facts[1] == "blob" and facts[2].isdigit() and int(facts[2]) <= most:
            yield tree, CommittedFile("100644", facts[0], int(facts[2]))
