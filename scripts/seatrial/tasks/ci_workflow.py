"""The task `ci.workflow`: the files by which GitHub or GitLab runs Seatrial, and what CI installs for it."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from seatrial import __version__
from seatrial.core.addresses import public_url
from seatrial.core.errors import Unreadable, UsageError
from seatrial.core.settings import ReleaseSettings
from seatrial.fleet.ci.matrix import limit_of
from seatrial.fleet.ci.renewal import renewed
from seatrial.fleet.ci.workflows import COMMENTS, WorkflowRequest, files, must_be_known
from seatrial.system import git
from seatrial.system.atomic import write_whole
from seatrial.system.folder import read_beneath
from seatrial.tasks.choice import open_workspace
from seatrial.tasks.cli import note, say
from seatrial.tasks.section_names import left_out
from seatrial.workspace.workspace import Workspace, below_checkout


def write(
    service: str | None,
    root: str | None,
    install: str | None,
    without: str | None,
    most: str | None,
    comments: str | None,
    overwrite: bool,
    dry_run: bool,
) -> None:
    """Write the workflow files, or show them; those that are there keep what a person added between the marks."""
    must_be_known(service or "")
    workspace = open_workspace(root)
    usual = order_of(workspace.root, workspace.checkout, workspace.settings.release, service, install)
    order = replace(
        usual,
        without=tuple(sorted(left_out(without) - {"release"})),
        most=str(limit_of(most)) if most else "",
        comments=comments or COMMENTS[0],
        cache=workspace.settings.shared_cache.url,
    )
    fresh = files(order)
    texts = {path: renewed(path, text, _before(workspace, path), overwrite) for path, text in fresh.items()}
    for path, text in texts.items():
        if dry_run:
            say(f"--- {path}\n{text}")
        elif text != _before(workspace, path):
            place = workspace.checkout / path
            write_whole(place, text, root=workspace.checkout, make=True)
            note(f"wrote {place}")
    if order.service == "github" and not any("seatrial-release" in path for path in texts):
        note(
            "no workflow for releases: seatrial.toml has no [release] image, so that images stay on the machine"
        )


def _before(workspace: Workspace, path: str) -> str | None:
    """Return the text of a file that is there. Raises UsageError for a link, and for what is not text."""
    if not os.path.lexists(workspace.checkout / path):
        return None
    try:
        return read_beneath(str(workspace.checkout), path).decode()
    except (OSError, Unreadable, ValueError) as failed:
        raise UsageError(f"{path} cannot be read: {failed}; move it away") from failed


OWN = ("scripts/seatrial/__main__.py", "scripts/setup.sh")
"""The files by which Seatrial's own repository is recognised."""


def order_of(
    root: Path, checkout: Path, release: ReleaseSettings, service: str | None, install: str | None
) -> WorkflowRequest:
    """Return the order for a repository, whose files need not be there yet. Raises UsageError as `_install`."""
    folder = below_checkout(root, checkout)
    return WorkflowRequest(
        service or "", _install(checkout, install), release, _branch(root, release), folder
    )


def _branch(root: Path, release: ReleaseSettings) -> str:
    """Return the branch that is released from, as far as settings or the remote's clone tell it."""
    named = None
    with suppress(UsageError):
        named = git.default_branch(root, release.remote or "origin")
    return release.branch or (named or "").partition("/")[2] or "main"


def _install(checkout: Path, stated: str | None) -> str:
    """Return what CI installs: as stated, nothing in Seatrial's own repository, else where this Seatrial came from.

    Raises UsageError where that is a folder of this machine.
    """
    if stated or all((checkout / path).is_file() for path in OWN):
        return stated or ""
    with suppress(PackageNotFoundError, ValueError, KeyError, TypeError):
        installed = distribution("seatrial")
        origin = installed.read_text("direct_url.json")
        if origin is None and installed.read_text("RECORD"):
            return f"seatrial=={__version__}"
        told = json.loads(origin or "")
        return f"git+{public_url(told['url'])}@{told['vcs_info']['commit_id']}"
    raise UsageError(
        "this Seatrial was installed from a folder, which CI does not have; say where CI can install it "
        "from, with --install git+https://HOST/OWNER/seatrial@COMMIT"
    )
