"""Python files, parsed but never executed, by a grammar that reads newer Python than the one we run on.

Found are classes, assignments, imports, and the uses of an attribute such as `ocean.integration_config`:
calls and look-ups by key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeAlias

from seatrial.core.model import Location
from seatrial.documents import python_syntax
from seatrial.documents.document import BOM, Fault, FaultKind, RefusedError, decoded
from seatrial.documents.functions import Function, Guards, PlacedCall, placed_calls
from seatrial.documents.syntax import (
    Call,
    Definition,
    Expression,
    Origin,
    bare,
    call_at,
    inner,
    keywords_in,
    statements,
)

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_BYTES = 512 * 1024
"""A larger file is refused unread: its tree takes 200 times its size. The largest real one has 0.24 MB."""

MAX_PARTS = 400_000
"""Code of more names, signs and literals than this is not read; the largest real file has a fifth."""

MAX_CONTINUED = 4_000
"""Code of more lines that end in a backslash is not parsed: the parser takes time by the square of their number."""

MAX_COMMENTED = 100_000_000
"""The most lines times bytes of comments in a row: for each, the parser looks at all that follow in an indented block.

That is a block of 1,600 lines of 40 characters; the longest real one has 22 lines.
"""

MAX_NESTING = 300
"""Code whose syntax tree is deeper than this is refused; the deepest real one has 41 levels."""

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
_DEFINITIONS = frozenset(("class_definition", "function_definition"))
_IMPORTS = ("import_statement", "import_from_statement")


@dataclass(frozen=True)
class LookUp:
    """`mapping[key]`, or `mapping.get(key)`, which allows a missing key; `scope` numbers the function around it.

    A subscript is forgiving too where the key is tested before, or its absence is caught.
    """

    key: Expression
    forgiving: bool
    scope: int = 0


def calls_of(origin: Origin, attributes: list[Node]) -> Iterator[Call | None]:
    """Yield the call of each attribute, None if it is not called."""
    for attribute in attributes:
        call = attribute.parent
        is_called = (
            call is not None and call.type == "call" and call.child_by_field_name("function") == attribute
        )
        yield call_at(origin, call) if call and is_called else None


def look_ups(origin: Origin, attributes: list[Node], find: Callable[[], Matches]) -> Iterator[LookUp]:
    """Yield the look-ups in these attributes, and in names that their scope binds to nothing else.

    `find` gives the matches of BINDINGS; it is called only if there are such names.
    """
    found = list(attributes)
    if any(_alias_of(attribute) for attribute in attributes):
        found += _aliases(origin, attributes, find())
    guards = Guards(origin)
    for mapping in sorted(found, key=lambda node: node.start_byte):
        look_up = _look_up(origin, mapping, guards)
        if look_up:
            yield look_up


def _look_up(origin: Origin, mapping: Node, guards: Guards) -> LookUp | None:
    """Return the look-up whose mapping is this node."""
    around = mapping.parent
    if around is None or _is_written(around):
        return None
    if around.type == "subscript" and around.child_by_field_name("value") == mapping:
        key = inner(around)[1]
        return LookUp(Expression(origin, key), guards.holds(around, key), scope=_scopes(mapping)[0])
    method = around.child_by_field_name("attribute") if around.type == "attribute" else None
    call = next(calls_of(origin, [around])) if method and origin.text(method) == "get" else None
    if call is None or not call.arguments:
        return None
    return LookUp(call.arguments[0], forgiving=True, scope=_scopes(mapping)[0])


def _is_written(node: Node) -> bool:
    """Return whether a subscript is the target of an assignment or a deletion."""
    around = node.parent
    if around is None or around.type not in ("assignment", "delete_statement"):
        return False
    return around.type == "delete_statement" or around.child_by_field_name("left") == node


def _alias_of(attribute: Node) -> Node | None:
    """Return the name that an attribute is assigned to."""
    around = attribute.parent
    if around is None or around.type != "assignment" or around.child_by_field_name("right") != attribute:
        return None
    left = around.child_by_field_name("left")
    return left if left and left.type == "identifier" else None


def _aliases(origin: Origin, attributes: list[Node], matches: Matches) -> Iterator[Node]:
    """Yield every look-up's name that is bound to one of the attributes only."""
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
    """Return for each bound name whether it is bound to one of the attributes only."""
    aliases = {alias.id for alias in map(_alias_of, attributes) if alias}
    names = {origin.text(alias) for alias in map(_alias_of, attributes) if alias}
    known: dict[Binding, bool] = {}
    for _, found in matches:
        for bound in found.get("bound", ()):
            name = origin.text(bound)
            if name in names and not _is_declared_only(found):
                binding = (_scopes(bound)[0], name)
                known[binding] = known.get(binding, True) and bound.id in aliases
    return known


