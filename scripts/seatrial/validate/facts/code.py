"""What the Python code of an integration says, without running it.

The actions that an integration's code carries out, and whether it listens to webhooks.

The configuration keys that an integration's code reads from `ocean.integration_config`.

Which kinds an integration's code takes: by the classes of its mapping, and by its resync functions.

The keys of a selector that the code never reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seatrial.core.model import Location
from seatrial.documents.document import Keys
from seatrial.validate.facts.python_files import PythonFiles
from seatrial.validate.facts.python_models import FRAMEWORK, Model, Nested, model_of, nested_models
from seatrial.validate.facts.python_names import Foreign, Names, Own, Scope, Type, texts, types

_LISTENERS = (
    b"AbstractWebhookProcessor",
    b"WEBHOOK_PROCESSOR_CLASS",
    b"add_webhook_processor",
    b"router",
    b"fast_api_app",
)


@dataclass(frozen=True)
class Executor:
    """A class that carries out an action; `action` is None where its `ACTION_NAME` cannot be told."""

    name: str
    action: str | None
    where: Location


def executors(files: PythonFiles, names: Names) -> tuple[Executor, ...]:
    """The classes with an `ACTION_NAME`, in the order of the files."""
    return tuple(one for path in files.holding(b"ACTION_NAME") for one in _executors(names, path))


def _executors(names: Names, path: str) -> list[Executor]:
    found = []
    for own in names.module(path).classes.values():
        declared = own.assignments.get("ACTION_NAME")
        if declared and declared.value:
            known = texts(names, declared.value, own.inside)
            action = next(iter(known)) if known and len(known) == 1 else None
            found.append(Executor(own.definition.name, action, declared.value.where))
    return found


def listeners(files: PythonFiles) -> tuple[str, ...]:
    """The files in which anything that receives webhooks is named."""
    return files.holding(*_LISTENERS)


ATTRIBUTE = "integration_config"


@dataclass(frozen=True)
class Read:
    """A key and where it is read; `forgiving` where a missing one gives None and no error.

    `written` says whether the key itself stands there, and not the name of a constant.
    """

    key: str
    where: Location
    forgiving: bool
    written: bool


@dataclass(frozen=True)
class Reads:
    """What the code reads of the configuration; `whole` unless some keys it reads by cannot be told."""

    told: tuple[Read, ...]
    whole: bool


def configuration_reads(files: PythonFiles, names: Names) -> Reads:
    """Every read in the order of the files."""
    found = [one for path in files.holding(ATTRIBUTE.encode()) for one in _reads(files, names, path)]
    return Reads(tuple(one for one in found if one), whole=None not in found)


def _reads(files: PythonFiles, names: Names, path: str) -> Iterator[Read | None]:
    """The reads in a file; None for one by a key that cannot be told."""
    for found in files.source(path).look_ups(ATTRIBUTE):
        keys = texts(names, found.key, Scope(path))
        for key in sorted(keys or ()):
            yield Read(key, found.key.where, found.forgiving, found.key.string is not None)
        if not keys:
            yield None


SELECTOR = Foreign("port_ocean.core.handlers.port_app_config.models.Selector")
"""What reads a selector where an integration says nothing else."""


@dataclass(frozen=True)
class ResourceClass:
    """One of the classes by which Ocean reads a resource of the mapping.

    `kinds` is None where it takes any kind, or where that cannot be told.
    """

    type: Type
    kinds: frozenset[str] | None

    def takes(self, kind: str) -> bool:
        """Whether a resource of this kind may be read by it."""
        return self.kinds is None or kind in self.kinds


def app_config_classes(files: PythonFiles, names: Names) -> tuple[Own, ...] | None:
    """The classes that the integration hands to Ocean as `CONFIG_CLASS`; None where one cannot be told."""
    found: set[Type] = set()
    for path in files.holding(b"CONFIG_CLASS"):
        for holder in names.module(path).classes.values():
            if "CONFIG_CLASS" in holder.assignments:
                known = types(names, holder.assignments["CONFIG_CLASS"].value, holder.inside)
                if known is None:
                    return None
                found |= known
    own = tuple(one for one in found if isinstance(one, Own))
    return own if len(own) == len(found) else None


def resource_classes(names: Names, app_configs: tuple[Own, ...]) -> tuple[ResourceClass, ...] | None:
    """The classes of the mapping's resources; None where one of them cannot be told, or none is declared."""
    found: set[Type] = set()
    for own in app_configs:
        field = names.field(own, "resources")
        known = types(names, field[0].annotation, field[1]) if field else None
        if known is None:
            return None
        found |= known
    return tuple(ResourceClass(one, _kinds(names, one)) for one in found) or None


