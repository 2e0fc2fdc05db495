"""Nodes of a parsed Python file: expressions, calls and text literals, for rules that read code without running it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from seatrial.core.model import Location

if TYPE_CHECKING:
    from tree_sitter import Node

_WRAPPERS = frozenset(("type", "parenthesized_expression", "expression_statement"))
_COMPOUND = frozenset(
    (
        "block",
        "if_statement",
        "elif_clause",
        "else_clause",
        "with_statement",
        "try_statement",
        "except_clause",
        "except_group_clause",
        "finally_clause",
    )
)


@dataclass(frozen=True)
class Origin:
    """The file that nodes come from."""

    path: str
    data: bytes

    @cached_property
    def _is_ascii(self) -> bool:
        return self.data.isascii()

    @cached_property
    def _lines(self) -> list[bytes]:
        return self.data.split(b"\n")

    def at(self, node: Node) -> Location:
        """Return the place at which a node starts; the parser counts columns in bytes."""
        row, column = node.start_point
        if not self._is_ascii:
            column = len(self._lines[row][:column].decode(errors="replace"))
        return Location(self.path, row + 1, column + 1)

    def text(self, node: Node) -> str:
        """Return the source text of a node."""
        return self.data[node.start_byte : node.end_byte].decode(errors="replace")


@dataclass(frozen=True, eq=False)
class Definition:
    """The definition of a class or function, or a lambda, which has no name."""

    origin: Origin
    node: Node

    @property
    def where(self) -> Location:
        """The place of its name."""
        return self.origin.at(self.node.child_by_field_name("name") or self.node)

    @cached_property
    def name(self) -> str:
        """Its own name; empty for a lambda."""
        name = self.node.child_by_field_name("name")
        return self.origin.text(name) if name else ""


def inner(node: Node) -> list[Node]:
    """Return the named children of a node, less comments."""
    return [child for child in node.named_children if child.type != "comment"]


def bare(node: Node) -> Node:
    """Return a node without the brackets and wrappers around it."""
    while node.type in _WRAPPERS and len(children := inner(node)) == 1:
        node = children[0]
    return node


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it in order; of keyword arguments the value only, of `f().x` the `f()`."""
    pending = [node]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(_values(node)))


def _values(node: Node) -> list[Node]:
    children = inner(node)
    if node.type == "keyword_argument":
        return children[1:]
    return children[:1] if node.type == "attribute" else children


def statements(block: Node) -> Iterator[Node]:
    """Yield the statements of a body in order, those in `if`, `try` and `with` too."""
    pending = [block]
    while pending:
        node = pending.pop()
        if node is not block and node.type not in _COMPOUND:
            yield node
        else:
            pending.extend(reversed(inner(node)))


