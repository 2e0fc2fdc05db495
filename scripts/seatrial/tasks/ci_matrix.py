"""The task `ci.matrix`: the jobs of a run in CI."""

from __future__ import annotations

import json
import os
from pathlib import Path

from seatrial.ci.costs import estimated, sizes_of
from seatrial.ci.job_plan import VERBS, JobPlan
from seatrial.ci.matrix import limit_of, matrix, outputs, spread
from seatrial.core.errors import UsageError
from seatrial.core.suggest import hint
from seatrial.system.atomic import append
from seatrial.tasks.choice import choose
from seatrial.tasks.ci_places import PLAN, checked_out, keep, read_costs
from seatrial.tasks.cli import note, say
from seatrial.tasks.validate import means_new


def jobs(
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
    shards = tuple(spread(estimated(sizes, read_costs(workspace.root, costs)), limit))
    commit = checked_out(workspace.root)
    compared = choice.since.rev if choice.since else ""
    plan = JobPlan(task, commit, compared, means_new(since, new, False), not since, shards, names, sizes)
    place = keep(workspace.root, PLAN, plan.as_json())
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
