"""The order of a repository's workflow files: what CI installs, and the branch that is released from."""

from __future__ import annotations

import json
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from seatrial import __version__
from seatrial.ci.workflows import WorkflowRequest
from seatrial.core.addresses import public_url
from seatrial.core.errors import UsageError
from seatrial.core.settings import ReleaseSettings
from seatrial.system import git
from seatrial.workspace.workspace import below_checkout

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
        "this Seatrial was installed from a folder, which CI does not have; say where it is to be had, with --install "
        "git+https://HOST/OWNER/seatrial@COMMIT"
    )
