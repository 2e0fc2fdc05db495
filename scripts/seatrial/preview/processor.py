"""The entities that Ocean makes of raw objects by a resource of a mapping, in the integration's own framework.

Source: port_ocean/core/handlers/entity_processor; `core.framework` lists what changed in which version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from seatrial.core.framework import Framework
from seatrial.preview.classified import Classified
from seatrial.preview.evaluator import Evaluator
from seatrial.preview.item_parsing import Input, inputs_of
from seatrial.preview.jq_answers import NO_PROGRAM, JqAnswer, JqOutcome, Json
from seatrial.preview.mapping import Programs, as_jq

S = TypeVar("S")
T = TypeVar("T")


class ObjectVerdict(Enum):
    """What becomes of an object: an entity, or why there is none."""

    MAPPED = "mapped"
    REFUSED = "refused by the selector"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True)
class Value:
    """A program of the mapping and its answer; `where` is its place in the entity, such as `properties.url`."""

    where: str
    program: str
    answer: JqAnswer

    @property
    def is_null(self) -> bool:
        """Whether Ocean gets null."""
        return self.answer.value is None


@dataclass(frozen=True)
class Mapped:
    """What became of an object, or of an item in it; `reason` says why there is no entity.

    `source` is the number of the raw object, `item` that of its item, `data` what the programs were run on.
    """

    source: int
    verdict: ObjectVerdict
    reason: str = ""
    item: int | None = None
    data: Json = None
    entity: Mapping[str, Any] | None = None
    values: tuple[Value, ...] = ()
    stopped: Value | None = None
    """The selector or itemsToParse, where it could not be run to its end."""


def map_objects(
    programs: Programs, objects: Sequence[Json], framework: Framework, evaluator: Evaluator
) -> list[Mapped]:
    """Return what becomes of each raw object. Raises ServiceError where jq cannot be run."""
    return map_all([(programs, objects)], framework, evaluator)[0]


def map_all(
    pairs: Sequence[tuple[Programs, Sequence[Json]]], framework: Framework, evaluator: Evaluator
) -> list[list[Mapped]]:
    """Return what becomes of the objects of several resources. Raises ServiceError where jq cannot be run."""
    inputs = [inputs_of(programs, objects, framework, evaluator) for programs, objects in pairs]
    good = [
        (programs, [one for one in found if not one.fault]) for (programs, _), found in _zip(pairs, inputs)
    ]
    answers = _answers(good, framework, evaluator)
    return [
        list(_each_mapped(programs, found, iter(rows), framework))
        for ((programs, _), found), rows in _zip(_zip(pairs, inputs), answers)
    ]


def _each_mapped(
    programs: Programs, inputs: Sequence[Input], answers: Iterator[list[JqAnswer]], framework: Framework
) -> Iterator[Mapped]:
    for one in inputs:
        yield _faulty(programs, one) if one.fault else _mapped(programs, one, next(answers), framework)


def _faulty(programs: Programs, one: Input) -> Mapped:
    stopped = Value("itemsToParse", programs.items, one.answer) if one.answer else None
    verdict = ObjectVerdict.FAILED if one.failed else ObjectVerdict.SKIPPED
    return Mapped(one.source, verdict, one.fault, data=one.whole, stopped=stopped)


def _answers(
    pairs: Sequence[tuple[Programs, Sequence[Input]]], framework: Framework, evaluator: Evaluator
) -> list[list[list[JqAnswer]]]:
    """Return the answers of the selector and of every field for each input of each pair."""
    if framework.has("inputs-are-classified"):
        return [Classified(programs, framework, evaluator).answers(inputs) for programs, inputs in pairs]
    texts = {text: as_jq(text, framework) for programs, _ in pairs for text in _texts(programs)}
    asked = [list(dict.fromkeys(texts[text] for text in _texts(programs))) for programs, _ in pairs]
    jobs = [(one, [given.data for given in inputs]) for one, (_, inputs) in _zip(asked, pairs)]
    return [
        [_ordered(order, texts, dict(zip(one, answers, strict=True))) for answers in rows]
        for (one, order), rows in _zip(
            _zip(asked, [_order(programs) for programs, _ in pairs]), evaluator.run_all(jobs)
        )
    ]


def _order(programs: Programs) -> list[str | None]:
    return [programs.selector, *(text for _, text in programs.named)]


def _zip(one: Iterable[S], other: Iterable[T]) -> list[tuple[S, T]]:
    """Return the pairs of two collections of the same length."""
    return list(zip(one, other, strict=True))


def _texts(programs: Programs) -> Iterator[str]:
    yield programs.selector
    yield from (text for _, text in programs.named if text is not None)


def _ordered(
    order: Sequence[str | None], texts: Mapping[str, str], found: Mapping[str, JqAnswer]
) -> list[JqAnswer]:
    return [NO_PROGRAM if text is None else found[texts[text]] for text in order]


def _mapped(programs: Programs, one: Input, answers: Sequence[JqAnswer], framework: Framework) -> Mapped:
    selected = answers[0]
    if not isinstance(selected.value, bool):
        stopped = None if selected.finished else Value("selector.query", programs.selector, selected)
        return Mapped(
            one.source, ObjectVerdict.FAILED, _no_boolean(selected), one.item, one.data, stopped=stopped
        )
    if not selected.value:
        return Mapped(one.source, ObjectVerdict.REFUSED, "the selector is false", one.item, one.data)
    named = zip(programs.named, answers[1:], strict=True)
    values = tuple(Value(where, text or "", answer) for (where, text), answer in named)
    entity, reason, verdict = _entity(programs, answers[1:], framework)
    return Mapped(one.source, verdict, reason, one.item, one.data, entity, values)


def _no_boolean(answer: JqAnswer) -> str:
    if answer.outcome is JqOutcome.VALUE:
        return f"the selector gives {_shown(answer.value)}, not true or false"
    return f"the selector gives no boolean: {answer.message}"


def _shown(value: Json) -> str:
    return "null" if value is None else "an object" if isinstance(value, dict) else repr(value)[:60]


def _entity(
    programs: Programs, answers: Sequence[JqAnswer], framework: Framework
) -> tuple[Mapping[str, Any] | None, str, ObjectVerdict]:
    """Return the entity, or why there is none."""
    filled: dict[str, Any] = _filled(programs.fields, iter(answers), framework.has("empty-is-null"))
    for key in ("identifier", "blueprint"):
        if not filled[key]:
            words = "null" if filled[key] is None else f"empty ({filled[key]!r})"
            return filled, f"the {key} is {words}", ObjectVerdict.SKIPPED
    if isinstance(filled.get("icon"), list | dict):
        return None, "the icon is not a text, which ends the mapping of the kind", ObjectVerdict.FAILED
    if isinstance(filled.get("team"), dict) and not framework.has("teams-are-searched"):
        return None, "the team is an object, which ends the mapping of the kind", ObjectVerdict.FAILED
    for key in ("icon", "team"):
        if isinstance(filled.get(key), bool | int | float):
            filled[key] = str(filled[key])
    return filled, "", ObjectVerdict.MAPPED


def _filled(tree: Any, answers: Iterator[JqAnswer], falsy: bool) -> Any:
    """Return the values in the places of the programs."""
    if isinstance(tree, dict):
        return {key: _filled(inner, answers, falsy) for key, inner in tree.items()}
    if isinstance(tree, list):
        return [_filled(inner, answers, falsy) for inner in tree]
    value = next(answers).value
    return (value or None) if falsy else value
