"""Reading commits: the one checked out, those that names mean, their files, and merge bases, in shallow clones too."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seatrial.core.addresses import public_url
from seatrial.core.errors import ServiceError, UsageError
from seatrial.system.git.command import ask, must, must_be_repository, setting, text_of
from seatrial.system.git.remotes import remotely


@dataclass(frozen=True)
class Head:
    """The commit that is checked out: its id, its time in seconds since 1970, and the branch, empty for none.

    `on_branch` tells whether some branch has it, here or as last seen at a remote.
    """

    commit: str
    time: int
    branch: str
    on_branch: bool


@dataclass(frozen=True)
class CommittedFile:
    """A file, link or submodule at a path of a commit; `size` in bytes."""

    mode: str
    id: str
    size: int

    @property
    def is_link(self) -> bool:
        """True for a symbolic link, whose bytes are its target."""
        return self.mode == "120000"

    @property
    def is_submodule(self) -> bool:
        """True for a submodule, whose files are not here."""
        return self.mode == "160000"

    @property
    def is_executable(self) -> bool:
        """True if it has the executable bit."""
        return self.mode == "100755"


def head(root: Path) -> Head:
    """Return the commit that is checked out. Raises UsageError without git, repository or commit."""
    must_be_repository(root)
    said = ask(root, "rev-list", "--max-count=1", "--timestamp", "HEAD", "--")
    if said is None:
        raise UsageError(f"the git repository of {root} has no commit yet; commit something first")
    time, commit = text_of(said).split()
    branch = text_of(ask(root, "symbolic-ref", "--quiet", "HEAD") or b"").removeprefix("refs/heads/")
    return Head(commit, int(time), branch, bool(branch) or _is_on_branch(root, commit))


def _is_on_branch(root: Path, commit: str) -> bool:
    return bool(ask(root, "for-each-ref", "--count=1", f"--contains={commit}", "refs/heads", "refs/remotes"))


def find(root: Path, rev: str) -> str | None:
    """Return the commit that a name means; None if git knows none, or the name is an option or empty."""
    if not rev or rev.startswith("-") or not rev.isprintable():
        return None
    said = ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
    return text_of(said) if said else None


def resolve(root: Path, rev: str) -> str:
    """Return the commit that a name means. Raises UsageError for one that git does not know."""
    must_be_repository(root)
    commit = find(root, rev)
    if commit is None:
        raise UsageError(f'git knows no commit "{rev[:200]}"; {_hint(root, rev)}')
    return commit


def _hint(root: Path, rev: str) -> str:
    remote, _, branch = rev.partition("/")
    if branch and remote in remotes(root):
        return f"fetch it first: `git fetch {remote} {branch}:refs/remotes/{rev}`"
    return "name a branch, a tag or a commit that `git log` shows"


def remotes(root: Path) -> list[str]:
    """Return the names of the remotes."""
    return (ask(root, "remote") or b"").decode(errors="replace").split()


def time_of(root: Path, commit: str) -> int:
    """Return the time of a commit in seconds since 1970. Raises ServiceError."""
    said = must(root, "rev-list", "--max-count=1", "--timestamp", "--end-of-options", commit, "--")
    return int(text_of(said).split()[0])


def tree_of(root: Path, commit: str) -> str | None:
    """Return the id of a commit's tree at `root`; None if there is none. Raises as `resolve`."""
    said = ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{resolve(root, commit)}:./")
    return text_of(said) if said else None


def trees(root: Path, commit: str, paths: Sequence[str]) -> Mapping[str, str]:
    """Return a commit's ids of these paths below `root`, files and folders alike; absent ones are left out.

    The empty path is `root` itself. Raises as `resolve`.
    """
    tree = tree_of(root, commit)
    if tree is None:
        return {}
    wanted = set(paths)
    listed = must(root, "ls-tree", "-r", "-t", "-z", "--full-tree", tree)
    found = {path: facts[2] for path, facts in rows_of_tree(listed) if path in wanted}
    return found | ({"": tree} if "" in wanted else {})


def blobs(root: Path, commit: str, below: Sequence[str] = ()) -> Mapping[str, CommittedFile]:
    """Return all files of a commit below `root` by path, or only those below `below`. Raises as `resolve`."""
    tree = tree_of(root, commit)
    if tree is None:
        return {}
    literally = ("--literal-pathspecs", "ls-tree", "-r", "-l", "-z", "--full-tree", tree, "--")
    return {
        path: CommittedFile(mode, name, int(size) if size.isdigit() else 0)
        for path, (mode, _, name, size) in rows_of_tree(must(root, *literally, *filter(None, below)))
    }


def rows_of_tree(listed: bytes) -> Iterator[tuple[str, list[str]]]:
    """Yield the path and the fields of each row of a tree's listing."""
    for row in listed.split(b"\0"):
        facts, tab, path = row.partition(b"\t")
        if tab:
            yield os.fsdecode(path), facts.decode().split()


