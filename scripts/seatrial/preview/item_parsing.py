"""The objects that a resource maps: a raw object itself, or one for each item of a list in it (itemsToParse)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.framework import Framework
from seatrial.preview.evaluator import Evaluator
from seatrial.preview.jq_answers import JqAnswer, Json
from seatrial.preview.mapping import Programs, as_jq

MOST_ITEMS = 200
"""The most items of one object that are mapped; real examples have fewer."""

_STEP = r"(?:\.\w+|\.?\[[^\]]+\])"
_PATH = re.compile(rf"(?:\.\w+|\.\[[^\]]+\]){_STEP}*")
_BINDING = re.compile(r"\.\s+as\s+\$\w+")


@dataclass(frozen=True)
class Input:
    """An input of a mapping's programs; `fault` says why the programs are not run.

    `source` is the number of the raw object, `item` that of its item, if it has any. A fault that `failed` ends the
    mapping of the kind; for any other, Ocean passes over the object.
    """

    source: int
    data: Json = None
    item: int | None = None
    fault: str = ""
    failed: bool = False
    whole: Json = None
    """The raw object, where `data` is only its item."""
    answer: JqAnswer | None = None
    """The answer of itemsToParse, if it did not run to its end."""


def inputs_of(
    programs: Programs, objects: Sequence[Json], framework: Framework, evaluator: Evaluator
) -> list[Input]:
    """Return the inputs that Ocean makes of raw objects, in order."""
    odd = {
        number: Input(number, fault="it is not an object", failed=True)
        for number, one in enumerate(objects)
        if not isinstance(one, dict)
    }
    if not programs.items:
        return [odd.get(number) or Input(number, one) for number, one in enumerate(objects)]
    numbers = [number for number in range(len(objects)) if number not in odd]
    texts = [as_jq(programs.items, framework), as_jq(f". | del({deleted_path(programs.items)})", framework)]
    answers = dict(zip(numbers, evaluator.run(texts, [objects[at] for at in numbers]), strict=True))
    found: list[Input] = []
    for number, one in enumerate(objects):
        parsed = _parsed(number, one, answers[number], programs, framework) if number in answers else None
        found += parsed or [odd.get(number) or Input(number, fault="the list of items is empty")]
    return found


def _parsed(
    number: int, raw: Json, answers: Sequence[JqAnswer], programs: Programs, framework: Framework
) -> list[Input]:
    items, rest = answers
    around = raw
    if framework.has("items-are-taken-out") and programs.lean:
        if framework.has("nothing-left-is-skipped") and rest.value is None:
            return [Input(number, fault=_nothing_left(programs))]
        around = rest.value
    if not isinstance(items.value, list):
        words = f"itemsToParse gives no list: {items.message or _kind(items.value)}"
        is_ended = not items.finished
        return [Input(number, fault=words, failed=is_ended, answer=items if is_ended else None)]
    if items.value and not isinstance(around, dict):
        return [Input(number, fault=_nothing_left(programs), failed=True)]
    pairs = enumerate(items.value[:MOST_ITEMS])
    return [
        Input(number, _merged(around, item, programs.name, framework), at, whole=raw) for at, item in pairs
    ]


def _merged(around: Mapping[str, Json], item: Json, name: str, framework: Framework) -> Json:
    """Return the object with an item in it; the framework's version decides which of two equal keys wins."""
    if framework.has("inputs-are-classified"):
        return {name: item}
    return {**around, name: item} if framework.has("items-are-taken-out") else {name: item, **around}


def _nothing_left(programs: Programs) -> str:
    path = deleted_path(programs.items)
    if path == ".":
        return "itemsToParse leads to no path that can be taken out of the object, so nothing is left of it"
    return f"nothing is left of the object without {path}"


def _kind(value: Json) -> str:
    names = {"NoneType": "null", "dict": "an object", "str": "a text", "bool": "a boolean"}
    return names.get(type(value).__name__, "a number")


def deleted_path(program: str) -> str:
    """Return the path that Ocean removes from an object for this itemsToParse: its first plain one, else `.`.

    Ocean does not parse it as jq: it splits the text at each `|`, whatever surrounds that, and takes the first part
    that begins with a path. Source: `extract_jq_deletion_path_revised` in port_ocean/core/integrations/mixins/utils.py.
    """
    chain = program.strip()
    if chain.startswith("("):
        inside = re.match(r"\((.*?)\)", chain, re.DOTALL)
        if not inside:
            return "."
        chain = inside[1].strip()
    return next(_paths(chain), ".")


def _paths(chain: str) -> Iterator[str]:
    for part in map(str.strip, chain.split("|")):
        if not _BINDING.match(part) and part != "." and not part.startswith("$"):
            match = _PATH.match(part)
            if match:
                yield match[0].strip()
