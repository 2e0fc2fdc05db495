"""Family EXA, what is recorded below `examples/`: expected entities, mappings and blueprints that no longer hold."""

from __future__ import annotations

import json
from typing import Any

from seatrial.core.framework import Framework
from seatrial.core.model import Fix, Integration, MemoryFolder, Problem
from seatrial.core.names import shown
from seatrial.core.printable import cut
from seatrial.core.rules import INFO, WARNING, Problems, rule
from seatrial.validate.facts.blueprints import Required
from seatrial.validate.facts.raw_examples import Examples, Tried
from seatrial.validate.facts.recordings import (
    Contradiction,
    blueprint_contradictions,
    differences,
    mapping_contradictions,
)
from seatrial.validate.rules.examples import TASK, any_secret, without_examples

FOLDER = "examples/task"

RESOURCE = """\
resources:
  - kind: task
    selector:
      query: 'true'
    port:
      entity:
        mappings:
          identifier: .id | tostring
          title: .title
          blueprint: '"goodServiceTask"'
          properties:
            state: .state
"""

ENTITY = {
    "identifier": "7",
    "title": "Mend the sail",
    "blueprint": "goodServiceTask",
    "properties": {"state": "open"},
}


def _recorded(folder: MemoryFolder, mapping: str, title: str) -> MemoryFolder:
    """Return the folder with raw data, a mapping and an expected entity of the kind task."""
    entity = json.dumps({**ENTITY, "title": title}, indent=2) + "\n"
    return (
        without_examples(folder)
        .having(f"{FOLDER}/task-raw-data.json", TASK)
        .having(f"{FOLDER}/task-mappings.yaml", mapping)
        .having(f"{FOLDER}/task-expected-output.json", entity)
    )


@rule("EXA210", severity=WARNING, bad=lambda folder: _recorded(folder, RESOURCE, "Mend a sail"))
def stale_expected_output(
    integration: Integration, examples: Examples, tried: Tried, required: Required
) -> Problems:
    """An expected entity in `examples` is the one that the mapping beside it makes of the raw data beside it.

    Who adds a kind reads there what the mapping does. Compared is what the mapping decides, so neither an icon nor
    the dates that Port adds; a value that is null is the same as none.
    """
    said = _hidden if any_secret(integration, examples) else _value
    for one in differences(examples, tried):
        where = one.expected.document.at(*one.expected.keys, *one.keys)
        message = f"{shown(one.where)} is recorded as {said(one.was)}, and the mapping makes {said(one.now)}"
        fix = Fix("record what the mapping makes, or correct the mapping or the raw data")
        about = ".".join(map(str, one.keys[:2]))
        lines = examples.expression(one.group, about)
        is_unmapped = one.now is None and lines.first < lines.last
        unfilled = required.line(str(one.expected.entity.get("blueprint")), about) if is_unmapped else None
        yield Problem(where, message, fix, rests_on=unfilled or lines)


def _hidden(value: Any) -> str:
    """Say of a value what tells no secret of an example, which reports would spread."""
    return "nothing" if value is None else "a value"


def _value(value: Any) -> str:
    return "nothing" if value is None else shown(cut(json.dumps(value), 70), 70)


@rule(
    "EXA211",
    severity=INFO,
    bad=lambda folder: _recorded(folder, RESOURCE.replace(".title", ".title | tostring"), "Mend the sail"),
)
def contradicting_recording(examples: Examples, framework: Framework) -> Problems:
    """A mapping or blueprint in `examples` agrees with the installed one about each kind that both have.

    Whoever copies it gets entities that differ from those of everybody else. It may well map more, or less.
    """
    found = [*mapping_contradictions(examples, framework), *blueprint_contradictions(examples)]
    first: dict[str, list[Contradiction]] = {}
    for one in found:
        first.setdefault(one.path, []).append(one)
    for path, all_of_file in first.items():
        one = all_of_file[0]
        more = f", and {len(all_of_file) - 1} more here" if all_of_file[1:] else ""
        message = f"{shown(one.what)} is {shown(one.recorded)} here, and {shown(one.installed)} when installed{more}"
        yield Problem(examples.at(path, *one.keys), message, Fix("bring the two in line"))
