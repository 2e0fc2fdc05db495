"""Holds: files in the folders of integrations that keep them from being released."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from seatrial.core.days import day_of
from seatrial.core.errors import Unreadable, UsageError
from seatrial.core.model import Integration
from seatrial.core.names import shown
from seatrial.documents import holds
from seatrial.release.places import must_not_be_linked
from seatrial.system import transaction
from seatrial.system.transaction import FileEdit
from seatrial.validate.facts.release_change import ReleaseHold
from seatrial.workspace.workspace import Workspace


def hold(
    workspace: Workspace, chosen: Sequence[Integration], reason: str, until: str, today: date
) -> Sequence[str]:
    """Write a hold for each integration, in place of an earlier one, all or none; return their paths from the root.

    Raises UsageError for a reason or a day that is not valid and for a link on the way, and ServiceError.
    """
    _must_be_to_come(until, today)
    try:
        text = holds.written(reason, until).encode()
    except ValueError as wrong:
        raise UsageError(f"--reason cannot be written: {wrong}") from None
    return _change(workspace, [(one, _path(one), text) for one in chosen])


def unhold(workspace: Workspace, chosen: Sequence[Integration]) -> Sequence[str]:
    """Remove the holds of these integrations, all or none; return their paths from the root.

    Raises UsageError for one that is not on hold, and ServiceError.
    """
    free = next((one.name for one in chosen if ReleaseHold.of(one) is None), None)
    if free is not None:
        raise UsageError(f"{shown(free)} is not on hold; `seatrial release.status` shows what is")
    return _change(workspace, [(one, _path(one), None) for one in chosen])


def _path(integration: Integration) -> str:
    found = ReleaseHold.of(integration)
    return found.document.path if found else holds.FILE


def _change(workspace: Workspace, wanted: Sequence[tuple[Integration, str, bytes | None]]) -> Sequence[str]:
    paths = [one.below(path) for one, path, _ in wanted]
    for path in paths:
        must_not_be_linked(workspace.root / path, workspace.root)
    edits = [
        FileEdit(one.below(path), _present(one, path), text)
        for one, path, text in wanted
        if text is None or text != _present(one, path)
    ]
    if edits:
        transaction.change_all(workspace.root, edits)
    return paths


def _present(integration: Integration, path: str) -> bytes | None:
    try:
        return integration.read(path) if integration.holds(path) else None
    except Unreadable as reason:
        raise UsageError(f"{integration.below(path)}: {reason}; remove it by hand") from None


def _must_be_to_come(until: str, today: date) -> None:
    day = day_of(until)
    if day is None:
        raise UsageError(f'--until is a day, such as {today}, not "{shown(until)}"')
    if day < today:
        raise UsageError(f"--until {until} has passed; name a day by which somebody looks at it again")
