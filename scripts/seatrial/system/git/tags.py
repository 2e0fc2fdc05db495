"""Git tags, local and remote: reading them, and setting new ones, which never move."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seatrial.core.addresses import public_url
from seatrial.core.errors import ServiceError, UsageError
from seatrial.system.git.command import (
    LOCALLY,
    ask,
    failure,
    must,
    must_be_repository,
    named_programs,
    run,
    without_programs,
)
from seatrial.system.git.commits import resolve
from seatrial.system.git.remotes import push, remotely

NOBODY = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "Seatrial"), ("EMAIL", "seatrial@localhost"))
}
"""The author of a tag if git has none set."""

_TAGS = "refs/tags/"
_PEELED = "^{}"


def tags(root: Path) -> Mapping[str, str]:
    """Return the commits of all tags by name. Raises UsageError and ServiceError."""
    must_be_repository(root)
    return _peeled((ask(root, "show-ref", "--tags", "--dereference") or b"").replace(b" ", b"\t"))


def remote_tags(root: Path, remote: str) -> Mapping[str, str]:
    """Return the commits of all tags of a remote by name. Raises UsageError and ServiceError."""
    return _peeled(remotely(root, "ls-remote", "--tags", remote=remote))


def _peeled(listed: bytes) -> Mapping[str, str]:
    """Parse rows of an id, a tab and a reference; an annotated tag has a second row with `^{}` and its commit."""
    found: dict[str, str] = {}
    for row in listed.splitlines():
        commit, _, reference = os.fsdecode(row).partition("\t")
        found[reference.removeprefix(_TAGS).removesuffix(_PEELED)] = commit
    return found


def tags_called(root: Path, names: Sequence[str]) -> Mapping[str, str]:
    """Return the commits of the existing tags of these names; no slower among a million tags."""
    references = [f"{_TAGS}{name}" for name in names if name and _GLOB.isdisjoint(name)]
    if not references:
        return {}
    form = f"%(objectname)%09%(refname)%0a%(*objectname)%09%(refname){_PEELED}"
    rows = must(root, "for-each-ref", f"--format={form}", *references).splitlines()
    found = _peeled(b"\n".join(row for row in rows if not row.startswith(b"\t")))
    return {name: found[name] for name in names if name in found}


@dataclass(frozen=True)
class Tag:
    """A tag: the id of the commit it marks, and whether it is annotated."""

    commit: str
    annotated: bool


def tag_called(root: Path, name: str) -> Tag | None:
    """Return the tag of this name; None for none. Raises UsageError and ServiceError."""
    commit = tags_called(root, [name]).get(name)
    if commit is None:
        return None
    kind = must(root, "for-each-ref", "--format=%(objecttype)", f"{_TAGS}{name}")
    return Tag(commit, kind.split() == [b"tag"])


_GLOB = frozenset("*?[\\\0\n")
"""Characters that references cannot have."""


def make_tag(root: Path, name: str, commit: str, message: str) -> None:
    """Set an annotated tag; an existing one at this commit stays, and none is ever moved.

    Raises UsageError for a name git does not accept, ServiceError if the tag is at another commit.
    """
    must_be_repository(root)
    if name.startswith("-") or ask(root, "check-ref-format", f"{_TAGS}{name}") is None:
        raise UsageError(
            f'"{name[:200]}" is not a valid name for a git tag; mend "tag" under [release] in seatrial.toml'
        )
    commit = resolve(root, commit)
    ran = run(
        root,
        *without_programs(named_programs(root)),
        *("tag", "--annotate", "--no-sign", "--cleanup=verbatim", f"--message={message}"),
        *("--end-of-options", name, commit),
        env={**LOCALLY, **({} if _knows_us(root) else NOBODY)},
    )
    if ran.status == 0:
        return
    there = tags_called(root, [name]).get(name)
    if there is None:
        raise failure(root, ran)
    if there != commit:
        raise ServiceError(f'the git tag "{name}" is at {there[:12]}, not at {commit[:12]}; it was not moved')


def _knows_us(root: Path) -> bool:
    """Return whether git has a user name and address set."""
    return ask(root, "-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT") is not None


def push_tag(root: Path, remote: str, name: str) -> None:
    """Push a tag; one that the remote has at the same commit stays, and none is ever moved.

    Raises UsageError for an unknown remote, ServiceError with the remote's own last line.
    """
    reference = f"{_TAGS}{name}"
    try:
        push(root, remote, reference, reference)
    except ServiceError as refused:
        there = remote_tags(root, remote).get(name)
        here = tags_called(root, [name]).get(name, "")
        if there is None:
            raise
        if there != here:
            raise ServiceError(
                f'the git tag "{name}" is at {there[:12]} at {public_url(remote)}, not at {here[:12]}; it was not moved'
            ) from refused
