"""The contract of an integration with those who have installed it: kinds, configurations, actions, blueprints.

Titles, descriptions, icons and other texts are not part of it, nor is the way in which the default mapping fills
the blueprints.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from seatrial.core.names import shown
from seatrial.documents.document import Keys
from seatrial.validate.facts.app_config import AppConfig
from seatrial.validate.facts.blueprints import Blueprints
from seatrial.validate.facts.items import Item
from seatrial.validate.facts.python_models import (
    Model,
    app_config_classes,
    models_of_value,
    resource_classes,
    selector_of,
)
from seatrial.validate.facts.python_modules import Names, PythonFiles
from seatrial.validate.facts.spec import Spec

KIND, CONFIGURATION, ACTION = "kind", "configuration", "action"
BLUEPRINT, PROPERTY, RELATION = "blueprint", "property", "relation"
INPUT = "input"

OWNERS = {PROPERTY: BLUEPRINT, RELATION: BLUEPRINT, INPUT: ACTION}
"""The sorts of things that belong to another, and the sort of that."""


@dataclass(frozen=True)
class Name:
    """The sort and name of a promised thing, and the name of its blueprint or action where it belongs to one."""

    sort: str
    text: str
    owned_by: str = ""

    def __str__(self) -> str:
        of = f' of {OWNERS[self.sort]} "{shown(self.owned_by)}"' if self.sort in OWNERS else ""
        return f'{self.sort} "{shown(self.text)}"{of}'

    @property
    def owner(self) -> Name | None:
        """What it belongs to, if anything."""
        return Name(OWNERS[self.sort], self.owned_by) if self.sort in OWNERS else None


@dataclass(frozen=True)
class Terms:
    """The terms on which a thing is promised, and their place: a file and the keys in it.

    `required` means that a user without it must act. `options` are the values it may have, None for any;
    `format` is the form of its text, `target` the blueprint that a relation leads to.
    """

    path: str
    keys: Keys
    type: str = ""
    required: bool = False
    options: frozenset[str] | None = None
    format: str = ""
    target: str = ""

    @property
    def place(self) -> str:
        """The place as text for people."""
        return ": ".join(filter(None, (self.path, ".".join(shown(str(key)) for key in self.keys))))


@dataclass(frozen=True)
class Contract:
    """Everything that is promised. `seen` are the sorts of things that could be read completely.

    `unsure` are the blueprints and actions that could not be read completely, `mapped` the kinds of the default
    mapping: it shows what may be mapped, and promises no more than the spec does.
    """

    promises: Mapping[Name, Terms]
    seen: frozenset[str]
    unsure: frozenset[Name] = frozenset()
    mapped: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        spec: Spec | None,
        app_config: AppConfig | None,
        blueprints: Blueprints | None,
        files: Collection[str],
    ) -> Contract:
        """The promises of these files, the first of two with one name. `files` are the resource files that exist."""
        rows = [*_of_spec(spec), *_of_blueprints(blueprints)]
        unsure = (
            *(
                Name(BLUEPRINT, one.identifier)
                for one in (blueprints.all if blueprints else ())
                if not one.is_whole
            ),
            *(
                Name(ACTION, one.text("name"))
                for one in (spec.actions if spec else ())
                if not _lists(one, "inputs", "name")
            ),
        )
        mapped = frozenset(one.kind for one in (app_config.resources if app_config else ()))
        seen = {
            KIND: _shows_kinds(spec, mapped) and (app_config is not None or "port-app-config" not in files),
            CONFIGURATION: spec is not None and _lists(spec.root, "configurations", "name"),
            ACTION: spec is not None and _lists(spec.root, "actions", "name"),
            BLUEPRINT: blueprints.is_whole if blueprints else "blueprints" not in files,
        }
        sorts = frozenset(sort for sort, is_seen in seen.items() if is_seen)
        return cls(dict(reversed(rows)), sorts, frozenset(unsure), mapped)


def _shows_kinds(spec: Spec | None, mapped: frozenset[str]) -> bool:
    """True where the spec lists kinds and nothing else: if kinds are mapped, some of them are listed."""
    if spec is None or not _lists(spec.root, "features", ""):
        return False
    listed = {item.text("kind") for item in spec.resources}
    return not listed or not mapped or not listed.isdisjoint(mapped)


def _lists(item: Item, key: str, name: str) -> bool:
    """True where the list at a key, if any, holds only objects, all of which have a value at `name`."""
    value = item.value.get(key, [])
    return isinstance(value, list) and all(
        isinstance(one, dict) and (not name or one.get(name)) for one in value
    )


def _of_spec(spec: Spec | None) -> Iterator[tuple[Name, Terms]]:
    if spec is None:
        return
    path = spec.document.path
    for item in spec.resources:
        yield Name(KIND, item.text("kind")), Terms(path, item.keys)
    for item in spec.configurations:
        yield Name(CONFIGURATION, item.text("name")), _needed(path, item)
    for item in spec.actions:
        yield Name(ACTION, item.text("name")), Terms(path, item.keys)
        for one in item.items("inputs"):
            yield Name(INPUT, one.text("name"), item.text("name")), _needed(path, one)


def _needed(path: str, item: Item) -> Terms:
    """The terms of a value that a user gives, and must give where it is required and has no default."""
    required = item.value.get("required") is True and item.value.get("default") is None
    return Terms(path, item.keys, item.text("type"), required)


def _of_blueprints(blueprints: Blueprints | None) -> Iterator[tuple[Name, Terms]]:
    if blueprints is None:
        return
    path = blueprints.document.path
    for one in blueprints.all:
        yield Name(BLUEPRINT, one.identifier), Terms(path, one.item.keys)
        required = {text for _, text in one.item.inner("schema").texts("required")}
        for sort in one.sorts:
            for name, item in one.each(sort):
                yield Name(PROPERTY, name, one.identifier), _property(path, item, name in required)
        for name, item in one.relations.members():
            yield Name(RELATION, name, one.identifier), _relation(path, item)


def _property(path: str, item: Item, required: bool) -> Terms:
    of = item.inner("items").text("type")
    kind = item.text("type") + (f" of {of}" if of else "")
    values = item.value.get("enum")
    options = frozenset(map(str, values)) if isinstance(values, list) else None
    return Terms(path, item.keys, kind, required, options, item.text("format"))


def _relation(path: str, item: Item) -> Terms:
    arity = "many" if item.value.get("many") is True else "one"
    required = item.value.get("required") is True
    return Terms(path, item.keys, arity, required, target=item.text("target"))


@dataclass(frozen=True)
class ContractChange:
    """A changed promise: true `breaking` where it breaks installations, the change in words, and its place."""

    breaking: bool
    words: str
    place: str


def differences(old: Contract, new: Contract) -> Iterator[ContractChange]:
    """The changed promises in the order of the files; for an added or removed blueprint not each property."""
    corrected = _corrected(old, new)
    for name, terms in old.promises.items():
        if name in corrected or name in new.promises:
            continue
        if _lacks(new, name) and _is_separate(name, new):
            yield ContractChange(True, f"removes {name}", terms.place)
    for name, terms in new.promises.items():
        before = old.promises.get(name)
        if before is not None:
            yield from _changed(name, before, terms, old)
        elif _lacks(old, name) and _is_separate(name, old):
            suffix = ", which is required" if terms.required else ""
            yield ContractChange(terms.required, f"adds {name}{suffix}", terms.place)


def _corrected(old: Contract, new: Contract) -> frozenset[Name]:
    """The kinds that were listed but not mapped, where a mapped kind is now listed that was not before."""
    before, after = ({name.text for name in one.promises if name.sort == KIND} for one in (old, new))
    if old.mapped.isdisjoint(after - before):
        return frozenset()
    return frozenset(Name(KIND, text) for text in before - old.mapped)


def _lacks(contract: Contract, name: Name) -> bool:
    """True where something that is not promised certainly does not exist either."""
    if name.sort == KIND and name.text in contract.mapped:
        return False
    sort = OWNERS.get(name.sort, name.sort)
    return sort in contract.seen and name.owner not in contract.unsure


def _is_separate(name: Name, without: Contract) -> bool:
    """True where a thing is reported separately, because what it belongs to is not missing as a whole."""
    return name.owner is None or name.owner in without.promises


def _changed(name: Name, old: Terms, new: Terms, contract: Contract) -> Iterator[ContractChange]:
    if not _are_compatible(old.type, new.type):
        yield ContractChange(
            True, f'turns {name} from "{shown(old.type)}" into "{shown(new.type)}"', new.place
        )
    if new.target != old.target and Name(BLUEPRINT, old.target) in contract.promises:
        yield ContractChange(
            True, f'leads {name} to "{shown(new.target)}", not "{shown(old.target)}"', new.place
        )
    if new.format and new.format != old.format and new.type == old.type:
        yield ContractChange(True, f'gives {name} the format "{shown(new.format)}"', new.place)
    if new.required and not old.required:
        yield ContractChange(True, f"makes {name} required", new.place)
    yield from _options(name, old, new)


def _are_compatible(old: str, new: str) -> bool:
    """True where both types have the same values; an unknown type, or type of list items, fits any."""
    (old, _, old_item), (new, _, new_item) = (_SAME.get(one, one).partition(" of ") for one in (old, new))
    if not old or not new:
        return True
    return old == new and (not old_item or not new_item or old_item == new_item)


_SAME = {"url": "string", "markdown": "string"}
"""Types whose values are stored as those of another type."""


def _options(name: Name, old: Terms, new: Terms) -> Iterator[ContractChange]:
    if new.options is None or new.options == old.options:
        return
    if old.options is None:
        yield ContractChange(True, f"allows only certain values of {name}", new.place)
        return
    removed, added = sorted(old.options - new.options), sorted(new.options - old.options)
    if removed:
        yield ContractChange(True, f'removes the value "{shown(removed[0])}" of {name}', new.place)
    elif added:
        yield ContractChange(False, f'adds the value "{shown(added[0])}" of {name}', new.place)


Selectors = Mapping[str, frozenset[str]]
"""The keys that the selector of each kind may have, those of objects in it as `files.path`; only of known kinds."""

DEEPEST = 4
"""Objects of a selector deeper than this are not compared."""


def selectors_of(files: PythonFiles) -> Selectors:
    """The selectors by the resource classes of the code; none where a class is unknown."""
    names = Names(files)
    configs = app_config_classes(names)
    found: dict[str, frozenset[str]] = {}
    for one in (resource_classes(names, configs) if configs else None) or ():
        model = selector_of(names, one)
        for kind in one.kinds or () if model else ():
            found[kind] = found.get(kind, frozenset()) | frozenset(_keys(names, model, DEEPEST))
    return found


def _keys(names: Names, model: Model | None, depth: int) -> Iterator[str]:
    """The keys of a model and of the objects in it."""
    for key, declared in model.keys.items() if model and depth else ():
        yield key
        for inner in models_of_value(names, declared) if declared else ():
            yield from (f"{key}.{below}" for below in _keys(names, inner, depth - 1))


def removed_selectors(old: Selectors, new: Selectors) -> Iterator[ContractChange]:
    """The selectors that are gone, of kinds that are still there; of an object that is gone not each key."""
    for kind in sorted(old.keys() & new.keys()):
        gone = old[kind] - new[kind]
        for key in sorted(key for key in gone if key.rpartition(".")[0] not in gone):
            yield ContractChange(
                True, f'removes selector "{shown(key)}" of kind "{shown(kind)}"', "in the code"
            )
