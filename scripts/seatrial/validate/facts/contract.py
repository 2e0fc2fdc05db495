"""What an integration promises to those who have installed it: kinds, configurations, blueprints.

Titles, descriptions, icons and other texts are no part of it, nor is how the default mapping fills the blueprints.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from seatrial.core.names import shown
from seatrial.documents.document import Keys
from seatrial.validate.facts.app_config import AppConfig
from seatrial.validate.facts.blueprints import Blueprints
from seatrial.validate.facts.items import Item, members
from seatrial.validate.facts.spec import Spec

KIND, CONFIGURATION, ACTION = "kind", "configuration", "action"
BLUEPRINT, PROPERTY, RELATION = "blueprint", "property", "relation"


@dataclass(frozen=True)
class Name:
    """What sort of thing is promised, its name, and for a property or relation the blueprint that has it."""

    sort: str
    text: str
    blueprint: str = ""

    def __str__(self) -> str:
        of = f' of blueprint "{shown(self.blueprint)}"' if self.blueprint else ""
        return f'{self.sort} "{shown(self.text)}"{of}'


@dataclass(frozen=True)
class Terms:
    """How a thing is promised, and where in which file that stands.

    `required` means that who has it not yet must do something. `options` are the values it may have, None for any;
    `format` is what its text must look like, `target` the blueprint that a relation leads to.
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
        """Where it stands, to be read by a person."""
        return ": ".join(filter(None, (self.path, ".".join(shown(str(key)) for key in self.keys))))


@dataclass(frozen=True)
class Contract:
    """All that is promised. `seen` are the sorts of things of which all could be read.

    `unsure` are the blueprints of which not all could be read, `mapped` the kinds that the default mapping has:
    it shows what may be mapped, and promises no more than the spec does.
    """

    promises: Mapping[Name, Terms]
    seen: frozenset[str]
    unsure: frozenset[str] = frozenset()
    mapped: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        spec: Spec | None,
        app_config: AppConfig | None,
        blueprints: Blueprints | None,
        files: Collection[str],
    ) -> Contract:
        """What these promise; of two things with one name the first. `files` are the resource files that are there."""
        rows = [*_of_spec(spec), *_of_blueprints(blueprints)]
        unsure = (one.identifier for one in (blueprints.all if blueprints else ()) if not one.is_whole)
        mapped = frozenset(one.kind for one in (app_config.resources if app_config else ()))
        seen = {
            KIND: _shows_kinds(spec, mapped) and (app_config is not None or "port-app-config" not in files),
            CONFIGURATION: spec is not None and _lists(spec.root, "configurations", "name"),
            ACTION: spec is not None and _lists(spec.root, "actions", "name"),
            BLUEPRINT: _names_all(blueprints) if blueprints else "blueprints" not in files,
        }
        sorts = frozenset(sort for sort, it_is in seen.items() if it_is)
        return cls(dict(reversed(rows)), sorts, frozenset(unsure), mapped)


def _shows_kinds(spec: Spec | None, mapped: frozenset[str]) -> bool:
    """Whether the spec lists kinds, and not something else: some of those that are mapped, if any are."""
    if spec is None or not _lists(spec.root, "features", ""):
        return False
    listed = {item.text("kind") for item in spec.resources}
    return not listed or not mapped or not listed.isdisjoint(mapped)


def _lists(item: Item, key: str, name: str) -> bool:
    """Whether there is a list of objects at a key, or nothing, and all of them are called something."""
    value = item.value.get(key, [])
    return isinstance(value, list) and all(
        isinstance(one, dict) and (not name or one.get(name)) for one in value
    )


def _names_all(blueprints: Blueprints) -> bool:
    return len(blueprints.all) == len(blueprints.document.value)


def _of_spec(spec: Spec | None) -> Iterator[tuple[Name, Terms]]:
    if spec is None:
        return
    path = spec.document.path
    for item in spec.resources:
        yield Name(KIND, item.text("kind")), Terms(path, item.keys)
    for item in spec.configurations:
        must = item.value.get("required") is True and item.value.get("default") is None
        yield Name(CONFIGURATION, item.text("name")), Terms(path, item.keys, item.text("type"), must)
    for item in spec.actions:
        yield Name(ACTION, item.text("name")), Terms(path, item.keys)


