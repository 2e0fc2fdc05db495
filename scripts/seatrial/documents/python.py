"""Python files by a grammar that reads newer Python than the one we run on; nothing of them is executed."""

from __future__ import annotations

from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

from seatrial.documents.document import Fault, FaultKind
from seatrial.documents.pythondeclarations import (
    Assignment,
    Class,
    Import,
    assignments_in,
    class_at,
    imports_at,
)
from seatrial.documents.pythonexpressions import Call, Expression, Subscript
from seatrial.documents.pythonlookups import BINDINGS, LookUp, Matches, calls_of, look_ups
from seatrial.documents.pythonnodes import Origin, statements
from seatrial.documents.text import BOM, RefusedError, decoded
from seatrial.model import Location

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Query

__all__ = [
    "Assignment",
    "Call",
    "Class",
    "Expression",
    "Import",
    "LookUp",
    "PythonSource",
    "Subscript",
    "load",
]

MAX_BYTES = 512 * 1024
"""A larger file is refused unread: its tree takes 200 times its size. The largest real one has 0.24 MB."""

MAX_PARTS = 400_000
"""Code of more names, signs and literals than this is not looked into; the largest real file has a fifth."""

MAX_NESTING = 300
"""Code whose syntax tree is deeper than this is refused; the deepest real one has 41 levels."""

_WANTED = {
    "class": "(class_definition) @found",
    "import": "[(import_statement) (import_from_statement)] @found",
}


class PythonSource:
    """What a Python file declares and says; everything is empty where `faults` is not."""

    def __init__(self, path: str, origin: Origin, root: Node | None, faults: tuple[Fault, ...]) -> None:
        self.path = path
        self.faults = faults
        self._origin = origin
        self._root = root

    @cached_property
    def classes(self) -> tuple[Class, ...]:
        """Every class, those inside of others too."""
        return tuple(class_at(self._origin, node) for node in self._nodes("class"))

    @cached_property
    def assignments(self) -> tuple[Assignment, ...]:
        """What the module itself assigns, outside of functions and classes."""
        return tuple(assignments_in(self._origin, statements(self._root))) if self._root else ()

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Every imported name, in functions too."""
        return tuple(one for node in self._nodes("import") for one in imports_at(self._origin, node))

    def uses(self, attribute: str) -> tuple[Call | None, ...]:
        """The calls of an attribute of this name; None for each place where it is written, but not called."""
        return tuple(calls_of(self._origin, self._attributes(attribute)))

    def look_ups(self, attribute: str) -> tuple[LookUp, ...]:
        """What is looked up by key in the mapping that an attribute of this name holds."""
        return tuple(look_ups(self._origin, self._attributes(attribute), partial(self._matches, BINDINGS)))

    def _attributes(self, name: str) -> list[Node]:
        matches = self._matches(f'((attribute attribute: (identifier) @name) @found (#eq? @name "{name}"))')
        return [found["found"][0] for _, found in matches]

    def _matches(self, pattern: str) -> Matches:
        from tree_sitter import QueryCursor

        return QueryCursor(_query(pattern)).matches(self._root) if self._root else []

    def where(self, fault: Fault) -> Location:
        """Where a fault stands."""
        return Location(self.path, fault.line, fault.column)

    def _nodes(self, kind: str) -> list[Node]:
        """The nodes of one of the wanted kinds in the order of the text."""
        from tree_sitter import QueryCursor

        if self._root is None:
            return []
        captures = QueryCursor(_query(_WANTED[kind])).captures(self._root)
        return sorted(captures.get("found", ()), key=lambda node: (node.start_byte, -node.end_byte))


def load(path: str, data: bytes) -> PythonSource:
    """What a Python file says."""
    try:
        origin = Origin(path, decoded(data, MAX_BYTES).removeprefix(BOM).encode())
        root = _parser().parse(origin.data).root_node
        _refuse_faults(origin, root)
    except RefusedError as refusal:
        return broken(path, refusal.fault)
    return PythonSource(path, origin, root, ())


def broken(path: str, fault: Fault) -> PythonSource:
    """A Python file of which nothing is known but this fault."""
    return PythonSource(path, Origin(path, b""), None, (fault,))


@cache
def _parser() -> Parser:
    import tree_sitter_python
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_python.language()))


@cache
def _query(pattern: str) -> Query:
    from tree_sitter import Query

    language = _parser().language
    assert language
    return Query(language, pattern)


def _refuse_faults(origin: Origin, root: Node) -> None:
    if root.has_error:
        broken = _first_broken(root)
        where = origin.at(broken)
        lacking = f'"{broken.type}" is missing here' if broken.is_missing else "this is not Python"
        raise RefusedError(FaultKind.SYNTAX, lacking, where.line, where.column)
    if root.descendant_count > MAX_PARTS:
        raise RefusedError(FaultKind.LIMIT, f"more than {MAX_PARTS:,} parts of speech")
    if _is_deep(root):
        raise RefusedError(FaultKind.LIMIT, f"code is nested more than {MAX_NESTING} deep")


def _first_broken(node: Node) -> Node:
    """The first node that the grammar could not read, or had to add, or the nearest one around it."""
    while not (node.is_error or node.is_missing):
        inner = next((child for child in node.children if child.has_error or child.is_missing), None)
        if inner is None:
            return node
        node = inner
    return node


def _is_deep(root: Node) -> bool:
    """Whether the tree is deeper than MAX_NESTING; branches with fewer nodes than levels left are skipped."""
    level = [root]
    for left in range(MAX_NESTING, 0, -1):
        level = [child for node in level for child in node.children if child.descendant_count >= left]
        if not level:
            return False
    return True
