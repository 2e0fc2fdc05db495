"""The Python code of an integration, read without running it, and compared with the spec and the mapping."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seatrial.core.model import Location
from seatrial.core.names import decamelize
from seatrial.core.suggest import nearest
from seatrial.documents.document import Keys
from seatrial.documents.syntax import Call, Expression
from seatrial.validate.facts.app_config import AppConfig
from seatrial.validate.facts.config_classes import ConfigClass
from seatrial.validate.facts.credentials import PREFIX
from seatrial.validate.facts.items import Item
from seatrial.validate.facts.python_models import (
    FRAMEWORK,
    RefusedValue,
    ResourceClass,
    Unread,
    app_config_classes,
    model_of,
    refused,
    resource_classes,
    selector_of,
    unread_keys,
    wired_classes,
)
from seatrial.validate.facts.python_modules import ExternalName, LocalClass, Names, PythonFiles, Scope
from seatrial.validate.facts.spec import Spec

ATTRIBUTE = "integration_config"
"""The attribute of `ocean` that holds the configuration."""

FRAMEWORK_READ = frozenset({"app_host"})
"""The configurations that Ocean reads itself."""

OF_OCEAN = frozenset({
    "on_resync", "on_start", "on_resync_start", "on_resync_complete", "on_incremental_resync", "add_webhook_processor",
    "register_action_executor", "register", "unregister", "register_raw", "unregister_raw", "update_diff",
    "update_raw_diff", "sync", "sync_raw_all", "app", "config", "event_listener_type", "initialized", "integration",
    "integration_config", "metrics", "port_client", "router",
})  # fmt: skip
"""The attributes of `ocean`, a PortOceanContext, in every version of the framework."""

MOST_STRANGE = 50
"""The most unknown attributes of `ocean` in a file that are looked at."""

_OF_OCEAN = re.compile(rb"(?<![\w.\"'/@-])@?ocean\.([a-z]\w+)")

_LISTENERS = (
    b"AbstractWebhookProcessor",
    b"WEBHOOK_PROCESSOR_CLASS",
    b"add_webhook_processor",
    b"router",
    b"fast_api_app",
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True)
class Executor:
    """A class that carries out an action; `action` is None where its `ACTION_NAME` is unknown."""

    name: str
    action: str | None
    where: Location


@dataclass(frozen=True)
class KindUse:
    """A kind in the code and its place; `owner` is the resource class that takes it, empty for a registration."""

    kind: str
    where: Location
    owner: str


@dataclass(frozen=True)
class Read:
    """A configuration key and the place where it is read; `forgiving` where a missing one gives None and no error.

    `written` is true where the code holds the key itself, and not the name of a constant; `scope` is the number of
    the function around it.
    """

    key: str
    where: Location
    forgiving: bool
    written: bool
    scope: int = 0


@dataclass(frozen=True)
class StrangeAttribute:
    """An attribute that `ocean` does not have, the one that was probably meant, and its place."""

    name: str
    near: str
    where: Location


class Code:
    """The code of an integration all of whose Python files can be parsed.

    An answer that the code does not determine is None, and the rules are silent.
    """

    def __init__(self, files: PythonFiles) -> None:
        self.files = files
        self.names = Names(files)

    @classmethod
    def of(cls, files: PythonFiles) -> Code | None:
        """None where there is no Python, or some of it cannot be parsed."""
        return cls(files) if files.paths and not any(True for _ in files.faults()) else None

    @cached_property
    def _app_configs(self) -> tuple[LocalClass, ...] | None:
        return app_config_classes(self.names)

    @cached_property
    def config_classes(self) -> tuple[ConfigClass, ...]:
        """The classes that the integration hands to Ocean; none where one of them is unknown."""
        return tuple(ConfigClass(self.names, local) for local in self._app_configs or ())

    @cached_property
    def unwired_config_classes(self) -> Sequence[LocalClass]:
        """The classes of a whole mapping that no class hands to Ocean, nor a class that inherits from them."""
        wired = wired_classes(self.names)
        is_wired = wired is None or any(isinstance(one, LocalClass) for one in wired)
        if is_wired or (not wired and self.files.holding(b"CONFIG_CLASS =")):
            return ()
        paths = self.files.holding(b"PortAppConfig")
        classes = (local for path in paths for local in self.names.module(path).classes.values())
        return [one for one in classes if self._is_config(one)]

    def _is_config(self, local: LocalClass) -> bool:
        external = self.names.lineage(local).external
        is_config = any(
            one.last == "PortAppConfig" and one.name.startswith("port_ocean.") for one in external
        )
        return is_config and "resources" in local.assignments

    @cached_property
    def app_config_fields(self) -> frozenset[str] | None:
        """The keys, aliases included, that the integration and Ocean read at the top of `port-app-config`.

        None where they are unknown, or any key is read.
        """
        if self._app_configs is None:
            return None
        models = [model_of(self.names, local) for local in self._app_configs]
        known = [frozenset(model.keys) for model in models if model]
        return FRAMEWORK["PortAppConfig"].union(*known) if len(known) == len(models) else None

    def declares(self, key: str) -> bool:
        """True where the code declares a key at the top of `port-app-config`, or, if that is unknown, names it."""
        fields = self.app_config_fields
        return self.mentions(key) if fields is None else key in fields

    @cached_property
    def _resource_classes(self) -> tuple[ResourceClass, ...] | None:
        return resource_classes(self.names, self._app_configs) if self._app_configs else None

    @cached_property
    def accepted_kinds(self) -> frozenset[str] | None:
        """The kinds that a mapping may have: those of all resource classes. None where it may have any."""
        found = [one.kinds for one in self._resource_classes or ()]
        known = [kinds for kinds in found if kinds is not None]
        return frozenset().union(*known) if known and len(known) == len(found) else None

    @cached_property
    def registrations(self) -> Sequence[tuple[Expression | None, Scope]]:
        """What each registration with `on_resync` names as its kind; None for nothing."""
        calls = (
            (path, call)
            for path in self.files.holding(b"on_resync")
            for call in self.files.source(path).uses("on_resync")
        )
        return [
            (next(iter(call.arguments), call.keywords.get("kind")) if call else None, Scope(path))
            for path, call in calls
        ]

    @cached_property
    def strange_attributes(self) -> Sequence[StrangeAttribute]:
        """The attributes that Ocean's `ocean` does not have, and of which nearly the name is one of its own."""
        return [
            one
            for path in self.files.holding(b"import ocean")
            if not self._is_own(path)
            for one in self._strange_in(path, self.files.data(path))
        ]

    def _is_own(self, path: str) -> bool:
        """Return whether `ocean` is in a file something of the integration, such as a module of this name."""
        found = self.names.module(path).imports.get("ocean")
        return found is not None and bool(self.files.module(found, path) or found.level)

    def _strange_in(self, path: str, data: bytes) -> Iterator[StrangeAttribute]:
        """Yield the strange attributes of `ocean` in a file, each where it stands first."""
        first: dict[str, int] = {}
        for match in _OF_OCEAN.finditer(data):
            first.setdefault(match[1].decode("utf-8", "replace"), match.start(1))
        for name in sorted(first.keys() - OF_OCEAN)[:MOST_STRANGE]:
            near = nearest(name, OF_OCEAN, cutoff=0.8)
            start = data.rfind(b"\n", 0, first[name]) + 1
            before = data[start : first[name]].decode("utf-8", "replace")
            if near and "#" not in before and self.files.source(path).uses(name):
                line = data.count(b"\n", 0, start) + 1
                yield StrangeAttribute(name, near, Location(path, line, len(before) + 1))

    @cached_property
    def _registered_kinds(self) -> Sequence[frozenset[str] | None]:
        """The kinds of each registration with `on_resync`; None for any kind, and for unknown ones."""
        return [self.names.texts(kind, scope) for kind, scope in self.registrations]

    @cached_property
    def kind_uses(self) -> Sequence[KindUse]:
        """The places of the kinds in resource classes and registrations, where they can be found."""
        found: list[KindUse] = []
        for one in self._resource_classes or ():
            declared = self.names.field(one.type, "kind") if isinstance(one.type, LocalClass) else None
            for kind, where in self.names.places(declared[0].annotation, declared[1]) if declared else ():
                found.append(KindUse(kind, where, one.type.definition.name))  # type: ignore[union-attr]
        for expression, scope in self.registrations:
            found += [KindUse(kind, where, "") for kind, where in self.names.places(expression, scope)]
        return found

    @property
    def resynced_kinds(self) -> frozenset[str] | None:
        """The kinds for which a resync function is registered. None where one is for any kind, or none is found."""
        known = [kinds for kinds in self._registered_kinds if kinds is not None]
        if any(one.near == "on_resync" for one in self.strange_attributes):
            return None
        return frozenset().union(*known) if known and len(known) == len(self._registered_kinds) else None

    @cached_property
    def named_kinds(self) -> frozenset[str]:
        """The kinds that the code names, besides others that it may take."""
        accepted = [one.kinds for one in self._resource_classes or ()]
        return frozenset().union(*(kinds or () for kinds in (*self._registered_kinds, *accepted)))

    def unread_keys(self, kind: str, selector: Any) -> Iterator[Unread]:
        """The keys of a selector that the code never reads.

        Where the classes of the mapping are unknown, the keys that no code names.
        """
        if not isinstance(selector, dict) or selector.keys() <= FRAMEWORK["Selector"]:
            return iter(())
        if self._resource_classes is None:
            return self._unmentioned(selector)
        classes = [one for one in self._resource_classes if one.takes(kind)]
        found = [selector_of(self.names, one) for one in classes]
        known = [model for model in found if model]
        return unread_keys(self.names, known if len(known) == len(found) else (), selector)

    def misspelled_queries(self, app_config: AppConfig) -> frozenset[Keys]:
        """The keys of the selectors without `query` in which an unread key probably means it."""
        lacking = (one for one in app_config.resources if "query" not in one.selector.value)
        return frozenset(
            one.selector.keys
            for one in lacking
            if any(
                len(unread.way) == 1 and probable(unread.key, unread.known) == "query"
                for unread in self.unread_keys(one.kind, one.selector.value)
            )
        )

    def refused_values(self, kind: str, selector: Any) -> Iterator[RefusedValue]:
        """The values of a selector that the code refuses; none where its class is unknown."""
        classes = [one for one in self._resource_classes or () if one.takes(kind)]
        found = [selector_of(self.names, one) for one in classes]
        known = [model for model in found if model]
        return refused(self.names, known if len(known) == len(found) else (), selector)

    def refused_settings(self, root: Any) -> Iterator[RefusedValue]:
        """The values at the top of `port-app-config` that the code refuses; none where its class is unknown."""
        found = [model_of(self.names, local) for local in self._app_configs or ()]
        known = [model for model in found if model]
        return refused(self.names, known if len(known) == len(found) else (), root)

    def _unmentioned(self, selector: Mapping[str, Any]) -> Iterator[Unread]:
        if "integration.py" in self.files.paths:
            for key in sorted(map(str, selector.keys() - FRAMEWORK["Selector"])):
                if not self.mentions(key):
                    yield Unread((key,), frozenset())

    @cached_property
    def configuration_reads(self) -> Sequence[Read | None]:
        """The reads of configurations in the order of the files; None for one by an unknown key."""
        return [one for path in self.files.holding(ATTRIBUTE.encode()) for one in self._reads(path)]

    def _reads(self, path: str) -> Iterator[Read | None]:
        for found in self.files.source(path).look_ups(ATTRIBUTE):
            keys = self.names.texts(found.key, Scope(path))
            for key in sorted(keys or ()):
                yield Read(key, found.key.where, found.forgiving, found.key.string is not None, found.scope)
            if not keys:
                yield None

    @cached_property
    def executors(self) -> Sequence[Executor]:
        """The classes that carry out actions: those with an `ACTION_NAME`, in the order of the files."""
        return [one for path in self.files.holding(b"ACTION_NAME") for one in self._executors(path)]

    def _executors(self, path: str) -> Iterator[Executor]:
        for local in self.names.module(path).classes.values():
            declared = local.assignments.get("ACTION_NAME")
            if declared and declared.value:
                known = self.names.texts(declared.value, local.inside)
                action = next(iter(known)) if known and len(known) == 1 else None
                yield Executor(local.definition.name, action, declared.value.where)

    @cached_property
    def listens(self) -> bool:
        """True where the code names anything that receives webhooks."""
        return bool(self.files.holding(*_LISTENERS))

    @cached_property
    def processor_calls(self) -> Sequence[tuple[str, Call]]:
        """The calls that register webhook processors, each with its file."""
        return [
            (path, call)
            for path in self.processors
            for call in self.files.source(path).uses("add_webhook_processor")
            if call and self.is_of_ocean(call, path)
        ]

    def is_of_ocean(self, call: Call, path: str) -> bool:
        """Return whether a method is called of Ocean's `ocean`, and not of something of the integration's own."""
        holder = (call.function.name or "").rpartition(".")[0]
        found = self.names.meaning(holder, Scope(path)) if holder else None
        is_imported = isinstance(found, ExternalName) and found.name.startswith("port_ocean.")
        return is_imported or (found is None and holder.rpartition(".")[2] == "ocean")

    @cached_property
    def processors(self) -> Sequence[str]:
        """The files that register webhook processors."""
        return self.files.holding(b"add_webhook_processor")

    def mentions(self, word: str) -> bool:
        """True where a word occurs anywhere in the code."""
        return not word or bool(self.files.holding(word.encode("utf-8", "surrogatepass")))


