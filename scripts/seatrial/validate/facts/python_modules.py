"""The Python modules of an integration: the files that run in production, and the meaning of names in them.

Names are followed through imports; nothing of the files is executed.
"""

from __future__ import annotations

import builtins
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, islice
from typing import Any, TypeAlias, TypeVar

from seatrial.core.errors import Unreadable
from seatrial.core.model import Integration, Location
from seatrial.documents import python
from seatrial.documents.document import Fault, FaultKind
from seatrial.documents.python import Assignment, Class, Import, PythonSource
from seatrial.documents.syntax import Expression
from seatrial.validate.facts.tree import kept

T = TypeVar("T")

OUTSIDE = frozenset({"tests", "integration_tests", "examples", "changelog"})
"""Folders whose Python is not part of what the integration does."""

MAX_STEPS = 12
"""Most imports and aliases through which a name is followed; real names take up to 4."""

MAX_ANCESTORS = 100
"""Most ancestors with which a class is followed; real classes have up to 6."""

MAX_DEPTH = 8
"""Types nested deeper than this are not read; real ones are up to 4 deep."""

_ENCODING = re.compile(rb"(?:[^\n]*\n)?[ \t\f]*#[^\n]*coding[=:][ \t]*([-\w.]+)")
"""The declaration of an encoding in the first two lines, as in PEP 263."""

_CHOICES = frozenset({"Literal", "Optional", "Union"})
_CONTAINERS = frozenset({"Optional", "Union", "list", "List", "Sequence", "set", "Set", "tuple", "Tuple"})


class PythonFiles:
    """Every `.py` file without tests, examples, hidden folders and left-overs of tools; read when first needed."""

    def __init__(self, integration: Integration) -> None:
        self._integration = integration
        self._data: dict[str, bytes] = {}
        self._sources: dict[str, PythonSource] = {}
        self._with: dict[bytes, frozenset[int]] = {}
        irregular = set(integration.irregular())
        paths = (path for path in kept(integration.paths()) if _is_production(path))
        self.paths = tuple(path for path in paths if path not in irregular or integration.has(path))

    def data(self, path: str) -> bytes:
        """The bytes of a file; none where it cannot be read or is too large."""
        if path not in self._data:
            self._data[path] = self._read(path)
        return self._data[path]

    def held(self, path: str) -> bytes | None:
        """The bytes of a file that was read already, and not refused; None for any other."""
        return self._data.get(path) or None

    def _read(self, path: str) -> bytes:
        try:
            data = self._integration.read(path)
        except Unreadable as reason:
            self._sources[path] = python.broken(path, Fault(FaultKind.UNREADABLE, str(reason)))
            return b""
        if len(data) > python.MAX_BYTES:
            self._sources[path] = python.load(path, data)
            return b""
        return data

    def source(self, path: str) -> PythonSource:
        """The parsed file."""
        data = self.data(path)
        if path not in self._sources:
            self._sources[path] = python.load(path, data)
        return self._sources[path]

    def faults(self) -> Iterator[tuple[Fault, Location]]:
        """The first fault of each file that cannot be read or parsed."""
        with python.quiet():
            sources = [self.source(path) for path in self.paths]
        for source in sources:
            yield from ((fault, source.where(fault)) for fault in source.faults[:1])

    def is_conflicted(self, path: str) -> bool:
        """True where a merge left conflict markers in a file."""
        return b"<<<<<<< " in self.data(path) or b">>>>>>> " in self.data(path)

    def is_encoded(self, path: str) -> bool:
        """True where a file declares another encoding than UTF-8."""
        declared = _ENCODING.match(self.data(path))
        return declared is not None and declared[1].lower().replace(b"_", b"-") not in (b"utf-8", b"utf8")

    def holding(self, *words: bytes) -> tuple[str, ...]:
        """The files that hold one of these words, in code or elsewhere."""
        found = sorted(set[int]().union(*map(self._files_with, words)))
        return tuple(self.paths[index] for index in found)

    def _files_with(self, word: bytes) -> frozenset[int]:
        """The numbers of the files that hold a word, found once."""
        if word not in self._with:
            self._with[word] = frozenset(self._found(word))
        return self._with[word]

    def _found(self, word: bytes) -> Iterator[int]:
        place = self._joined.find(word)
        while place >= 0:
            index = bisect_right(self._starts, place) - 1
            yield index
            place = self._joined.find(word, self._starts[index + 1])

    @cached_property
    def _joined(self) -> bytes:
        """All files, one after the other."""
        return b"".join(self.data(path) + b"\n" for path in self.paths)

    @cached_property
    def _starts(self) -> list[int]:
        """The index in `_joined` at which each file begins, and the index at which the last one ends."""
        return [0, *accumulate(len(self.data(path)) + 1 for path in self.paths)]

    def module(self, imported: Import, importer: str) -> str | None:
        """The file of the module that an import names; None where the integration has none."""
        return next((path for path in imported.files(importer) if path in self._known), None)

    def submodule(self, imported: Import, importer: str) -> str | None:
        """The file of the imported name, where that is itself a module of the integration."""
        dotted = ".".join(filter(None, (imported.module, imported.name)))
        return self.module(replace(imported, module=dotted), importer)

    def at(self, dotted: str) -> str | None:
        """The file of a module of the integration, by its full name."""
        stem = dotted.replace(".", "/")
        return next((path for path in (f"{stem}.py", f"{stem}/__init__.py") if path in self._known), None)

    def owns(self, module: str) -> bool:
        """True where a module of this name is, or is below, a module of the integration."""
        return module.partition(".")[0] in self._packages

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.paths)

    @cached_property
    def _packages(self) -> frozenset[str]:
        return frozenset(path.partition("/")[0].removesuffix(".py") for path in self.paths)


