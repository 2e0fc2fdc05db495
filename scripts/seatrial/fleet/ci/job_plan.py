"""The plan of a run in CI: the task, the commit, and the integrations of each job."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seatrial.core.errors import Unreadable
from seatrial.documents import records
from seatrial.fleet.ci.matrix import MOST, Shard
from seatrial.report.json import dumps

VERSION = 1
VERBS = ("check", "lint", "validate")
"""The tasks that the jobs can run."""

MOST_PLANNED = 100_000


@dataclass(frozen=True)
class JobPlan:
    """The jobs of a run, with the task and the commit.

    `since` is the revision to compare with, empty for none. `names` has the name of each integration by its path,
    `sizes` its bytes, in proportion to which the time of a job is divided. `with_new` says that only findings that the
    change brings fail, `by_default` that nobody stated the revision, so that each job has to fetch it.
    """

    verb: str
    commit: str
    since: str
    with_new: bool
    by_default: bool
    shards: tuple[Shard, ...]
    names: Mapping[str, str]
    sizes: Mapping[str, int]

    @cached_property
    def id(self) -> str:
        """The digest of the plan, which the receipts of its jobs state."""
        return hashlib.sha256(json.dumps(self._record(), sort_keys=True).encode()).hexdigest()

    def shard(self, number: int) -> Shard | None:
        """Return the job of this number, if there is one."""
        return next((one for one in self.shards if one.number == number), None)

    def _record(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "verb": self.verb,
            "commit": self.commit,
            "since": self.since,
            "new": self.with_new,
            "by_default": self.by_default,
            "shards": [
                {
                    "shard": one.number,
                    "cost": one.cost,
                    "integrations": [
                        {"path": path, "name": self.names[path], "size": self.sizes[path]}
                        for path in one.paths
                    ],
                }
                for one in self.shards
            ],
        }

    def as_json(self) -> str:
        """Return the text of its file."""
        return dumps(self._record())


def plan_of_json(data: bytes) -> JobPlan:
    """Read the file of a plan. Raises Unreadable."""
    record = records.loads(data)
    records.version(record, VERSION)
    names: dict[str, str] = {}
    sizes: dict[str, int] = {}
    shards = []
    for one in records.items(record, "shards", MOST):
        members = records.items(one, "integrations", MOST_PLANNED)
        paths = tuple(records.path(records.text(member, "path")) for member in members)
        if not names.keys().isdisjoint(paths) or len(set(paths)) < len(paths):
            raise Unreadable("an integration is in two of its jobs")
        names |= {path: records.text(member, "name") for path, member in zip(paths, members, strict=True)}
        sizes |= {
            path: records.number(member, "size", 10**15) for path, member in zip(paths, members, strict=True)
        }
        shards.append(Shard(records.number(one, "shard", MOST), paths, records.amount(one, "cost", 1e18)))
    if len({one.number for one in shards}) < len(shards):
        raise Unreadable("two of its jobs have the same number")
    return JobPlan(
        records.choice(record, "verb", VERBS),
        records.commit(record),
        records.text(record, "since"),
        records.flag(record, "new"),
        records.flag(record, "by_default"),
        tuple(shards),
        names,
        sizes,
    )
