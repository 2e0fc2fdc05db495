"""Opening and renewing pull requests for `submit` and `release.bump`: with `gh` if it is there, else by a page."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from seatrial.core.errors import ServiceError, UsageError
from seatrial.core.printable import one_line
from seatrial.system import git, process
from seatrial.tasks.cli import note, say
from seatrial.workspace.forge import (
    OpenRequest,
    PullRequest,
    RepositoryPlace,
    create_command,
    list_command,
    open_request_in,
    update_command,
)

SECONDS = 120
"""Seconds that `gh` may take."""


def must_have_somebody_to_ask(yes: bool, dry_run: bool) -> None:
    """Raise UsageError where nobody can be asked and nothing was agreed to before."""
    if not (yes or dry_run or sys.stdin.isatty()):
        raise UsageError("there is nobody to ask here; type --yes to push and open, or --dry-run to look")


def agreed(question: str) -> bool:
    """Ask a person; return whether the answer is yes."""
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def printable_text(text: str) -> str:
    """Return the text of a pull request as it is shown before it is opened."""
    return "".join(f"{one_line(line, 2000)}\n" for line in text.splitlines())


def request_of(
    root: Path, remotes: tuple[str, str], target: str, branch: str, heading: str, text: str
) -> PullRequest | None:
    """Return the pull request from a branch of the second remote to `target` of the first.

    None where they are on no server that has such.
    """
    upstream, fork = (RepositoryPlace.of(git.origin(root, remote) or "") for remote in remotes)
    if upstream is None or fork is None:
        return None
    return PullRequest(upstream, fork, target, branch, heading, text)


def merge_request_options(request: PullRequest | None, environment: Mapping[str, str]) -> Sequence[str]:
    """Return the push options by which GitLab opens the request, or renews the open one; none on another server.

    Source: docs.gitlab.com, "Push options", "Push options for merge requests".
    """
    if request is None:
        return ()
    here = environment.get("CI_SERVER_HOST", "").partition(":")[0].lower()
    if not request.upstream.is_gitlab and request.upstream.host.partition(":")[0] != here:
        return ()
    title = one_line(request.title, 250)
    return "merge_request.create", f"merge_request.target={request.target}", f"merge_request.title={title}"


def open_or_renew(request: PullRequest | None, text: str, draft: bool, target: str) -> bool:
    """Open the pull request, or renew the open one; where `gh` cannot, print the page on which a person does.

    Return whether that was done, and nothing is left to a person.
    """
    if request is None:
        note(f"the remotes are on no known server: open the pull request for {target} there yourself")
        return False
    try:
        note(_opened(request, text, draft))
        return True
    except (ServiceError, ValueError) as reason:
        note(f"the pull request was not opened by gh: {reason}")
        note("open it here, everything is filled in:")
        say(f"{request.address}\n")
        return False


def _opened(request: PullRequest, text: str, draft: bool) -> str:
    """Open the pull request, or bring the open one up to date. Raises ServiceError without `gh` or where it fails."""
    if request.upstream.is_gitlab:
        raise ServiceError("it is for GitHub")
    there = open_request_in(_gh(list_command(request)), request)
    if isinstance(there, OpenRequest):
        _gh(update_command(request, there), text)
        return f"brought up to date: {one_line(there.url, 300)}"
    said = _gh(create_command(request, draft), text).decode(errors="replace").strip()
    return f"opened: {one_line(said.splitlines()[-1] if said else request.upstream.slug, 300)}"


def _gh(command: Sequence[str], text: str = "") -> bytes:
    """Run `gh` outside of the repository, so that it starts no program of it. Raises ServiceError."""
    with tempfile.TemporaryDirectory(prefix="seatrial-") as empty:
        env = {"GH_PROMPT_DISABLED": "1", "NO_COLOR": "1"}
        ran = process.run(command, cwd=Path(empty), env=env, seconds=SECONDS, feed=text.encode())
    if ran.status:
        lines = ran.err.decode(errors="replace").strip().splitlines()
        raise ServiceError(one_line(lines[-1] if lines else f"it ended with {ran.status}", 300))
    return ran.out
