"""Functions of a parsed Python file: the one around a call, and the shape of a body."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from seatrial.documents.syntax import Call, Definition, Expression, Origin, call_at, inner

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = frozenset(("function_definition", "lambda"))
_SCOPES = frozenset((*_FUNCTIONS, "class_definition"))
MANY = 1000
"""The most arguments of a function that takes any number."""

_CATCHERS = frozenset(("KeyError", "LookupError", "Exception", "BaseException"))


@dataclass(frozen=True)
class Function(Definition):
    """A function with the shape of its body; nested functions and classes are not part of it."""

    @property
    def is_async(self) -> bool:
        """True if it is declared with `async def`."""
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

    @cached_property
    def counts(self) -> tuple[int, int]:
        """The fewest and the most positional arguments that it takes, `self` too; the most may be MANY."""
        found = self.node.child_by_field_name("parameters")
        fewest = most = 0
        for node in inner(found) if found else ():
            shown = inner(node)[0] if node.type == "typed_parameter" else node
            if shown.type in ("list_splat_pattern", "dictionary_splat_pattern"):
                most = MANY
            if shown.type in ("list_splat_pattern", "dictionary_splat_pattern", "keyword_separator"):
                break
            is_required = node.type in ("identifier", "typed_parameter")
            is_counted = node.type != "positional_separator"
            fewest, most = fewest + (is_required and is_counted), most + is_counted
        return fewest, most

    @property
    def decorators(self) -> tuple[Expression, ...]:
        """The decorators above it, in order."""
        around = self.node.parent
        found = [child for child in around.children if child.type == "decorator"] if around else []
        return tuple(Expression(self.origin, inner(one)[0]) for one in found)

    @cached_property
    def result(self) -> str:
        """The type that it is declared to return, as written; empty for none."""
        found = self.node.child_by_field_name("return_type")
        return self.origin.text(found) if found else ""

    @property
    def yields(self) -> bool:
        """True if the word `yield` stands anywhere in it."""
        return "yield" in self.origin.text(self.node)

    @cached_property
    def is_generator(self) -> bool:
        """True if it yields something itself."""
        return self.yields and any(node.type == "yield" for node in self._own)

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
        """Return whether its body names one of these."""
        body = self.node.child_by_field_name("body")
        nodes = _below(body, frozenset()) if body else ()
        return any(node.type == "identifier" and self.origin.text(node) in names for node in nodes)

    def binds(self, name: str) -> bool:
        """Return whether a name is bound in it: as a parameter, or by anything that assigns."""
        return name in self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(
            (*self.parameters, *(name for node in self._own for name in _bound(self.origin, node)))
        )

    @cached_property
    def _own(self) -> tuple[Node, ...]:
        body = self.node.child_by_field_name("body")
        return tuple(_below(body, _SCOPES)) if body else ()

    def _is_idle(self, statement: Node) -> bool:
        """Return whether a statement is a text, `pass`, or a call of a logger."""
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


def placed_calls(origin: Origin, nodes: Iterable[Node]) -> Iterator[PlacedCall]:
    """Yield the calls of nodes of type "call", with what is around each; calls in one function share it."""
    known: dict[int, Function] = {}
    for node in nodes:
        awaited = node.parent is not None and node.parent.type == "await"
        around = tuple(known.setdefault(one.id, Function(origin, one)) for one in _functions_around(node))
        yield PlacedCall(call_at(origin, node), around, awaited)


def _functions_around(node: Node) -> Iterator[Node]:
    """Yield the functions in whose body a node stands, the innermost first; defaults stand outside."""
    inside, around = node, node.parent
    while around is not None:
        if around.type in _FUNCTIONS and around.child_by_field_name("body") == inside:
            yield around
        inside, around = around, around.parent


class Guards:
    """Tells which look-ups of a file cannot fail for want of their key."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._scopes: dict[int, _Tests] = {}
        self._catching: dict[int, bool] = {}

    def holds(self, node: Node, key: Node) -> bool:
        """Return whether the function around a look-up tests for its key, or catches KeyError."""
        inside, around = node, node.parent
        while around is not None and inside.type not in _FUNCTIONS:
            is_tried = around.type == "try_statement" and around.child_by_field_name("body") == inside
            if is_tried and self._is_catching(around):
                return True
            inside, around = around, around.parent
        if inside.id not in self._scopes:
            self._scopes[inside.id] = _Tests(self._origin, inside)
        return self._scopes[inside.id].name(self._origin.text(key))

    def _is_catching(self, tried: Node) -> bool:
        if tried.id not in self._catching:
            self._catching[tried.id] = any(_catches(self._origin, clause) for clause in inner(tried))
        return self._catching[tried.id]


@dataclass(frozen=True)
class _Tests:
    """The tests for keys in a function or module."""

    origin: Origin
    node: Node

    def name(self, key: str) -> bool:
        """Return whether a key is compared with `in` or `not in`, or asked for with `.get(key)` in a condition."""
        return key in self._compared or f"get({key}" in self._conditions

    @cached_property
    def _found(self) -> tuple[Node, ...]:
        wanted = ("comparison_operator", "if_statement", "elif_clause")
        return tuple(node for node in _below(self.node, frozenset()) if node.type in wanted)

    @cached_property
    def _compared(self) -> frozenset[str]:
        tests = (node for node in self._found if node.type == "comparison_operator" and _is_in(node))
        return frozenset(self.origin.text(inner(node)[0]) for node in tests)

    @cached_property
    def _conditions(self) -> str:
        found = (node.child_by_field_name("condition") for node in self._found)
        return "\n".join(self.origin.text(condition) for condition in found if condition)


def _catches(origin: Origin, clause: Node) -> bool:
    """Return whether a clause of a `try` catches a missing key."""
    if clause.type != "except_clause":
        return False
    caught = [node for node in inner(clause) if node.type != "block"]
    names = {origin.text(node) for part in caught for node in _below(part, frozenset())}
    return not caught or bool(_CATCHERS & names)


def _is_in(comparison: Node) -> bool:
    return any(child.type in ("in", "not in") for child in comparison.children)


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
