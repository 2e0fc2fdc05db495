"""The folder in which the parts of a run in CI find what earlier parts left, and what they share."""

from __future__ import annotations

from pathlib import Path

from seatrial.ci.costs import costs_of_json
from seatrial.ci.job_plan import JobPlan, plan_of_json
from seatrial.core.errors import Unreadable, UsageError, reason
from seatrial.release.places import own_folder
from seatrial.system import git
from seatrial.system.atomic import write_whole
from seatrial.system.folder import read_plain
from seatrial.tasks.cli import note

PLACE = "dist/ci"
PLAN, COSTS, RECEIPTS, REPORTS = "plan.json", "costs.json", "receipts", "reports"

MOST_BYTES = 32 * 1024 * 1024
"""Larger files are not read; the plan of 5,000 integrations has 0.6 MB."""


def keep(root: Path, name: str, text: str) -> Path:
    """Write a file into the folder, which git is made to ignore. Raises UsageError and ServiceError."""
    place = root / PLACE / name
    own_folder(place.parent, root)
    ignore = root / PLACE / ".gitignore"
    if not ignore.exists() and not git.ignores(root, str(ignore)):
        write_whole(ignore, "*\n", root=root)
    write_whole(place, text, root=root)
    return place


def read_plan(root: Path, stated: str | None) -> JobPlan:
    """Return the plan in a file, by default the one that `ci.matrix` left. Raises UsageError."""
    place = Path(stated) if stated else root / PLACE / PLAN
    try:
        return plan_of_json(read_plain(str(place), MOST_BYTES))
    except (OSError, Unreadable) as failed:
        raise UsageError(
            f"the plan {place} cannot be read: {reason(failed)}; `seatrial ci.matrix` makes one"
        ) from failed


def read_costs(root: Path, stated: str | None) -> dict[str, float]:
    """Return the costs in a file; none where there is no file yet, or it is not one of costs, which is said."""
    place = Path(stated) if stated else root / PLACE / COSTS
    try:
        return costs_of_json(read_plain(str(place), MOST_BYTES))
    except FileNotFoundError:
        return {}
    except (OSError, Unreadable) as failed:
        note(f"no costs are taken from {place}: {reason(failed)}")
        return {}


def checked_out(root: Path) -> str:
    """Return the commit that is checked out; empty where there is no git repository or no commit."""
    try:
        return git.head(root).commit
    except UsageError:
        return ""