def _is_production(path: str) -> bool:
    *folders, name = path.split("/")
    return name.endswith(".py") and not any(one in OUTSIDE or one.startswith(".") for one in folders)


class Module:
    """The names that a file binds at its top level, and its classes by their qualified names.

    A name with two different bindings is left out.
    """

    def __init__(self, source: PythonSource) -> None:
        self._source = source

    @cached_property
    def classes(self) -> Mapping[str, LocalClass]:
        """Every class outside of functions, `Outer.Inner` too."""
        return _unique(
            (one.qualified_name, LocalClass(one, self._source.path)) for one in self._source.classes
        )

    @cached_property
    def assignments(self) -> Mapping[str, Assignment]:
        """The assignments by name."""
        return _unique((one.name, one) for one in self._source.assignments if one.value)

    @cached_property
    def imports(self) -> Mapping[str, Import]:
        """The imports by the name they bind, those in functions too."""
        found = {(one.bound, one.module, one.name, one.level): one for one in self._source.imports}
        return _unique((one.bound, one) for one in found.values())

    @cached_property
    def stars(self) -> tuple[Import, ...]:
        """The imports of all names of a module."""
        return tuple(one for one in self._source.imports if one.name == "*")


@dataclass(frozen=True, eq=False)
class LocalClass:
    """A class of the integration."""

    definition: Class
    path: str

    @cached_property
    def assignments(self) -> Mapping[str, Assignment]:
        """The assignments and declarations of its body."""
        return {one.name: one for one in self.definition.assignments}

    @property
    def inside(self) -> Scope:
        """The scope of the names in its body."""
        return Scope(self.path, self)


@dataclass(frozen=True)
class Scope:
    """The scope of a name: a module, or the body of one of its classes."""

    path: str
    owner: LocalClass | None = None


@dataclass(frozen=True)
class AssignedValue:
    """The expression assigned to a name, and its scope."""

    expression: Expression
    scope: Scope


@dataclass(frozen=True)
class ExternalName:
    """An object of another package or of Python itself, by its full name."""

    name: str

    @property
    def last(self) -> str:
        """Its own name, without the module's."""
        return self.name.rpartition(".")[2]


Type: TypeAlias = LocalClass | ExternalName
Meaning: TypeAlias = LocalClass | AssignedValue | ExternalName

TEXT = ExternalName("builtins.str")


@dataclass(frozen=True)
class Lineage:
    """A class and its ancestors, nearest first; `whole` unless a base has no known meaning."""

    local: tuple[LocalClass, ...]
    external: tuple[ExternalName, ...]
    whole: bool


