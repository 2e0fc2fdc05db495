"""Functions of a parsed Python file: the one around a call, and the shape of a body."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from seatrial.core.model import Location
from seatrial.documents.syntax import Call, Expression, Origin, call_at, inner

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = frozenset(("function_definition", "lambda"))
_SCOPES = frozenset((*_FUNCTIONS, "class_definition"))
_CATCHERS = frozenset(("KeyError", "LookupError", "Exception", "BaseException"))


@dataclass(frozen=True)
class Function:
    """A function with the shape of its body; nested functions and classes are not part of it."""

    origin: Origin
    node: Node

    @property
    def where(self) -> Location:
        """The place of its name."""
        return self.origin.at(self.node.child_by_field_name("name") or self.node)

    @cached_property
    def name(self) -> str:
        """Its name; empty for a lambda."""
        name = self.node.child_by_field_name("name")
        return self.origin.text(name) if name else ""

    @property
    def is_async(self) -> bool:
        """Whether it is declared with `async def`."""
        return any(child.type == "async" for child in self.node.children)

    @cached_property
    def class_name(self) -> str:
        """The name of the class whose body holds it; empty for a function."""
        around = self.node.parent
        while around is not None and around.type in ("decorated_definition", "block"):
            around = around.parent
        name = around.child_by_field_name("name") if around and around.type == "class_definition" else None
        return self.origin.text(name) if name else ""

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of its parameters, `self` too."""
        found = self.node.child_by_field_name("parameters")
        names = (_parameter(node) for node in inner(found)) if found else ()
        return tuple(self.origin.text(name) for name in names if name)

    @property
    def yields(self) -> bool:
        """Whether the word `yield` stands anywhere in it."""
        return "yield" in self.origin.text(self.node)

    @cached_property
    def returns(self) -> tuple[Expression, ...]:
        """The values of its `return` statements; those without a value are left out."""
        found = (inner(node) for node in self._own if node.type == "return_statement")
        return tuple(Expression(self.origin, values[0]) for values in found if values)

    @cached_property
    def raises(self) -> tuple[Expression, ...]:
        """The errors of its `raise` statements; those that raise again what was caught are left out."""
        found = (inner(node) for node in self._own if node.type == "raise_statement")
        return tuple(Expression(self.origin, values[0]) for values in found if values)

    @cached_property
    def sole_return(self) -> Expression | None:
        """The value it returns where its body holds nothing else, but for texts and logging."""
        body = self.node.child_by_field_name("body")
        statements = [node for node in inner(body) if not self._is_idle(node)] if body else []
        if len(statements) != 1 or statements[0].type != "return_statement":
            return None
        values = inner(statements[0])
        return Expression(self.origin, values[0]) if values else None

    def uses(self, *names: str) -> bool:
        """Whether its body names one of these."""
        body = self.node.child_by_field_name("body")
        nodes = _below(body, frozenset()) if body else ()
        return any(node.type == "identifier" and self.origin.text(node) in names for node in nodes)

    def binds(self, name: str) -> bool:
        """Whether it gives a meaning of its own to a name: a parameter, or anything assigned."""
        return name in self.parameters or any(name in _bound(self.origin, node) for node in self._own)

    @cached_property
    def _own(self) -> tuple[Node, ...]:
        body = self.node.child_by_field_name("body")
        return tuple(_below(body, _SCOPES)) if body else ()

    def _is_idle(self, statement: Node) -> bool:
        """Whether a statement is a text, `pass`, or a call of a logger."""
        if statement.type == "pass_statement":
            return True
        held = inner(statement) if statement.type == "expression_statement" else []
        if len(held) != 1 or held[0].type not in ("string", "call", "ellipsis"):
            return False
        return held[0].type != "call" or self.origin.text(held[0]).startswith("logger.")


@dataclass(frozen=True)
class PlacedCall:
    """A call, the functions around it from the innermost on, and whether it is awaited."""

    call: Call
    functions: tuple[Function, ...]
    awaited: bool


def placed_call(origin: Origin, node: Node) -> PlacedCall:
    """Return the call of a node of type "call", with what is around it."""
    awaited = node.parent is not None and node.parent.type == "await"
    return PlacedCall(call_at(origin, node), tuple(functions_around(origin, node)), awaited)


def functions_around(origin: Origin, node: Node) -> Iterator[Function]:
    """Yield the functions in whose body a node stands, the innermost first; defaults stand outside."""
    inside, around = node, node.parent
    while around is not None:
        if around.type in _FUNCTIONS and around.child_by_field_name("body") == inside:
            yield Function(origin, around)
        inside, around = around, around.parent


def is_guarded(origin: Origin, node: Node, key: Node) -> bool:
    """Whether a look-up cannot fail for want of its key: its function tests for the key, or KeyError is caught."""
    inside, around = node, node.parent
    while around is not None and inside.type not in _FUNCTIONS:
        is_tried = around.type == "try_statement" and around.child_by_field_name("body") == inside
        if is_tried and any(_catches(origin, clause) for clause in inner(around)):
            return True
        inside, around = around, around.parent
    text = origin.text(key)
    if origin.text(inside).count(text) < 2:
        return False
    return any(_tests(origin, one, text) for one in _below(inside, frozenset()))


def _catches(origin: Origin, clause: Node) -> bool:
    """Whether a clause of a `try` catches a missing key."""
    if clause.type != "except_clause":
        return False
    caught = [node for node in inner(clause) if node.type != "block"]
    names = {origin.text(node) for part in caught for node in _below(part, frozenset())}
    return not caught or bool(_CATCHERS & names)


def _tests(origin: Origin, node: Node, key: str) -> bool:
    """Whether a node compares a key with `in` or `not in`, or asks for it with `.get(key)` in a condition."""
    if node.type == "comparison_operator":
        is_in = any(child.type in ("in", "not in") for child in node.children)
        return is_in and origin.text(inner(node)[0]) == key
    condition = (
        node.child_by_field_name("condition") if node.type in ("if_statement", "elif_clause") else None
    )
    return condition is not None and f"get({key}" in origin.text(condition)


def _below(node: Node, closed: frozenset[str]) -> Iterator[Node]:
    """Yield a node and those below it in order, without what is below the closed types."""
    pending = [node]
    while pending:
        one = pending.pop()
        yield one
        if one.type not in closed or one == node:
            pending.extend(reversed(inner(one)))


def _parameter(node: Node) -> Node | None:
    """Return the name in a parameter, with or without a type, a default or stars."""
    while node.type != "identifier":
        name = node.child_by_field_name("name")
        held = [name] if name else inner(node)[:1]
        if not held:
            return None
        node = held[0]
    return node


def _bound(origin: Origin, node: Node) -> tuple[str, ...]:
    """Return the names that a node assigns, imports or defines."""
    if node.type in _SCOPES:
        name = node.child_by_field_name("name")
        return (origin.text(name),) if name else ()
    if node.type == "as_pattern_target":
        return tuple(origin.text(one) for one in inner(node))
    target = node.child_by_field_name("left") or (
        node.child_by_field_name("name") if node.type == "named_expression" else None
    )
    if target is None or node.type not in ("assignment", "for_statement", "named_expression"):
        return ()
    return tuple(origin.text(one) for one in _below(target, frozenset()) if one.type == "identifier")
