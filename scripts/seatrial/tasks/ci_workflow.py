"""The task `ci.workflow`: the files by which GitHub or GitLab run Seatrial."""

from __future__ import annotations

import os
from dataclasses import replace

from seatrial.ci.matrix import limit_of
from seatrial.ci.renewal import renewed
from seatrial.ci.workflows import COMMENTS, files, must_be_known
from seatrial.core.errors import Unreadable, UsageError
from seatrial.system.atomic import write_whole
from seatrial.system.folder import read_beneath
from seatrial.tasks.choice import open_workspace
from seatrial.tasks.ci_order import order_of
from seatrial.tasks.cli import note, say
from seatrial.tasks.section_names import left_out
from seatrial.workspace.workspace import Workspace


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
