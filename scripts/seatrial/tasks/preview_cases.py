"""The previews of chosen integrations: of all their examples, of those of a kind, or of a sample."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from seatrial.core.errors import UsageError, reason
from seatrial.core.model import Integration
from seatrial.core.printable import one_line
from seatrial.core.suggest import hint
from seatrial.documents import json
from seatrial.documents.document import MAX_BYTES
from seatrial.preview.cases import MappingSource, PreviewCase, Shelf, kind_of, sample_case, shelf_of
from seatrial.preview.evaluator import Evaluator
from seatrial.preview.previews import Preview, preview_of
from seatrial.validate.facts.facts import Facts
from seatrial.validate.since import Choice


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


def _chosen(shelf: Shelf, kind: str, sample: str | None, value: object) -> Iterator[PreviewCase]:
    if sample is None:
        yield from (one for one in shelf.cases if not kind or kind in (one.source.kind, one.spelled))
        return
    resources = _of_kind(shelf, kind)
    if not kind and len({one.kind for one in resources}) > 1:
        kinds = ", ".join(dict.fromkeys(one.kind for one in resources))
        raise UsageError(f"say of which kind the sample is, with --kind: {kinds}")
    yield from (sample_case(sample, value, shelf, one) for one in resources)


def _of_kind(shelf: Shelf, kind: str) -> Sequence[MappingSource]:
    recorded = [case.source for case in shelf.cases if case.source not in shelf.installed]
    known = [*shelf.installed, *recorded]
    return (kind_of(kind, shelf.installed) or kind_of(kind, known)) if kind else shelf.installed


def _sample(path: str) -> object:
    """Return the value of a sample. Raises UsageError for one that cannot be read or is not JSON."""
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
