"""The branch that a change is for, which it is compared with, and whose settings are trusted."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from seatrial.core.errors import ServiceError, UsageError
from seatrial.system import git
from seatrial.workspace.workspace import Workspace

BRANCHES = ("main", "master")

TARGETS = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
"""The variables in which GitHub and GitLab give the branch that a pull or merge request is for."""


def target_branch(environ: Mapping[str, str]) -> str:
    """Return the branch that CI judges a pull or merge request for; empty elsewhere."""
    return next((environ[name] for name in TARGETS if environ.get(name)), "")


BASE_REMOTE = "origin"
"""The remote whose branches are believed; the settings may name another, but a change can state those."""


def trusted_base(root: Path, environ: Mapping[str, str]) -> str:
    """Return the newest known commit of the branch that changes are for, whatever the work tree's settings say.

    A target that the clone does not have is fetched. Raises ServiceError where git knows none, or fetching fails.
    """
    target = target_branch(environ)
    names = [target] if target else ["HEAD", *BRANCHES]
    if target and git.find(root, f"refs/remotes/{BASE_REMOTE}/{target}") is None:
        git.fetch_branch(root, BASE_REMOTE, target)
    found = (git.find(root, f"refs/remotes/{BASE_REMOTE}/{name}") for name in names)
    commit = next((one for one in found if one), None)
    if commit is None:
        raise ServiceError(f"git knows no base branch at {BASE_REMOTE}, whose settings would count")
    return commit


def default_revision(workspace: Workspace, environ: Mapping[str, str] = os.environ) -> str:
    """Return the revision that branches start from: the target of CI's pull request, else the remote's default branch.

    A target that the clone does not have is fetched. Raises UsageError where git knows none, ServiceError where
    fetching fails.
    """
    remote = workspace.settings.release.remote or "origin"
    target = target_branch(environ)
    if target and git.find(workspace.root, f"{remote}/{target}") is None:
        git.fetch_branch(workspace.root, remote, target)
    named = f"{remote}/{target}" if target else git.default_branch(workspace.root, remote)
    candidates = [*([named] if named else []), *(f"{remote}/{branch}" for branch in BRANCHES)]
    for rev in candidates:
        if git.find(workspace.root, rev):
            return rev
    raise UsageError(
        f"git knows neither {' nor '.join(candidates[-2:])}; say what this change is compared with, with --since REV"
    )
