"""The pydantic models by which Ocean reads a mapping: the keys that they read, and the values that their fields take.

Both in the forms of pydantic 1 and 2. Fields of a `Literal`, an enumeration or a plain type are understood, in lists
and unions too. A plain type takes what pydantic makes a value of it, so `int` takes the text "3", and `str` a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from seatrial.documents.document import Keys
from seatrial.documents.python import Assignment
from seatrial.documents.syntax import Call, Expression
from seatrial.validate.facts.python_modules import (
    MAX_DEPTH,
    AssignedValue,
    ExternalName,
    Lineage,
    LocalClass,
    Names,
    Scope,
    Type,
    annotation_in,
    base_of,
    members_of,
)

FRAMEWORK: Mapping[str, frozenset[str]] = {
    "Selector": frozenset({"query", "exportEnvVariables"}),
    "ResourceConfig": frozenset({"kind", "selector", "port"}),
    "PortAppConfig": frozenset({
        "resources", "createMissingRelatedEntities", "deleteDependentEntities", "enableMergeEntity",
        "entityDeletionThreshold",
    }),
}  # fmt: skip
"""The keys that the classes of Ocean read themselves."""

SELECTOR = ExternalName("port_ocean.core.handlers.port_app_config.models.Selector")
"""The class that reads a selector where an integration declares no other."""

_FIELDLESS = frozenset({"BaseModel", "ABC", "Generic", "Protocol", "object"})
_VALUES = frozenset(
    {"str", "int", "float", "bool", "bytes", "date", "datetime", "timedelta", "Enum", "StrEnum", "IntEnum"}
)
_ANYTHING = frozenset({"alias_generator", "fields"})
_BY_NAME = frozenset({"allow_population_by_field_name", "populate_by_name", "validate_by_name"})
_OWN_PARSING = frozenset(
    {"__init__", "__new__", "__get_validators__", "parse_obj", "model_validate", "validate"}
)


@dataclass(frozen=True)
class Model:
    """The keys that a model reads.

    `keys` maps each to the declaration of its field, None where the value may be anything;
    `shadowed` maps the fields that are read under their alias only to that alias.
    """

    keys: Mapping[str, Declaration | None]
    shadowed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Declaration:
    """The declaration of a field, from which the models of its value are derived.

    `is_prepared` is true where a validator sees the value before its type does, and may change it.
    """

    annotation: Expression
    scope: Scope
    is_prepared: bool = False


def model_of(names: Names, one: Type) -> Model | None:
    """The keys that a class reads; None where they are unknown, or where it takes any key."""
    if isinstance(one, ExternalName):
        known = _framework_keys(one)
        return None if known is None else Model(dict.fromkeys(known))
    return names.keep(("model", one), lambda: _model_of(names, names.lineage(one)))


def models_of_value(names: Names, declared: Declaration) -> tuple[Model, ...]:
    """The models by which the value of a field is read; none where it may be something else."""
    found = names.types(declared.annotation, declared.scope) or frozenset()
    models = [model_of(names, one) for one in found if not _is_plain_value(names, one)]
    known = [model for model in models if model is not None]
    return tuple(known) if len(known) == len(models) else ()


def _framework_keys(external: ExternalName) -> frozenset[str] | None:
    if external.last in _FIELDLESS:
        return frozenset()
    return FRAMEWORK.get(external.last) if external.name.startswith("port_ocean.") else None


def _model_of(names: Names, lineage: Lineage) -> Model | None:
    inherited = [_framework_keys(external) for external in lineage.external]
    options = [_options(names, local) for local in lineage.local]
    if not lineage.whole or None in inherited or any(_takes_anything(one) for one in options):
        return None
    if any(_parses_itself(local) for local in lineage.local):
        return None
    is_app_config = any(external.last == "PortAppConfig" for external in lineage.external)
    by_name = is_app_config or any(_BY_NAME & one.keys() for one in options)
    prepared = _prepared(lineage)
    keys: dict[str, Declaration | None] = {}
    shadowed: dict[str, str] = {}
    for name, declared, scope in _fields(lineage):
        aliases = _aliases(names, declared, scope)
        if aliases is None or declared.annotation is None:
            return None
        accepted = aliases | {name} if by_name or not aliases else aliases
        is_prepared = name in prepared or "*" in prepared
        keys |= dict.fromkeys(accepted, Declaration(declared.annotation, scope, is_prepared))
        shadowed |= {} if name in accepted else {name: min(aliases)}
    framework = dict.fromkeys(key for some in inherited for key in some or ())
    return Model(framework | keys, shadowed)


def declared_fields(names: Names, local: LocalClass) -> Iterator[tuple[Assignment, Scope]]:
    """The fields that a class declares or inherits from classes of the integration, each with its scope."""
    for _, declared, scope in _fields(names.lineage(local)):
        yield declared, scope


def _fields(lineage: Lineage) -> Iterator[tuple[str, Assignment, Scope]]:
    """The declared fields, each from the nearest class that declares it."""
    seen: set[str] = set()
    for local in lineage.local:
        for name, declared in local.assignments.items():
            if name not in seen and _is_field(declared):
                seen.add(name)
                yield name, declared, local.inside


def _is_field(declared: Assignment) -> bool:
    """Return whether a declaration is a field; pydantic 1 derives the type of one without from its default."""
    if declared.name.startswith("_") or declared.name == "model_config":
        return False
    if declared.annotation is None:
        return any(True for _ in field_calls(declared))
    subscript = declared.annotation.subscript
    name = subscript.value.name if subscript else declared.annotation.name
    return (name or "").rpartition(".")[2] != "ClassVar"


def _aliases(names: Names, declared: Assignment, scope: Scope) -> frozenset[str] | None:
    """The aliases that a field declares; None where one of them is unknown."""
    found: set[str] = set()
    for call in field_calls(declared):
        for keyword in {"alias", "validation_alias"} & call.keywords.keys():
            known = names.texts(call.keywords[keyword], scope)
            if known is None:
                return None
            found |= known
    return frozenset(found)


def field_calls(declared: Assignment) -> Iterator[Call]:
    """The `Field(...)` that is assigned, or that is part of an `Annotated[...]`."""
    subscript = declared.annotation.subscript if declared.annotation else None
    for expression in (declared.value, *(subscript.keys if subscript else ())):
        if expression and expression.call and expression.call.method == "Field":
            yield expression.call


def _options(names: Names, local: LocalClass) -> Mapping[str, Expression | None]:
    """The settings of a model: beside its bases, in `class Config`, in `model_config`."""
    options: dict[str, Expression | None] = dict(local.definition.keywords)
    config = names.module(local.path).classes.get(f"{local.definition.qualified_name}.Config")
    if config:
        options |= {name: one.value for name, one in config.assignments.items()}
    if config and config.definition.bases:
        options["alias_generator"] = None
    if "model_config" in local.assignments:
        options |= _model_config(local.assignments["model_config"].value)
    return options


def _model_config(value: Expression | None) -> Mapping[str, Expression | None]:
    if value and value.call and value.call.method in ("ConfigDict", "dict"):
        return dict(value.call.keywords)
    if value and value.pairs:
        return {key.string or "": setting for key, setting in value.pairs}
    return {"alias_generator": None}


def _takes_anything(options: Mapping[str, Expression | None]) -> bool:
    """True where keys other than the declared ones may be read, or the options are not understood."""
    if _ANYTHING & options.keys():
        return True
    if "extra" not in options:
        return False
    extra = options["extra"]
    setting = (extra.string or (extra.name or "").rpartition(".")[2]) if extra else ""
    return setting not in ("ignore", "forbid")


def _parses_itself(local: LocalClass) -> bool:
    """True where its own code sees the raw document before the fields do."""
    definition = local.definition
    return bool(_OWN_PARSING & set(definition.methods)) or any(map(_sees_raw, definition.decorators))


def _sees_raw(decorator: Expression) -> bool:
    if decorator.call is None:
        return False
    keywords = decorator.call.keywords
    if decorator.call.method == "root_validator":
        return "pre" in keywords and keywords["pre"].text != "False"
    mode = keywords["mode"].string if "mode" in keywords else None
    return decorator.call.method == "model_validator" and mode != "after"


def _prepared(lineage: Lineage) -> frozenset[str]:
    """The fields that a validator sees before their type does; `*` for all of them, or unknown ones."""
    found: set[str] = set()
    for local in lineage.local:
        calls = (one.value.call for one in local.definition.assignments if one.value and one.value.call)
        made = (call.function for call in calls)
        for validator in (*local.definition.decorators, *made):
            found |= _prepared_by(validator)
    return frozenset(found)


def _prepared_by(validator: Expression) -> frozenset[str]:
    call = validator.call
    if call is None or call.method not in ("validator", "field_validator"):
        return frozenset()
    keywords = call.keywords
    is_pre = "pre" in keywords and keywords["pre"].text != "False"
    is_before = "mode" in keywords and keywords["mode"].string != "after"
    if not (is_pre or is_before):
        return frozenset()
    return frozenset(one.string or "*" for one in call.arguments)


def _is_plain_value(names: Names, one: Type) -> bool:
    """True for a text, a number, a date or an enumeration, which are not models."""
    external = (one,) if isinstance(one, ExternalName) else names.lineage(one).external
    return bool(external) and all(base.last in _VALUES for base in external)


@dataclass(frozen=True)
class ResourceClass:
    """A class by which Ocean reads a resource of the mapping.

    `kinds` is None where it takes any kind, or where its kinds are unknown.
    """

    type: Type
    kinds: frozenset[str] | None

    def takes(self, kind: str) -> bool:
        """True where it may read a resource of this kind."""
        return self.kinds is None or kind in self.kinds


def app_config_classes(names: Names) -> tuple[LocalClass, ...] | None:
    """The classes that the integration hands to Ocean as `CONFIG_CLASS`; None where one of them is unknown."""
    found = wired_classes(names)
    local = tuple(one for one in found or () if isinstance(one, LocalClass))
    return local if found is not None and len(local) == len(found) else None


def wired_classes(names: Names) -> frozenset[Type] | None:
    """Every class that some class has as `CONFIG_CLASS`, Ocean's own too; None where one of them is unknown."""
    found: set[Type] = set()
    for path in names.files.holding(b"CONFIG_CLASS"):
        for holder in names.module(path).classes.values():
            if "CONFIG_CLASS" in holder.assignments:
                known = names.types(holder.assignments["CONFIG_CLASS"].value, holder.inside)
                if known is None:
                    return None
                found |= known
    return frozenset(found)


