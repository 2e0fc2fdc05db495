"""Branches that a person works on: listing their commits, starting one, committing to it, pushing without force."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from seatrial.core.errors import UsageError
from seatrial.core.model import join
from seatrial.system.git.command import (
    LOCALLY,
    ask,
    failure,
    must,
    must_be_repository,
    named_programs,
    run,
    text_of,
    without_programs,
)
from seatrial.system.git.commits import BRANCH_NAME, CommittedFile, blobs
from seatrial.system.git.remotes import push, remotely
from seatrial.system.git.worktree import filtered, paths_of

HEADS = "refs/heads/"


@dataclass(frozen=True)
class Commit:
    """A commit: its id, its author's name and address, its first line, and the paths that it changes."""

    id: str
    name: str
    email: str
    subject: str
    paths: tuple[str, ...]


def commits_since(root: Path, base: str) -> list[Commit]:
    """Return the commits from `base` to the one checked out, the newest first. Raises UsageError and ServiceError."""
    said = must(root, "rev-list", "--reverse", "--end-of-options", f"{base}..HEAD").decode().split()
    return [_commit(root, commit) for commit in reversed(said)]


def _commit(root: Path, commit: str) -> Commit:
    form = "--format=%an%x00%ae%x00%s%x00"
    said = must(root, "show", "--no-patch", form, "--no-show-signature", "--end-of-options", commit)
    name, email, subject, *_ = (word.strip() for word in said.decode(errors="replace").split("\0"))
    listed = must(
        root, "diff-tree", "-r", "-m", "--root", "--name-only", "--no-commit-id", "-z", "--no-renames", commit
    )
    return Commit(commit, name, email, subject, tuple(sorted(set(paths_of(listed)))))


def authored(root: Path, since: str, below: str, most: int) -> list[Commit]:
    """Return the newest commits up to the one checked out that change something below a path, without merges.

    With `since`, commits that it already has are left out. The paths are relative to `root`. Raises ServiceError.
    """
    form = ("-z", "--format=/%H%n%an%n%ae%n%s", "--name-only", "--no-renames", "--relative", "--no-merges")
    revisions = f"{since}..HEAD" if since else "HEAD"
    options = (*form, "--no-show-signature", "--no-ext-diff", f"--max-count={most}", "--end-of-options")
    said = must(root, "--literal-pathspecs", "log", *options, revisions, "--", below or ".")
    return list(_authored(os.fsdecode(said).split("\0")[:-1]))


def _authored(words: Sequence[str]) -> Iterator[Commit]:
    starts = [at for at, word in enumerate(words) if word.startswith("/")]
    for start, end in pairwise((*starts, len(words))):
        commit, name, email, subject = words[start][1:].split("\n", 3)
        paths = (word.removeprefix("\n") for word in words[start + 1 : end])
        yield Commit(commit, name, email, subject, tuple(path for path in paths if path))


def subjects(root: Path, commit: str, most: int, below: str) -> list[str]:
    """Return the first lines of the newest commits that change something below a path, without merges."""
    options = ("--no-merges", f"--max-count={most}", "--format=%s", "--no-show-signature", "--no-ext-diff")
    said = must(root, "--literal-pathspecs", "log", *options, "--end-of-options", commit, "--", below or ".")
    return said.decode(errors="replace").splitlines()


def branches(root: Path) -> frozenset[str]:
    """Return the names of the local branches. Raises UsageError and ServiceError."""
    said = must(root, "for-each-ref", "--format=%(refname)", HEADS)
    return frozenset(os.fsdecode(row).removeprefix(HEADS) for row in said.splitlines())


def top(root: Path) -> Path:
    """Return the top of the work tree around `root`. Raises UsageError outside a repository."""
    return must_be_repository(root).top


def start_branch(root: Path, name: str) -> None:
    """Make a branch at the commit that is checked out, and switch to it; no file changes.

    Raises UsageError for a name that git does not accept or that exists, ServiceError where git fails.
    """
    must_be_repository(root)
    if name.startswith("-") or ask(root, "check-ref-format", f"{HEADS}{name}") is None:
        raise UsageError(f'"{name[:200]}" is not a valid name for a branch')
    if name in branches(root):
        raise UsageError(f'the branch "{name}" exists already; type `git switch {name}`, or name another one')
    must(root, "branch", "--no-track", "--end-of-options", name, "HEAD")
    must(root, "symbolic-ref", "HEAD", f"{HEADS}{name}")


def author_email(root: Path) -> str:
    """Return the address that commits are made with. Raises UsageError where git knows none."""
    said = ask(root, "-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT")
    if said is None:
        raise UsageError(
            "git does not know who you are; type `git config --global user.name NAME` "
            "and `git config --global user.email ADDRESS`"
        )
    return text_of(said).partition("<")[2].partition(">")[0]


def commit_only(root: Path, paths: Sequence[str], message: str) -> str:
    """Commit these changed paths below `root`, and nothing else, whatever is staged; return the commit.

    No hook runs, and the commit is not signed. Raises UsageError for files that a filter of git keeps, such as
    git-lfs, ServiceError where git fails.
    """
    must_have_no_filter(root, paths)
    off = without_programs(named_programs(root))
    feed = b"\0".join(os.fsencode(path) for path in paths)
    given = ("--pathspec-from-file=-", "--pathspec-file-nul")
    must(root, *off, "--literal-pathspecs", "add", "--all", *given, feed=feed)
    options = (
        "--only",
        "--no-verify",
        "--no-gpg-sign",
        "--quiet",
        "--cleanup=verbatim",
        f"--message={message}",
    )
    ran = run(root, *off, "--literal-pathspecs", "commit", *options, *given, env=LOCALLY, feed=feed)
    if ran.status:
        raise failure(root, ran)
    return text_of(must(root, "rev-parse", "HEAD"))


