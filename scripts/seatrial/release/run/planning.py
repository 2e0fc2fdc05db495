"""From what was read to a plan with its checks, and from a plan that was kept to what is left of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from seatrial.core.errors import ServiceError, UsageError
from seatrial.core.findings import Outcome
from seatrial.core.model import Integration
from seatrial.release.plan import keys
from seatrial.release.plan.plan import Part, Plan, moved, plan, steps_of
from seatrial.release.plan.planfile import seal
from seatrial.release.plan.ports import Present
from seatrial.release.plan.receipt import of_json
from seatrial.release.plan.state import State
from seatrial.release.run.checks import Tell, judge
from seatrial.release.run.context import ReleaseContext
from seatrial.release.run.read import read


def make(
    yard: ReleaseContext, chosen: Sequence[Integration], jobs: int, force: str, tell: Tell
) -> tuple[Plan, Outcome]:
    """The plan for these integrations, and what validation and lint say of those whose images it builds."""
    state = read(yard, chosen)
    first = plan(state, {}, force)
    building = {part.candidate.path for part in first.parts if part.builds}
    gates = judge(yard.workspace, [one for one in chosen if one.path in building], jobs, tell)
    return plan(state, gates.checks, force), gates.outcome


def parts_of(made: Plan, names: Sequence[str] = ()) -> list[Part]:
    """The parts of a plan with something to do, of the integrations of these names or all. Raises UsageError."""
    parts = [part for part in made.todo if not names or part.candidate.name in names]
    unknown = sorted(set(names) - {part.candidate.name for part in parts})
    if unknown:
        planned = ", ".join(part.candidate.name for part in made.todo[:8]) or "nothing"
        raise UsageError(f'the plan does nothing for "{unknown[0]}"; it has {planned}')
    return parts


def still_good(
    yard: ReleaseContext, made: Plan, parts: Sequence[Part], chosen: Sequence[Integration], alone: bool = True
) -> State:
    """The state as it is now, in which these parts of a kept plan may be done. Raises UsageError where they may not."""
    state = read(yard, chosen)
    reasons = list(moved(made, parts, state, _ours(yard, made, parts, state), alone))
    if reasons:
        others = f" (and {len(reasons) - 1} more)" if reasons[1:] else ""
        raise UsageError(
            f"the plan is stale: {reasons[0]}{others}; make it anew with `seatrial release --plan FILE`"
        )
    return state


def _ours(
    yard: ReleaseContext, made: Plan, parts: Sequence[Part], state: State
) -> Mapping[tuple[str, str], str]:
    """The digests that were published under this plan already, by type and version."""
    found = {}
    for part in parts:
        candidate = part.candidate
        standing = state.standings.get(candidate.path)
        key = keys.receipt(candidate.type, candidate.version)
        stored = yard.store.get(key) if standing and standing.receipt else None
        receipt = of_json(stored.data, key) if stored else None
        if receipt and receipt.plan == seal(made):
            found[candidate.type, candidate.version] = receipt.digest
    return found


def remaining(part: Part, state: State) -> Part:
    """A part of a kept plan with the steps that are not done yet."""
    standing = state.standings.get(part.candidate.path)
    if standing is None:
        raise ServiceError(f"nothing is known of {part.title} any more; make the plan anew")
    left = steps_of(part.candidate, standing, state.index)
    found = standing.image.digest if isinstance(standing.image, Present) else ""
    return replace(part, steps=tuple(step for step in part.steps if step in left), found=found)