class Names:
    """The meanings of names, worked out once; a name that leads back to itself has none."""

    def __init__(self, files: PythonFiles) -> None:
        self.files = files
        self._modules: dict[str, Module] = {}
        self._kept: dict[Any, Any] = {}
        self._steps = 0

    def module(self, path: str) -> Module:
        """The definitions of the file at `path`."""
        if path not in self._modules:
            self._modules[path] = Module(self.files.source(path))
        return self._modules[path]

    def meaning(self, name: str, scope: Scope) -> Meaning | None:
        """The meaning of a dotted name; None where it is unknown."""
        return self.keep(("meaning", name, scope), lambda: self._look_up(name, scope))

    def field(self, local: LocalClass, name: str) -> tuple[Assignment, Scope] | None:
        """The assignment or declaration of `name` in a class; inherited only where all bases are known."""
        lineage = self.lineage(local)
        for one in lineage.local if lineage.whole else (local,):
            if name in one.assignments:
                return one.assignments[name], one.inside
        return None

    def lineage(self, local: LocalClass) -> Lineage:
        """The class and its ancestors in the order in which Python searches them."""
        return self.keep(("lineage", local), lambda: self._lineage(local)) or Lineage(
            (local,), (), whole=False
        )

    def texts(
        self, expression: Expression | None, scope: Scope, depth: int = MAX_DEPTH
    ) -> frozenset[str] | None:
        """The texts of a constant or a `Literal[...]`; None where one of them is unknown."""
        if expression is None or depth == 0:
            return None
        if expression.string is not None:
            return frozenset({expression.string})
        if expression.name:
            question = ("texts", expression.name, scope)
            return self.keep(question, lambda: self._texts_named(expression, scope, depth))
        if not _is_one_of(expression, _CHOICES):
            return None
        return _joined(self.texts(member, scope, depth - 1) for member in members_of(expression))

    def places(
        self, expression: Expression | None, scope: Scope, depth: int = MAX_DEPTH
    ) -> Iterator[tuple[str, Location]]:
        """The texts that `texts` finds, each with the place at which it is written."""
        if expression is None or depth == 0:
            return
        if expression.string is not None:
            yield expression.string, expression.where
        elif expression.name:
            found = self.meaning(expression.name, scope)
            if isinstance(found, AssignedValue):
                yield from self.places(found.expression, found.scope, depth - 1)
        elif _is_one_of(expression, _CHOICES):
            for member in members_of(expression):
                yield from self.places(member, scope, depth - 1)

    def types(
        self, expression: Expression | None, scope: Scope, depth: int = MAX_DEPTH
    ) -> frozenset[Type] | None:
        """The classes in a type, those in lists and unions too; None where one of them is unknown."""
        if expression is None or depth == 0:
            return None
        if expression.text == "None":
            return frozenset()
        if expression.string is not None:
            return self.types(annotation_in(expression.string), scope, depth - 1)
        if expression.name:
            question = ("types", expression.name, scope)
            return self.keep(question, lambda: self._types_named(expression, scope, depth))
        if _is_one_of(expression, _CONTAINERS):
            return _joined(self.types(member, scope, depth - 1) for member in members_of(expression))
        return self._types_subscripted(expression, scope, depth)

    def keep(self, question: Any, answer: Callable[[], T]) -> T | None:
        """The answer, worked out once; None while it is being worked out, and after MAX_STEPS nested questions."""
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
        builtin = ExternalName(f"builtins.{name}") if hasattr(builtins, first) else None
        return self._starred(name, scope.path) or builtin

    def _of_class(self, owner: LocalClass, name: str) -> Meaning | None:
        """The meaning of a name that the body of a class defines."""
        inner = self.module(owner.path).classes.get(f"{owner.definition.qualified_name}.{name}")
        if inner or name not in owner.assignments:
            return inner
        return _value(owner.assignments[name], owner.inside)

    def _member(self, found: Meaning | None, rest: str) -> Meaning | None:
        """The meaning of `rest` inside of another meaning."""
        if not rest or found is None:
            return found
        if isinstance(found, ExternalName):
            return ExternalName(f"{found.name}.{rest}")
        if isinstance(found, AssignedValue):
            name = found.expression.name
            return self.meaning(f"{name}.{rest}", found.scope) if name else None
        first, _, more = rest.partition(".")
        for one in self.lineage(found).local:
            if inner := self._of_class(one, first):
                return (
                    inner
                    if isinstance(inner, AssignedValue) and more == "value"
                    else self._member(inner, more)
                )
        return None

    def _imported(self, imported: Import, rest: str, importer: str) -> Meaning | None:
        if imported.name is None:
            is_first = imported.module.startswith(f"{imported.bound}.")
            return self._of_module(imported.bound if is_first else imported.module, rest)
        path = self.files.module(imported, importer)
        if path and (inside := self.meaning(imported.name, Scope(path))):
            return self._member(inside, rest)
        if below := self.files.submodule(imported, importer):
            return self.meaning(rest, Scope(below)) if rest else None
        if path or imported.level or self.files.owns(imported.module):
            return None
        return ExternalName(".".join(filter(None, (imported.module, imported.name, rest))))

    def _of_module(self, module: str, rest: str) -> Meaning | None:
        """The meaning of `rest` in an imported module, or in a module below it."""
        if not self.files.owns(module):
            return ExternalName(f"{module}.{rest}")
        names = rest.split(".")
        for count in range(len(names)):
            path = self.files.at(".".join([module, *names[:count]]))
            if path and (found := self.meaning(".".join(names[count:]), Scope(path))):
                return found
        return None

    def _starred(self, name: str, importer: str) -> Meaning | None:
        for star in self.module(importer).stars:
            path = self.files.module(star, importer)
            if path and (found := self.meaning(name, Scope(path))):
                return found
        return None

    def _lineage(self, local: LocalClass) -> Lineage:
        found = list(islice(self._ancestors(local, MAX_STEPS), MAX_ANCESTORS))
        classes = [one for index, one in enumerate(found) if one not in found[index + 1 :]]
        return Lineage(
            local=tuple(one for one in classes if isinstance(one, LocalClass)),
            external=tuple(one for one in classes if isinstance(one, ExternalName)),
            whole=None not in found and len(found) < MAX_ANCESTORS,
        )

    def _ancestors(self, local: LocalClass, depth: int) -> Iterator[Type | None]:
        """The class, then its bases depth first, some of them repeatedly; None for an unknown one."""
        yield local
        for base in local.definition.bases:
            name = base.subscript.value.name if base.subscript else base.name
            found = self._class_named(name, local.path) if name and depth else None
            yield from self._ancestors(found, depth - 1) if isinstance(found, LocalClass) else (found,)

    def _class_named(self, name: str, path: str) -> Type | None:
        """The class of a name, or of the name that it is an alias of."""
        found = self.meaning(name, Scope(path))
        if isinstance(found, AssignedValue) and found.expression.name:
            found = self.meaning(found.expression.name, found.scope)
        return None if isinstance(found, AssignedValue) else found

    def _texts_named(self, expression: Expression, scope: Scope, depth: int) -> frozenset[str] | None:
        found = self.meaning(expression.name or "", scope)
        return self.texts(found.expression, found.scope, depth) if isinstance(found, AssignedValue) else None

    def _types_named(self, expression: Expression, scope: Scope, depth: int) -> frozenset[Type] | None:
        found = self.meaning(expression.name or "", scope)
        if isinstance(found, AssignedValue):
            return self.types(found.expression, found.scope, depth)
        return None if found is None else frozenset({found})

    def _types_subscripted(self, expression: Expression, scope: Scope, depth: int) -> frozenset[Type] | None:
        if expression.subscript is None:
            return None
        base = base_of(expression)
        if base == "Literal":
            return frozenset({TEXT})
        inner = expression.subscript.keys[:1] if base == "Annotated" else (expression.subscript.value,)
        return self.types(inner[0], scope, depth - 1) if inner else None


