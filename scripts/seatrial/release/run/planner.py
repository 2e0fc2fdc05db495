"""Making a plan with its checks, and taking up a saved plan: whether it still holds, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from seatrial.core.errors import ServiceError, Unreadable, UsageError
from seatrial.core.findings import Outcome
from seatrial.core.model import Integration
from seatrial.release.plan import store_keys
from seatrial.release.plan.plan import Failure, Part, Plan, changes, plan, steps_of
from seatrial.release.plan.ports import Present
from seatrial.release.plan.records import Receipt, receipt_of_json, seal
from seatrial.release.plan.state import State
from seatrial.release.run.checks import Notify, lint_and_validate
from seatrial.release.run.release_context import ReleaseContext
from seatrial.release.run.snapshot import read
from seatrial.system.folder import read_plain

Key = tuple[str, str]


def make(
    context: ReleaseContext, chosen: Sequence[Integration], jobs: int, force: str, notify: Notify
) -> tuple[Plan, Outcome]:
    """Return the plan for these integrations, and the findings of the checks on those whose images it builds."""
    state = read(context, chosen)
    first = plan(state, {}, force)
    building = {part.candidate.path for part in first.parts if part.builds}
    results = lint_and_validate(
        context.workspace, [one for one in chosen if one.path in building], jobs, notify
    )
    return plan(state, results.checks, force), results.outcome


def parts_of(made: Plan, names: Sequence[str] = ()) -> list[Part]:
    """Return the parts of a plan that have steps, of all integrations or of these names. Raises UsageError."""
    parts = [part for part in made.todo if not names or part.candidate.name in names]
    unknown = sorted(set(names) - {part.candidate.name for part in parts})
    if unknown:
        planned = ", ".join(part.candidate.name for part in made.todo[:8]) or "nothing"
        raise UsageError(f'the plan does nothing for "{unknown[0]}"; it has {planned}')
    return parts


def still_valid(
    context: ReleaseContext,
    made: Plan,
    parts: Sequence[Part],
    chosen: Sequence[Integration],
    alone: bool = True,
) -> State:
    """Return the present state if these parts of a saved plan may be done in it. Raises UsageError where they may not.

    Where others apply parts of the plan at the same time, it is not `alone`.
    """
    state = read(context, chosen)
    reasons = list(changes(made, parts, state, _published_by(context, made, parts, state), alone))
    if reasons:
        others = f" (and {len(reasons) - 1} more)" if reasons[1:] else ""
        raise UsageError(
            f"the plan is stale: {reasons[0]}{others}; make it anew with `seatrial release.plan --output FILE`"
        )
    return state


def _published_by(
    context: ReleaseContext, made: Plan, parts: Sequence[Part], state: State
) -> Mapping[Key, str]:
    """Return the digests that were published under this plan already, by type and version."""
    found = {}
    for part in parts:
        candidate = part.candidate
        status = state.statuses.get(candidate.path)
        key = store_keys.receipt(candidate.type, candidate.version)
        stored = context.store.get(key) if status and status.receipt else None
        receipt = receipt_of_json(stored.data, key) if stored else None
        if receipt and receipt.plan == seal(made):
            found[candidate.type, candidate.version] = receipt.digest
    return found


def remaining(part: Part, state: State) -> Part:
    """Return a part of a saved plan with the steps that are not done yet."""
    status = state.statuses.get(part.candidate.path)
    if status is None:
        raise ServiceError(f"nothing is known of {part.title} any more; make the plan anew")
    left = steps_of(part.candidate, status, state.index)
    found = status.image.digest if isinstance(status.image, Present) else ""
    return replace(part, steps=tuple(step for step in part.steps if step in left), found=found)


def receipts(folder: Path) -> Mapping[Key, Receipt]:
    """Return the receipts in a folder and below it, by type and version. Raises UsageError for any other file."""
    if not folder.is_dir():
        raise UsageError(
            f"{folder} is not a folder; name the one with the receipts that `seatrial release.apply` left"
        )
    found = {}
    for path in sorted(folder.rglob("*.json")):
        try:
            receipt = receipt_of_json(read_plain(str(path)), str(path))
        except (OSError, Unreadable) as failed:
            raise UsageError(f"{path} cannot be read: {failed}") from failed
        found[receipt.type, receipt.version] = receipt
    return found


def with_receipts(
    made: Plan, left: Sequence[Part], found: Mapping[Key, Receipt], state: State
) -> Iterator[Part | Failure]:
    """Yield what is left of each part of a plan.

    For a part whose image a CI job was to publish, a Failure unless its receipt shows that the job did.
    """
    sealed = seal(made)
    for planned, part in zip(made.todo, left, strict=True):
        receipt = found.get((part.candidate.type, part.candidate.version))
        fault = _receipt_fault(part, receipt, sealed, state) if planned.builds else ""
        yield Failure(part.title, fault) if fault else part


def _receipt_fault(part: Part, receipt: Receipt | None, sealed: str, state: State) -> str:
    candidate = part.candidate
    if receipt is None:
        return f"its receipt is missing; run `seatrial release.apply PLAN --only {candidate.name}` again"
    if receipt.plan != sealed:
        return "its receipt is of another plan; give the plan and the receipts of one release"
    image = state.statuses[candidate.path].image
    if not isinstance(image, Present) or image.digest != receipt.digest:
        return f"its receipt says {receipt.digest}, which the registry does not have at {candidate.version}"
    return ""
