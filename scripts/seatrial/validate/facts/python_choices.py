"""The values that fields of models take: of a `Literal`, an enumeration or a plain type, in lists and unions too.

A plain type takes what pydantic 1 or 2 makes a value of it, so `int` takes the text "3", and `str` a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from seatrial.documents.document import Keys
from seatrial.documents.syntax import Expression
from seatrial.validate.facts.python_models import Declaration, Model, model_of
from seatrial.validate.facts.python_modules import (
    MAX_DEPTH,
    ExternalName,
    LocalClass,
    Names,
    Scope,
    Value,
    annotation_in,
    base_of,
    members_of,
)

Scalar: TypeAlias = str | int | bool

_LISTS = frozenset({"list", "List", "Sequence", "set", "Set", "frozenset", "FrozenSet"})
_UNIONS = frozenset({"Optional", "Union"})
_ENUMS = frozenset({"Enum", "StrEnum", "IntEnum"})
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_BOOLS = {"True": True, "False": False}
_PLAIN = {f"builtins.{name}": name for name in ("bool", "int", "float", "str")}
_WHOLE = re.compile(r"\s*[+-]?[0-9]+(_[0-9]+)*\s*")
_DECIMAL = re.compile(
    r"\s*[+-]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9_]+)(e[+-]?[0-9_]+)?\s*|\s*[+-]?(inf(inity)?|nan)\s*", re.I
)
_TRUTHS = frozenset({"0", "off", "f", "false", "n", "no", "1", "on", "t", "true", "y", "yes"})
"""The texts of which pydantic makes a boolean; some of them are booleans already for the parser that Ocean uses."""


@dataclass(frozen=True)
class Choices:
    """The values that a field takes: `scalars`, those of `plain` types, objects of `models`, and lists of `items`."""

    scalars: tuple[Scalar, ...] = ()
    models: tuple[Model, ...] = ()
    items: Choices | None = None
    plain: frozenset[str] = frozenset()

    def take(self, value: Any) -> bool:
        """Return whether a value that is no object and no list is taken."""
        is_truth = isinstance(value, str) and value.lower() in _TRUTHS
        if value in self.scalars or "str" in self.plain or (is_truth and self.plain):
            return True
        if is_truth and any(isinstance(one, bool) for one in self.scalars):
            return True
        if isinstance(value, str):
            is_whole = "int" in self.plain and _WHOLE.fullmatch(value)
            return bool(is_whole or ("float" in self.plain and _DECIMAL.fullmatch(value)))
        return bool({"int", "float"} & self.plain) or ("bool" in self.plain and value in (0, 1))


@dataclass(frozen=True)
class Refused:
    """A value that its field does not take, the keys that lead to it, and the values and types that the field takes.

    `wants_list` is set where the field takes lists of these only.
    """

    way: Keys
    value: Any
    allowed: tuple[Scalar, ...]
    plain: frozenset[str] = frozenset()
    wants_list: bool = False

    @property
    def path(self) -> str:
        """The keys without the numbers of list items."""
        return ".".join(key for key in self.way if isinstance(key, str))


def refused(names: Names, models: Sequence[Model], value: Any, way: Keys = ()) -> Iterator[Refused]:
    """Yield the values below `value` that each of these models refuses, at any depth."""
    if not isinstance(value, dict) or not models:
        return
    for key, inner in value.items():
        declared = [model.keys.get(key) for model in models]
        found = [_choices_of(names, one) for one in declared if one]
        known = [one for one in found if one]
        if len(known) == len(models):
            refusals = [list(_refusals(names, one, inner, (*way, str(key)))) for one in known]
            yield from min(refusals, key=len)


def _refusals(names: Names, choices: Choices, value: Any, way: Keys) -> Iterator[Refused]:
    if value is None:
        return
    if isinstance(value, dict) and choices.models:
        yield from refused(names, choices.models, value, way)
    elif isinstance(value, list) and choices.items:
        for place, item in enumerate(value):
            yield from _refusals(names, choices.items, item, (*way, place))
    elif choices.scalars or choices.plain:
        if isinstance(value, dict | list) or not choices.take(value):
            yield Refused(way, value, choices.scalars, choices.plain)
    elif choices.items and not choices.models:
        yield Refused(way, value, choices.items.scalars, choices.items.plain, wants_list=True)


def _choices_of(names: Names, declared: Declaration) -> Choices | None:
    """Return the values of a field; None where it may take others, or they are unknown."""
    if declared.is_prepared:
        return None
    question = ("choices", declared)
    return names.keep(question, lambda: _choices(names, declared.annotation, declared.scope, MAX_DEPTH))


def _choices(names: Names, expression: Expression | None, scope: Scope, depth: int) -> Choices | None:
    if expression is None or depth == 0:
        return None
    if expression.text == "None":
        return Choices()
    if expression.string is not None:
        return _choices(names, annotation_in(expression.string), scope, depth - 1)
    if expression.name:
        return _named(names, expression.name, scope, depth - 1)
    base = "Union" if expression.is_union else base_of(expression)
    if base == "Literal":
        return _with(literal_values(names, expression, scope, depth))
    if base in _UNIONS:
        return _merged(_choices(names, one, scope, depth - 1) for one in members_of(expression))
    if base in _LISTS:
        items = _merged(_choices(names, one, scope, depth - 1) for one in members_of(expression))
        return Choices(items=items) if items else None
    return None


def _named(names: Names, name: str, scope: Scope, depth: int) -> Choices | None:
    found = names.meaning(name, scope)
    if isinstance(found, Value):
        return _choices(names, found.expression, found.scope, depth)
    if isinstance(found, ExternalName) and found.name in _PLAIN:
        return Choices(plain=frozenset({_PLAIN[found.name]}))
    if not isinstance(found, LocalClass):
        return None
    lineage = names.lineage(found)
    if lineage.whole and any(one.last in _ENUMS for one in lineage.external):
        return _with(_enumerated(names, lineage.local))
    model = model_of(names, found)
    return Choices(models=(model,)) if model and model.keys else None


def _enumerated(names: Names, classes: Iterable[LocalClass]) -> tuple[Scalar, ...] | None:
    """Return the values of an enumeration; None where one is unknown, or other values are taken as well."""
    values: list[Scalar | None] = []
    for local in classes:
        if "_missing_" in local.definition.methods or "__new__" in local.definition.methods:
            return None
        members = (one for name, one in local.assignments.items() if not name.startswith("_"))
        values += [_scalar(names, one.value, local.inside) for one in members]
    return _whole(values)


def literal_values(
    names: Names, expression: Expression, scope: Scope, depth: int = MAX_DEPTH
) -> tuple[Scalar, ...] | None:
    """Return the values of a `Literal[...]` in order, without repetitions; None where one is unknown."""
    values: list[Scalar | None] = []
    for member in members_of(expression):
        if base_of(member) == "Literal" and depth:
            values += literal_values(names, member, scope, depth - 1) or (None,)
        else:
            values.append(_scalar(names, member, scope))
    return _whole(values)


def _scalar(names: Names, expression: Expression | None, scope: Scope) -> Scalar | None:
    """Return the text, number or boolean of a constant, or of a name of one; None where it is unknown."""
    if expression is None:
        return None
    if expression.text in _BOOLS:
        return _BOOLS[expression.text]
    if _NUMBER.fullmatch(expression.text):
        return int(expression.text)
    texts = names.texts(expression, scope)
    return next(iter(texts)) if texts and len(texts) == 1 else None


def _whole(values: Sequence[Scalar | None]) -> tuple[Scalar, ...] | None:
    known = tuple(value for value in values if value is not None)
    return tuple(dict.fromkeys(known)) if known and len(known) == len(values) else None


def _with(scalars: tuple[Scalar, ...] | None) -> Choices | None:
    return Choices(scalars) if scalars else None


def _merged(found: Iterable[Choices | None]) -> Choices | None:
    """Return the values of any of these; None where one of them is unknown."""
    whole: list[Choices] = []
    for one in found:
        if one is None:
            return None
        whole.append(one)
    items = [one.items for one in whole if one.items]
    return Choices(
        tuple(scalar for one in whole for scalar in one.scalars),
        tuple(model for one in whole for model in one.models),
        _merged(items) if items else None,
        frozenset(name for one in whole for name in one.plain),
    )