def _unique(pairs: Iterable[tuple[str, T]]) -> dict[str, T]:
    """The values whose key occurs once."""
    found = list(pairs)
    counts = Counter(key for key, _ in found)
    return {key: value for key, value in found if counts[key] == 1}


def _value(assignment: Assignment, scope: Scope) -> AssignedValue | None:
    return AssignedValue(assignment.value, scope) if assignment.value else None


def _joined(found: Iterable[frozenset[T] | None]) -> frozenset[T] | None:
    """The union of all sets; None where one of them is None."""
    known: set[T] = set()
    for some in found:
        if some is None:
            return None
        known |= some
    return frozenset(known)


def _is_one_of(expression: Expression, bases: frozenset[str]) -> bool:
    """True for a union, and for a subscript of one of these."""
    return expression.is_union or (expression.subscript is not None and base_of(expression) in bases)


def members_of(expression: Expression) -> Iterator[Expression]:
    """The members of a union in order, or the keys of a subscript."""
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


def base_of(expression: Expression) -> str:
    """The name of the subscripted class, without the module's."""
    name = expression.subscript.value.name if expression.subscript else None
    return (name or "").rpartition(".")[2]


def annotation_in(text: str) -> Expression | None:
    """The type that a text holds."""
    declared = python.load("", f"_: {text}".encode()).assignments
    return declared[0].annotation if declared else None
