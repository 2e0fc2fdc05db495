"""What Python code does with an attribute such as `ocean.integration_config`: calls, look-ups by key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from seatrial.documents.pythonexpressions import Call, Expression, call_at
from seatrial.documents.pythonnodes import Origin, inner

if TYPE_CHECKING:
    from tree_sitter import Node

Matches: TypeAlias = "list[tuple[int, dict[str, list[Node]]]]"
Binding: TypeAlias = tuple[int, str]
"""The scope that binds a name, by the id of its node, and the name."""

BINDINGS = """
(assignment left: (identifier) @bound) @assignment
(named_expression name: (identifier) @bound)
(for_statement left: (identifier) @bound)
(pattern_list (identifier) @bound)
(as_pattern_target (identifier) @bound)
(parameters (identifier) @bound)
(parameters (_ . (identifier) @bound))
(lambda_parameters (identifier) @bound)
(subscript value: (identifier) @mapping)
(attribute object: (identifier) @mapping attribute: (identifier) @method (#eq? @method "get"))
"""

_SCOPES = frozenset(("function_definition", "lambda", "module"))


@dataclass(frozen=True)
class LookUp:
    """`mapping[key]`, or `mapping.get(key)`, which forgives a key that is not there."""

    key: Expression
    forgiving: bool


def calls_of(origin: Origin, attributes: list[Node]) -> Iterator[Call | None]:
    """For each attribute the call of it, None where it is not called."""
    for attribute in attributes:
        call = attribute.parent
        is_called = (
            call is not None and call.type == "call" and call.child_by_field_name("function") == attribute
        )
        yield call_at(origin, call) if call and is_called else None


def look_ups(origin: Origin, attributes: list[Node], find: Callable[[], Matches]) -> Iterator[LookUp]:
    """What is looked up in these attributes, or in a name that its scope binds to nothing else.

    `find` gives the matches of BINDINGS; it is asked only where there are such names.
    """
    found = list(attributes)
    if any(_alias(attribute) for attribute in attributes):
        found += _aliases(origin, attributes, find())
    for mapping in sorted(found, key=lambda node: node.start_byte):
        look_up = _look_up(origin, mapping)
        if look_up:
            yield look_up


def _look_up(origin: Origin, mapping: Node) -> LookUp | None:
    """The look-up of which a node is the mapping."""
    around = mapping.parent
    if around is None or _is_written(around):
        return None
    if around.type == "subscript" and around.child_by_field_name("value") == mapping:
        return LookUp(Expression(origin, inner(around)[1]), forgiving=False)
    method = around.child_by_field_name("attribute") if around.type == "attribute" else None
    call = next(calls_of(origin, [around])) if method and origin.text(method) == "get" else None
    return LookUp(call.arguments[0], forgiving=True) if call and call.arguments else None


def _is_written(node: Node) -> bool:
    """Whether a subscript is the target of an assignment or a deletion."""
    around = node.parent
    if around is None or around.type not in ("assignment", "delete_statement"):
        return False
    return around.type == "delete_statement" or around.child_by_field_name("left") == node


def _alias(attribute: Node) -> Node | None:
    """The name that an attribute is assigned to."""
    around = attribute.parent
    if around is None or around.type != "assignment" or around.child_by_field_name("right") != attribute:
        return None
    left = around.child_by_field_name("left")
    return left if left and left.type == "identifier" else None


def _aliases(origin: Origin, attributes: list[Node], matches: Matches) -> Iterator[Node]:
    """Every name in a look-up that is bound to one of the attributes only."""
    known = _bindings(origin, attributes, matches)
    names = {name for (_, name), is_alias in known.items() if is_alias}
    for _, found in matches:
        for mapping in found.get("mapping", ()):
            name = origin.text(mapping)
            if name in names and next(
                (known[s, name] for s in _scopes(mapping) if (s, name) in known), False
            ):
                yield mapping


def _bindings(origin: Origin, attributes: list[Node], matches: Matches) -> Mapping[Binding, bool]:
    """For each bound name whether it is bound to one of the attributes only."""
    aliases = {alias.id for alias in map(_alias, attributes) if alias}
    names = {origin.text(alias) for alias in map(_alias, attributes) if alias}
    known: dict[Binding, bool] = {}
    for _, found in matches:
        for bound in found.get("bound", ()):
            name = origin.text(bound)
            if name in names and not _is_declared_only(found):
                binding = (_scopes(bound)[0], name)
                known[binding] = known.get(binding, True) and bound.id in aliases
    return known


def _is_declared_only(found: Mapping[str, list[Node]]) -> bool:
    """Whether a binding is a mere annotation, `name: dict`."""
    return "assignment" in found and found["assignment"][0].child_by_field_name("right") is None


def _scopes(node: Node) -> list[int]:
    """The functions around a node, the innermost first, and the module."""
    scopes = []
    around: Node | None = node
    while around is not None:
        if around.type in _SCOPES:
            scopes.append(around.id)
        around = around.parent
    return scopes
