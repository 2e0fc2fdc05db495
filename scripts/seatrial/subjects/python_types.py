"""What types and constants stand for: the texts of a `Literal`, the classes of a union."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias, TypeVar

from seatrial.documents import python
from seatrial.documents.python import Expression
from seatrial.subjects.python_names import Foreign, Names, Own, Scope, Value

T = TypeVar("T")
Type: TypeAlias = Own | Foreign

MAX_DEPTH = 8
"""Types nested deeper than this are not read; real ones are up to 4 deep."""

TEXT = Foreign("builtins.str")

_CHOICES = frozenset({"Literal", "Optional", "Union"})
_CONTAINERS = frozenset({"Optional", "Union", "list", "List", "Sequence", "set", "Set", "tuple", "Tuple"})


def texts(
    names: Names, expression: Expression | None, scope: Scope, depth: int = MAX_DEPTH
) -> frozenset[str] | None:
    """The texts that an expression or a `Literal[...]` stands for; None where any of them is unknown."""
    if expression is None or depth == 0:
        return None
    if expression.string is not None:
        return frozenset({expression.string})
    if expression.name:
        return names.keep(
            ("texts", expression.name, scope), lambda: _texts_named(names, expression, scope, depth)
        )
    if not _is_one_of(expression, _CHOICES):
        return None
    return _joined(texts(names, member, scope, depth - 1) for member in _members(expression))


def _texts_named(names: Names, expression: Expression, scope: Scope, depth: int) -> frozenset[str] | None:
    found = names.meaning(expression.name or "", scope)
    return texts(names, found.expression, found.scope, depth) if isinstance(found, Value) else None


def types(
    names: Names, expression: Expression | None, scope: Scope, depth: int = MAX_DEPTH
) -> frozenset[Type] | None:
    """The classes a type is made of, those in lists and unions too; None where any of them is unknown."""
    if expression is None or depth == 0:
        return None
    if expression.text == "None":
        return frozenset()
    if expression.string is not None:
        return types(names, _written(expression.string), scope, depth - 1)
    if expression.name:
        return names.keep(
            ("types", expression.name, scope), lambda: _types_named(names, expression, scope, depth)
        )
    if _is_one_of(expression, _CONTAINERS):
        return _joined(types(names, member, scope, depth - 1) for member in _members(expression))
    return _types_subscripted(names, expression, scope, depth)


def _types_named(names: Names, expression: Expression, scope: Scope, depth: int) -> frozenset[Type] | None:
    found = names.meaning(expression.name or "", scope)
    if isinstance(found, Value):
        return types(names, found.expression, found.scope, depth)
    return None if found is None else frozenset({found})


def _types_subscripted(
    names: Names, expression: Expression, scope: Scope, depth: int
) -> frozenset[Type] | None:
    if expression.subscript is None:
        return None
    base = _last(expression)
    if base == "Literal":
        return frozenset({TEXT})
    inner = expression.subscript.keys[:1] if base == "Annotated" else (expression.subscript.value,)
    return types(names, inner[0], scope, depth - 1) if inner else None


def _joined(found: Iterable[frozenset[T] | None]) -> frozenset[T] | None:
    """All of them; None where one is."""
    known: set[T] = set()
    for some in found:
        if some is None:
            return None
        known |= some
    return frozenset(known)


def _is_one_of(expression: Expression, bases: frozenset[str]) -> bool:
    """Whether it is a union, or a subscript of one of these."""
    return expression.is_union or (expression.subscript is not None and _last(expression) in bases)


def _members(expression: Expression) -> Iterator[Expression]:
    """The members of a union in order, or what a subscript holds."""
    if expression.subscript:
        yield from expression.subscript.keys
        return
    pending = [expression]
    while pending:
        one = pending.pop()
        if one.is_union:
            pending.extend(reversed(one.items))
        else:
            yield one


def _last(expression: Expression) -> str:
    name = expression.subscript.value.name if expression.subscript else None
    return (name or "").rpartition(".")[2]


def _written(annotation: str) -> Expression | None:
    """The type that is written as a text."""
    declared = python.load("", f"_: {annotation}".encode()).assignments
    return declared[0].annotation if declared else None
