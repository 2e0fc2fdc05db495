"""What names mean across the modules of an integration, followed through imports without running anything.

What types and constants stand for: the texts of a `Literal`, the classes of a union.
"""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, TypeAlias, TypeVar

from seatrial.documents import python
from seatrial.documents.python import Assignment, Class, Import, PythonSource
from seatrial.documents.syntax import Expression
from seatrial.validate.facts.python_files import PythonFiles

T = TypeVar("T")

MAX_STEPS = 12
"""A name that leads through more imports and aliases than this is not followed; real ones take up to 4."""

MAX_ANCESTORS = 100
"""Classes with more ancestors than this are not followed; real ones have up to 6."""


class Module:
    """The names that a file binds at its top, and its classes by the names from there.

    What is bound to one name twice and differently is left out.
    """

    def __init__(self, source: PythonSource) -> None:
        self._source = source

    @cached_property
    def classes(self) -> Mapping[str, Own]:
        """Every class that is not inside of a function, `Outer.Inner` too."""
        return _unique((one.qualified_name, Own(one, self._source.path)) for one in self._source.classes)

    @cached_property
    def assignments(self) -> Mapping[str, Assignment]:
        """What is assigned to the names."""
        return _unique((one.name, one) for one in self._source.assignments if one.value)

    @cached_property
    def imports(self) -> Mapping[str, Import]:
        """What is imported, in functions too."""
        found = {(one.bound, one.module, one.name, one.level): one for one in self._source.imports}
        return _unique((one.bound, one) for one in found.values())

    @cached_property
    def stars(self) -> tuple[Import, ...]:
        """What it imports all names of."""
        return tuple(one for one in self._source.imports if one.name == "*")


@dataclass(frozen=True, eq=False)
class Own:
    """A class of the integration."""

    definition: Class
    path: str

    @cached_property
    def assignments(self) -> Mapping[str, Assignment]:
        """What its body assigns and declares."""
        return {one.name: one for one in self.definition.assignments}

    @property
    def inside(self) -> Scope:
        """Where the names in its body stand."""
        return Scope(self.path, self)


@dataclass(frozen=True)
class Scope:
    """Where a name stands: in a module, or in the body of one of its classes."""

    path: str
    owner: Own | None = None


@dataclass(frozen=True)
class Value:
    """What is assigned to a name, and where that stands."""

    expression: Expression
    scope: Scope


@dataclass(frozen=True)
class Foreign:
    """Something of another package or of Python itself, by its full name."""

    name: str

    @property
    def last(self) -> str:
        """Its own name."""
        return self.name.rpartition(".")[2]


Meaning: TypeAlias = Own | Value | Foreign


@dataclass(frozen=True)
class Lineage:
    """A class and its ancestors, nearest first; `whole` unless a base means nothing to us."""

    own: tuple[Own, ...]
    foreign: tuple[Foreign, ...]
    whole: bool