def _of_blueprints(blueprints: Blueprints | None) -> Iterator[tuple[Name, Terms]]:
    if blueprints is None:
        return
    path = blueprints.document.path
    for one in blueprints.all:
        yield Name(BLUEPRINT, one.identifier), Terms(path, one.item.keys)
        required = {text for _, text in one.item.inner("schema").texts("required")}
        each = [(name, item) for sort in one.sorts for name, item in one.each(sort)]
        for name, item in each:
            yield Name(PROPERTY, name, one.identifier), _property(path, item, name in required)
        for name, item in members(one.relations):
            yield Name(RELATION, name, one.identifier), _relation(path, item)


def _property(path: str, item: Item, required: bool) -> Terms:
    of = item.inner("items").text("type")
    kind = item.text("type") + (f" of {of}" if of else "")
    values = item.value.get("enum")
    options = frozenset(map(str, values)) if isinstance(values, list) else None
    return Terms(path, item.keys, kind, required, options, item.text("format"))


def _relation(path: str, item: Item) -> Terms:
    arity = "many" if item.value.get("many") is True else "one"
    must = item.value.get("required") is True
    return Terms(path, item.keys, arity, must, target=item.text("target"))


@dataclass(frozen=True)
class Difference:
    """One thing that is promised otherwise than before: whether that breaks what people have, in words, and where."""

    breaking: bool
    words: str
    place: str


def differences(old: Contract, new: Contract) -> Iterator[Difference]:
    """What is promised otherwise, in the order of the files; of a blueprint that comes or goes not each property."""
    corrected = _corrected(old, new)
    for name, terms in old.promises.items():
        if name in corrected or name in new.promises:
            continue
        if _lacks(new, name) and _is_news(name, new):
            yield Difference(True, f"removes {name}", terms.place)
    for name, terms in new.promises.items():
        before = old.promises.get(name)
        if before is not None:
            yield from _changed(name, before, terms, old)
        elif _lacks(old, name) and _is_news(name, old):
            what = f"adds {name}, which is required" if terms.required else f"adds {name}"
            yield Difference(terms.required, what, terms.place)


def _corrected(old: Contract, new: Contract) -> frozenset[Name]:
    """The kinds that were listed and never mapped, where those that were mapped are now listed in their place."""
    listed_now = {name.text for name in new.promises if name.sort == KIND}
    listed_once = {name.text for name in old.promises if name.sort == KIND}
    if old.mapped.isdisjoint(listed_now - listed_once):
        return frozenset()
    return frozenset(Name(KIND, text) for text in listed_once - old.mapped)


def _lacks(contract: Contract, name: Name) -> bool:
    """Whether something that is not promised is not there either, as far as can be read."""
    if name.sort == KIND and name.text in contract.mapped:
        return False
    sort = BLUEPRINT if name.blueprint else name.sort
    return sort in contract.seen and name.blueprint not in contract.unsure


def _is_news(name: Name, without: Contract) -> bool:
    """Whether it is told by itself: not where its whole blueprint is missing."""
    return not name.blueprint or Name(BLUEPRINT, name.blueprint) in without.promises


def _changed(name: Name, old: Terms, new: Terms, contract: Contract) -> Iterator[Difference]:
    if not _are_alike(old.type, new.type):
        yield Difference(True, f'turns {name} from "{shown(old.type)}" into "{shown(new.type)}"', new.place)
    if new.target != old.target and Name(BLUEPRINT, old.target) in contract.promises:
        yield Difference(True, f'leads {name} to "{shown(new.target)}", not "{shown(old.target)}"', new.place)
    if new.format and new.format != old.format and new.type == old.type:
        yield Difference(True, f'gives {name} the format "{shown(new.format)}"', new.place)
    if new.required and not old.required:
        yield Difference(True, f"makes {name} required", new.place)
    yield from _options(name, old, new)


def _are_alike(old: str, new: str) -> bool:
    """Whether values of one type are those of the other; so too where one does not say what its lists hold."""
    (old, _, old_item), (new, _, new_item) = (_SAME.get(one, one).partition(" of ") for one in (old, new))
    if not old or not new:
        return True
    return old == new and (not old_item or not new_item or old_item == new_item)


_SAME = {"url": "string", "markdown": "string"}
"""Types whose values are kept alike."""


def _options(name: Name, old: Terms, new: Terms) -> Iterator[Difference]:
    if new.options is None or new.options == old.options:
        return
    if old.options is None:
        yield Difference(True, f"allows only certain values of {name}", new.place)
        return
    gone, come = sorted(old.options - new.options), sorted(new.options - old.options)
    if gone:
        yield Difference(True, f'removes the value "{shown(gone[0])}" of {name}', new.place)
    elif come:
        yield Difference(False, f'adds the value "{shown(come[0])}" of {name}', new.place)
