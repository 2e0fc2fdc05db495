"""The kinds that the spec lists and the port-app-config maps, against those that the code takes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from seatrial.near import nearest
from seatrial.subjects.app_config import AppConfig
from seatrial.subjects.code import Code
from seatrial.subjects.spec import Item, Spec

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


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
    def listed(self) -> tuple[tuple[str, Item], ...]:
        """The kinds of the spec and the resources that state them."""
        return tuple((item.text("kind"), item) for item in self.spec.resources)

    @cached_property
    def mapped(self) -> tuple[tuple[str, Item], ...]:
        """The kinds of the port-app-config, each where it is mapped first."""
        found = {one.kind: one.item for one in reversed(self.app_config.resources)}
        return tuple((kind, item) for kind, item in reversed(found.items()) if kind)

    @property
    def listed_names(self) -> frozenset[str]:
        return frozenset(kind for kind, _ in self.listed)

    @property
    def accepted(self) -> frozenset[str] | None:
        """Those that the classes of the mapping take; None for any."""
        return self.code.accepted_kinds if self.code else None

    @property
    def resynced(self) -> frozenset[str] | None:
        """Those with a resync function; None for any."""
        return self.code.resynced_kinds if self.code else None

    def is_accepted(self, kind: str) -> bool:
        """Whether a mapping may have this kind, as far as can be told."""
        return self.accepted is None or kind in self.accepted

    def is_resynced(self, kind: str) -> bool:
        """Whether anything is exported for this kind, as far as can be told."""
        return self.resynced is None or kind in self.resynced

    def unlisted(self) -> Iterator[tuple[str, Item, str]]:
        """The good kinds that are mapped but not in the spec, and the good one there that may be meant."""
        candidates = {kind for kind in self.listed_names if self.is_accepted(kind) and self.is_resynced(kind)}
        candidates -= {kind for kind, _ in self.mapped}
        for kind, item in self.mapped if self.listed else ():
            if kind not in self.listed_names and self.is_accepted(kind) and self.is_resynced(kind):
                yield kind, item, meant(kind, candidates) or ""


def meant(name: str, known: Collection[str]) -> str | None:
    """The known name that differs by case, punctuation or plural, or by words in front, if it is but one."""
    near = nearest(name, known, cutoff=1.0)
    longer = [one for one in known if _is_tail(_words(name), _words(one)) or _is_tail(_words(one), _words(name))]
    return near or (longer[0] if len(longer) == 1 else None)


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _is_tail(tail: list[str], words: list[str]) -> bool:
    return 0 < len(tail) < len(words) and words[-len(tail) :] == tail
