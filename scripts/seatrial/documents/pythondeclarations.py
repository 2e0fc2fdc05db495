"""Classes, assignments and imports of a Python file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seatrial.documents.pythonexpressions import Expression, keywords_in
from seatrial.documents.pythonnodes import Origin, bare, inner, statements
from seatrial.model import Location

if TYPE_CHECKING:
    from tree_sitter import Node

_DEFINITIONS = frozenset(("class_definition", "function_definition"))


@dataclass(frozen=True)
class Assignment:
    """A name that is given an annotation, a value or both; `type X = ...` gives a value."""

    where: Location
    name: str
    annotation: Expression | None
    value: Expression | None


@dataclass(frozen=True)
class Class:
    """A class with what its body assigns and the methods it defines, in order; it stands where its name does.

    `qualified_name` has the names of the classes and functions around it before its own,
    `keywords` is what stands beside the bases, `decorators` is that of all its methods.
    """

    where: Location
    name: str
    bases: tuple[Expression, ...]
    assignments: tuple[Assignment, ...]
    methods: tuple[str, ...]
    qualified_name: str = ""
    keywords: Mapping[str, Expression] = field(default_factory=dict)
    decorators: tuple[Expression, ...] = ()


@dataclass(frozen=True)
class Import:
    """One imported name: `from module import name as bound`.

    `name` is None for `import module` and "*" for all; `level` counts the leading dots.
    """

    where: Location
    module: str
    name: str | None
    bound: str
    level: int

    def files(self, importer: str) -> tuple[str, ...]:
        """Where the module may stand, seen from the source root that the path `importer` starts at."""
        folders = importer.split("/")[:-1]
        if self.level > len(folders) + 1:
            return ()
        above = folders[: len(folders) - self.level + 1] if self.level else []
        parts = [*above, *filter(None, self.module.split("."))]
        stem = "/".join(parts)
        return (f"{stem}.py", f"{stem}/__init__.py") if stem else ("__init__.py",)


def class_at(origin: Origin, node: Node) -> Class:
    """The class that a node of type "class_definition" is."""
    name, above, body = (node.child_by_field_name(part) for part in ("name", "superclasses", "body"))
    arguments = inner(above) if above else []
    inside = tuple(statements(body)) if body else ()
    definitions = [_definition(statement) for statement in inside]
    return Class(
        where=origin.at(name or node),
        name=origin.text(name) if name else "",
        bases=tuple(Expression(origin, base) for base in arguments if base.type != "keyword_argument"),
        assignments=tuple(assignments_in(origin, inside)),
        methods=tuple(_name(origin, part) for part in definitions if part.type == "function_definition"),
        qualified_name=".".join(_names_around(origin, node)),
        keywords=keywords_in(origin, arguments),
        decorators=tuple(one for statement in inside for one in _decorators(origin, statement)),
    )


def assignments_in(origin: Origin, body: Iterable[Node]) -> Iterator[Assignment]:
    """What the statements of a body assign; unpacking and augmented assignments are left out."""
    for statement in map(bare, body):
        if statement.type == "assignment":
            yield from _assigned(origin, statement)
        if statement.type == "type_alias_statement":
            yield from _alias(origin, statement)


def imports_at(origin: Origin, node: Node) -> Iterator[Import]:
    """The names that an import statement binds."""
    module = node.child_by_field_name("module_name")
    dotted = origin.text(module) if module else ""
    level = len(dotted) - len(dotted.lstrip("."))
    for imported in _imported(node, module):
        name, _, alias = origin.text(imported).partition(" as ")
        if module:
            yield Import(origin.at(imported), dotted[level:].strip(), name, alias.strip() or name, level)
        else:
            yield Import(origin.at(imported), name, None, alias.strip() or name.partition(".")[0], 0)


def _imported(node: Node, module: Node | None) -> Iterator[Node]:
    return (name for name in inner(node) if module is None or name.start_byte != module.start_byte)


def _assigned(origin: Origin, node: Node) -> Iterator[Assignment]:
    """One assignment for every target of `a = b = value`."""
    kind, right = node.child_by_field_name("type"), node.child_by_field_name("right")
    targets = [node]
    while right and right.type == "assignment":
        targets.append(right)
        right = right.child_by_field_name("right")
    for target in (Expression(origin, inner(node)[0]) for node in targets):
        if target.name:
            annotation, value = (Expression(origin, part) if part else None for part in (kind, right))
            yield Assignment(target.where, target.name, annotation, value)


def _alias(origin: Origin, node: Node) -> Iterator[Assignment]:
    sides = [Expression(origin, side) for side in inner(node)]
    target = sides[0].subscript.value if sides[0].subscript else sides[0]
    if target.name and len(sides) > 1:
        yield Assignment(target.where, target.name, None, sides[1])


def _names_around(origin: Origin, node: Node) -> list[str]:
    """The names of a definition and of those around it, the outermost first."""
    names: list[str] = []
    around: Node | None = node
    while around is not None:
        name = around.child_by_field_name("name") if around.type in _DEFINITIONS else None
        names = [origin.text(name), *names] if name else names
        around = around.parent
    return names


def _decorators(origin: Origin, statement: Node) -> Iterator[Expression]:
    if statement.type == "decorated_definition":
        yield from (Expression(origin, inner(one)[0]) for one in inner(statement) if one.type == "decorator")


def _definition(statement: Node) -> Node:
    """A class or function without its decorators."""
    return statement.child_by_field_name("definition") or statement


def _name(origin: Origin, definition: Node) -> str:
    name = definition.child_by_field_name("name")
    return origin.text(name) if name else ""
