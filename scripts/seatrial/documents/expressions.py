"""Parts of a Python file as small values, for rules that read code without running it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from seatrial.documents.literals import text_of
from seatrial.model import Location

if TYPE_CHECKING:
    from tree_sitter import Node

_DOTTED = re.compile(r"[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*")
_WRAPPERS = frozenset(("type", "parenthesized_expression", "expression_statement"))
_NAMES = frozenset(("identifier", "attribute", "dotted_name", "member_type"))
_SUBSCRIPTS = frozenset(("subscript", "generic_type"))
_STRINGS = frozenset(("string", "concatenated_string"))
_COLLECTIONS = frozenset(("list", "tuple", "set", "expression_list", "union_type"))
_COMPOUND = frozenset(
    ("if_statement", "elif_clause", "else_clause", "try_statement", "except_clause")
    + ("finally_clause", "with_statement", "block")
)


@dataclass(frozen=True)
class Origin:
    """The file that nodes come from."""

    path: str
    data: bytes

    @cached_property
    def _lines(self) -> list[bytes]:
        return self.data.split(b"\n")

    def at(self, node: Node) -> Location:
        """Where a node starts; the parser counts columns in bytes."""
        row, column = node.start_point
        before = self._lines[row][:column].decode(errors="replace")
        return Location(self.path, row + 1, len(before) + 1)

    def text(self, node: Node) -> str:
        """What the file says there."""
        return self.data[node.start_byte : node.end_byte].decode(errors="replace")


class Expression:
    """An expression or annotation as it is written.

    At most one of `string`, `name`, `call`, `subscript`, `items` and `pairs` says what
    it is; brackets around the whole do not count.
    """

    def __init__(self, origin: Origin, node: Node) -> None:
        self._origin = origin
        self._node = _bare(node)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    @property
    def where(self) -> Location:
        """Where it starts; a string at its prefix or quote."""
        return self._origin.at(self._node)

    @property
    def text(self) -> str:
        """Its source text."""
        return self._origin.text(self._node)

    @cached_property
    def string(self) -> str | None:
        """The value of a text literal, joined where it is written in parts; None for bytes and f-strings."""
        if self._node.type == "concatenated_string":
            parts = [text_of(self._origin.text(part)) for part in _inner(self._node)]
            return None if None in parts else "".join(part or "" for part in parts)
        return text_of(self.text) if self._node.type == "string" else None

    @cached_property
    def name(self) -> str | None:
        """A name with its dots, such as `Kind.ISSUE`; None for anything else, `f().x` too."""
        return _dotted(self._origin, self._node)

    @cached_property
    def call(self) -> Call | None:
        """The call it is."""
        return call_at(self._origin, self._node) if self._node.type == "call" else None

    @cached_property
    def subscript(self) -> Subscript | None:
        """The subscript it is: `x["key"]`, `Literal["a", "b"]`."""
        return subscript_at(self._origin, self._node) if self._node.type in _SUBSCRIPTS else None

    @property
    def items(self) -> tuple[Expression, ...]:
        """The members of a list, tuple or set, or the two sides of a `|`."""
        if self._node.type in _COLLECTIONS or _is_union(self._node):
            return tuple(Expression(self._origin, item) for item in _inner(self._node))
        return ()

    @property
    def pairs(self) -> tuple[tuple[Expression, Expression], ...]:
        """The keys and values of a dict."""
        if self._node.type != "dictionary":
            return ()
        pairs = [_inner(pair) for pair in _inner(self._node) if pair.type == "pair"]
        return tuple((Expression(self._origin, key), Expression(self._origin, value)) for key, value in pairs)

    def strings(self) -> tuple[Expression, ...]:
        """Every text literal in it, itself too."""
        parts = (Expression(self._origin, node) for node in _walk(self._node) if node.type in _STRINGS)
        return tuple(part for part in parts if part.string is not None)

    def names(self) -> tuple[str, ...]:
        """Every name in it, itself too; of `Kind.ISSUE` the whole, of keyword arguments the values."""
        return tuple(filter(None, (_dotted(self._origin, node) for node in _walk(self._node))))


@dataclass(frozen=True)
class Call:
    """A call; `function` is what is called, arguments after `*` and `**` are left out."""

    where: Location
    function: Expression
    arguments: tuple[Expression, ...]
    keywords: Mapping[str, Expression]
    method: str | None
    """The last name of what is called: `get` in `x["y"].get("z")`."""
    receiver: Expression | None
    """What stands before that name."""


@dataclass(frozen=True)
class Subscript:
    """A subscript: `value[keys]`."""

    where: Location
    value: Expression
    keys: tuple[Expression, ...]


@dataclass(frozen=True)
class Assignment:
    """A name that is given an annotation, a value or both; `type X = ...` too."""

    where: Location
    name: str
    annotation: Expression | None
    value: Expression | None


@dataclass(frozen=True)
class Class:
    """A class with what its body assigns, in order; `where` is the place of its name."""

    where: Location
    name: str
    bases: tuple[Expression, ...]
    assignments: tuple[Assignment, ...]
    methods: tuple[str, ...]

    @property
    def base_names(self) -> tuple[str, ...]:
        """The names of the bases, `Base` for `Base[T]`."""
        plain = (base.subscript.value.name if base.subscript else base.name for base in self.bases)
        return tuple(filter(None, plain))


@dataclass(frozen=True)
class Import:
    """One imported name: `from module import name as bound`.

    `name` is None for `import module`, `*` for all; `level` is the number of leading dots.
    """

    where: Location
    module: str
    name: str | None
    bound: str
    level: int

    def files(self, importer: str) -> tuple[str, ...]:
        """The paths, below the folder that `importer` is relative to, which may hold the module."""
        folders = importer.split("/")[: -self.level] if self.level else []
        parts = [*folders, *filter(None, self.module.split("."))]
        if self.level > importer.count("/") + 1:
            return ()
        stem = "/".join(parts)
        return tuple(p.lstrip("/") for p in (f"{stem}.py" if stem else "", f"{stem}/__init__.py") if p)


def call_at(origin: Origin, node: Node) -> Call:
    """The call that a node of type "call" is."""
    function, *rest = _inner(node)
    arguments = _inner(rest[0]) if rest and rest[0].type == "argument_list" else rest
    positional = (a for a in arguments if a.type not in ("keyword_argument", "list_splat", "dictionary_splat"))
    owner, method = _split(_bare(function))
    return Call(
        origin.at(node),
        Expression(origin, function),
        tuple(Expression(origin, argument) for argument in positional),
        _keywords(origin, arguments),
        origin.text(method) if method else None,
        Expression(origin, owner) if owner else None,
    )


def subscript_at(origin: Origin, node: Node) -> Subscript:
    """The subscript that a node of type "subscript" or "generic_type" is."""
    value, *keys = _inner(node)
    if node.type == "generic_type":
        keys = [key for part in keys for key in _inner(part)]
    return Subscript(origin.at(node), Expression(origin, value), tuple(Expression(origin, key) for key in keys))


def class_at(origin: Origin, node: Node) -> Class:
    """The class that a node of type "class_definition" is."""
    name, body, above = (node.child_by_field_name(f) for f in ("name", "body", "superclasses"))
    bases = [base for base in _inner(above) if base.type != "keyword_argument"] if above else []
    statements = tuple(_statements(body)) if body else ()
    return Class(
        origin.at(name or node),
        origin.text(name) if name else "",
        tuple(Expression(origin, base) for base in bases),
        tuple(assignments_of(origin, statements)),
        tuple(filter(None, (_function_name(origin, statement) for statement in statements))),
    )
