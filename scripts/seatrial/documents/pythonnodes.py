"""The nodes of a parsed Python file: where they stand, what they say, how to walk them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from seatrial.model import Location

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


def inner(node: Node) -> list[Node]:
    """The named children of a node, less comments."""
    return [child for child in node.named_children if child.type != "comment"]


def bare(node: Node) -> Node:
    """A node without the brackets and wrappers around it."""
    while node.type in _WRAPPERS and len(children := inner(node)) == 1:
        node = children[0]
    return node


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it in order; of keyword arguments the value only, of `f().x` the `f()`."""
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
    """The statements of a body in order, those in `if`, `try` and `with` too."""
    pending = [block]
    while pending:
        node = pending.pop()
        if node is not block and node.type not in _COMPOUND:
            yield node
        else:
            pending.extend(reversed(inner(node)))