class Names:
    """Answers are worked out once; a name that leads back to itself means nothing."""

    def __init__(self, files: PythonFiles) -> None:
        self.files = files
        self._modules: dict[str, Module] = {}
        self._kept: dict[Any, Any] = {}
        self._steps = 0

    def module(self, path: str) -> Module:
        """What the file at `path` defines."""
        if path not in self._modules:
            self._modules[path] = Module(self.files.source(path))
        return self._modules[path]

    def meaning(self, name: str, scope: Scope) -> Meaning | None:
        """What a dotted name means; None where that cannot be told."""
        return self.keep(("meaning", name, scope), lambda: self._look_up(name, scope))

    def field(self, own: Own, name: str) -> tuple[Assignment, Scope] | None:
        """What a class assigns to or declares of `name`; inherited only where all bases are known."""
        lineage = self.lineage(own)
        for one in lineage.own if lineage.whole else (own,):
            if name in one.assignments:
                return one.assignments[name], one.inside
        return None

    def lineage(self, own: Own) -> Lineage:
        """The class and its ancestors in the order in which Python looks through them."""
        return self.keep(("lineage", own), lambda: self._lineage(own)) or Lineage((own,), (), whole=False)

    def keep(self, question: Any, answer: Callable[[], T]) -> T | None:
        """The answer, worked out once; None while it is being worked out, and after MAX_STEPS on the way."""
        if question not in self._kept:
            if self._steps == MAX_STEPS:
                return None
            self._kept[question] = None
            self._steps += 1
            self._kept[question] = answer()
            self._steps -= 1
        return self._kept[question]  # type: ignore[no-any-return]

    def _look_up(self, name: str, scope: Scope) -> Meaning | None:
        first, _, rest = name.partition(".")
        module = self.module(scope.path)
        if scope.owner and (found := self._of_class(scope.owner, first)):
            return self._member(found, rest)
        if first in module.classes:
            return self._member(module.classes[first], rest)
        if first in module.assignments:
            return self._member(_value(module.assignments[first], Scope(scope.path)), rest)
        if first in module.imports:
            return self._imported(module.imports[first], rest, scope.path)
        return self._starred(name, scope.path) or _builtin(name)

    def _of_class(self, owner: Own, name: str) -> Meaning | None:
        """What the body of a class defines."""
        inner = self.module(owner.path).classes.get(f"{owner.definition.qualified_name}.{name}")
        if inner or name not in owner.assignments:
            return inner
        return _value(owner.assignments[name], owner.inside)

    def _member(self, found: Meaning | None, rest: str) -> Meaning | None:
        """What `rest` names inside of what was found."""
        if not rest or found is None:
            return found
        if isinstance(found, Foreign):
            return Foreign(f"{found.name}.{rest}")
        if isinstance(found, Value):
            name = found.expression.name
            return self.meaning(f"{name}.{rest}", found.scope) if name else None
        first, _, more = rest.partition(".")
        for one in self.lineage(found).own:
            if inner := self._of_class(one, first):
                return inner if isinstance(inner, Value) and more == "value" else self._member(inner, more)
        return None

    def _imported(self, imported: Import, rest: str, importer: str) -> Meaning | None:
        if imported.name is None:
            is_first = imported.module.startswith(f"{imported.bound}.")
            return self._of_module(imported.bound if is_first else imported.module, rest)
        path = self.files.module(imported, importer)
        inside = self.meaning(imported.name, Scope(path)) if path else None
        if inside:
            return self._member(inside, rest)
        below = self.files.submodule(imported, importer)
        if below:
            return self.meaning(rest, Scope(below)) if rest else None
        if path or imported.level or self.files.owns(imported.module):
            return None
        return Foreign(".".join(filter(None, (imported.module, imported.name, rest))))

    def _of_module(self, module: str, rest: str) -> Meaning | None:
        """What `rest` names in an imported module, or in a module below it."""
        if not self.files.owns(module):
            return Foreign(f"{module}.{rest}")
        names = rest.split(".")
        for count in range(len(names)):
            path = self.files.at(".".join([module, *names[:count]]))
            found = self.meaning(".".join(names[count:]), Scope(path)) if path else None
            if found:
                return found
        return None

    def _starred(self, name: str, importer: str) -> Meaning | None:
        for star in self.module(importer).stars:
            path = self.files.module(star, importer)
            found = self.meaning(name, Scope(path)) if path else None
            if found:
                return found
        return None

    def _lineage(self, own: Own) -> Lineage:
        found = list(islice(self._ancestors(own, MAX_STEPS), MAX_ANCESTORS))
        classes = [one for index, one in enumerate(found) if one not in found[index + 1 :]]
        whole = None not in found and len(found) < MAX_ANCESTORS
        return Lineage(
            tuple(one for one in classes if isinstance(one, Own)),
            tuple(one for one in classes if isinstance(one, Foreign)),
            whole,
        )

    def _ancestors(self, own: Own, depth: int) -> Iterator[Own | Foreign | None]:
        """The class, then its bases depth first, some of them repeatedly; None for an unknown one."""
        yield own
        for base in own.definition.bases:
            name = base.subscript.value.name if base.subscript else base.name
            found = self._class_named(name, own.path) if name and depth else None
            yield from self._ancestors(found, depth - 1) if isinstance(found, Own) else (found,)

    def _class_named(self, name: str, path: str) -> Own | Foreign | None:
        """The class of a name, or of the name it is an alias of."""
        found = self.meaning(name, Scope(path))
        if isinstance(found, Value) and found.expression.name:
            found = self.meaning(found.expression.name, found.scope)
        return None if isinstance(found, Value) else found


