"""Running git without a shell, without a prompt, and without a program that settings, attributes or hooks name.

Every call of git is built here or in `discovery`. Calls of `run` stay on this machine; `remotes` builds on it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from seatrial.core.addresses import without_credentials
from seatrial.core.errors import SeatrialError, ServiceError, UsageError
from seatrial.system import process
from seatrial.system.git.discovery import SAFELY, GitRepository, NoRepositoryError, environment, repository_of
from seatrial.system.process import Ran

LOCALLY = {"GIT_ALLOW_PROTOCOL": "none", "GIT_ASKPASS": ""}
"""The environment of calls that reach no remote, not even to fetch what a partial clone lacks."""

NOWHERE = ("--git-dir=/dev/null",)
"""The option with which git sees the person's settings and no repository."""

SECONDS = 60
SECONDS_REMOTE = 300

_REMOTE_SAYS = re.compile(r"remote: (?:error: |fatal: )?(?=.*\w)(.*)")
_GIT_SAYS = re.compile(r"(?:fatal|error|ssh): (.*)")
_OWNER = "detected dubious ownership"
_NOWHERE = "not a git repository"
_LACKING = ("from promisor remote", "lazy fetching disabled")
REFETCH = "where the clone is a partial one, type `git fetch --refetch --no-filter`"
"""The way to the files that a partial clone left at its remote, from which nothing is fetched in passing."""

_NAMED = r"^(filter\..*\.(clean|smudge|process|required)|hook\..*\.command)$"


def run(
    root: Path,
    *arguments: str,
    env: Mapping[str, str] = LOCALLY,
    seconds: float = SECONDS,
    feed: bytes | None = None,
) -> Ran:
    """Run git below `root` and return output and status. Raises MissingProgram, and ServiceError after `seconds`.

    Without a repository that git may read, the status is git's for it.
    """
    try:
        stated = repository_of(root).stated
    except NoRepositoryError as refused:
        return refused.ran
    return run_at(root, stated, arguments, env, seconds, feed)


def run_at(
    root: Path,
    stated: tuple[str, ...],
    arguments: tuple[str, ...],
    env: Mapping[str, str] = LOCALLY,
    seconds: float = SECONDS,
    feed: bytes | None = None,
) -> Ran:
    """Run git below `root` with the repository that is stated, or NOWHERE. Raises as `run`."""
    return process.run(
        ["git", *SAFELY, *stated, "-C", str(root), *arguments],
        env=environment(env),
        seconds=seconds,
        clean=True,
        feed=feed,
    )


def ask(root: Path, *arguments: str, feed: bytes | None = None) -> bytes | None:
    """Return git's output below `root`; None if it fails: no git, no repository, no permission to read it."""
    try:
        ran = run(root, *arguments, feed=feed)
    except ServiceError:
        return None
    return ran.out if ran.status == 0 else None


def must(
    root: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    feed: bytes | None = None,
) -> bytes:
    """Return git's output below `root`. Raises UsageError outside a repository, ServiceError where git fails."""
    try:
        ran = run(root, *arguments, env={**LOCALLY, **(env or {})}, seconds=seconds, feed=feed)
    except process.MissingProgram as missing:
        raise no_git() from missing
    if ran.status:
        raise failure(root, ran)
    return ran.out


def must_be_repository(root: Path) -> GitRepository:
    """Return the repository around `root`. Raises UsageError without git or a repository, ServiceError if git fails."""
    try:
        return repository_of(root)
    except process.MissingProgram as missing:
        raise no_git() from missing
    except NoRepositoryError as refused:
        raise failure(root, refused.ran) from refused


def no_git() -> UsageError:
    return UsageError("git is not on this machine; install it and try again")


def failure(root: Path, ran: Ran) -> SeatrialError:
    """Return git's failure as a one-line error."""
    output = ran.err.decode(errors="replace")
    if _NOWHERE in output:
        return UsageError(
            f"{root} is in no git repository; type `git init` and commit, or name another root with --root"
        )
    if _OWNER in output:
        return UsageError(
            f"git does not read {root}, which belongs to another user; "
            f"type `git config --global --add safe.directory {root}` if you trust it"
        )
    if any(words in output for words in _LACKING):
        return ServiceError(f"git has not all files of the commit; {REFETCH}")
    return ServiceError(f"git: {last_words(output)}")


def last_words(output: str) -> str:
    """Return the line with the cause, the remote's own before git's, without credentials."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for pattern in (_REMOTE_SAYS, _GIT_SAYS):
        found = [match[1] for line in lines if (match := pattern.fullmatch(line))]
        if found:
            return without_credentials(found[-1])
    return without_credentials(lines[-1]) if lines else "it failed and did not say why"


def text_of(answer: bytes) -> str:
    """Return an output of one line as text."""
    return os.fsdecode(answer).removesuffix("\n")


def setting(root: Path, key: str) -> str | None:
    """Return a setting of git such as `user.name`; None if it is not set. The person's own count anywhere."""
    try:
        ran = run_at(root, _stated_or_nowhere(root), ("config", "--get", key))
    except ServiceError:
        return None
    return ran.out.decode(errors="replace").strip() or None if ran.status == 0 else None


def _stated_or_nowhere(root: Path) -> tuple[str, ...]:
    try:
        return repository_of(root).stated
    except NoRepositoryError:
        return NOWHERE


def named_programs(root: Path) -> frozenset[str]:
    """Return the settings that name filters and hooks, such as `filter.lfs.clean`, which no one option turns off.

    Raises UsageError and ServiceError.
    """
    ran = run(root, "config", "-z", "--name-only", "--get-regexp", _NAMED)
    if ran.status not in (0, 1):
        raise failure(root, ran)
    return frozenset(os.fsdecode(key) for key in ran.out.split(b"\0") if key)


def without_programs(keys: frozenset[str]) -> tuple[str, ...]:
    """Return the options that turn these filters and hooks off."""
    return tuple(option for key in sorted(keys) for option in _off(key))


def _off(key: str) -> tuple[str, ...]:
    if key.startswith("hook."):
        return _set(f"{key.removesuffix('command')}enabled", "false")
    return _set(key, "false" if key.endswith(".required") else "")


def _set(key: str, value: str) -> tuple[str, ...]:
    """Return the option for a setting; `-c` would end a name at its first `=`."""
    if "=" not in key:
        return ("-c", f"{key}={value}")
    return (f"--config-env={key}={'SEATRIAL_FALSE' if value else 'SEATRIAL_EMPTY'}",)
