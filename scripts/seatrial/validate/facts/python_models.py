"""The keys that pydantic models read from a document, in the forms of both pydantic 1 and 2."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from seatrial.documents.python import Assignment
from seatrial.documents.syntax import Call, Expression
from seatrial.validate.facts.python_names import Foreign, Lineage, Names, Own, Scope, Type, texts, types

FRAMEWORK: Mapping[str, frozenset[str]] = {
    "Selector": frozenset({"query", "exportEnvVariables"}),
    "ResourceConfig": frozenset({"kind", "selector", "port"}),
    "PortAppConfig": frozenset(
        {
            "resources",
            "createMissingRelatedEntities",
            "deleteDependentEntities",
            "enableMergeEntity",
            "entityDeletionThreshold",
        }
    ),
}
"""The keys which the classes of Ocean read themselves."""

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

    `keys` maps each to the models its value is read by, none where the value may be anything;
    `shadowed` maps the fields that are read under their alias only to that alias.
    """

    keys: Mapping[str, Nested | None]
    shadowed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Nested:
    """The declaration of a field, from which the models of its value can be told."""

    annotation: Expression
    scope: Scope


def model_of(names: Names, one: Type) -> Model | None:
    """The keys that a class reads; None where that cannot be told, or where it takes any key."""
    if isinstance(one, Foreign):
        known = _framework_keys(one)
        return None if known is None else Model(dict.fromkeys(known))
    return names.keep(("model", one), lambda: _model_of(names, names.lineage(one)))


def nested_models(names: Names, nested: Nested) -> tuple[Model, ...]:
    """The models by which the value of a field is read; none where it may be something else."""
    found = types(names, nested.annotation, nested.scope) or frozenset()
    models = [model_of(names, one) for one in found if not _is_plain_value(names, one)]
    known = [model for model in models if model is not None]
    return tuple(known) if len(known) == len(models) else ()


def _framework_keys(foreign: Foreign) -> frozenset[str] | None:
    if foreign.last in _FIELDLESS:
        return frozenset()
    return FRAMEWORK.get(foreign.last) if foreign.name.startswith("port_ocean.") else None


def _model_of(names: Names, lineage: Lineage) -> Model | None:
    inherited = [_framework_keys(foreign) for foreign in lineage.foreign]
    options = [_options(names, own) for own in lineage.own]
    if not lineage.whole or None in inherited or any(_takes_anything(one) for one in options):
        return None
    if any(_parses_itself(own) for own in lineage.own):
        return None
    by_name = any(_BY_NAME & one.keys() for one in options) or _is_app_config(lineage)
    keys: dict[str, Nested | None] = {}
    shadowed: dict[str, str] = {}
    for name, declared, scope in _fields(lineage):
        aliases = _aliases(names, declared, scope)
        if aliases is None or declared.annotation is None:
            return None
        accepted = aliases | {name} if by_name or not aliases else aliases
        keys |= dict.fromkeys(accepted, Nested(declared.annotation, scope))
        shadowed |= {} if name in accepted else {name: min(aliases)}
    framework = dict.fromkeys(key for some in inherited for key in some or ())
    return Model(framework | keys, shadowed)


def _is_app_config(lineage: Lineage) -> bool:
    """Whether it inherits Ocean's own setting that fields may go by their names."""
    return any(foreign.last == "PortAppConfig" for foreign in lineage.foreign)


def _fields(lineage: Lineage) -> Iterator[tuple[str, Assignment, Scope]]:
    """The declared fields, each where it is declared nearest."""
    seen: set[str] = set()
    for own in lineage.own:
        for name, declared in own.assignments.items():
            if name not in seen and _is_field(declared):
                seen.add(name)
                yield name, declared, own.inside


def _is_field(declared: Assignment) -> bool:
    if declared.annotation is None or declared.name.startswith("_") or declared.name == "model_config":
        return False
    subscript = declared.annotation.subscript
    name = subscript.value.name if subscript else declared.annotation.name
    return (name or "").rpartition(".")[2] != "ClassVar"


def _aliases(names: Names, declared: Assignment, scope: Scope) -> frozenset[str] | None:
    """The aliases that a field declares; None where one of them cannot be told."""
    found: set[str] = set()
    for call in _field_calls(declared):
        for keyword in {"alias", "validation_alias"} & call.keywords.keys():
            known = texts(names, call.keywords[keyword], scope)
            if known is None:
                return None
            found |= known
    return frozenset(found)


def _field_calls(declared: Assignment) -> Iterator[Call]:
    """The `Field(...)` that is assigned, or that stands in an `Annotated[...]`."""
    annotated = (
        declared.annotation.subscript.keys if declared.annotation and declared.annotation.subscript else ()
    )
    for expression in (declared.value, *annotated):
        if expression and expression.call and expression.call.method == "Field":
            yield expression.call


def _options(names: Names, own: Own) -> Mapping[str, Expression | None]:
    """The settings of a model: beside its bases, in `class Config`, in `model_config`."""
    options: dict[str, Expression | None] = dict(own.definition.keywords)
    config = names.module(own.path).classes.get(f"{own.definition.qualified_name}.Config")
    if config:
        options |= {name: one.value for name, one in config.assignments.items()}
    if config and config.definition.bases:
        options["alias_generator"] = None
    if "model_config" in own.assignments:
        options |= _model_config(own.assignments["model_config"].value)
    return options


def _model_config(value: Expression | None) -> Mapping[str, Expression | None]:
    if value and value.call and value.call.method in ("ConfigDict", "dict"):
        return dict(value.call.keywords)
    if value and value.pairs:
        return {key.string or "": setting for key, setting in value.pairs}
    return {"alias_generator": None}


def _takes_anything(options: Mapping[str, Expression | None]) -> bool:
    """Whether keys beyond the declared ones may count, or may be told by more than this module reads."""
    if _ANYTHING & options.keys():
        return True
    if "extra" not in options:
        return False
    extra = options["extra"]
    said = (extra.string or (extra.name or "").rpartition(".")[2]) if extra else ""
    return said not in ("ignore", "forbid")


def _parses_itself(own: Own) -> bool:
    """Whether its own code sees the raw document before the fields do."""
    return bool(_OWN_PARSING & set(own.definition.methods)) or any(
        _sees_raw(one) for one in own.definition.decorators
    )


def _sees_raw(decorator: Expression) -> bool:
    if decorator.call is None:
        return False
    keywords = decorator.call.keywords
    if decorator.call.method == "root_validator":
        return "pre" in keywords and keywords["pre"].text != "False"
    return decorator.call.method == "model_validator" and _mode(keywords) != "after"


def _mode(keywords: Mapping[str, Expression]) -> str | None:
    return keywords["mode"].string if "mode" in keywords else None


def _is_plain_value(names: Names, one: Type) -> bool:
    """Whether it is no model but a text, a number, a date or an enumeration."""
    if isinstance(one, Foreign):
        return one.last in _VALUES
    return _all_plain(names.lineage(one).foreign)


def _all_plain(foreign: Iterable[Foreign]) -> bool:
    found = list(foreign)
    return bool(found) and all(one.last in _VALUES for one in found)
