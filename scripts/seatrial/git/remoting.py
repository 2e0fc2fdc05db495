"""Talking to remotes: no prompt, a time limit, and no credentials in what is said of it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from seatrial.errors import ServiceError, UsageError
from seatrial.git.asking import SECONDS_REMOTE, ask, last_words, run, setting, text_of

_ADDRESS = re.compile(r"(?P<scheme>\w[\w+.-]*)://(?:(?P<login>[^/@]*)@)?(?P<rest>.*)", re.DOTALL)


def remotely(root: Path, verb: str, *options: str, remote: str, what: tuple[str, ...] = ()) -> bytes:
    """What git answers after talking to a remote. Raises UsageError for an unknown one, ServiceError where it fails."""
    _must_be_known(root, remote)
    asked = (verb, *options, "--end-of-options", remote, *what)
    try:
        ran = run(root, *asked, env=_without_prompts(root), seconds=SECONDS_REMOTE)
    except ServiceError as failed:
        raise ServiceError(f"git {verb} with {shown(remote)}: {failed}") from failed
    if ran.status:
        why = last_words(ran.err.decode(errors="replace"))
        raise ServiceError(f"git {verb} with {shown(remote)}: {why}")
    return ran.out


def _must_be_known(root: Path, remote: str) -> None:
    if remote.startswith("-") or not (origin(root, remote) or "/" in remote or ":" in remote):
        raise UsageError(f'git knows no remote "{remote[:200]}"; `git remote -v` shows them')


def _without_prompts(root: Path) -> Mapping[str, str]:
    """So that ssh asks nobody, unless it is somebody's own command."""
    if {"GIT_SSH", "GIT_SSH_COMMAND"} & os.environ.keys() or setting(root, "core.sshCommand"):
        return {}
    return {"GIT_SSH_COMMAND": "ssh -o BatchMode=yes"}


def origin(root: Path, remote: str) -> str | None:
    """The address of a remote without credentials; None where there is none of this name."""
    found = ask(root, "config", "--get", f"remote.{remote}.url")
    return shown(text_of(found)) if found else None


def shown(address: str) -> str:
    """An address without what logs in; the name stays where ssh needs it, for it belongs to the place."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return address
    scheme, rest = match["scheme"], match["rest"]
    if scheme.startswith("http"):
        return f"{scheme}://{re.split('[?#]', rest)[0]}"
    name = (match["login"] or "").partition(":")[0]
    return f"{scheme}://{name}@{rest}" if name and "ssh" in scheme else f"{scheme}://{rest}"
