"""The keys of a selector that the code never reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.documents.document import Keys
from seatrial.subjects.python_models import Model, Nested, nested_models
from seatrial.subjects.python_names import Names


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