def resource_classes(names: Names, app_configs: tuple[LocalClass, ...]) -> tuple[ResourceClass, ...] | None:
    """The classes of the mapping's resources; None where one of them is unknown, or none is declared."""
    found: set[Type] = set()
    for local in app_configs:
        declared = names.field(local, "resources")
        known = names.types(declared[0].annotation, declared[1]) if declared else None
        if known is None:
            return None
        found |= known
    return tuple(ResourceClass(one, _kinds(names, one)) for one in found) or None


def _kinds(names: Names, one: Type) -> frozenset[str] | None:
    declared = names.field(one, "kind") if isinstance(one, LocalClass) else None
    if declared is None or declared[0].annotation is None or declared[0].annotation.string is not None:
        return None
    return names.texts(declared[0].annotation, declared[1])


def selector_of(names: Names, resource: ResourceClass) -> Model | None:
    """The keys that a selector may have; None where they are unknown, or where it may have any."""
    declared = names.field(resource.type, "selector") if isinstance(resource.type, LocalClass) else None
    if declared:
        known = names.types(declared[0].annotation, declared[1])
        one = next(iter(known)) if known and len(known) == 1 else None
        return model_of(names, one) if one and not _is_oceans(names, one) else None
    return model_of(names, SELECTOR) if _is_oceans(names, resource.type) else None