_LITERAL = re.compile(r"""([rRuU]?)("{3}|'{3}|"|')(.*)\2""", re.S)
_ESCAPE = re.compile(r"\\(\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.S)
_SHORT = {"\n": "", "n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_LAST = 0x10FFFF


def text_of(literal: str) -> str | None:
    r"""Return the text of a literal; None for bytes and f-strings. Escapes by name (`\N{...}`) stay as written."""
    match = _LITERAL.fullmatch(literal)
    if not match:
        return None
    prefix, _, body = match.groups()
    return body if prefix in ("r", "R") else _ESCAPE.sub(_unescaped, body)


def _unescaped(match: re.Match[str]) -> str:
    escape = match[1]
    if escape in _SHORT:
        return _SHORT[escape]
    if escape in "\\'\"":
        return escape
    if escape[0] in "01234567":
        return chr(int(escape, 8))
    if len(escape) > 1 and int(escape[1:], 16) <= _LAST:
        return chr(int(escape[1:], 16))
    return match[0]


_DOTTED = re.compile(r"[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*")
_NAMES = frozenset(("identifier", "attribute", "dotted_name", "member_type"))
_SUBSCRIPTS = frozenset(("subscript", "generic_type"))
_STRINGS = frozenset(("string", "concatenated_string"))
_COLLECTIONS = frozenset(("list", "tuple", "set", "expression_list"))
_NOT_POSITIONAL = frozenset(("keyword_argument", "list_splat", "dictionary_splat"))


class Expression:
    """An expression or annotation as it is written.

    At most one of `string`, `name`, `call`, `subscript`, `items` and `pairs` is set; brackets around the
    whole do not count.
    """

    def __init__(self, origin: Origin, node: Node) -> None:
        self._origin = origin
        self._node = bare(node)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    @property
    def where(self) -> Location:
        """The place at which it starts; of a text literal its prefix or quote."""
        return self._origin.at(self._node)

    @property
    def text(self) -> str:
        """Its source text."""
        return self._origin.text(self._node)

    @cached_property
    def string(self) -> str | None:
        """The value of a text literal, joined if it is written in parts; None for bytes and f-strings."""
        if self._node.type not in _STRINGS:
            return None
        parts = inner(self._node) if self._node.type == "concatenated_string" else [self._node]
        texts = [text_of(self._origin.text(part)) for part in parts]
        return None if None in texts else "".join(filter(None, texts))

    @cached_property
    def name(self) -> str | None:
        """A name with its dots, such as `Kind.ISSUE`; None for anything else, `f().x` too."""
        return _dotted(self._origin, self._node)

    @cached_property
    def call(self) -> Call | None:
        """The call, if it is one."""
        return call_at(self._origin, self._node) if self._node.type == "call" else None

    @cached_property
    def subscript(self) -> Subscript | None:
        """The subscript, if it is one: `x["key"]`, `Literal["a", "b"]`."""
        return subscript_at(self._origin, self._node) if self._node.type in _SUBSCRIPTS else None

    @property
    def items(self) -> tuple[Expression, ...]:
        """The members of a list, tuple or set, or the two sides of a `|`."""
        if self._node.type in _COLLECTIONS or _is_union(self._node):
            return tuple(Expression(self._origin, item) for item in inner(self._node))
        return ()

    @property
    def parts(self) -> tuple[Expression, ...]:
        """The expressions in the braces of an f-string."""
        if self._node.type != "string":
            return ()
        held = [part for part in inner(self._node) if part.type == "interpolation"]
        return tuple(Expression(self._origin, inner(part)[0]) for part in held if inner(part))

    @property
    def blocks(self) -> tuple[int, ...]:
        """The blocks of statements around it by their numbers, the innermost first, and the module."""
        found, around = [], self._node.parent
        while around is not None:
            if around.type in ("block", "module"):
                found.append(around.id)
            around = around.parent
        return tuple(found)

    @property
    def is_union(self) -> bool:
        """Whether its items are the two sides of a `|`."""
        return _is_union(self._node)

    @property
    def pairs(self) -> tuple[tuple[Expression, Expression], ...]:
        """The keys and values of a dict."""
        if self._node.type != "dictionary":
            return ()
        pairs = [inner(pair) for pair in inner(self._node) if pair.type == "pair"]
        return tuple((Expression(self._origin, p[0]), Expression(self._origin, p[-1])) for p in pairs)

    def names(self) -> tuple[str, ...]:
        """Return every name in it, including itself: of `Kind.ISSUE` only the whole, of `f().x` only `f`."""
        return tuple(_dotted_names(self._origin, walk(self._node)))


@dataclass(frozen=True)
class Call:
    """A call. `arguments` are the positional ones; those behind `*` and `**` are left out.

    `method` is the last name of the callee, `get` of `config["x"].get("y")`; `is_open` tells that there is a `**`.
    """

    where: Location
    function: Expression
    arguments: tuple[Expression, ...]
    keywords: Mapping[str, Expression]
    method: str | None
    is_open: bool = False


@dataclass(frozen=True)
class Subscript:
    """A subscript, `value[keys]`."""

    where: Location
    value: Expression
    keys: tuple[Expression, ...]


def call_at(origin: Origin, node: Node) -> Call:
    """Return the call of a node of type "call"."""
    function, *rest = inner(node)
    arguments = inner(rest[0]) if rest and rest[0].type == "argument_list" else rest
    method = _last_name(bare(function))
    return Call(
        where=origin.at(node),
        function=Expression(origin, function),
        arguments=tuple(Expression(origin, a) for a in arguments if a.type not in _NOT_POSITIONAL),
        keywords=keywords_in(origin, arguments),
        method=origin.text(method) if method else None,
        is_open=any(argument.type == "dictionary_splat" for argument in arguments),
    )


def subscript_at(origin: Origin, node: Node) -> Subscript:
    """Return the subscript of a node of type "subscript" or "generic_type"."""
    value, *keys = inner(node)
    if node.type == "generic_type":
        keys = [key for parameters in keys for key in inner(parameters)]
    return Subscript(
        origin.at(node), Expression(origin, value), tuple(Expression(origin, key) for key in keys)
    )


def _dotted(origin: Origin, node: Node) -> str | None:
    if node.type not in _NAMES:
        return None
    text = origin.text(node)
    if text.isascii() and text.isidentifier():
        return text
    return "".join(text.split()) if _DOTTED.fullmatch(text) else None


def _dotted_names(origin: Origin, nodes: Iterator[Node]) -> Iterator[str]:
    end = 0  # of the last name with dots
    for node in nodes:
        name = _dotted(origin, node) if node.start_byte >= end else None
        if name:
            end = node.end_byte
            yield name


def _is_union(node: Node) -> bool:
    if node.type != "binary_operator":
        return node.type == "union_type"
    operator = node.child_by_field_name("operator")
    return operator is not None and operator.type == "|"


def keywords_in(origin: Origin, arguments: list[Node]) -> dict[str, Expression]:
    """Return the keyword arguments among the arguments of a call or a class."""
    pairs = [inner(argument) for argument in arguments if argument.type == "keyword_argument"]
    return {origin.text(pair[0]): Expression(origin, pair[-1]) for pair in pairs}


def _last_name(function: Node) -> Node | None:
    return function if function.type == "identifier" else function.child_by_field_name("attribute")
