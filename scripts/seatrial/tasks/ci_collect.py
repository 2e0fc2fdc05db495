"""The task `ci.collect`: what all jobs of a run in CI left, as one report and one verdict."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from seatrial import report
from seatrial.ci.collection import Collection, collect
from seatrial.ci.comment import comment, page
from seatrial.ci.costs import costs_json, costs_of, merged
from seatrial.ci.receipt import JobReceipt, JobVerdict, receipt_of_json
from seatrial.core.errors import Unreadable, UsageError, reason
from seatrial.core.model import Profile
from seatrial.report import Options
from seatrial.report.github import TABLE_BYTES
from seatrial.report.text import summary
from seatrial.system.atomic import append, write_whole
from seatrial.system.folder import DiskFolder, read_beneath
from seatrial.tasks.choice import open_workspace, rule_facts
from seatrial.tasks.ci_places import COSTS, MOST_BYTES, PLACE, RECEIPTS, REPORTS, keep, read_costs, read_plan
from seatrial.tasks.cli import end, note, say

FILES = {"json": "report.json", "sarif": "report.sarif", "junit": "report.xml", "gitlab": "gitlab.json"}
"""The reports that are written, by format."""

COMMENT = "comment.md"

MOST_FILES = 1_024
"""Most receipts that are read; a run has at most 256 jobs, each of which may have been repeated."""

_RECEIPT = re.compile(r"(?:.*/)?shard-\d{1,4}\.json")


def gather(
    receipts: str | None,
    plan: str | None,
    root: str | None,
    format: str | None,
    costs: str | None,
) -> None:
    """Put the receipts of all jobs together, write every report, and end with one status.

    It fails where a planned integration is missing, was judged twice with different verdicts, or at another commit.
    """
    base, profile = _base(root)
    name = report.choose(os.environ, format)
    made = read_plan(base, plan)
    folder = Path(receipts) if receipts else base / PLACE / RECEIPTS
    found = collect(made, dict(_read(folder)))
    options = Options(rule_facts(profile))
    for kind, file in FILES.items():
        keep(base, f"{REPORTS}/{file}", report.render(kind, found.outcome, options))
    keep(base, f"{REPORTS}/{COMMENT}", comment(found))
    taken = costs_of(found.receipts, made.sizes)
    text = costs_json(merged(read_costs(base, costs), taken))
    if costs:
        write_whole(Path(costs), text, root=base)
    else:
        keep(base, COSTS, text)
    say(report.render(name, found.outcome, options))
    _tell(found, base)
    end(not found.is_known, JobVerdict.FAILED in found.verdicts.values())


def _base(root: str | None) -> tuple[Path, Profile]:
    """Return the root and its profile; without a workspace, as where only the receipts are, the folder as it is."""
    try:
        workspace = open_workspace(root)
    except UsageError:
        here = Path(root or "").absolute()
        if not here.is_dir():
            raise
        return here, Profile.GUIDE
    return workspace.root, workspace.profile


def _read(folder: Path) -> Iterator[tuple[str, JobReceipt | str]]:
    """Yield each receipt below a folder, or why it cannot be read; nothing is reached through a link."""
    if folder.is_symlink() or not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; name the one with the receipts of the jobs")
    here = DiskFolder(folder, folder, frozenset())
    odd = set(here.irregular())
    named = [path for path in here.paths() if _RECEIPT.fullmatch(path)]
    if len(named) > MOST_FILES:
        raise UsageError(f"{folder} has {len(named):,} receipts, and at most {MOST_FILES:,} are read")
    for path in named:
        try:
            if path in odd:
                raise Unreadable("a link, or no file; receipts are files")
            yield path, receipt_of_json(read_beneath(os.path.realpath(folder), path, MOST_BYTES))
        except (OSError, Unreadable) as failed:
            yield path, f"the receipt cannot be read: {reason(failed)}"


def _tell(found: Collection, base: Path) -> None:
    """Say what is not known, and write GitHub's page of the run."""
    for line in (*found.reasons, *found.faults):
        note(f"seatrial: {line}")
    note(f"{summary(found.outcome)}; the reports are in {base / PLACE / REPORTS}")
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        append(Path(os.environ["GITHUB_STEP_SUMMARY"]), page(found, TABLE_BYTES), root=base)
