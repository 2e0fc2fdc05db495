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
from seatrial.preview.cases import (
    ExampleSet,
    MappingSource,
    PreviewCase,
    example_set_of,
    kind_of,
    sample_case,
)
from seatrial.preview.evaluator import Evaluator
from seatrial.preview.previews import Preview, preview_of
from seatrial.validate.facts.facts import Facts
from seatrial.validate.since import Choice


def previews(choice: Choice, kind: str | None, sample: str | None, evaluator: Evaluator) -> list[Preview]:
    """Return the previews of the chosen integrations, of several only of those that have examples."""
    value = _sample(sample) if sample else None
    sets = [(one, example_set_of(one)) for one in choice.integrations]
    if kind or sample:
        _must_be_readable(sets)
    if kind:
        _must_exist(kind, [examples for _, examples in sets])
    found = []
    for one, examples in sets:
        cases = list(_chosen(examples, kind or "", sample, value))
        if sample:
            examples.outputs.clear()
        if cases or not (sample or kind or (len(sets) > 1 and not (examples.strays or examples.unreadable))):
            framework = Facts.of(choice.workspace, one).framework
            preview = preview_of(one, examples, cases, framework, evaluator)
            found.append(replace(preview, strays=()) if sample or kind else preview)
    return found


def _must_be_readable(sets: Sequence[tuple[Integration, ExampleSet]]) -> None:
    """Raise UsageError for a mapping that cannot be read, of which no kind is known."""
    for one, examples in sets:
        for fault in () if examples.installed else examples.unreadable:
            raise UsageError(f"{one.below(fault.name)} cannot be read: {fault.reason}")


def _must_exist(kind: str, sets: Sequence[ExampleSet]) -> None:
    """Raise UsageError for a kind that nothing maps."""
    known = {
        one.kind
        for examples in sets
        for one in (*examples.installed, *(case.source for case in examples.cases))
    }
    known |= {case.spelled for examples in sets for case in examples.cases if case.spelled}
    if kind not in known:
        told = one_line(", ".join(sorted(known)), 300)
        raise UsageError(
            f'no mapping here has the kind "{one_line(kind, 60)}"{hint(kind, known, f"there are {told}")}'
        )


def _chosen(examples: ExampleSet, kind: str, sample: str | None, value: object) -> Iterator[PreviewCase]:
    if sample is None:
        yield from (one for one in examples.cases if not kind or kind in (one.source.kind, one.spelled))
        return
    resources = _of_kind(examples, kind)
    if not kind and len({one.kind for one in resources}) > 1:
        kinds = ", ".join(dict.fromkeys(one.kind for one in resources))
        raise UsageError(f"say of which kind the sample is, with --kind: {kinds}")
    yield from (sample_case(sample, value, examples, one) for one in resources)


def _of_kind(examples: ExampleSet, kind: str) -> Sequence[MappingSource]:
    recorded = [case.source for case in examples.cases if case.source not in examples.installed]
    known = [*examples.installed, *recorded]
    return (kind_of(kind, examples.installed) or kind_of(kind, known)) if kind else examples.installed


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