def _is_declared_only(found: Mapping[str, list[Node]]) -> bool:
    """Return whether a binding is a mere annotation, `name: dict`."""
    return "assignment" in found and found["assignment"][0].child_by_field_name("right") is None


def _scopes(node: Node) -> list[int]:
    """Yield the functions around a node, the innermost first, and the module."""
    scopes = []
    around: Node | None = node
    while around is not None:
        if around.type in _SCOPES:
            scopes.append(around.id)
        around = around.parent
    return scopes


@dataclass(frozen=True)
class Assignment:
    """A name that gets an annotation, a value or both; `type X = ...` gives a value."""

    where: Location
    name: str
    annotation: Expression | None
    value: Expression | None


@dataclass(frozen=True, eq=False)
class Class(Definition):
    """A class with the assignments of its body and its methods, in order; each is worked out when it is asked for."""

    @cached_property
    def qualified_name(self) -> str:
        """The names of the classes and functions around it, before its own."""
        return ".".join(_names_around(self.origin, self.node))

    @cached_property
    def bases(self) -> tuple[Expression, ...]:
        """The classes that it names as its bases."""
        bases = (one for one in self._arguments if one.type != "keyword_argument")
        return tuple(Expression(self.origin, base) for base in bases)

    @cached_property
    def keywords(self) -> Mapping[str, Expression]:
        """The keyword arguments beside the bases."""
        return keywords_in(self.origin, self._arguments)

    @cached_property
    def assignments(self) -> tuple[Assignment, ...]:
        """The assignments and declarations of its body."""
        return tuple(assignments_in(self.origin, self._body))

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """The names of its methods."""
        definitions = map(_definition, self._body)
        return tuple(
            Definition(self.origin, one).name for one in definitions if one.type == "function_definition"
        )

    @property
    def is_decorated(self) -> bool:
        """True if a decorator stands above the class itself."""
        return self.node.parent is not None and self.node.parent.type == "decorated_definition"

    @cached_property
    def decorators(self) -> tuple[Expression, ...]:
        """The decorators of all its methods."""
        return tuple(one for statement in self._body for one in _decorators(self.origin, statement))

    @property
    def _arguments(self) -> list[Node]:
        above = self.node.child_by_field_name("superclasses")
        return inner(above) if above else []

    @cached_property
    def _body(self) -> tuple[Node, ...]:
        body = self.node.child_by_field_name("body")
        return tuple(statements(body)) if body else ()


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
        """Return the paths that the module may have, seen from the source root that the path `importer` starts at."""
        folders = importer.split("/")[:-1]
        if self.level > len(folders) + 1:
            return ()
        above = folders[: len(folders) - self.level + 1] if self.level else []
        parts = [*above, *filter(None, self.module.split("."))]
        stem = "/".join(parts)
        return (f"{stem}.py", f"{stem}/__init__.py") if stem else ("__init__.py",)


def assignments_in(origin: Origin, body: Iterable[Node]) -> Iterator[Assignment]:
    """Yield the assignments of a body; unpacking and augmented assignments are left out."""
    for statement in map(bare, body):
        if statement.type == "assignment":
            yield from _assigned(origin, statement)
        if statement.type == "type_alias_statement":
            yield from _alias_statement(origin, statement)