def _kinds(names: Names, one: Type) -> frozenset[str] | None:
    field = names.field(one, "kind") if isinstance(one, Own) else None
    if field is None or field[0].annotation is None or field[0].annotation.string is not None:
        return None
    return texts(names, field[0].annotation, field[1])


def selector_of(names: Names, resource: ResourceClass) -> Model | None:
    """The keys that a selector may have; None where that cannot be told, or where it may have any."""
    field = names.field(resource.type, "selector") if isinstance(resource.type, Own) else None
    if field:
        known = types(names, field[0].annotation, field[1])
        return model_of(names, next(iter(known))) if known and len(known) == 1 else None
    return model_of(names, SELECTOR) if _is_oceans(names, resource.type) else None


def _is_oceans(names: Names, one: Type) -> bool:
    """Whether a class is Ocean's own resource class, or inherits from it and from nothing unknown."""
    if isinstance(one, Foreign):
        return one.last == "ResourceConfig" and one.name.startswith("port_ocean.")
    lineage = names.lineage(one)
    return lineage.whole and any(_is_oceans(names, foreign) for foreign in lineage.foreign)


@dataclass(frozen=True)
class Resyncs:
    """The kinds for which a function is registered with `on_resync`.

    `whole` unless one is registered for every kind or for one that cannot be told, or none
    is registered that can be seen.
    """

    kinds: frozenset[str]
    whole: bool


def resyncs(files: PythonFiles, names: Names) -> Resyncs:
    """What the files register."""
    found = [one for path in files.holding(b"on_resync") for one in _registered(files, names, path)]
    known = [kinds for kinds in found if kinds is not None]
    return Resyncs(frozenset().union(*known), whole=bool(found) and len(known) == len(found))


def _registered(files: PythonFiles, names: Names, path: str) -> Iterator[frozenset[str] | None]:
    """The kinds of each registration in a file; None for any kind, and for those that cannot be told."""
    for call in files.source(path).uses("on_resync"):
        arguments = call.arguments if call else ()
        kind = arguments[0] if arguments else call.keywords.get("kind") if call else None
        yield texts(names, kind, Scope(path))