BRANCH_NAME = re.compile(r"(?!-)(?!.*(\.\.|//|@\{))[^\s:^~?*\[\\\x00-\x20\x7f]{1,250}")
"""A name of a branch that has no other meaning in a refspec. Source: git-check-ref-format."""

DEEPER = (32, 128, 512, 2048)
"""The commits fetched at each step from a shallow clone's remote, before all of them are."""

MOST = 512
"""The most commits or branches requested at once."""

_QUIETLY = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--refmap=")


def merge_base(root: Path, rev: str) -> str:
    """Return the newest commit that `rev` and the one checked out both descend from.

    A shallow clone is deepened until that is certain. Raises UsageError for an unknown `rev` and if the two
    have no common history, ServiceError if the clone cannot be deepened.
    """
    commit = resolve(root, rev)
    here = head(root).commit
    base, ends = _look(root, commit, here)
    for step in (*(f"--deepen={count}" for count in DEEPER), "--unshallow"):
        if ends:
            _deepen(root, rev, step, ends)
            base, ends = _look(root, commit, here)
    if base is None:
        raise UsageError(
            f'"{rev[:200]}" and the commit that is checked out have no history in common; '
            "name a revision that this branch started from"
        )
    return base


def fetch_branch(root: Path, remote: str, branch: str) -> None:
    """Fetch the newest commit of a remote's branch, as `remote/branch`. Raises UsageError and ServiceError."""
    if remote not in remotes(root) or not BRANCH_NAME.fullmatch(branch):
        raise UsageError(
            f'git cannot fetch a branch "{branch[:200]}" of "{remote[:200]}"; `git remote -v` shows them'
        )
    depth = ("--depth=1",) if _shallow(root) else ()
    refspec = f"+refs/heads/{branch}:refs/remotes/{remote}/{branch}"
    remotely(root, "fetch", *_QUIETLY, *depth, remote=remote, what=(refspec,))


def is_ancestor(root: Path, commit: str, other: str) -> bool:
    """Return whether `other` is `commit` or descends from it, as far as git can see."""
    return ask(root, "merge-base", "--is-ancestor", "--end-of-options", commit, other) is not None


def default_branch(root: Path, remote: str) -> str | None:
    """Return the local name of the remote's default branch, such as `origin/main`; None if git does not know it."""
    said = ask(root, "symbolic-ref", "--quiet", f"refs/remotes/{remote}/HEAD")
    return text_of(said).removeprefix("refs/remotes/") if said else None


def _look(root: Path, commit: str, here: str) -> tuple[str | None, list[str]]:
    """Return the merge base as far as visible, and the ends of a shallow history that may hide a newer one.

    None can be newer than the commit itself, as where CI checks out a merge with the target as its first parent.
    """
    said = ask(root, "merge-base", "--end-of-options", commit, here)
    base = text_of(said) if said else None
    return base, [] if base == commit else _ends(root, [commit, here], base)


def _ends(root: Path, commits: Sequence[str], base: str | None) -> list[str]:
    shallow = _shallow(root)
    if not shallow:
        return []
    without = ("--not", base) if base else ()
    passed = must(root, "rev-list", *commits, *without).decode().split()
    return sorted(shallow.intersection(passed))


def _shallow(root: Path) -> set[str]:
    """Return the commits whose parents a shallow clone lacks; none in a full clone."""
    try:
        return set(must_be_repository(root).shallow.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        return set()


def _deepen(root: Path, rev: str, step: str, ends: Sequence[str]) -> None:
    """Fetch the history before these commits; if the remote refuses single commits, before its branches."""
    remote = _remote_of(root, rev)
    if remote is None:
        raise ServiceError(
            f'the clone is shallow, and has no remote to look for the merge base with "{rev[:200]}" at; '
            "name the remote with `git remote add origin URL`, or clone all of it"
        )
    options = (*_QUIETLY, step)
    try:
        remotely(root, "fetch", *options, remote=remote, what=tuple(ends[:MOST]))
    except ServiceError:
        _deepen_branches(root, rev, remote, step)


def _deepen_branches(root: Path, rev: str, remote: str, step: str) -> None:
    try:
        listed = remotely(root, "ls-remote", "--heads", remote=remote).decode(errors="replace").split()
        remotely(root, "fetch", *_QUIETLY, step, remote=remote, what=tuple(listed[1::2][:MOST]))
    except ServiceError as failed:
        raise ServiceError(
            f'the merge base with "{rev[:200]}" is not in this shallow clone, and deepening it failed: {failed}; '
            f"type `git fetch --unshallow {public_url(remote)}` first"
        ) from failed


def _remote_of(root: Path, rev: str) -> str | None:
    """Return the remote that a name belongs to, else the branch's own, else `origin`, else the only one."""
    known = remotes(root)
    branch = head(root).branch
    own = setting(root, f"branch.{branch}.remote") if branch else None
    wanted = (rev.partition("/")[0], own, "origin", *known[:1])
    return next((name for name in wanted if name in known), None)


def is_shallow(root: Path) -> bool:
    """Return whether the clone lacks the beginning of its history."""
    return bool(_shallow(root))
