"""What git says of commits: where we are, what a name means, what a commit holds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seatrial.errors import UsageError
from seatrial.git.asking import ask, must, text_of


@dataclass(frozen=True)
class Head:
    """The commit that is checked out: its id, its time in seconds since 1970, and the branch, empty for none.

    `on_branch` is whether some branch has it, here or as last seen at a remote.
    """

    commit: str
    time: int
    branch: str
    on_branch: bool


@dataclass(frozen=True)
class Blob:
    """What a commit has at a path that is no folder: a file, a link or a submodule; `size` in bytes."""

    mode: str
    id: str
    size: int

    @property
    def is_link(self) -> bool:
        """Whether its bytes say where it leads."""
        return self.mode == "120000"

    @property
    def is_submodule(self) -> bool:
        """Whether it is another repository, whose files are not here."""
        return self.mode == "160000"

    @property
    def is_executable(self) -> bool:
        """Whether it is a program."""
        return self.mode == "100755"


def head(root: Path) -> Head:
    """The commit that is checked out. Raises UsageError without git, repository or commit."""
    must_be_repository(root)
    said = ask(root, "log", "-1", "--format=%H %ct", "HEAD", "--")
    if said is None:
        raise UsageError(f"the git repository of {root} has no commit yet; commit something first")
    commit, time = text_of(said).split()
    branch = text_of(ask(root, "symbolic-ref", "--quiet", "HEAD") or b"").removeprefix("refs/heads/")
    return Head(commit, int(time), branch, bool(branch) or _is_on_branch(root, commit))


def must_be_repository(root: Path) -> None:
    """Raises UsageError where git is not there, or keeps nothing here, and ServiceError where it fails."""
    must(root, "rev-parse", "--git-dir")


def _is_on_branch(root: Path, commit: str) -> bool:
    return bool(ask(root, "for-each-ref", "--count=1", f"--contains={commit}", "refs/heads", "refs/remotes"))


def find(root: Path, rev: str) -> str | None:
    """The commit that a name means; None where git knows none, or the name is an option or no name at all."""
    if not rev or rev.startswith("-") or not rev.isprintable():
        return None
    said = ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
    return text_of(said) if said else None


def resolve(root: Path, rev: str) -> str:
    """The commit that a name means. Raises UsageError for one that git does not know."""
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
    """The names of the remotes."""
    return (ask(root, "remote") or b"").decode(errors="replace").split()


def time_of(root: Path, commit: str) -> int:
    """When a commit was made, in seconds since 1970. Raises ServiceError."""
    return int(text_of(must(root, "log", "-1", "--format=%ct", "--end-of-options", commit, "--")))


def tree_of(root: Path, commit: str) -> str | None:
    """The id of the tree that a commit has at `root`; None where it has none there. Raises as `resolve`."""
    said = ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{resolve(root, commit)}:./")
    return text_of(said) if said else None


def trees(root: Path, commit: str, paths: Sequence[str]) -> Mapping[str, str]:
    """The ids that a commit has for these paths below `root`, files and folders alike; absent ones are left out.

    The empty path is `root` itself. Raises as `resolve`.
    """
    tree = tree_of(root, commit)
    if tree is None:
        return {}
    wanted = set(paths)
    listed = must(root, "ls-tree", "-r", "-t", "-z", "--full-tree", tree)
    found = {path: facts[2] for path, facts in _rows(listed) if path in wanted}
    return found | ({"": tree} if "" in wanted else {})


def blobs(root: Path, commit: str, below: Sequence[str] = ()) -> Mapping[str, Blob]:
    """All files of a commit below `root`, by their paths; with `below` only those in these. Raises as `resolve`."""
    tree = tree_of(root, commit)
    if tree is None:
        return {}
    literally = ("--literal-pathspecs", "ls-tree", "-r", "-l", "-z", "--full-tree", tree, "--")
    return {
        path: Blob(mode, name, int(size) if size.isdigit() else 0)
        for path, (mode, _, name, size) in _rows(must(root, *literally, *filter(None, below)))
    }


def _rows(listed: bytes) -> Iterator[tuple[str, list[str]]]:
    """The path and the facts of each row of a tree's listing."""
    for row in listed.split(b"\0"):
        facts, tab, path = row.partition(b"\t")
        if tab:
            yield os.fsdecode(path), facts.decode().split()