@dataclass(frozen=True)
class Unread:
    """A key, the way to it from the selector, and the keys that are read in its place.

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
        """The key with those above it, less the numbers of list items."""
        return ".".join(key for key in self.way if isinstance(key, str))


def unread_keys(names: Names, models: Sequence[Model], value: Any, way: Keys = ()) -> Iterator[Unread]:
    """What is written in `value` that none of these models reads, at any depth."""
    if not isinstance(value, dict) or not models:
        return
    declared = _declared(models)
    for key, inner in value.items():
        if key not in declared:
            yield _unread(names, models, declared, (*way, str(key)))
            continue
        below = _below(names, declared[key])
        for place, item in enumerate(inner) if isinstance(inner, list) else [(None, inner)]:
            yield from unread_keys(names, below, item, (*way, key) if place is None else (*way, key, place))


def _declared(models: Sequence[Model]) -> Mapping[str, Sequence[Nested | None]]:
    """The keys that any of the models reads, with their declarations."""
    keys = sorted({key for model in models for key in model.keys})
    return {key: [model.keys[key] for model in models if key in model.keys] for key in keys}


def _unread(
    names: Names, models: Sequence[Model], declared: Mapping[str, Sequence[Nested | None]], way: Keys
) -> Unread:
    key = str(way[-1])
    aliases = [model.shadowed[key] for model in models if key in model.shadowed]
    outer = [one for one in declared if any(key in model.keys for model in _below(names, declared[one]))]
    return Unread(way, frozenset(declared), next(iter(aliases), ""), next(iter(outer), ""))


def _below(names: Names, declared: Sequence[Nested | None]) -> Sequence[Model]:
    """The models of a value; none where it may be something else by one of its declarations."""
    found = [nested_models(names, one) if one else () for one in declared]
    return [model for models in found for model in models] if all(found) else ()


class Code:
    """The code of an integration all of whose Python files can be parsed.

    Where the code leaves a question open, the answer is None, and no rule speaks.
    """

    def __init__(self, files: PythonFiles) -> None:
        self.files = files
        self._names = Names(files)

    @classmethod
    def of(cls, files: PythonFiles) -> Code | None:
        """None where there is no Python, or some of it cannot be parsed."""
        return cls(files) if files.paths and not any(True for _ in files.faults()) else None

    @cached_property
    def _app_configs(self) -> tuple[Own, ...] | None:
        return app_config_classes(self.files, self._names)

    @cached_property
    def app_config_fields(self) -> frozenset[str] | None:
        """The keys, aliases included, that the integration reads at the top of `port-app-config`.

        Those of Ocean itself are among them. None where that cannot be told, or any key is read.
        """
        if self._app_configs is None:
            return None
        models = [model_of(self._names, own) for own in self._app_configs]
        known = [frozenset(model.keys) for model in models if model]
        return FRAMEWORK["PortAppConfig"].union(*known) if len(known) == len(models) else None

    @cached_property
    def _resource_classes(self) -> tuple[ResourceClass, ...] | None:
        return resource_classes(self._names, self._app_configs) if self._app_configs else None

    @cached_property
    def accepted_kinds(self) -> frozenset[str] | None:
        """The kinds a mapping may have: those of all resource classes. None where any kind may do."""
        found = [one.kinds for one in self._resource_classes or ()]
        known = [kinds for kinds in found if kinds is not None]
        return frozenset().union(*known) if known and len(known) == len(found) else None

    @cached_property
    def _resyncs(self) -> Resyncs:
        return resyncs(self.files, self._names)

    @property
    def resynced_kinds(self) -> frozenset[str] | None:
        """The kinds for which a resync function is registered. None where one is for any kind."""
        return self._resyncs.kinds if self._resyncs.whole else None

    @cached_property
    def named_kinds(self) -> frozenset[str]:
        """The kinds that the code names as such, whatever others it takes."""
        return self._resyncs.kinds.union(*(one.kinds or () for one in self._resource_classes or ()))

    def unread_keys(self, kind: str, selector: Any) -> Iterator[Unread]:
        """The keys of a selector that the code never reads.

        Where it cannot be told by which classes a mapping is read, those that no code names.
        """
        if not isinstance(selector, dict) or selector.keys() <= FRAMEWORK["Selector"]:
            return iter(())
        if self._resource_classes is None:
            return self._unmentioned(selector)
        classes = [one for one in self._resource_classes if one.takes(kind)]
        found = [selector_of(self._names, one) for one in classes]
        known = [model for model in found if model]
        return unread_keys(self._names, known if len(known) == len(found) else (), selector)

    def _unmentioned(self, selector: Mapping[str, Any]) -> Iterator[Unread]:
        if "integration.py" in self.files.paths:
            for key in sorted(map(str, selector.keys() - FRAMEWORK["Selector"])):
                if not self.mentions(key):
                    yield Unread((key,), frozenset())

    @cached_property
    def configuration_reads(self) -> Reads:
        """The configuration keys that are read where it is certain that they are."""
        return configuration_reads(self.files, self._names)

    @cached_property
    def executors(self) -> Sequence[Executor]:
        """The classes that carry out actions."""
        return executors(self.files, self._names)

    @cached_property
    def listens(self) -> bool:
        """Whether anything that receives webhooks is named in the code."""
        return bool(listeners(self.files))

    @cached_property
    def processors(self) -> Sequence[str]:
        """The files that register webhook processors."""
        return self.files.holding(b"add_webhook_processor")

    def mentions(self, word: str) -> bool:
        """Whether a word occurs anywhere in the code."""
        return not word or bool(self.files.holding(word.encode("utf-8", "surrogatepass")))
