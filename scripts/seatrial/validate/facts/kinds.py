"""The kinds that the spec lists and the port-app-config maps, against those that the code takes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from seatrial.core.model import Location
from seatrial.core.suggest import nearest
from seatrial.validate.facts.app_config import AppConfig
from seatrial.validate.facts.code import Code
from seatrial.validate.facts.spec import Spec

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True, eq=False)
class Stated:
    """A kind, the document that states it, and the way to it there."""

    kind: str
    source: Spec | AppConfig
    keys: tuple[str | int, ...]

    @property
    def where(self) -> Location:
        """Where the kind stands."""
        return self.source.document.at(*self.keys)


@dataclass(frozen=True)
class Kinds:
    """What the spec lists and what is mapped, and the code where it can be read."""

    spec: Spec
    app_config: AppConfig
    code: Code | None

    @classmethod
    def of(cls, spec: Spec | None, app_config: AppConfig | None, code: Code | None) -> Kinds | None:
        """None where the spec or the port-app-config cannot be read."""
        return cls(spec, app_config, code) if spec and app_config else None

    @cached_property
    def listed(self) -> tuple[Stated, ...]:
        """The kinds of the spec."""
        return tuple(Stated(one.text("kind"), self.spec, one.way("kind")) for one in self.spec.resources)

    @cached_property
    def mapped(self) -> tuple[Stated, ...]:
        """The kinds of the port-app-config, each where it is mapped first."""
        resources = [one for one in self.app_config.resources if one.kind]
        first = {one.kind: one.item.way("kind") for one in reversed(resources)}
        return tuple(Stated(kind, self.app_config, keys) for kind, keys in reversed(first.items()))

    @cached_property
    def only_listed(self) -> tuple[Stated, ...]:
        """The kinds of the spec that are not mapped: a fault of one that is both is told of the mapping."""
        mapped = {one.kind for one in self.mapped}
        return tuple(one for one in self.listed if one.kind not in mapped)

    def accepted(self) -> frozenset[str] | None:
        """Those that the classes of the mapping take; None for any."""
        return self.code.accepted_kinds if self.code else None

    def resynced(self) -> frozenset[str] | None:
        """Those with a resync function; None for any."""
        return self.code.resynced_kinds if self.code else None

    def unaccepted(self, stated: Collection[Stated]) -> Iterator[Stated]:
        """Those that no class of the mapping takes."""
        accepted = self.accepted()
        return (one for one in stated if accepted is not None and one.kind not in accepted)

    def unresynced(self, stated: Collection[Stated]) -> Iterator[Stated]:
        """Those that a class takes, but for which no function is registered."""
        resynced, refused = self.resynced(), set(self.unaccepted(stated))
        return (
            one for one in stated if resynced is not None and one.kind not in resynced and one not in refused
        )

    def misspelled(self) -> Iterator[tuple[Stated, str]]:
        """The kinds that the spec and the mapping name differently: the one that is off, and the right name.

        The name that the code knows is right; where it knows neither or both, the mapped one.
        """
        named = self.code.named_kinds if self.code else frozenset()
        for mapped, listed in self._pairs():
            if listed and listed.kind in named and mapped.kind not in named:
                yield mapped, listed.kind
            elif listed:
                yield listed, mapped.kind

    def unlisted(self) -> Iterator[Stated]:
        """The kinds that are mapped and go by no name in the spec, be that a good one or not."""
        names = [one.kind for one in self.listed]
        return (mapped for mapped, listed in self._pairs() if not (listed or meant(mapped.kind, names)))

    def _pairs(self) -> Iterator[tuple[Stated, Stated | None]]:
        """The good kinds that are mapped but not listed, and the good unmapped one that may be meant."""
        mapped, listed = self._good(self.mapped), self._good(self.listed)
        free = {kind: one for kind, one in listed.items() if kind not in mapped}
        for kind, one in mapped.items():
            if self.listed and kind not in listed:
                yield one, free.pop(meant(kind, free) or "", None)

    def _good(self, stated: Collection[Stated]) -> dict[str, Stated]:
        bad = {*self.unaccepted(stated), *self.unresynced(stated)}
        return {one.kind: one for one in stated if one not in bad}


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