@dataclass(frozen=True, eq=False)
class StatedKind:
    """A kind, the document that holds it, and the keys that lead to it there."""

    kind: str
    source: Spec | AppConfig
    keys: Keys

    @property
    def where(self) -> Location:
        """The place of the kind."""
        return self.source.document.at(*self.keys)


@dataclass(frozen=True)
class Kinds:
    """The kinds in the spec and in the port-app-config, compared with those of the code where it can be read."""

    spec: Spec
    app_config: AppConfig
    code: Code | None

    @classmethod
    def of(cls, spec: Spec | None, app_config: AppConfig | None, code: Code | None) -> Kinds | None:
        """None where the spec or the port-app-config cannot be read."""
        return cls(spec, app_config, code) if spec and app_config else None

    @cached_property
    def listed(self) -> tuple[StatedKind, ...]:
        """The kinds of the spec."""
        return tuple(StatedKind(one.text("kind"), self.spec, one.way("kind")) for one in self.spec.resources)

    @cached_property
    def mapped(self) -> tuple[StatedKind, ...]:
        """The kinds of the port-app-config, each where it is first mapped."""
        resources = [one for one in self.app_config.resources if one.kind]
        first = {one.kind: one.item.way("kind") for one in reversed(resources)}
        return tuple(StatedKind(kind, self.app_config, keys) for kind, keys in reversed(first.items()))

    @cached_property
    def only_listed(self) -> tuple[StatedKind, ...]:
        """The kinds of the spec that are not mapped; a fault of the others is reported in the mapping."""
        mapped = {one.kind for one in self.mapped}
        return tuple(one for one in self.listed if one.kind not in mapped)

    def accepted(self) -> frozenset[str] | None:
        """The kinds that the classes of the mapping take; None for any."""
        return self.code.accepted_kinds if self.code else None

    def resynced(self) -> frozenset[str] | None:
        """The kinds with a resync function; None for any."""
        return self.code.resynced_kinds if self.code else None

    def unaccepted(self, stated: Collection[StatedKind]) -> list[StatedKind]:
        """The kinds that no class of the mapping takes; of one with blanks around it, the schema says so."""
        accepted = self.accepted()
        return [one for one in stated if accepted is not None and one.kind.strip() not in accepted]

    def unresynced(self, stated: Collection[StatedKind]) -> list[StatedKind]:
        """The kinds that a class takes, but for which no function is registered."""
        resynced = self.resynced()
        missing = (one for one in stated if resynced is not None and one.kind.strip() not in resynced)
        refused = set(self.unaccepted(stated))
        return [one for one in missing if one not in refused]

    def misspelled(self) -> Iterator[tuple[StatedKind, str]]:
        """The kinds that the spec and the mapping name differently: the wrong one, and the right name.

        The name that the code knows is right; where it knows neither or both, the mapped one.
        """
        named = self.code.named_kinds if self.code else frozenset()
        for mapped, listed in self._pairs():
            if listed and listed.kind.strip() == mapped.kind.strip():
                continue  # the schema reports the blanks
            if listed and listed.kind in named and mapped.kind not in named:
                yield mapped, listed.kind
            elif listed:
                yield listed, mapped.kind

    @cached_property
    def is_stale(self) -> bool:
        """True where the spec lists none of the mapped kinds, not even under a similar name."""
        listed, mapped = {one.kind for one in self.listed}, {one.kind for one in self.mapped}
        if not listed or not mapped or listed & mapped:
            return False
        is_faulty = self.unaccepted(self.listed) or self.unresynced(self.listed)
        return not is_faulty and not any(True for _ in self.misspelled())

    def unlisted(self) -> Iterator[StatedKind]:
        """The kinds that are mapped, and not in the spec under this or a similar name, be that one known or not.

        None where one is lacking and one is unknown or listed twice: that is one mistake, and reported there.
        """
        if self.is_stale or not self._is_whole:
            return iter(())
        names = [one.kind for one in self.listed]
        found = [mapped for mapped, listed in self._pairs() if not (listed or meant(mapped.kind, names))]
        unknown = self.unaccepted(self.only_listed)
        meant_by = {probable(one.kind, self.accepted() or ()) for one in unknown}
        odd = len(unknown) + len(self.listed) - len(set(names))
        is_one = len(found) == odd == 1
        return iter(() if is_one else [one for one in found if one.kind not in meant_by])

    @property
    def _is_whole(self) -> bool:
        """True where each listed kind can be read; the schema reports the others."""
        given = (item.value.get("resources") for item in self.spec.features)
        rows = [row for rows in given if isinstance(rows, list) for row in rows]
        return all(isinstance(row, dict) and isinstance(row.get("kind"), str) for row in rows)

    def _pairs(self) -> Iterator[tuple[StatedKind, StatedKind | None]]:
        """The valid kinds that are mapped but not listed, and the valid unmapped one that is probably the same."""
        mapped, listed = self._valid(self.mapped), self._valid(self.listed)
        free = {kind: one for kind, one in listed.items() if kind not in mapped}
        for kind, one in mapped.items():
            if self.listed and kind not in listed:
                yield one, free.pop(meant(kind, free) or "", None)

    def _valid(self, stated: Collection[StatedKind]) -> dict[str, StatedKind]:
        faulty = {*self.unaccepted(stated), *self.unresynced(stated)}
        return {one.kind: one for one in stated if one not in faulty}


