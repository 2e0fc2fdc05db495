"""Where a branch left another one, in shallow clones too."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seatrial.errors import ServiceError, UsageError
from seatrial.git.asking import ask, must, setting, text_of
from seatrial.git.commits import head, remotes, resolve
from seatrial.git.remoting import remotely, shown

DEEPER = (32, 128, 512, 2048)
"""So many commits more are fetched of a shallow clone, step by step, before all of them are."""

MOST = 512
"""No more commits or branches than this are asked for at once."""

_QUIETLY = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--refmap=")


def merge_base(root: Path, rev: str) -> str:
    """The newest commit that `rev` and the one checked out both come from.

    A shallow clone is deepened until that is certain. Raises UsageError for an unknown `rev` and where the two
    have nothing in common, ServiceError where the clone cannot be deepened.
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


def is_ancestor(root: Path, commit: str, other: str) -> bool:
    """Whether `other` comes from `commit`, or is it, as far as git can see."""
    return ask(root, "merge-base", "--is-ancestor", "--end-of-options", commit, other) is not None


def default_branch(root: Path, remote: str) -> str | None:
    """What the remote's default branch is called here, such as `origin/main`; None where git was never told."""
    said = ask(root, "symbolic-ref", "--quiet", f"refs/remotes/{remote}/HEAD")
    return text_of(said).removeprefix("refs/remotes/") if said else None


def _look(root: Path, commit: str, here: str) -> tuple[str | None, list[str]]:
    """The merge base as far as can be seen, and the ends of a shallow history behind which there may be a newer one."""
    said = ask(root, "merge-base", "--end-of-options", commit, here)
    base = text_of(said) if said else None
    return base, _ends(root, [commit, here], base)


def _ends(root: Path, commits: Sequence[str], base: str | None) -> list[str]:
    shallow = _shallow(root)
    if not shallow:
        return []
    without = ("--not", base) if base else ()
    passed = must(root, "rev-list", *commits, *without).decode().split()
    return sorted(shallow.intersection(passed))


def _shallow(root: Path) -> set[str]:
    """The commits whose parents a shallow clone does not have; none in a whole clone."""
    place = root / text_of(must(root, "rev-parse", "--git-path", "shallow"))
    try:
        return set(place.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        return set()


def _deepen(root: Path, rev: str, step: str, ends: Sequence[str]) -> None:
    """Fetch what comes before these commits; where the remote does not give single commits, before its branches."""
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
            f"type `git fetch --unshallow {shown(remote)}` first"
        ) from failed


def _remote_of(root: Path, rev: str) -> str | None:
    """The remote that a name belongs to, else the branch's own, else `origin`, else the only one."""
    known = remotes(root)
    branch = head(root).branch
    own = setting(root, f"branch.{branch}.remote") if branch else None
    wanted = (rev.partition("/")[0], own, "origin", *known[:1])
    return next((name for name in wanted if name in known), None)