def imports_at(origin: Origin, node: Node) -> Iterator[Import]:
    """Yield the names that an import statement binds."""
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
    """Yield one assignment for every target of `a = b = value`."""
    kind, right = node.child_by_field_name("type"), node.child_by_field_name("right")
    targets = [node]
    while right and right.type == "assignment":
        targets.append(right)
        right = right.child_by_field_name("right")
    for target in (Expression(origin, inner(node)[0]) for node in targets):
        if target.name:
            annotation, value = (Expression(origin, part) if part else None for part in (kind, right))
            yield Assignment(target.where, target.name, annotation, value)


def _alias_statement(origin: Origin, node: Node) -> Iterator[Assignment]:
    sides = [Expression(origin, side) for side in inner(node)]
    target = sides[0].subscript.value if sides[0].subscript else sides[0]
    if target.name and len(sides) > 1:
        yield Assignment(target.where, target.name, None, sides[1])


def _names_around(origin: Origin, node: Node) -> list[str]:
    """Return the names of a definition and of those around it, the outermost first."""
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
    """Return the node of a class or function below its decorators."""
    return statement.child_by_field_name("definition") or statement


class PythonSource:
    """The declarations of a Python file; everything is empty if there are `faults`."""

    def __init__(self, path: str, origin: Origin, root: Node | None, faults: tuple[Fault, ...]) -> None:
        self.path = path
        self.faults = faults
        self._origin = origin
        self._root = root
        self._found: dict[str, list[Node]] = {}

    @cached_property
    def classes(self) -> tuple[Class, ...]:
        """Every class, nested ones too."""
        return tuple(Class(self._origin, node) for node in self._around(b"class", "class_definition"))

    @cached_property
    def assignments(self) -> tuple[Assignment, ...]:
        """The assignments of the module, outside of functions and classes."""
        return tuple(assignments_in(self._origin, statements(self._root))) if self._root else ()

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Every imported name, in functions too."""
        nodes = self._around(b"import", *_IMPORTS)
        return tuple(one for node in nodes for one in imports_at(self._origin, node))

    @cached_property
    def lines_for_types(self) -> frozenset[int]:
        """The lines that only type checkers read: those below `if TYPE_CHECKING:`."""
        blocks = self._captured(_FOR_TYPES) if b"TYPE_CHECKING" in self._origin.data else []
        lines: set[int] = set()
        for block in blocks:
            first = block.start_point.row + 1
            if first not in lines:
                lines.update(range(first, block.end_point.row + 2))
        return frozenset(lines)

    def uses(self, attribute: str) -> tuple[Call | None, ...]:
        """Return the calls of an attribute of this name; None for each place that does not call it."""
        return tuple(calls_of(self._origin, self._attributes(attribute)))

    def calls(self, *names: str) -> tuple[PlacedCall, ...]:
        """Return the calls of these names, or of attributes of these names, with the functions around them."""
        found = {call.id: call for name in names for call in self._calls_of(name)}
        return tuple(placed_calls(self._origin, sorted(found.values(), key=_in_order)))

    def functions(self, *names: str) -> tuple[Function, ...]:
        """Return the functions and methods of these names, in order."""
        named = (node for name in names for node in self._tokens(name.encode(), "identifier"))
        found = [node.parent for node in named if _is_part(node, "function_definition", "name")]
        return tuple(Function(self._origin, node) for node in sorted(filter(None, found), key=_in_order))

    def decorated(self, attribute: str) -> tuple[Function, ...]:
        """Return the functions with a decorator that names an attribute, `@ocean.on_resync(...)`."""
        found = (_decorated_by(node) for node in self._attributes(attribute))
        return tuple(Function(self._origin, node) for node in found if node)

    def bare_decorators(self, attribute: str) -> Iterator[Location]:
        """Yield the decorators that are an attribute of this name, and no call of it."""
        for node in self._attributes(attribute):
            if node.parent is not None and node.parent.type == "decorator":
                yield self._origin.at(node)

    def bare_statements(self, attribute: str) -> Iterator[Location]:
        """Yield the statements that are an attribute of this name, awaited or not, and nothing else."""
        for node in self._attributes(attribute):
            around, name = node.parent, node.child_by_field_name("attribute")
            around = around.parent if around is not None and around.type == "await" else around
            if (
                name
                and around is not None
                and around.type == "expression_statement"
                and len(inner(around)) == 1
            ):
                yield self._origin.at(name)

    def look_ups(self, attribute: str) -> tuple[LookUp, ...]:
        """Return the look-ups by key in the mapping that an attribute of this name holds."""
        return tuple(look_ups(self._origin, self._attributes(attribute), partial(self._matches, BINDINGS)))

    def settings(self, *attributes: str) -> Iterator[tuple[str, str, Location]]:
        """Yield each assignment to an attribute of these names: what has it, its name, its place."""
        for name in attributes:
            for node in self._attributes(name):
                around, holder = node.parent, node.child_by_field_name("object")
                if (
                    holder
                    and around
                    and around.type == "assignment"
                    and around.child_by_field_name("left") == node
                ):
                    yield self._origin.text(holder), name, self._origin.at(node)

    def _attributes(self, name: str) -> list[Node]:
        if name not in self._found:
            self._found[name] = list(self._attributes_at(name.encode()))
        return self._found[name]

    def _attributes_at(self, name: bytes) -> Iterator[Node]:
        """Yield the attributes of a name."""
        for node in self._tokens(name, "identifier"):
            if node.parent and _is_part(node, "attribute", "attribute"):
                yield node.parent

    def _calls_of(self, name: str) -> Iterator[Node]:
        """Yield the calls of a name, or of attributes of this name."""
        for node in self._tokens(name.encode(), "identifier"):
            callee = node.parent if _is_part(node, "attribute", "attribute") else node
            if callee and callee.parent and _is_part(callee, "call", "function"):
                yield callee.parent

    def _around(self, word: bytes, *kinds: str) -> Iterator[Node]:
        """Yield the nodes of these kinds that hold this keyword, in the order of the text."""
        for node in self._tokens(word, word.decode()):
            if node.parent and node.parent.type in kinds:
                yield node.parent

    def _tokens(self, word: bytes, kind: str) -> Iterator[Node]:
        """Yield the nodes of a kind whose text is this word, found by where it stands in the text."""
        data = self._origin.data if self._root else b""
        start = data.find(word)
        while start >= 0 and self._root:
            stop = start + len(word)
            node = self._root.descendant_for_byte_range(start, stop)
            if node and node.type == kind and (node.start_byte, node.end_byte) == (start, stop):
                yield node
            start = data.find(word, stop)

    def _matches(self, pattern: str) -> Matches:
        from tree_sitter import QueryCursor

        return QueryCursor(python_syntax.query(pattern)).matches(self._root) if self._root else []

    def where(self, fault: Fault) -> Location:
        """Return the place of a fault."""
        return Location(self.path, fault.line, fault.column)

    def _captured(self, pattern: str) -> list[Node]:
        """Return the nodes that a pattern captures as "found", in the order of the text."""
        return python_syntax.captured(self._root, pattern) if self._root else []


_FOR_TYPES = (
    "((if_statement condition: [(identifier) @name (attribute attribute: (identifier) @name)] "
    'consequence: (block) @found) (#eq? @name "TYPE_CHECKING"))'
)
"""What stands below a test whether a type checker reads the file, in one pattern."""


def _is_part(node: Node, kind: str, part: str) -> bool:
    """Return whether a node is this part of a node of this kind."""
    around = node.parent
    return around is not None and around.type == kind and around.child_by_field_name(part) == node


def _in_order(node: Node) -> tuple[int, int]:
    """Return where a node stands in the text; of those that start at one place, the outer one comes first."""
    return node.start_byte, -node.end_byte


def _decorated_by(node: Node) -> Node | None:
    """Return the function whose decorator a node is part of."""
    around: Node | None = node
    while around is not None and around.type in ("attribute", "call", "argument_list"):
        around = around.parent
    decorated = around.parent if around is not None and around.type == "decorator" else None
    definition = decorated.child_by_field_name("definition") if decorated else None
    return definition if definition and definition.type == "function_definition" else None


def load(path: str, data: bytes) -> PythonSource:
    """Read a Python file."""
    try:
        text = decoded(data, MAX_BYTES).removeprefix(BOM)
        if text.count("\\\n") + text.count("\\\r") > MAX_CONTINUED:
            raise RefusedError(FaultKind.LIMIT, f"more than {MAX_CONTINUED:,} lines end in a backslash")
        if text.count("#") > FEW and _commented(text) > MAX_COMMENTED:
            raise RefusedError(FaultKind.LIMIT, "more lines of comments in a row than are read")
        origin, root = _parsed(path, text.encode())
        _refuse_faults(origin, root, text)
    except RefusedError as refusal:
        return broken(path, refusal.fault)
    return PythonSource(path, origin, root, ())


FEW = 500
"""So many comments never take long."""


def _commented(text: str) -> int:
    """Return the number of lines times that of characters in each block of comments and blank lines, all added up."""
    total = lines = size = 0
    for line in text.split("\n"):
        bare = line.lstrip()
        if bare and not bare.startswith("#"):
            total, lines, size = total + lines * size, 0, 0
        else:
            lines, size = lines + 1, size + len(line) + 1
    return total + lines * size


quiet = python_syntax.quiet


def broken(path: str, fault: Fault) -> PythonSource:
    """Return a Python file of which only this fault is known."""
    return PythonSource(path, Origin(path, b""), None, (fault,))


def _parsed(path: str, data: bytes) -> tuple[Origin, Node]:
    """Return a source and its tree; syntax that the parser does not know yet is read as older syntax."""
    root = python_syntax.parser().parse(data).root_node
    older = python_syntax.in_older_syntax(data) if root.has_error else data
    return Origin(path, older), root if older == data else python_syntax.parser().parse(older).root_node


def _refuse_faults(origin: Origin, root: Node, text: str) -> None:
    """Refuse code that is too large or too deep, but not broken code for that; CPython has limits of its own."""
    is_large = root.descendant_count > MAX_PARTS
    if not root.has_error and is_large:
        raise RefusedError(FaultKind.LIMIT, f"more than {MAX_PARTS:,} parts of speech")
    if not root.has_error and _is_deep(root):
        raise RefusedError(FaultKind.LIMIT, f"code is nested more than {MAX_NESTING} deep")
    fault = None if is_large else python_syntax.refusal(text, origin.data.decode(), root)
    if fault:
        raise RefusedError(fault.kind, fault.message, fault.line, fault.column)
    if root.has_error and python_syntax.compiles(text):
        raise RefusedError(FaultKind.LIMIT, "its syntax is newer than what is read here")
    if root.has_error:
        broken = _first_broken(root)
        where = origin.at(broken)
        lacking = f'"{broken.type}" is missing here' if broken.is_missing else "this is not Python"
        raise RefusedError(FaultKind.SYNTAX, lacking, where.line, where.column)


def _first_broken(node: Node) -> Node:
    """Return the first node that the grammar could not read, or had to add, or the nearest one around it."""
    while not (node.is_error or node.is_missing):
        inner = next((child for child in node.children if child.has_error or child.is_missing), None)
        if inner is None:
            return node
        node = inner
    return node


def _is_deep(root: Node) -> bool:
    """Return whether the tree is deeper than MAX_NESTING; branches with too few nodes for that are skipped."""
    level = [root]
    for left in range(MAX_NESTING, 0, -1):
        level = [child for node in level for child in node.children if child.descendant_count >= left]
        if not level:
            return False
    return True
