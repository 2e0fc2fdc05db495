"""Where Python code looks keys up in a mapping that it knows by an attribute, such as `ocean.integration_config`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from seatrial.documents.pythonexpressions import Expression
from seatrial.documents.pythonnodes import Origin

if TYPE_CHECKING:
    from tree_sitter import Node

QUERY = """
(subscript value: (_) @mapping . subscript: (_) @key) @whole
(call
  function: (attribute object: (_) @mapping attribute: (identifier) @method)
  arguments: (argument_list . (_) @key)) @whole
(assignment left: (identifier) @bound) @assignment
(named_expression name: (identifier) @bound)
(for_statement left: (identifier) @bound)
(pattern_list (identifier) @bound)
(as_pattern_target (identifier) @bound)
(parameters (identifier) @bound)
(parameters (_ . (identifier) @bound))
(lambda_parameters (identifier) @bound)
"""

_SCOPES = frozenset(("function_definition", "lambda", "module"))

Matches: TypeAlias = list[tuple[int, dict[str, list["Node"]]]]
Binding: TypeAlias = tuple[int, str]
"""The scope that binds a name, by the id of its node, and the name."""


@dataclass(frozen=True)
class LookUp:
    """`mapping[key]`, or `mapping.get(key)`, which forgives a key that is not there."""

    key: Expression
    forgiving: bool


def look_ups(origin: Origin, matches: Matches, attribute: str) -> Iterator[LookUp]:
    """What is looked up in `....attribute`, or in a name that its scope binds to that and to nothing else.

    `matches` are those of QUERY.
    """
    aliases = _aliases(origin, matches, attribute)
    for _, found in matches:
        if "mapping" not in found:
            continue
        mapping, key = found["mapping"][0], found["key"][0]
        forgiving = "method" in found
        if forgiving and origin.text(found["method"][0]) != "get" or _is_written(found["whole"][0]):
            continue
        if _names_attribute(origin, mapping, attribute) or _is_alias(origin, mapping, aliases):
            yield LookUp(Expression(origin, key), forgiving)


def _aliases(origin: Origin, matches: Matches, attribute: str) -> Mapping[Binding, bool]:
    """For each bound name whether it is bound to the attribute only."""
    aliases: dict[Binding, bool] = {}
    for _, found in matches:
        for name in found.get("bound", ()):
            value = found["assignment"][0].child_by_field_name("right") if "assignment" in found else None
            binding = (_scopes(name)[0], origin.text(name))
            is_alias = value is not None and _names_attribute(origin, value, attribute)
            if value is not None or "assignment" not in found:
                aliases[binding] = is_alias and aliases.get(binding, True)
    return aliases


def _is_alias(origin: Origin, mapping: Node, aliases: Mapping[Binding, bool]) -> bool:
    if mapping.type != "identifier" or not any(aliases.values()):
        return False
    name = origin.text(mapping)
    return next((aliases[scope, name] for scope in _scopes(mapping) if (scope, name) in aliases), False)


def _names_attribute(origin: Origin, node: Node, attribute: str) -> bool:
    name = node.child_by_field_name("attribute") if node.type == "attribute" else None
    return name is not None and origin.text(name) == attribute


def _is_written(node: Node) -> bool:
    """Whether a look-up is the target of an assignment or a deletion."""
    around = node.parent
    if around is None or around.type not in ("assignment", "delete_statement"):
        return False
    return around.type == "delete_statement" or around.child_by_field_name("left") == node


def _scopes(node: Node) -> list[int]:
    """The functions around a node, the innermost first, and the module."""
    scopes = []
    around: Node | None = node
    while around is not None:
        if around.type in _SCOPES:
            scopes.append(around.id)
        around = around.parent
    return scopes
