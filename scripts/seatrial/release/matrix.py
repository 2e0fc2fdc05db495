"""A plan as the matrix of a CI engine: one job an integration, or a few where there are very many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seatrial.release.plan import Part, Plan

MOST = 256
"""GitHub Actions starts no more jobs than this from one matrix."""


def matrix(plan: Plan, most: int = MOST) -> dict[str, Any]:
    """The jobs of those parts whose images are to be built: `only` is what a job hands to `release --only`."""
    parts = [part for part in plan.parts if part.builds]
    size = -(-len(parts) // most) or 1
    return {"include": [_job(parts[start : start + size]) for start in range(0, len(parts), size)]}


def _job(parts: Sequence[Part]) -> dict[str, str]:
    others = f" and {len(parts) - 1} more" if parts[1:] else ""
    return {"name": f"{parts[0].title}{others}", "only": ",".join(part.candidate.name for part in parts)}
