"""The classes that the integration hands to Ocean as `CONFIG_CLASS`, seen as Ocean's own gate sees them.

The gate is `ocean port-app-config schema`, in port_ocean/core/handlers/port_app_config/validators.py. What it would
find only by running the code is left out here: a class, a type or a value that is not written down is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from seatrial.core.model import Location
from seatrial.documents.python import Assignment
from seatrial.documents.syntax import Call, Expression
from seatrial.validate.facts.python_models import (
    FRAMEWORK,
    Scalar,
    declared_fields,
    field_calls,
    literal_values,
)
from seatrial.validate.facts.python_modules import (
    MAX_DEPTH,
    TEXT,
    AssignedValue,
    ExternalName,
    LocalClass,
    Names,
    Scope,
    Type,
    annotation_in,
    base_of,
    members_of,
)

_UNIONS = frozenset({"Optional", "Union"})
_LISTS = frozenset({"list", "List"})
_PLAIN = frozenset({"str", "int", "bool", "float", "str | None", "int | None", "bool | None", "list[str]"})
_PACKAGE = "port_ocean."

MOST_COMPARED = 500
"""The most classes of a mapping that are compared with each other; the largest real one has 36."""


@dataclass(frozen=True)
class KindOf:
    """The kind that a resource class declares, and its place.

    `values` are those of its Literal; empty where it is `str` (`takes_any`) or another type (`other` is its text).
    """

    owner: LocalClass
    where: Location
    values: tuple[Scalar, ...] = ()
    takes_any: bool = False
    other: str = ""


@dataclass(frozen=True)
class BareField:
    """A field that lacks a title, a description or both: `missing` names them."""

    owner: LocalClass
    name: str
    where: Location
    missing: tuple[str, ...]


@dataclass(frozen=True)
class RequiredField:
    """A field of a selector without a default, and its place."""

    owner: LocalClass
    name: str
    where: Location


@dataclass(frozen=True)
class ConfigClass:
    """A class that the integration hands to Ocean as `CONFIG_CLASS`."""

    names: Names
    local: LocalClass

    @property
    def name(self) -> str:
        """Its name."""
        return self.local.definition.name

    @cached_property
    def allows_custom_kinds(self) -> bool:
        """False where it does not allow `kind: str`; True where it does, or where that is unknown."""
        declared = self.names.field(self.local, "allow_custom_kinds")
        if declared is None:
            return not self.names.lineage(self.local).whole
        return declared[0].value is None or declared[0].value.text != "False"

    @cached_property
    def kinds(self) -> Sequence[KindOf]:
        """The kinds of its resource classes in the order of the union; those that are unknown are left out."""
        found = (_kind_of(self.names, one) for one in self.resource_classes if isinstance(one, LocalClass))
        return [kind for kind in found if kind]

    @cached_property
    def resource_classes(self) -> Sequence[Type]:
        """The classes of its resources in the order of the union; empty where one of them is unknown."""
        declared = self.names.field(self.local, "resources")
        annotation = declared[0].annotation if declared else None
        if declared is None or annotation is None:
            return ()
        inside = _list_item(self.names, annotation, declared[1])
        return _union(self.names, *inside) or () if inside else ()

    @property
    def resources_are_no_list(self) -> bool:
        """True where the type of its resources is surely a class, or a union of classes."""
        declared = self.names.field(self.local, "resources")
        annotation = declared[0].annotation if declared else None
        found = _union(self.names, annotation, declared[1]) if declared and annotation else None
        return bool(found) and all(
            isinstance(one, LocalClass) and _descends(self.names, one, "ResourceConfig")
            for one in found or ()
        )

    def bare_fields(self) -> Iterator[BareField]:
        """The fields without title or description, of this class and of all models that its fields lead to."""
        pending: list[LocalClass] = [self.local]
        seen: set[LocalClass] = set()
        while pending:
            local = pending.pop(0)
            if local in seen:
                continue
            seen.add(local)
            if not self.names.lineage(local).whole or not _is_model(self.names, local):
                continue
            for declared, scope in declared_fields(self.names, local):
                yield from self._bare(local, declared, scope)
                pending += self._nested(declared, scope)

    def required_selector_fields(self) -> Iterator[RequiredField]:
        """The fields of selectors that every mapping has to state."""
        seen: set[Location] = set()
        for one in self.resource_classes:
            declared = self.names.field(one, "selector") if isinstance(one, LocalClass) else None
            found = (
                declared
                and declared[0].annotation
                and _union(self.names, declared[0].annotation, declared[1])
            )
            for local in found or ():
                if isinstance(local, LocalClass) and self.names.lineage(local).whole:
                    yield from _required(self.names, local, seen)

    def _bare(self, local: LocalClass, declared: Assignment, scope: Scope) -> Iterator[BareField]:
        missing = _missing(self.names, declared, scope)
        if missing and declared.annotation and not self._narrows(declared.annotation, scope):
            yield BareField(local, declared.name, declared.where, missing)

    def _narrows(self, annotation: Expression, scope: Scope) -> bool:
        """True for a selector and for a list of resource classes, which need no title; and where that is unknown."""
        names = self.names
        item = _list_item(names, annotation, scope)
        found = _union(names, *(item or (annotation, scope)))
        base = "ResourceConfig" if item else "Selector"
        if not found or (item is None and len(found) > 1):
            return False
        return all(_descends(names, one, base) for one in found)

    def _nested(self, declared: Assignment, scope: Scope) -> Sequence[LocalClass]:
        if declared.annotation is None or declared.annotation.text in _PLAIN:
            return ()
        item = _list_item(self.names, declared.annotation, scope)
        found = _union(self.names, *(item or (declared.annotation, scope)), strict=False) or ()
        return [one for one in found if isinstance(one, LocalClass)]


def misnamed(configs: Sequence[ConfigClass], lacking: Collection[str]) -> Mapping[str, KindOf]:
    """The kinds among these, of which no class is, that a class with the kind of another was probably to have.

    Each with what that class has instead. The class is the one named after the kind, else the last of the two where
    one kind is lacking.
    """
    found: dict[str, KindOf] = {}
    for same in _of_one_kind(configs):
        own = str(same[0].values[0])
        meant = {kind: one for kind in lacking for one in same if _is_named(one, kind, own)}
        if not meant and len(lacking) == 1 and len(same) > 1:
            meant = dict.fromkeys(lacking, same[-1])
        if len({one.owner for one in meant.values()}) == len(meant) < len(same):
            found |= meant
    return found


def _of_one_kind(configs: Sequence[ConfigClass]) -> Iterator[list[KindOf]]:
    """Yield the classes of the same kind, of each kind that several classes of a mapping have."""
    for config in configs:
        by_value: dict[Scalar, list[KindOf]] = {}
        for one in config.kinds if len(config.kinds) <= MOST_COMPARED else ():
            if len(one.values) == 1 and all(
                one.owner is not other.owner for other in by_value.get(one.values[0], ())
            ):
                by_value.setdefault(one.values[0], []).append(one)
        yield from (same for same in by_value.values() if len(same) > 1)


def _is_named(one: KindOf, kind: str, own: str) -> bool:
    """Return whether a class is named after a kind, and not rather after the one that it has."""
    name, kind, own = (_letters(text) for text in (one.owner.definition.name, kind, own))
    return bool(kind) and kind in name and (own not in name or len(own) < len(kind))


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _required(names: Names, local: LocalClass, seen: set[Location]) -> Iterator[RequiredField]:
    for declared, scope in declared_fields(names, local):
        is_new = declared.where not in seen and declared.name not in FRAMEWORK["Selector"]
        if is_new and _is_required(names, declared, scope):
            yield RequiredField(local, declared.name, declared.where)
        seen.add(declared.where)


def _is_required(names: Names, declared: Assignment, scope: Scope) -> bool:
    """True where a field has no default and does not take None; False where that is unknown."""
    calls = list(field_calls(declared))
    if declared.annotation is None or (declared.value is not None and not calls):
        return False
    for call in calls:
        first = next(iter(call.arguments), None)
        has_default = {"default", "default_factory"} & call.keywords.keys() or (first and first.text != "...")
        if has_default or call.is_open:
            return False
    return _takes_none(names, declared.annotation, scope) is False


def _takes_none(names: Names, annotation: Expression, scope: Scope) -> bool | None:
    """Whether a type takes None; None where it is unknown."""
    found = _followed(names, annotation, scope)
    if found is None or found[0].call:
        return None
    expression, _ = found
    if base_of(expression) in ("Optional", "Annotated", "Any") or expression.name in ("Any", "typing.Any"):
        return True
    is_union = expression.is_union or base_of(expression) == "Union"
    return is_union and any(one.text == "None" for one in members_of(expression))


def _kind_of(names: Names, local: LocalClass) -> KindOf | None:
    """Return the kind of a resource class; None where it is unknown, or the class is none of Ocean's."""
    if not names.lineage(local).whole or not _descends(names, local, "ResourceConfig"):
        return None
    declared = names.field(local, "kind")
    if declared is None:
        return KindOf(local, local.definition.where, takes_any=True)
    annotation = declared[0].annotation
    if annotation is None:
        return None
    meaning = _followed(names, annotation, declared[1], optional=True)
    if meaning is None:
        return None
    expression, scope = meaning
    if base_of(expression) == "Literal":
        values = literal_values(names, expression, scope)
        return KindOf(local, annotation.where, values) if values else None
    return _typed_kind(names, local, annotation, names.meaning(expression.name or "", scope))