def _is_oceans(names: Names, one: Type) -> bool:
    """True for Ocean's own resource class, and for a class that inherits from it and from nothing unknown."""
    if isinstance(one, ExternalName):
        return one.last == "ResourceConfig" and one.name.startswith("port_ocean.")
    lineage = names.lineage(one)
    return lineage.whole and any(_is_oceans(names, external) for external in lineage.external)


@dataclass(frozen=True)
class Unread:
    """A key that no code reads, with the keys that lead to it from the selector, and those read beside it.

    `alias` is set where a field of this name is read under another key only, `below` where
    the key is read below another one.
    """

    way: Keys
    known: frozenset[str]
    alias: str = ""
    below: str = ""

    @property
    def key(self) -> str:
        """The key itself."""
        return str(self.way[-1])

    @property
    def path(self) -> str:
        """The key with those above it, without the numbers of list items."""
        return ".".join(key for key in self.way if isinstance(key, str))


def unread_keys(names: Names, models: Sequence[Model], value: Any, way: Keys = ()) -> Iterator[Unread]:
    """The keys in `value` that none of these models reads, at any depth."""
    if not isinstance(value, dict) or not models:
        return
    declared = {
        key: [model.keys[key] for model in models if key in model.keys]
        for key in sorted({key for model in models for key in model.keys})
    }
    for key, inner in value.items():
        if key not in declared:
            yield _unread(names, models, declared, (*way, str(key)))
            continue
        below = _below(names, declared[key])
        for place, item in enumerate(inner) if isinstance(inner, list) else [(None, inner)]:
            yield from unread_keys(names, below, item, (*way, key) if place is None else (*way, key, place))


