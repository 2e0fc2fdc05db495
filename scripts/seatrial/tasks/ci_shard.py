"""The task `ci.shard`: one job of a run in CI, which leaves its findings and a receipt."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from seatrial.ci.job_plan import JobPlan
from seatrial.ci.matrix import Shard
from seatrial.ci.receipt import receipt_of_run
from seatrial.core.errors import EXIT_SERVICE, UsageError
from seatrial.tasks.choice import open_workspace
from seatrial.tasks.ci_places import RECEIPTS, checked_out, keep, read_plan
from seatrial.tasks.cli import Ended, note
from seatrial.tasks.menu import VERBS, Value
from seatrial.workspace.workspace import Workspace


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
    made = read_plan(workspace.root, plan)
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
    report, end = _run(made, found, flags)
    receipt = receipt_of_run(made, found, commit, report, end.code, time.monotonic() - started, strict)
    place = keep(workspace.root, f"{RECEIPTS}/shard-{found.number}.json", receipt.as_json())
    note(f"the receipt is in {place}")
    if end.code:
        raise end


def _number(text: str | None) -> int:
    if not text or not text.isascii() or not text.isdigit():
        raise UsageError("say which job of the plan this is, such as `seatrial ci.shard 3`")
    return int(text[:6])


def _commit(workspace: Workspace, plan: JobPlan) -> str:
    """Return the commit that is checked out. Raises UsageError where the plan is for another."""
    commit = checked_out(workspace.root) if plan.commit else ""
    if commit != plan.commit:
        raise UsageError(
            f"the plan is for commit {plan.commit[:12]}, and {commit[:12]} is checked out; check that one out"
        )
    return commit


def _run(plan: JobPlan, found: Shard, flags: dict[str, Value]) -> tuple[dict[str, Any], Ended]:
    """Return the report of the task about these integrations, and its end. Raises Ended where there is no report."""
    task = next(one for one in VERBS if one.name == plan.verb)
    with tempfile.TemporaryDirectory(prefix="seatrial-") as folder:
        report = Path(folder) / "report.json"
        given: dict[str, Value] = {
            **flags,
            "integration": [path for path in found.paths if path],
            "since": "" if plan.by_default else plan.since,
            "new": plan.with_new,
            "old": bool(plan.since) and not plan.with_new,
            "format": "json",
            "output": str(report),
        }
        end = Ended()
        try:
            task.call(given)
        except Ended as early:
            end = early
        if not report.exists():
            raise end if end.code else Ended("seatrial: the task left no report", EXIT_SERVICE)
        return json.loads(report.read_bytes()), end