def commit_beside(root: Path, files: Mapping[str, bytes | None], parents: Sequence[str], message: str) -> str:
    """Make a commit of HEAD's files with these changed, and None for removed ones; return it.

    The files have paths below `root`, and HEAD has all of them. The work tree, the index and the branch stay as they
    are. Raises as `commit_only`.
    """
    must_have_no_filter(root, list(files))
    here = must_be_repository(root).top
    way = os.path.relpath(os.path.realpath(root), os.path.realpath(here))
    below = "" if way == os.curdir else way
    off = without_programs(named_programs(root))
    kept = blobs(root, "HEAD", list(files))
    lacking = next((path for path in files if path not in kept), None)
    if lacking is not None:
        raise UsageError(f"{lacking} is in no commit; commit it first")
    with tempfile.TemporaryDirectory(prefix="seatrial-") as folder:
        env = {"GIT_INDEX_FILE": os.path.join(folder, "index")}
        must(here, *off, "read-tree", "HEAD", env=env)
        rows = [_index_row(here, off, join(below, path), kept[path], data) for path, data in files.items()]
        must(here, *off, "update-index", "-z", "--index-info", env=env, feed=b"".join(rows))
        tree = text_of(must(here, *off, "write-tree", env=env))
    named = (word for parent in parents for word in ("-p", parent))
    made = must(here, *off, "commit-tree", "--no-gpg-sign", tree, *named, feed=message.encode())
    return text_of(made)


def _index_row(top: Path, off: Sequence[str], path: str, kept: CommittedFile, data: bytes | None) -> bytes:
    """Return a line for `git update-index --index-info`, after the content was written to git's objects."""
    mode, blob = "0", "0" * len(kept.id)
    if data is not None:
        blob = text_of(must(top, *off, "hash-object", "-w", "--stdin", f"--path={path}", feed=data))
        mode = kept.mode
    return f"{mode} {blob}\t".encode() + os.fsencode(path) + b"\0"


def must_have_no_filter(root: Path, paths: Sequence[str]) -> None:
    """Raise UsageError for files that a filter of git keeps, such as git-lfs, which Seatrial does not run."""
    kept = filtered(root, paths)
    if kept:
        raise UsageError(
            f"{kept[0]} is kept by a filter of git, which Seatrial does not run; commit it yourself with `git commit`"
        )


def emails_between(root: Path, base: str, tip: str) -> list[str]:
    """Return the addresses of the authors of the commits that `tip` has and `base` has not. Raises ServiceError."""
    options = ("--format=%ae", "--no-show-signature", "--no-ext-diff", "--end-of-options")
    said = must(root, "log", *options, f"{base}..{tip}", "--")
    return sorted({line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()})


def changed_between(root: Path, base: str, tip: str) -> frozenset[str]:
    """Return the paths, from the top, in which two commits differ. Raises ServiceError."""
    options = ("-r", "--name-only", "-z", "--no-renames", "--end-of-options", base, tip)
    return frozenset(paths_of(must(root, "diff-tree", *options)))


def must_be_branch_name(name: str) -> None:
    """Raise UsageError for text that is not the name of a branch, or that means more than a name to git."""
    if not BRANCH_NAME.fullmatch(name):
        raise UsageError(f'"{name[:200]}" is not a valid name for a branch')


def push_commit(root: Path, remote: str, commit: str, branch: str, told: Sequence[str] = ()) -> None:
    """Push a commit to a branch of a remote, never by force, with push options. Raises as `push_branch`."""
    must_be_branch_name(branch)
    push(root, remote, commit, f"{HEADS}{branch}", told)


def push_branch(root: Path, remote: str, branch: str) -> None:
    """Push a branch to a remote under its own name, never by force.

    Raises UsageError for an unknown remote, ServiceError with the remote's own last line.
    """
    push(root, remote, f"{HEADS}{branch}", f"{HEADS}{branch}")


def remote_branch(root: Path, remote: str, branch: str) -> str:
    """Return the commit of a remote's branch, as the remote says now; empty for none. Raises as `push_branch`."""
    said = remotely(root, "ls-remote", "--heads", remote=remote, what=(f"{HEADS}{branch}",))
    rows = (os.fsdecode(row).partition("\t") for row in said.splitlines())
    return next((commit for commit, _, reference in rows if reference == f"{HEADS}{branch}"), "")


def remote_head(root: Path, remote: str) -> str:
    """Return the name of a remote's default branch, as the remote says now; empty where it does not say."""
    said = remotely(root, "ls-remote", "--symref", remote=remote, what=("HEAD",))
    return next(_heads(said), "")


def _heads(said: bytes) -> Iterator[str]:
    for row in said.splitlines():
        target, _, name = os.fsdecode(row).partition("\t")
        if target.startswith(f"ref: {HEADS}") and name == "HEAD":
            yield target.removeprefix(f"ref: {HEADS}")