def _unread(
    names: Names, models: Sequence[Model], declared: Mapping[str, Sequence[Declaration | None]], way: Keys
) -> Unread:
    key = str(way[-1])
    aliases = (model.shadowed[key] for model in models if key in model.shadowed)
    outer = (one for one in declared if any(key in model.keys for model in _below(names, declared[one])))
    return Unread(way, frozenset(declared), next(aliases, ""), next(outer, ""))


def _below(names: Names, declared: Sequence[Declaration | None]) -> Sequence[Model]:
    """The models of a value; none where it may be something else by one of its declarations."""
    found = [models_of_value(names, one) if one else () for one in declared]
    return [model for models in found for model in models] if all(found) else ()


Scalar: TypeAlias = str | int | bool

_LISTS = frozenset({"list", "List", "Sequence", "set", "Set", "frozenset", "FrozenSet"})
_UNIONS = frozenset({"Optional", "Union"})
_ENUMS = frozenset({"Enum", "StrEnum", "IntEnum"})
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_BOOLS = {"True": True, "False": False}
_PLAIN = {f"builtins.{name}": name for name in ("bool", "int", "float", "str")}
_WHOLE = re.compile(r"\s*[+-]?[0-9]+(_[0-9]+)*\s*")
_DECIMAL = re.compile(
    r"\s*[+-]?([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9_]+)(e[+-]?[0-9_]+)?\s*|\s*[+-]?(inf(inity)?|nan)\s*", re.I
)
_TRUTHS = frozenset({"0", "off", "f", "false", "n", "no", "1", "on", "t", "true", "y", "yes"})
"""The texts of which pydantic makes a boolean; some of them are booleans already for the parser that Ocean uses."""


@dataclass(frozen=True)
class Choices:
    """The values that a field takes: `scalars`, those of `plain` types, objects of `models`, and lists of `items`."""

    scalars: tuple[Scalar, ...] = ()
    models: tuple[Model, ...] = ()
    items: Choices | None = None
    plain: frozenset[str] = frozenset()

    def take(self, value: Any) -> bool:
        """Return whether a value that is no object and no list is taken."""
        is_truth = isinstance(value, str) and value.lower() in _TRUTHS
        if value in self.scalars or "str" in self.plain or (is_truth and self.plain):
            return True
        if is_truth and any(isinstance(one, bool) for one in self.scalars):
            return True
        if isinstance(value, str):
            is_whole = "int" in self.plain and _WHOLE.fullmatch(value)
            return bool(is_whole or ("float" in self.plain and _DECIMAL.fullmatch(value)))
        return bool({"int", "float"} & self.plain) or ("bool" in self.plain and value in (0, 1))


@dataclass(frozen=True)
class RefusedValue:
    """A value that its field does not take, the keys that lead to it, and the values and types that the field takes.

    `wants_list` is set where the field takes lists of these only.
    """

    way: Keys
    value: Any
    allowed: tuple[Scalar, ...]
    plain: frozenset[str] = frozenset()
    wants_list: bool = False

    @property
    def path(self) -> str:
        """The keys without the numbers of list items."""
        return ".".join(key for key in self.way if isinstance(key, str))


def refused(names: Names, models: Sequence[Model], value: Any, way: Keys = ()) -> Iterator[RefusedValue]:
    """Yield the values below `value` that each of these models refuses, at any depth."""
    if not isinstance(value, dict) or not models:
        return
    for key, inner in value.items():
        declared = [model.keys.get(key) for model in models]
        found = [_choices_of(names, one) for one in declared if one]
        known = [one for one in found if one]
        if len(known) == len(models):
            refusals = [list(_refusals(names, one, inner, (*way, str(key)))) for one in known]
            yield from min(refusals, key=len)


def _refusals(names: Names, choices: Choices, value: Any, way: Keys) -> Iterator[RefusedValue]:
    if value is None:
        return
    if isinstance(value, dict) and choices.models:
        yield from refused(names, choices.models, value, way)
    elif isinstance(value, list) and choices.items:
        for place, item in enumerate(value):
            yield from _refusals(names, choices.items, item, (*way, place))
    elif choices.scalars or choices.plain:
        if isinstance(value, dict | list) or not choices.take(value):
            yield RefusedValue(way, value, choices.scalars, choices.plain)
    elif choices.items and not choices.models:
        yield RefusedValue(way, value, choices.items.scalars, choices.items.plain, wants_list=True)


