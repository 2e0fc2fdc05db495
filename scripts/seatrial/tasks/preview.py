"""The task `preview`."""

from __future__ import annotations

import json as standard_json
from collections.abc import Sequence
from pathlib import Path

from seatrial.core.errors import EXIT_FINDINGS, UsageError
from seatrial.preview import page, preview_text
from seatrial.preview.evaluator import Evaluator
from seatrial.preview.previews import Preview, as_json
from seatrial.system.atomic import write_whole
from seatrial.tasks import preview_record
from seatrial.tasks.choice import Choice, choose
from seatrial.tasks.cli import Ended, in_make, note, say
from seatrial.tasks.preview_cases import previews
from seatrial.tasks.watch import watch as watched

FORMATS = ("text", "json", "html")


def preview(
    integration: list[str],
    root: str | None,
    since: str | None,
    kind: str | None,
    sample: str | None,
    format: str | None,
    output: str | None,
    watch: bool,
    record: bool,
    accept: bool,
    yes: bool,
    where: str | None = None,
) -> None:
    """Map the examples of the chosen integrations, or a sample; show the entities, or record them."""
    chosen = format or "text"
    if chosen not in FORMATS:
        raise UsageError(f'"{chosen}" is no format of a preview; choose among {", ".join(FORMATS)}')
    if watch and sample == "-":
        raise UsageError("standard input is read once; give --sample a file to watch it")
    _must_be_one(record=record, accept=accept, sample=bool(sample), watch=watch)
    with Evaluator() as evaluator:
        if watch:
            _watch(integration, where, root, since, kind, sample, chosen, output, evaluator)
            return
        choice = choose(root, integration, since, where=where)
        found = _previews(choice, kind, sample, evaluator)
        if not (record or accept):
            _deliver(found, chosen, output)
    if record:
        preview_record.record(choice, found)
    elif accept:
        preview_record.accept(choice, found, yes)
    elif any(one.failed or one.stale for one in found):
        raise Ended(code=EXIT_FINDINGS)


def _must_be_one(**given: bool) -> None:
    """Raise UsageError for options that ask for different things."""
    stated = [f"--{name}" for name, value in given.items() if value]
    if len(stated) > 1 and stated[0] in ("--record", "--accept"):
        raise UsageError(f"{' and '.join(stated)} cannot be given together")


def _watch(
    integration: list[str],
    where: str | None,
    root: str | None,
    since: str | None,
    kind: str | None,
    sample: str | None,
    format: str,
    output: str | None,
    evaluator: Evaluator,
) -> None:
    """Show the preview again whenever a file has changed, until Ctrl-C."""
    watched(
        lambda: choose(root, integration, since, where=where),
        lambda choice: _look(choice, kind, sample, format, output, evaluator),
        [sample] if sample else [],
        lambda path: path.startswith(WATCHED),
    )


WATCHED = (".port/", "examples/", "poetry.lock", "pyproject.toml")
"""The beginnings of the paths of files that a preview is made from."""


def _look(
    choice: Choice,
    kind: str | None,
    sample: str | None,
    format: str,
    output: str | None,
    evaluator: Evaluator,
) -> None:
    """Show the preview once; a fault of what is being written is said, and does not end the watch."""
    _deliver(_previews(choice, kind, sample, evaluator), format, output)


def _previews(choice: Choice, kind: str | None, sample: str | None, evaluator: Evaluator) -> list[Preview]:
    found = previews(choice, kind, sample, evaluator)
    if not found and not sample:
        note("seatrial: no examples here; give --sample FILE with an object that the API gave")
    return found


def _deliver(found: Sequence[Preview], format: str, output: str | None) -> None:
    rendered = _rendered(found, format)
    if output:
        write_whole(Path(output), rendered)
    else:
        say(rendered)
    note(preview_text.totals(found))
    if any(one.stale for one in found):
        note(
            f"`{in_make('seatrial preview --accept')}` shows how recorded entities differ, and brings them up to date"
        )


def _rendered(found: Sequence[Preview], format: str) -> str:
    if format == "json":
        value = {"version": 1, "integrations": [as_json(one) for one in found]}
        return standard_json.dumps(value, indent=2) + "\n"
    return page.render(found) if format == "html" else preview_text.render(found)
