"""Which kinds an integration's code takes: by the classes of its mapping, and by its resync functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.subjects.python_files import PythonFiles
from seatrial.subjects.python_models import Model, model_of
from seatrial.subjects.python_names import Foreign, Names, Own, Scope
from seatrial.subjects.python_types import Type, texts, types

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