def _typed_kind(names: Names, local: LocalClass, annotation: Expression, found: object) -> KindOf | None:
    if found == TEXT:
        return KindOf(local, annotation.where, takes_any=True)
    is_known = isinstance(found, LocalClass | ExternalName) or annotation.subscript or annotation.is_union
    return KindOf(local, annotation.where, other=annotation.text) if is_known else None


def _followed(
    names: Names, expression: Expression, scope: Scope, optional: bool = False
) -> tuple[Expression, Scope] | None:
    """Return the type that an alias, or a type in quotes, stands for; None where it is unknown.

    Of an `optional` type it is the one beside None.
    """
    for _ in range(MAX_DEPTH):
        if expression.string is not None:
            inside = annotation_in(expression.string)
            if inside is None:
                return None
            expression = inside
        if optional and (expression.is_union or base_of(expression) in _UNIONS):
            kept = [one for one in members_of(expression) if one.text != "None"]
            expression = kept[0] if len(kept) == 1 else expression
        found = names.meaning(expression.name, scope) if expression.name else None
        if expression.name and found is None:
            return None
        if not isinstance(found, AssignedValue):
            return expression, scope
        expression, scope = found.expression, found.scope
    return None


def _list_item(names: Names, annotation: Expression, scope: Scope) -> tuple[Expression, Scope] | None:
    """Return the type of the items of a list, optional or not; None for any other type."""
    found = _followed(names, annotation, scope, optional=True)
    if found is None:
        return None
    expression, scope = found
    keys = expression.subscript.keys if expression.subscript and base_of(expression) in _LISTS else ()
    return (keys[0], scope) if len(keys) == 1 else None


