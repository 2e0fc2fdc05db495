"""Calls of git to remotes: with the person's credentials and programs for it, within a time limit, without prompts.

The settings for it are the person's: global ones, and those of the repository's own `.git/config`. What is committed
has no part in them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from seatrial.core.addresses import public_url
from seatrial.core.errors import ServiceError, UsageError
from seatrial.system.git.command import (
    SECONDS_REMOTE,
    ask,
    last_words,
    must,
    must_be_repository,
    named_programs,
    run,
    setting,
    text_of,
    without_programs,
)
from seatrial.system.git.discovery import GitRepository

_DECIDING = re.compile(
    r"core\.(sshcommand|gitproxy|askpass|worktree)|(credential|remote|url|http|protocol|ssh)\..*"
)
"""The settings that decide which programs a call to a remote starts, and which host it talks to."""

_FILE = "file://"


def remotely(root: Path, verb: str, *options: str, remote: str, what: tuple[str, ...] = ()) -> bytes:
    """Return git's output after a call to a remote. Raises UsageError for an unknown one, ServiceError if it fails."""
    _must_be_known(root, remote)
    _must_be_set_by_the_person(root)
    arguments = (*without_programs(named_programs(root)), verb, *options, "--end-of-options", remote, *what)
    try:
        ran = run(root, *arguments, env=_environment(root), seconds=SECONDS_REMOTE)
    except ServiceError as failed:
        raise ServiceError(f"git {verb} with {public_url(remote)}: {failed}") from failed
    if ran.status:
        why = last_words(ran.err.decode(errors="replace"))
        raise ServiceError(f"git {verb} with {public_url(remote)}: {why}")
    return ran.out


_PUSHING = ("--quiet", "--no-verify", "--no-follow-tags", "--no-signed", "--no-recurse-submodules")


def push(root: Path, remote: str, ours: str, theirs: str, told: Iterable[str] = ()) -> None:
    """Push a commit or a reference to a reference of a remote, never by force. Raises as `remotely`.

    The server gets the push options `told`.
    """
    options = [f"--push-option={one}" for one in told]
    remotely(root, "push", *_PUSHING, *options, remote=remote, what=(f"{ours}:{theirs}",))


def _must_be_known(root: Path, remote: str) -> None:
    """Raise UsageError for an option, an unknown name, and a folder of the work tree, whose hooks git would run."""
    address = _address(root, remote)
    if remote.startswith("-") or not (address or "/" in remote or ":" in remote):
        raise UsageError(f'git knows no remote "{remote[:200]}"; `git remote -v` shows them')
    repository = must_be_repository(root)
    place = _folder_of(repository, address or remote)
    if place and _is_committable(place, repository):
        raise UsageError(
            f'the remote "{public_url(remote)[:200]}" is a folder of this repository; name one outside of it'
        )


def _address(root: Path, remote: str) -> str:
    found = ask(root, "config", "--get", f"remote.{remote}.url")
    return text_of(found) if found else ""


def _folder_of(repository: GitRepository, address: str) -> Path | None:
    """Return the real path of a remote that is a folder of this machine; None for others. Git starts at the top."""
    if address.lower().startswith(_FILE):
        return Path(os.path.realpath("/" + unquote(address[len(_FILE) :])))
    if ":" in address.partition("/")[0]:
        return None
    return Path(os.path.realpath(repository.top / address))


def _is_committable(path: Path, repository: GitRepository) -> bool:
    """Return whether a path is in the work tree, and so may come with a commit."""
    return path.is_relative_to(repository.top) and not path.is_relative_to(repository.git_dir)


def _must_be_set_by_the_person(root: Path) -> None:
    """Raise UsageError where `.git/config` includes a file of the work tree, and that decides about remotes."""
    repository = must_be_repository(root)
    for key, path in _settings(root):
        if _DECIDING.fullmatch(key.lower()) and _is_committable(path, repository):
            raise UsageError(
                f'git takes "{key[:200]}" from {path}, which is a file of the work tree; '
                "set it with `git config` instead, and take the file out of `.git/config`"
            )


def _settings(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield the settings of the repository, each with the real path of the file it is in."""
    listed = must(root, "config", "--list", "-z", "--name-only", "--show-scope", "--show-origin").split(b"\0")
    for scope, origin, key in zip(listed[::3], listed[1::3], listed[2::3], strict=False):
        if scope in (b"local", b"worktree") and origin.startswith(b"file:"):
            yield os.fsdecode(key), Path(os.path.realpath(root / os.fsdecode(origin.removeprefix(b"file:"))))


def _environment(root: Path) -> Mapping[str, str]:
    """Keep ssh from asking, unless the user set a command for it, and `ext::` from running one."""
    allowed = os.environ.get("GIT_ALLOW_PROTOCOL")
    kept = {} if allowed is None else {"GIT_ALLOW_PROTOCOL": _without_ext(allowed)}
    if {"GIT_SSH", "GIT_SSH_COMMAND"} & os.environ.keys() or setting(root, "core.sshCommand"):
        return kept
    return {**kept, "GIT_SSH_COMMAND": "ssh -o BatchMode=yes"}


def _without_ext(protocols: str) -> str:
    return ":".join(one for one in protocols.split(":") if one != "ext") or "none"


def origin(root: Path, remote: str) -> str | None:
    """Return the address of a remote without credentials; None if there is no such remote."""
    return public_url(_address(root, remote)) or None
