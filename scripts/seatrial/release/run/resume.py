"""A release in the jobs of a CI engine: what the receipts of the jobs say, held against the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from seatrial.core.errors import Unreadable, UsageError
from seatrial.release.plan.plan import Part, Plan
from seatrial.release.plan.planfile import seal
from seatrial.release.plan.ports import Present
from seatrial.release.plan.receipt import Receipt, of_json
from seatrial.release.plan.state import State
from seatrial.release.run.finish import Failure
from seatrial.system.folder import read_plain

Key = tuple[str, str]


def receipts(folder: Path) -> Mapping[Key, Receipt]:
    """The receipts in a folder and below it, by type and version. Raises UsageError for a file that is none."""
    if not folder.is_dir():
        raise UsageError(
            f"{folder} is not a folder; name the one with the receipts that `release --only` left"
        )
    found = {}
    for path in sorted(folder.rglob("*.json")):
        try:
            receipt = of_json(read_plain(str(path)), str(path))
        except (OSError, Unreadable) as failed:
            raise UsageError(f"{path} cannot be read: {failed}") from failed
        found[receipt.type, receipt.version] = receipt
    return found


def accounted(
    made: Plan, left: Sequence[Part], found: Mapping[Key, Receipt], state: State
) -> Iterator[Part | Failure]:
    """What is left of each part of a plan.

    Of one whose image a job was to publish, only where its receipt shows that it did; else the failure.
    """
    sealed = seal(made)
    for planned, part in zip(made.todo, left, strict=True):
        receipt = found.get((part.candidate.type, part.candidate.version))
        reason = _reason(part, receipt, sealed, state) if planned.builds else ""
        yield Failure(part.title, reason) if reason else part


def _reason(part: Part, receipt: Receipt | None, sealed: str, state: State) -> str:
    candidate = part.candidate
    if receipt is None:
        return f"its receipt is missing; run `seatrial release --only {candidate.name} --plan FILE` again"
    if receipt.plan != sealed:
        return "its receipt is of another plan; give the plan and the receipts of one release"
    image = state.standings[candidate.path].image
    if not isinstance(image, Present) or image.digest != receipt.digest:
        return f"its receipt says {receipt.digest}, which the registry does not have at {candidate.version}"
    return ""
