"""The tasks `ci.matrix`, `ci.shard` and `ci.collect`: a run in CI that is split into jobs.

The first plans the jobs, each job judges its share and leaves a receipt, and the last makes one report and one
verdict of all receipts. They hand files to one another in the folder PLACE.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seatrial import report
from seatrial.core.errors import EXIT_SERVICE, Unreadable, UsageError, reason
from seatrial.core.model import Profile
from seatrial.core.suggest import hint
from seatrial.fleet.ci.collection import Collection, collect
from seatrial.fleet.ci.comment import comment, page
from seatrial.fleet.ci.costs import costs_json, costs_of, costs_of_json, estimated, merged, sizes_of
from seatrial.fleet.ci.job_plan import VERBS, JobPlan, plan_of_json
from seatrial.fleet.ci.matrix import Shard, limit_of, matrix, outputs, spread
from seatrial.fleet.ci.receipt import JobReceipt, JobVerdict, receipt_of_json, receipt_of_run
from seatrial.release.places import own_folder
from seatrial.report import Options
from seatrial.report.github import TABLE_BYTES
from seatrial.report.text import summary
from seatrial.system import git
from seatrial.system.atomic import append, write_whole
from seatrial.system.folder import DiskFolder, read_beneath, read_plain
from seatrial.tasks import menu
from seatrial.tasks.choice import choose, open_workspace, rule_facts
from seatrial.tasks.cli import Ended, end, note, say
from seatrial.tasks.menu import Value
from seatrial.tasks.validate import means_new
from seatrial.workspace.workspace import Workspace

PLACE = "dist/ci"
PLAN, COSTS, RECEIPTS, REPORTS = "plan.json", "costs.json", "receipts", "reports"

MOST_BYTES = 32 * 1024 * 1024
"""Larger files are not read; the plan of 5,000 integrations has 0.6 MB."""


def _keep(root: Path, name: str, text: str) -> Path:
    """Write a file into PLACE, which git is made to ignore. Raises UsageError and ServiceError."""
    place = root / PLACE / name
    own_folder(place.parent, root)
    ignore = root / PLACE / ".gitignore"
    if not ignore.exists() and not git.ignores(root, str(ignore)):
        write_whole(ignore, "*\n", root=root)
    write_whole(place, text, root=root)
    return place


def _read_plan(root: Path, stated: str | None) -> JobPlan:
    """Return the plan in a file, by default the one that `ci.matrix` left. Raises UsageError."""
    place = Path(stated) if stated else root / PLACE / PLAN
    try:
        return plan_of_json(read_plain(str(place), MOST_BYTES))
    except (OSError, Unreadable) as failed:
        raise UsageError(
            f"the plan {place} cannot be read: {reason(failed)}; `seatrial ci.matrix` makes one"
        ) from failed


def _read_costs(root: Path, stated: str | None) -> dict[str, float]:
    """Return the costs in a file; none where there is no file yet, or where it does not hold costs, which is said."""
    place = Path(stated) if stated else root / PLACE / COSTS
    try:
        return costs_of_json(read_plain(str(place), MOST_BYTES))
    except FileNotFoundError:
        return {}
    except (OSError, Unreadable) as failed:
        note(f"no costs are taken from {place}: {reason(failed)}")
        return {}


def _checked_out(root: Path) -> str:
    """Return the commit that is checked out; empty where there is no git repository or no commit."""
    try:
        return git.head(root).commit
    except UsageError:
        return ""


def plan(
    integration: list[str],
    root: str | None,
    since: str | None,
    new: bool,
    verb: str | None,
    most: str | None,
    costs: str | None,
    where: str | None = None,
) -> None:
    """Spread the chosen integrations over jobs, keep that as a plan, and print the matrix for GitHub."""
    task, limit = _verb(verb), limit_of(most)
    choice = choose(root, integration, since, always=new, where=where)
    workspace = choice.workspace
    sizes = sizes_of(list(choice.integrations))
    names = {one.path: one.name for one in choice.integrations}
    shards = tuple(spread(estimated(sizes, _read_costs(workspace.root, costs)), limit))
    commit = _checked_out(workspace.root)
    compared = choice.since.rev if choice.since else ""
    made = JobPlan(task, commit, compared, means_new(since, new, False), not since, shards, names, sizes)
    place = _keep(workspace.root, PLAN, made.as_json())
    note(f"integrations: {len(names)}, jobs: {len(shards)}; the plan is in {place}")
    say(json.dumps(matrix(shards, names)) + "\n")
    if os.environ.get("GITHUB_OUTPUT"):
        append(Path(os.environ["GITHUB_OUTPUT"]), outputs(shards, names), root=workspace.checkout)


def _verb(stated: str | None) -> str:
    if stated is None or stated in VERBS:
        return stated or VERBS[0]
    raise UsageError(
        f'the jobs of CI cannot run "{stated[:60]}"' + hint(stated, VERBS, f"choose {', '.join(VERBS)}")
    )


def shard(
    number: str | None,
    plan: str | None,
    root: str | None,
    strict: bool,
    jobs: str | None,
    sandbox: str | None,
    without: str | None,
    timeout: str | None,
) -> None:
    """Judge the integrations of a job by the task that the plan names, and end as that does."""
    workspace = open_workspace(root)
    made = _read_plan(workspace.root, plan)
    found = made.shard(_number(number))
    if found is None:
        note(f"the plan has no job {number}: nothing to check")
        return
    commit = _commit(workspace, made)
    flags: dict[str, Value] = {
        "root": root,
        "strict": strict,
        "jobs": jobs,
        "sandbox": sandbox,
        "without": without,
        "timeout": timeout,
    }
    started = time.monotonic()
    findings, ended = _run(made, found, flags)
    receipt = receipt_of_run(made, found, commit, findings, ended.code, time.monotonic() - started, strict)
    place = _keep(workspace.root, f"{RECEIPTS}/shard-{found.number}.json", receipt.as_json())
    note(f"the receipt is in {place}")
    if ended.code:
        raise ended


def _number(text: str | None) -> int:
    if not text or not text.isascii() or not text.isdigit():
        raise UsageError("say which job of the plan this is, such as `seatrial ci.shard 3`")
    return int(text[:6])


def _commit(workspace: Workspace, plan: JobPlan) -> str:
    """Return the commit that is checked out. Raises UsageError where the plan is for another."""
    commit = _checked_out(workspace.root) if plan.commit else ""
    if commit != plan.commit:
        raise UsageError(
            f"the plan is for commit {plan.commit[:12]}, and {commit[:12]} is checked out; check that one out"
        )
    return commit


def _run(plan: JobPlan, found: Shard, flags: dict[str, Value]) -> tuple[dict[str, Any], Ended]:
    """Return the report of the task about these integrations, and its end. Raises Ended where there is no report."""
    task = next(one for one in menu.VERBS if one.name == plan.verb)
    with tempfile.TemporaryDirectory(prefix="seatrial-") as folder:
        place = Path(folder) / "report.json"
        given: dict[str, Value] = {
            **flags,
            "integration": [path for path in found.paths if path],
            "since": "" if plan.by_default else plan.since,
            "new": plan.with_new,
            "old": bool(plan.since) and not plan.with_new,
            "format": "json",
            "output": str(place),
        }
        ended = Ended()
        try:
            task.call(given)
        except Ended as early:
            ended = early
        if not place.exists():
            raise ended if ended.code else Ended("seatrial: the task left no report", EXIT_SERVICE)
        return json.loads(place.read_bytes()), ended


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
    made = _read_plan(base, plan)
    folder = Path(receipts) if receipts else base / PLACE / RECEIPTS
    found = collect(made, dict(_read(folder)))
    options = Options(rule_facts(profile))
    for kind, file in FILES.items():
        _keep(base, f"{REPORTS}/{file}", report.render(kind, found.outcome, options))
    _keep(base, f"{REPORTS}/{COMMENT}", comment(found))
    taken = costs_of(found.receipts, made.sizes)
    text = costs_json(merged(_read_costs(base, costs), taken))
    if costs:
        write_whole(Path(costs), text, root=base)
    else:
        _keep(base, COSTS, text)
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
