"""Running git without a shell, without a prompt, and without the programs its settings name.

Calls to remotes have a time limit, and messages about them have no credentials.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from seatrial.core.addresses import public_url, without_credentials
from seatrial.core.errors import SeatrialError, ServiceError, UsageError
from seatrial.system import process
from seatrial.system.process import Ran

SAFELY = (
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.quotepath=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "protocol.ext.allow=never"),
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
    *("-c", "submodule.recurse=false"),
    *("-c", "log.showSignature=false"),
)
"""Options with which git starts no program that a repository's own settings name."""

QUIETLY = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "SSH_ASKPASS": "",
    "SSH_ASKPASS_REQUIRE": "never",
    "LC_ALL": "C",
}

FORGOTTEN = frozenset({
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_EXTERNAL_DIFF",
    "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE",
    "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_LITERAL_PATHSPECS",
    "GIT_DIFF_OPTS", "GIT_ATTR_SOURCE",
})  # fmt: skip
"""Variables by which a hook, or another caller, points git to another repository."""

SECONDS = 60
SECONDS_REMOTE = 300

_REMOTE_SAYS = re.compile(r"remote: (?:error: |fatal: )?(?=.*\w)(.*)")
_GIT_SAYS = re.compile(r"(?:fatal|error|ssh): (.*)")
_OWNER = "detected dubious ownership"
_NOWHERE = "not a git repository"


def run(
    root: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    feed: bytes | None = None,
) -> Ran:
    """Run git below `root` and return output and status. Raises MissingProgram, and ServiceError after `seconds`."""
    kept = {name: value for name, value in os.environ.items() if name not in FORGOTTEN}
    return process.run(
        ["git", *SAFELY, "-C", str(root), *arguments],
        env={**kept, **QUIETLY, **(env or {})},
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
        ran = run(root, *arguments, env=env, seconds=seconds, feed=feed)
    except process.MissingProgram as missing:
        raise UsageError("git is not on this machine; install it and try again") from missing
    if ran.status:
        raise failure(root, ran)
    return ran.out


def failure(root: Path, ran: Ran) -> SeatrialError:
    """Return git's failure as an error of one line."""
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
    """Return a setting of git such as `user.name`; None if it is not set."""
    output = ask(root, "config", "--get", key)
    return output.decode(errors="replace").strip() or None if output else None


def remotely(root: Path, verb: str, *options: str, remote: str, what: tuple[str, ...] = ()) -> bytes:
    """Return git's output after a call to a remote. Raises UsageError for an unknown one, ServiceError if it fails."""
    _must_be_known(root, remote)
    arguments = (verb, *options, "--end-of-options", remote, *what)
    try:
        ran = run(root, *arguments, env=_without_prompts(root), seconds=SECONDS_REMOTE)
    except ServiceError as failed:
        raise ServiceError(f"git {verb} with {public_url(remote)}: {failed}") from failed
    if ran.status:
        why = last_words(ran.err.decode(errors="replace"))
        raise ServiceError(f"git {verb} with {public_url(remote)}: {why}")
    return ran.out


def _must_be_known(root: Path, remote: str) -> None:
    if remote.startswith("-") or not (origin(root, remote) or "/" in remote or ":" in remote):
        raise UsageError(f'git knows no remote "{remote[:200]}"; `git remote -v` shows them')


def _without_prompts(root: Path) -> Mapping[str, str]:
    """Keep ssh from asking, unless the user set a command for it."""
    if {"GIT_SSH", "GIT_SSH_COMMAND"} & os.environ.keys() or setting(root, "core.sshCommand"):
        return {}
    return {"GIT_SSH_COMMAND": "ssh -o BatchMode=yes"}


def origin(root: Path, remote: str) -> str | None:
    """Return the address of a remote without credentials; None if there is no such remote."""
    found = ask(root, "config", "--get", f"remote.{remote}.url")
    return public_url(text_of(found)) if found else None