@dataclass(frozen=True)
class ConfigurationUse:
    """The configurations of a spec that names all of them, compared with those that the code reads."""

    spec: Spec
    code: Code

    @classmethod
    def of(cls, spec: Spec | None, code: Code | None) -> ConfigurationUse | None:
        """None where either cannot be read, or a configuration has no name."""
        if spec is None or code is None:
            return None
        stated = spec.root.value.get("configurations")
        whole = isinstance(stated, list) and len(stated) == len(spec.configurations)
        return cls(spec, code) if whole else None

    @cached_property
    def declared(self) -> Mapping[str, Item]:
        """The configurations by the key under which the code reads them."""
        return {decamelize(item.text("name")): item for item in self.spec.configurations}

    def undeclared(self) -> Iterator[tuple[Read, Sequence[str]]]:
        """The first read of each key that is not declared, and the other files that read it."""
        for key, reads in self._undeclared.items():
            if decamelize(key) not in self.declared:
                first = min(reads, key=lambda read: read.forgiving)
                yield first, sorted({read.where.path for read in reads} - {first.where.path})

    def miscased(self) -> Iterator[tuple[Read, str]]:
        """Each read by a name that is not in snake case, and the right key.

        A read that may fail is left out where its function reads the right key too: it is a fallback.
        """
        for key, reads in self._undeclared.items():
            right = decamelize(key)
            if right in self.declared:
                yield from ((read, right) for read in reads if not self._is_beside(read, right))

    def _is_beside(self, read: Read, key: str) -> bool:
        beside = (one for one in self.code.configuration_reads if one and one.key == key)
        return read.forgiving and any(
            (one.where.path, one.scope) == (read.where.path, read.scope) for one in beside
        )

    @cached_property
    def _undeclared(self) -> Mapping[str, Sequence[Read]]:
        found: dict[str, list[Read]] = {}
        for read in self.code.configuration_reads:
            if read and read.key not in self.declared:
                found.setdefault(read.key, []).append(read)
        return found

    def meant(self, key: str) -> str | None:
        """The declared configuration that an undeclared key probably means."""
        return probable(key, self.declared)

    @cached_property
    def repeated(self) -> Mapping[str, Item]:
        """The later of two configurations of one name, each by the undeclared key that the code probably reads it by.

        Empty unless there is one for each key that resembles no declared name.
        """
        first: dict[str, Item] = {}
        later = [
            item
            for item in self.spec.configurations
            if first.setdefault(decamelize(item.text("name").strip()), item) is not item
        ]
        lost = [
            key for key in self._undeclared if decamelize(key) not in self.declared and not self.meant(key)
        ]
        return dict(zip(lost, later, strict=True)) if len(lost) == len(later) else {}

    def misnamed(self, key: str, variables: Collection[str]) -> Item | None:
        """The configuration that is to be named as this undeclared key says.

        That is the one whose name, written without its signs and blanks, would be read by the key, or else the one
        that is probably meant, where the variables of `.env.example`, in lower case, have the key and not its name.
        """
        names = {item.text("name"): item for item in self.declared.values()}
        odd = (item for name, item in names.items() if _is_odd(name) and _snake(name) == key)
        near = self.meant(key)
        is_set = f"{PREFIX}{key}".lower() in variables and f"{PREFIX}{near}".lower() not in variables
        return next(odd, self.declared[near] if near and is_set else None)

    def unused(self) -> Iterator[tuple[Item, str]]:
        """The declared configurations that nothing uses, with their key in the code."""
        if None in self.code.configuration_reads:
            return
        items = self.spec.configurations
        used = {decamelize(one.text("on")) for item in items for one in item.items("dependencies")}
        used |= FRAMEWORK_READ | {self.meant(key) or "" for key in self._undeclared}
        for key, item in self.declared.items():
            forms = (key, item.text("name"), key.upper())
            if key not in used and not any(map(self.code.mentions, forms)):
                yield item, key


def probable(name: str, known: Collection[str]) -> str | None:
    """The known name that a name probably means: `meant`, or else the nearest."""
    return meant(name, known) or nearest(name, known)


def _is_odd(name: str) -> bool:
    """Whether a name keeps its signs or capitals where Ocean writes the others in snake case."""
    return not name.isidentifier() or name.isupper()


def _snake(name: str) -> str:
    return "_".join(_words(name))


def meant(name: str, known: Collection[str]) -> str | None:
    """The one known name that differs by case, punctuation, plural, or words in front."""
    same = nearest(name, known, cutoff=1.0)
    words = _words(name)
    longer = [one for one in known if _is_tail(words, _words(one)) or _is_tail(_words(one), words)]
    return same or (longer[0] if len(longer) == 1 else None)


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _is_tail(tail: list[str], words: list[str]) -> bool:
    return 0 < len(tail) < len(words) and words[-len(tail) :] == tail
