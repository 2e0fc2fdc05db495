"""What a Python module or class defines, in the order of its text: classes, assignments, imports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from tree_sitter import Node

from seatrial.documents.expressions import Call, Expression, Name, Point, expression, parts, word

MAX_NESTING = 20
"""Statements nested deeper than this in `if`, `try` and `with` are not seen."""

_TRANSPARENT = frozenset(
    {
        "block",
        "if_statement",
        "elif_clause",
        "else_clause",
        "try_statement",
        "except_clause",
        "finally_clause",
        "with_statement",
    }
)


@dataclass(frozen=True, eq=False)
class Assignment:
    """`name: annotation = value`; of both at least one is there, unless it is unpacked."""

    name: str
    point: Point
    _type: Node | None
    _value: Node | None

    @cached_property
    def annotation(self) -> Expression | None:
        """The declared type."""
        return expression(self._type) if self._type else None

    @cached_property
    def value(self) -> Expression | None:
        """What is assigned."""
        return expression(self._value) if self._value else None


@dataclass(frozen=True)
class Import:
    """`from module import name`, or `import module` where `name` is empty; `level` counts leading dots."""

    module: str
    name: str = ""
    level: int = 0


@dataclass(frozen=True, eq=False)
class Definitions:
    """The definitions of a module or of a class body; of two of one name, the last."""

    _block: Node

    @cached_property
    def _statements(self) -> tuple[Node, ...]:
        return tuple(_statements(self._block, MAX_NESTING))

    @cached_property
    def classes(self) -> Mapping[str, Class]:
        """The classes by name."""
        found = (Class(node) for node in self._statements if node.type == "class_definition")
        return {one.name: one for one in found}

    @cached_property
    def assignments(self) -> Mapping[str, Assignment]:
        """What is assigned to names."""
        return {one.name: one for node in self._statements for one in _assigned(node)}

    @cached_property
    def functions(self) -> frozenset[str]:
        """The names of the functions."""
        nodes = (node for node in self._statements if node.type == "function_definition")
        return frozenset(word(node.child_by_field_name("name")) for node in nodes)

    @cached_property
    def imports(self) -> Mapping[str, Import]:
        """What is imported, by the name it has here."""
        return dict(pair for node in self._statements for pair in _imported(node))

    @cached_property
    def star_imports(self) -> tuple[Import, ...]:
        """The modules of `from module import *`."""
        nodes = (node for node in self._statements if node.type == "import_from_statement")
        starred = (node for node in nodes if any(part.type == "wildcard_import" for part in parts(node)))
        return tuple(Import(*_module(node)) for node in starred)


@dataclass(frozen=True, eq=False)
class Class:
    """A class statement."""

    _node: Node

    @cached_property
    def name(self) -> str:
        return word(self._node.child_by_field_name("name"))

    @cached_property
    def point(self) -> Point:
        """Where its name stands."""
        return (self._node.child_by_field_name("name") or self._node).start_point

    @cached_property
    def _header(self) -> tuple[tuple[Expression, ...], Mapping[str, Expression]]:
        header = self._node.child_by_field_name("superclasses")
        keywords = [part for part in parts(header) if part.type == "keyword_argument"]
        bases = tuple(expression(part) for part in parts(header) if part.type != "keyword_argument")
        values = ((word(one.child_by_field_name("name")), one.child_by_field_name("value")) for one in keywords)
        return bases, {name: expression(value) for name, value in values if value}

    @property
    def bases(self) -> tuple[Expression, ...]:
        """What it inherits from, as written."""
        return self._header[0]

    @property
    def keywords(self) -> Mapping[str, Expression]:
        """The keywords beside the bases, such as `extra`."""
        return self._header[1]

    @cached_property
    def body(self) -> Definitions:
        """What its body defines."""
        return Definitions(self._node.child_by_field_name("body") or self._node)

    @cached_property
    def decorators(self) -> tuple[Expression, ...]:
        """The decorators of its methods."""
        methods = (part for part in parts(self._node.child_by_field_name("body")))
        decorated = (part for part in methods if part.type == "decorated_definition")
        return tuple(
            expression(inner)
            for method in decorated
            for decorator in parts(method)
            if decorator.type == "decorator"
            for inner in parts(decorator)
        )

    def decorated_with(self, name: str) -> Iterator[Mapping[str, Expression]]:
        """The keywords of each method's decorator of this name."""
        for one in self.decorators:
            if isinstance(one, Call) and one.function.rpartition(".")[2] == name:
                yield one.keywords
            if isinstance(one, Name) and one.dotted.rpartition(".")[2] == name:
                yield {}


def _statements(block: Node, depth: int) -> Iterator[Node]:
    """The statements of a block and of what does not open a scope in it."""
    for statement in parts(block):
        inner = statement
        if statement.type == "decorated_definition":
            inner = statement.child_by_field_name("definition") or statement
        if inner.type not in _TRANSPARENT:
            yield inner
        elif depth:
            yield from _statements(inner, depth - 1)


def _assigned(statement: Node) -> Iterator[Assignment]:
    if statement.type == "type_alias_statement":
        left, right = statement.child_by_field_name("left"), statement.child_by_field_name("right")
        yield Assignment(word(left), statement.start_point, None, right)
    if statement.type != "expression_statement" or not statement.named_children:
        return
    targets, node = [], statement.named_children[0]
    while node.type == "assignment":
        targets.append((node.child_by_field_name("left"), node.child_by_field_name("type")))
        right = node.child_by_field_name("right")
        if right is None or right.type != "assignment":
            yield from _targets(targets, right)
            return
        node = right


def _targets(targets: list[tuple[Node | None, Node | None]], value: Node | None) -> Iterator[Assignment]:
    for left, annotation in targets:
        if left is not None and left.type == "identifier":
            yield Assignment(word(left), left.start_point, annotation, value)


def _module(statement: Node) -> tuple[str, str, int]:
    """The module, no name, and the leading dots of a `from` import."""
    written = word(statement.child_by_field_name("module_name"))
    module = written.lstrip(".")
    return module.strip(), "", len(written) - len(module)


def _imported(statement: Node) -> Iterator[tuple[str, Import]]:
    if statement.type == "import_statement":
        for name, alias in _names(statement):
            yield (alias, Import(name)) if alias else (_first(name), Import(_first(name)))
    elif statement.type == "import_from_statement":
        module, _, level = _module(statement)
        for name, alias in _names(statement):
            yield alias or name, Import(module, name, level)


def _first(name: str) -> str:
    return name.partition(".")[0]


def _names(statement: Node) -> Iterator[tuple[str, str]]:
    """The imported names, each with its alias or an empty text."""
    for node in statement.children_by_field_name("name"):
        if node.type == "aliased_import":
            yield word(node.child_by_field_name("name")), word(node.child_by_field_name("alias"))
        else:
            yield word(node), ""