def _union(
    names: Names, annotation: Expression, scope: Scope, strict: bool = True, depth: int = MAX_DEPTH
) -> list[Type] | None:
    """Return the classes of a union in order, less None; None where one is unknown, or it is no plain class.

    What is unknown is left out where this is not `strict`.
    """
    found = _followed(names, annotation, scope) if depth else None
    if found is None:
        return None if strict else []
    expression, inside = found
    if expression.is_union or base_of(expression) in _UNIONS:
        members: list[Type] = []
        for one in members_of(expression):
            classes = [] if one.text == "None" else _union(names, one, inside, strict, depth - 1)
            if classes is None:
                return None
            members += classes
        return members
    meaning = names.meaning(expression.name, inside) if expression.name else None
    if isinstance(meaning, LocalClass | ExternalName):
        return [meaning]
    return None if strict else []


def _descends(names: Names, one: Type, name: str) -> bool:
    """True for a class of the framework, and for one that inherits from it."""
    external = (one,) if isinstance(one, ExternalName) else names.lineage(one).external
    return any(base.last == name and base.name.startswith(_PACKAGE) for base in external)


def _is_model(names: Names, local: LocalClass) -> bool:
    external = names.lineage(local).external
    return any(base.last == "BaseModel" or base.name.startswith(_PACKAGE) for base in external)


def _missing(names: Names, declared: Assignment, scope: Scope) -> tuple[str, ...]:
    """Return which of title and description a declaration lacks; neither where that is unknown."""
    value = declared.value
    if value and "title=" in value.text and "description=" in value.text and "None" not in value.text:
        return ()
    calls = list(field_calls(declared))
    if calls or value is None or not (value.call or value.name):
        return _lacking(calls)
    found = names.meaning(value.name, scope) if value.name else None
    if not isinstance(found, AssignedValue):
        return ()
    if found.expression.call is None:
        return _lacking([])
    return _lacking([found.expression.call]) if found.expression.call.method == "Field" else ()


def _lacking(calls: Sequence[Call]) -> tuple[str, ...]:
    if any(call.is_open for call in calls):
        return ()
    given = {key for call in calls for key, value in call.keywords.items() if value.text != "None"}
    return tuple(key for key in ("title", "description") if key not in given)
