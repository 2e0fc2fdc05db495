"""The task `release.compare`: how two places differ in what is published there."""

from __future__ import annotations

from seatrial.core.addresses import public_url
from seatrial.core.errors import EXIT_FINDINGS, UsageError
from seatrial.release.run.compare import compare as compared
from seatrial.release.run.compare import comparison_json, comparison_table
from seatrial.release.run.release_context import open_services
from seatrial.release.run.targets import CONFIGURED, at
from seatrial.tasks.choice import open_workspace
from seatrial.tasks.cli import Ended, commands_in_make, must_be_text_or_json, say


def compare(
    first: str | None,
    second: str | None,
    type: str | None,
    current: bool,
    format: str | None,
    root: str | None,
) -> None:
    """Show what is not alike at two places, and end with status 1 if anything is not."""
    must_be_text_or_json(format, "a comparison")
    if not first:
        raise UsageError(
            "name a place, such as `seatrial release.compare file:rehearsal/`, and maybe a second one"
        )
    context = open_services(open_workspace(root))
    names = (first, second) if second else (CONFIGURED, first)
    one, other = (at(context, name) for name in names)
    types = [name.strip() for name in (type or "").split(",") if name.strip()]
    found = compared(one, other, types, current)
    shown = [public_url(name) for name in names]
    say(
        comparison_json(found, *shown)
        if format == "json"
        else commands_in_make(comparison_table(found, *shown))
    )
    if found.differences:
        raise Ended(code=EXIT_FINDINGS)