def _unique(pairs: Iterable[tuple[str, T]]) -> dict[str, T]:
    """The values whose key occurs once."""
    found = list(pairs)
    counts = Counter(key for key, _ in found)
    return {key: value for key, value in found if counts[key] == 1}


def _value(assignment: Assignment, scope: Scope) -> Value | None:
    return Value(assignment.value, scope) if assignment.value else None


def _builtin(name: str) -> Foreign | None:
    return Foreign(f"builtins.{name}") if hasattr(builtins, name.partition(".")[0]) else None


Type: TypeAlias = Own | Foreign

MAX_DEPTH = 8
"""Types nested deeper than this are not read; real ones are up to 4 deep."""

TEXT = Foreign("builtins.str")

_CHOICES = frozenset({"Literal", "Optional", "Union"})
_CONTAINERS = frozenset({"Optional", "Union", "list", "List", "Sequence", "set", "Set", "tuple", "Tuple"})


def texts(
    names: Names, expression: Expression | None, scope: Scope, depth: int = MAX_DEPTH
) -> frozenset[str] | None:
    """The texts that an expression or a `Literal[...]` stands for; None where any of them is unknown."""
    if expression is None or depth == 0:
        return None
    if expression.string is not None:
        return frozenset({expression.string})
    if expression.name:
        return names.keep(
            ("texts", expression.name, scope), lambda: _texts_named(names, expression, scope, depth)
        )
    if not _is_one_of(expression, _CHOICES):
        return None
    return _joined(texts(names, member, scope, depth - 1) for member in _members(expression))


def _texts_named(names: Names, expression: Expression, scope: Scope, depth: int) -> frozenset[str] | None:
    found = names.meaning(expression.name or "", scope)
    return texts(names, found.expression, found.scope, depth) if isinstance(found, Value) else None


def types(
    names: Names, expression: Expression | None, scope: Scope, depth: int = MAX_DEPTH
) -> frozenset[Type] | None:
    """The classes a type is made of, those in lists and unions too; None where any of them is unknown."""
    if expression is None or depth == 0:
        return None
    if expression.text == "None":
        return frozenset()
    if expression.string is not None:
        return types(names, _written(expression.string), scope, depth - 1)
    if expression.name:
        return names.keep(
            ("types", expression.name, scope), lambda: _types_named(names, expression, scope, depth)
        )
    if _is_one_of(expression, _CONTAINERS):
        return _joined(types(names, member, scope, depth - 1) for member in _members(expression))
    return _types_subscripted(names, expression, scope, depth)


def _types_named(names: Names, expression: Expression, scope: Scope, depth: int) -> frozenset[Type] | None:
    found = names.meaning(expression.name or "", scope)
    if isinstance(found, Value):
        return types(names, found.expression, found.scope, depth)
    return None if found is None else frozenset({found})


def _types_subscripted(
    names: Names, expression: Expression, scope: Scope, depth: int
) -> frozenset[Type] | None:
    if expression.subscript is None:
        return None
    base = _last(expression)
    if base == "Literal":
        return frozenset({TEXT})
    inner = expression.subscript.keys[:1] if base == "Annotated" else (expression.subscript.value,)
    return types(names, inner[0], scope, depth - 1) if inner else None


def _joined(found: Iterable[frozenset[T] | None]) -> frozenset[T] | None:
    """All of them; None where one is."""
    known: set[T] = set()
    for some in found:
        if some is None:
            return None
        known |= some
    return frozenset(known)


def _is_one_of(expression: Expression, bases: frozenset[str]) -> bool:
    """Whether it is a union, or a subscript of one of these."""
    return expression.is_union or (expression.subscript is not None and _last(expression) in bases)


def _members(expression: Expression) -> Iterator[Expression]:
    """The members of a union in order, or what a subscript holds."""
    if expression.subscript:
        yield from expression.subscript.keys
        return
    pending = [expression]
    while pending:
        one = pending.pop()
        if one.is_union:
            pending.extend(reversed(one.items))
        else:
            yield one


def _last(expression: Expression) -> str:
    name = expression.subscript.value.name if expression.subscript else None
    return (name or "").rpartition(".")[2]


def _written(annotation: str) -> Expression | None:
    """The type that is written as a text."""
    declared = python.load("", f"_: {annotation}".encode()).assignments
    return declared[0].annotation if declared else None
