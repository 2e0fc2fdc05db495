"""Making a plan with its checks, and resuming a saved one: whether it is still valid, and which steps are left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seatrial.core.errors import ServiceError, Unreadable, UsageError
from seatrial.core.findings import Outcome
from seatrial.core.model import Integration
from seatrial.core.names import shown
from seatrial.core.printable import argument
from seatrial.release.plan.plan import IMAGE_STEPS, Failure, Part, Plan, changes, plan, steps_of
from seatrial.release.plan.plan_files import Receipt, receipt_of_json, seal
from seatrial.release.plan.ports import Present
from seatrial.release.plan.state import State
from seatrial.release.run.checks import CheckResults, Notify, lint_and_validate, validate_only
from seatrial.release.run.export import as_repository
from seatrial.release.run.release_context import ReleaseContext
from seatrial.release.run.snapshot import read
from seatrial.release.store.receipts import receipt_in
from seatrial.system.folder import read_plain
from seatrial.workspace.committed import workspace_in

Key = tuple[str, str]

ANEW = "make it anew with `seatrial release.plan --output FILE`"


Files = Callable[[], Path]
"""Returns the folder to which the commit was exported."""


@dataclass(frozen=True)
class PlanRequest:
    """The request for a plan: `force` is the reason to release in spite of failed checks, empty for none.

    `unpushed` says why the commit is not on the release branch, where that was allowed.
    """

    force: str = ""
    adopt: bool = False
    unpushed: str = ""


USUAL = PlanRequest()


def make(
    context: ReleaseContext,
    chosen: Sequence[Integration],
    files: Files,
    jobs: int,
    notify: Notify,
    request: PlanRequest = USUAL,
) -> tuple[Plan, Outcome]:
    """Return the plan for these integrations, and the findings of the checks on those of which it publishes anything.

    The checks read the commit in `files`.
    """
    state = read(context, chosen)
    first = plan(state, {}, request.force, request.adopt)
    results = _checked(context, [part for part in first.parts if part.is_checked], files, jobs, notify)
    made = plan(state, results.checks, request.force, request.adopt)
    return replace(made, unpushed=request.unpushed), results.outcome


def forecast(context: ReleaseContext, chosen: Sequence[Integration], jobs: int) -> tuple[State, Plan]:
    """Return the state of these integrations, and the plan of a release if lint passes, which is not run."""
    state = read(context, chosen)
    paths = {part.candidate.path for part in plan(state, {}).parts if part.is_checked}
    checked = [one for one in context.workspace.integrations if one.path in paths]
    return state, plan(state, validate_only(context.workspace, checked, jobs) if checked else {})


def _checked(
    context: ReleaseContext, parts: Sequence[Part], files: Files, jobs: int, notify: Notify
) -> CheckResults:
    """Validate and lint the integrations of these parts, as the exported commit has them."""
    if not parts:
        return CheckResults(Outcome(), {})
    paths = {part.candidate.path for part in parts}
    workspace = workspace_in(context.workspace, files())
    with as_repository(context, workspace.root):
        chosen = [one for one in workspace.integrations if one.path in paths]
        return lint_and_validate(workspace, chosen, jobs, notify)


def parts_of(made: Plan, names: Sequence[str] = ()) -> list[Part]:
    """Return the parts of a plan that have steps, of all integrations or of these names. Raises UsageError."""
    parts = [part for part in made.todo if not names or part.handle in names]
    _must_be_once(parts)
    unknown = sorted(set(names) - {part.handle for part in parts})
    if unknown:
        planned = ", ".join(part.handle for part in made.todo[:8]) or "nothing"
        raise UsageError(f'the plan does nothing for "{unknown[0]}"; it has {planned}')
    return parts


def _must_be_once(parts: Sequence[Part]) -> None:
    paths = Counter(part.candidate.path for part in parts)
    twice = next((path for path, times in paths.items() if times > 1), None)
    if twice is not None:
        raise UsageError(f'the plan has "{shown(twice)}" twice; {ANEW}')


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
        raise UsageError(f"the plan is stale: {reasons[0]}{others}; {ANEW}")
    return state


def _published_by(
    context: ReleaseContext, made: Plan, parts: Sequence[Part], state: State
) -> Mapping[Key, str]:
    """Return the digests that were published under this plan already, by type and version."""
    found = {}
    for part in parts:
        candidate = part.candidate
        status = state.statuses.get(candidate.path)
        there = status is not None and status.receipt
        receipt = receipt_in(context.store, candidate.type, candidate.version) if there else None
        if receipt and receipt.plan == seal(made):
            found[candidate.type, candidate.version] = receipt.digest
    return found


def remaining(part: Part, state: State) -> Part:
    """Return a part of a saved plan with the steps that are not done yet. Raises UsageError where the plan lacks one.

    A plan chooses what is published. It cannot leave out the steps that publish an image and still do those
    that follow.
    """
    status = state.statuses.get(part.candidate.path)
    if status is None:
        raise ServiceError(f"nothing is known of {part.title} any more; make the plan anew")
    left = steps_of(part.candidate, status, state.index)
    lacking = [step for step in IMAGE_STEPS if step in left and step not in part.steps]
    if lacking:
        raise UsageError(f"the plan leaves out the step {lacking[0].value} of {part.title}; {ANEW}")
    found = status.image.digest if isinstance(status.image, Present) else ""
    return replace(part, steps=tuple(step for step in part.steps if step in left), found=found)


def must_pass(
    context: ReleaseContext,
    state: State,
    force: str,
    parts: Sequence[Part],
    files: Files,
    jobs: int,
    notify: Notify,
) -> Outcome:
    """Check again what a saved plan builds, since anybody may have written the plan; return the findings.

    Raises UsageError where a plan made now would hold one of these parts back.
    """
    building = [part for part in parts if part.builds]
    results = _checked(context, [] if force else building, files, jobs, notify)
    held = {part.candidate.path: part for part in plan(state, results.checks, force).held}
    for part in parts:
        if part.steps and part.candidate.path in held:
            raise UsageError(f"{part.title} is held back: {held[part.candidate.path].reason}")
    return results.outcome


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
        return (
            f"its receipt is missing; run `seatrial release.apply PLAN --only {argument(part.handle)}` again"
        )
    if receipt.plan != sealed:
        return "its receipt is of another plan; give the plan and the receipts of one release"
    image = state.statuses[candidate.path].image
    if not isinstance(image, Present) or image.digest != receipt.digest:
        return f"its receipt says {receipt.digest}, which the registry does not have at {candidate.version}"
    return ""