def _choices_of(names: Names, declared: Declaration) -> Choices | None:
    """Return the values of a field; None where it may take others, or they are unknown."""
    if declared.is_prepared:
        return None
    question = ("choices", declared)
    return names.keep(question, lambda: _choices(names, declared.annotation, declared.scope, MAX_DEPTH))


def _choices(names: Names, expression: Expression | None, scope: Scope, depth: int) -> Choices | None:
    if expression is None or depth == 0:
        return None
    if expression.text == "None":
        return Choices()
    if expression.string is not None:
        return _choices(names, annotation_in(expression.string), scope, depth - 1)
    if expression.name:
        return _named(names, expression.name, scope, depth - 1)
    base = "Union" if expression.is_union else base_of(expression)
    if base == "Literal":
        return _with(literal_values(names, expression, scope, depth))
    if base in _UNIONS:
        return _merged(_choices(names, one, scope, depth - 1) for one in members_of(expression))
    if base in _LISTS:
        items = _merged(_choices(names, one, scope, depth - 1) for one in members_of(expression))
        return Choices(items=items) if items else None
    return None


def _named(names: Names, name: str, scope: Scope, depth: int) -> Choices | None:
    found = names.meaning(name, scope)
    if isinstance(found, AssignedValue):
        return _choices(names, found.expression, found.scope, depth)
    if isinstance(found, ExternalName) and found.name in _PLAIN:
        return Choices(plain=frozenset({_PLAIN[found.name]}))
    if not isinstance(found, LocalClass):
        return None
    lineage = names.lineage(found)
    if lineage.whole and any(one.last in _ENUMS for one in lineage.external):
        return _with(_enumerated(names, lineage.local))
    model = model_of(names, found)
    return Choices(models=(model,)) if model and model.keys else None


def _enumerated(names: Names, classes: Iterable[LocalClass]) -> tuple[Scalar, ...] | None:
    """Return the values of an enumeration; None where one is unknown, or other values are taken as well."""
    values: list[Scalar | None] = []
    for local in classes:
        if "_missing_" in local.definition.methods or "__new__" in local.definition.methods:
            return None
        members = (one for name, one in local.assignments.items() if not name.startswith("_"))
        values += [_scalar(names, one.value, local.inside) for one in members]
    return _whole(values)


def literal_values(
    names: Names, expression: Expression, scope: Scope, depth: int = MAX_DEPTH
) -> tuple[Scalar, ...] | None:
    """Return the values of a `Literal[...]` in order, without repetitions; None where one is unknown."""
    values: list[Scalar | None] = []
    for member in members_of(expression):
        if base_of(member) == "Literal" and depth:
            values += literal_values(names, member, scope, depth - 1) or (None,)
        else:
            values.append(_scalar(names, member, scope))
    return _whole(values)


def _scalar(names: Names, expression: Expression | None, scope: Scope) -> Scalar | None:
    """Return the text, number or boolean of a constant, or of a name of one; None where it is unknown."""
    if expression is None:
        return None
    if expression.text in _BOOLS:
        return _BOOLS[expression.text]
    if _NUMBER.fullmatch(expression.text):
        return int(expression.text)
    texts = names.texts(expression, scope)
    return next(iter(texts)) if texts and len(texts) == 1 else None


def _whole(values: Sequence[Scalar | None]) -> tuple[Scalar, ...] | None:
    known = tuple(value for value in values if value is not None)
    return tuple(dict.fromkeys(known)) if known and len(known) == len(values) else None


def _with(scalars: tuple[Scalar, ...] | None) -> Choices | None:
    return Choices(scalars) if scalars else None


def _merged(found: Iterable[Choices | None]) -> Choices | None:
    """Return the values of any of these; None where one of them is unknown."""
    whole: list[Choices] = []
    for one in found:
        if one is None:
            return None
        whole.append(one)
    items = [one.items for one in whole if one.items]
    return Choices(
        tuple(scalar for one in whole for scalar in one.scalars),
        tuple(model for one in whole for model in one.models),
        _merged(items) if items else None,
        frozenset(name for one in whole for name in one.plain),
    )
