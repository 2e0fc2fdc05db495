"""The branch that versions are released from: whether the remote has the commit on it."""

from __future__ import annotations

from seatrial.core.errors import UsageError
from seatrial.release.run.release_context import ReleaseContext
from seatrial.system import git


def unpushed(context: ReleaseContext) -> str:
    """Return why the remote lacks the commit on the release branch; empty where it has it, or no tag is pushed.

    The branch is fetched if it does not show the commit here. Raises ServiceError if the remote does not answer.
    """
    if not context.pushes_tags or context.head is None:
        return ""
    remote, commit = context.settings.remote, context.head.commit
    branch = release_branch(context)
    if not branch:
        return f"{remote} has no default branch; name the one that versions are released from as `branch`"
    if _has(context, f"refs/remotes/{remote}/{branch}"):
        return ""
    git.fetch_branch(context.root, remote, branch)
    if _has(context, f"refs/remotes/{remote}/{branch}"):
        return ""
    return (
        f"{commit[:12]} is not on the branch {branch} of {remote}, from which versions are released; merge it "
        f"there, or push it with `git push {remote} HEAD:{branch}`; another branch is named as `branch`"
    )


def release_branch(context: ReleaseContext) -> str:
    """Return the branch of the settings, or else the remote's default one; empty where it has none."""
    remote = context.settings.remote
    known = git.default_branch(context.root, remote) or ""
    return (
        context.settings.branch or known.removeprefix(f"{remote}/") or git.remote_head(context.root, remote)
    )


def must_be_pushed(context: ReleaseContext, allowed: bool) -> str:
    """Return why the commit is not on the release branch, if that is allowed; raise UsageError if not."""
    why = unpushed(context)
    if why and not allowed:
        raise UsageError(f"{why} below [release]; or release it all the same with --allow-unpushed")
    return why


def _has(context: ReleaseContext, ref: str) -> bool:
    """Return whether a branch has the commit; a shallow clone is deepened as far as needed."""
    tip = git.find(context.root, ref)
    head = context.head.commit if context.head else ""
    if tip is None or tip == head:
        return tip is not None
    try:
        return git.merge_base(context.root, tip) == head
    except UsageError:
        return False
