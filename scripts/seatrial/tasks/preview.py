"""The task `preview`."""

from __future__ import annotations

import json as standard_json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from seatrial.core.errors import EXIT_FINDINGS, UsageError, reason
from seatrial.core.model import Integration
from seatrial.core.printable import one_line
from seatrial.core.suggest import hint
from seatrial.documents import json
from seatrial.documents.document import MAX_BYTES
from seatrial.preview import page, tables
from seatrial.preview.cases import Case, Shelf, Source, kind_of, sample_case, shelf_of
from seatrial.preview.evaluator import Evaluator
from seatrial.preview.previews import Preview, as_json, preview_of
from seatrial.system.atomic import write_whole
from seatrial.tasks import preview_record
from seatrial.tasks.choice import Choice, choose
from seatrial.tasks.cli import Ended, in_make, note, say
from seatrial.tasks.watch import watch as watched
from seatrial.validate.facts.facts import Facts

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


def previews(choice: Choice, kind: str | None, sample: str | None, evaluator: Evaluator) -> list[Preview]:
    """Return the previews of the chosen integrations, of several only of those that have examples."""
    value = _sample(sample) if sample else None
    shelves = [(one, shelf_of(one)) for one in choice.integrations]
    if kind or sample:
        _must_be_readable(shelves)
    if kind:
        _must_exist(kind, [shelf for _, shelf in shelves])
    found = []
    for one, shelf in shelves:
        cases = list(_chosen(shelf, kind or "", sample, value))
        if sample:
            shelf.outputs.clear()
        if cases or not (sample or kind or (len(shelves) > 1 and not (shelf.strays or shelf.unreadable))):
            framework = Facts.of(choice.workspace, one).framework
            preview = preview_of(one, shelf, cases, framework, evaluator)
            found.append(replace(preview, strays=()) if sample or kind else preview)
    return found


def _must_be_readable(shelves: Sequence[tuple[Integration, Shelf]]) -> None:
    """Raise UsageError for a mapping that cannot be read, of which no kind is known."""
    for one, shelf in shelves:
        for fault in () if shelf.installed else shelf.unreadable:
            raise UsageError(f"{one.below(fault.name)} cannot be read: {fault.reason}")


def _must_exist(kind: str, shelves: Sequence[Shelf]) -> None:
    """Raise UsageError for a kind that nothing maps."""
    known = {
        one.kind for shelf in shelves for one in (*shelf.installed, *(case.source for case in shelf.cases))
    }
    known |= {case.spelled for shelf in shelves for case in shelf.cases if case.spelled}
    if kind not in known:
        told = one_line(", ".join(sorted(known)), 300)
        raise UsageError(
            f'no mapping here has the kind "{one_line(kind, 60)}"{hint(kind, known, f"there are {told}")}'
        )


def _chosen(shelf: Shelf, kind: str, sample: str | None, value: object) -> Iterator[Case]:
    if sample is None:
        yield from (one for one in shelf.cases if not kind or kind in (one.source.kind, one.spelled))
        return
    resources = _of_kind(shelf, kind)
    if not kind and len({one.kind for one in resources}) > 1:
        kinds = ", ".join(dict.fromkeys(one.kind for one in resources))
        raise UsageError(f"say of which kind the sample is, with --kind: {kinds}")
    yield from (sample_case(sample, value, shelf, one) for one in resources)


def _of_kind(shelf: Shelf, kind: str) -> Sequence[Source]:
    recorded = [case.source for case in shelf.cases if case.source not in shelf.installed]
    known = [*shelf.installed, *recorded]
    return (kind_of(kind, shelf.installed) or kind_of(kind, known)) if kind else shelf.installed


def _sample(path: str) -> object:
    """Return the value of a sample. Raises UsageError for one that cannot be read or is no JSON."""
    name = "standard input" if path == "-" else path
    try:
        if path == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(MAX_BYTES + 1)
    except OSError as failed:
        raise UsageError(f"{name}: {reason(failed)}") from failed
    document = json.load(name, data)
    if not document.readable:
        fault = document.faults[0]
        raise UsageError(f"{name}:{fault.line}:{fault.column}: {fault.message}")
    if not isinstance(document.value, dict | list):
        raise UsageError(f"{name} holds neither an object nor a list of them")
    return document.value


def _deliver(found: Sequence[Preview], format: str, output: str | None) -> None:
    rendered = _rendered(found, format)
    if output:
        write_whole(Path(output), rendered)
    else:
        say(rendered)
    note(tables.totals(found))
    if any(one.stale for one in found):
        note(
            f"`{in_make('seatrial preview --accept')}` shows how recorded entities differ, and brings them up to date"
        )


def _rendered(found: Sequence[Preview], format: str) -> str:
    if format == "json":
        value = {"version": 1, "integrations": [as_json(one) for one in found]}
        return standard_json.dumps(value, indent=2) + "\n"
    return page.render(found) if format == "html" else tables.render(found)
